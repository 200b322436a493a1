package main

import (
	"context"
	"fmt"
	"os"

	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/cmd/budstikke/internal/system"
	"budstikke.example/notify/email"
	"budstikke.example/notify/outbox"
)

// adminBounce is what a mail server pipes reports into. It wants DATABASE_URL of budstikke notify, and SIGNING_KEY.
type adminBounce struct{}

// tryLater is EX_TEMPFAIL of sysexits.h: the mail server keeps the report and comes back.
const tryLater exitCode = 75

// Run reads one report. A mail that is none, or tells of no mail of ours, changes nothing and is no error: the server would report on that, too.
func (adminBounce) Run(ctx context.Context, t terminal) error {
	report, err := email.ReadReport(os.Stdin)
	if err != nil {
		fmt.Fprintln(t.out, "no delivery report; nothing is changed")
		return nil
	}
	settings, err := boot.LoadFromEnvironment("bounce")
	if err != nil {
		fmt.Fprintln(t.err, "budstikke:", err)
		return tryLater
	}
	said, err := takeReport(ctx, settings, report)
	if err != nil {
		fmt.Fprintln(t.err, "budstikke:", err)
		return tryLater
	}
	fmt.Fprintln(t.out, said)
	return nil
}

// takeReport keeps what a report says, and answers what was made of it, without an address.
func takeReport(ctx context.Context, settings boot.Settings, report email.Report) (string, error) {
	key, err := system.SigningKey(settings.Keys.Signing.Reveal())
	if err != nil {
		return "", err
	}
	reader, err := system.Base{SigningKey: key}.Confirmer()
	if err != nil {
		return "", err
	}
	db, err := boot.OpenDatabase(ctx, settings)
	if err != nil {
		return "", err
	}
	defer db.Close()
	if err := boot.Belongs(ctx, db, system.ForWorker); err != nil { // another login sees no mail of ours, and the report would be thrown away
		return "", err
	}
	return system.Reported(ctx, reader, outbox.New(db, outbox.Terms{}), report)
}

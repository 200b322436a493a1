package store

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/store/internal/db"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

// The limits on what anybody may set off before there is an account. Like tries, they are counted in Postgres.
const (
	// MostMails is how many mails that ask for confirmation one applicant may set off within MailWindow, and how many one address may be sent
	// by all applicants together: nobody's mailbox is flooded through us.
	MostMails  = 5
	MailWindow = time.Hour
	// MostStarts is how many BankID orders may be started from one address within StartWindow. A school's guardians and staff sit behind one
	// address, and on the worst day all of them sign in within five minutes, some twice (B14): 300 lets a large school through, and keeps one
	// machine from starting more than one order a second.
	MostStarts  = 300
	StartWindow = 5 * time.Minute
)

// Mail is a mail that was counted before it was sent.
type Mail struct{ person, address []byte }

// ClaimMail counts a mail that asks for confirmation of an address (H3), for the person who sets it off and for the address. In no hour are
// there more than MostMails of either. It works in the scope SignIn. Error: *TooSoonError; let it roll the transaction back.
func ClaimMail(ctx context.Context, tx *scope.Tx, keys *seal.Keyring, person uuid.UUID, address string) (Mail, error) {
	m := Mail{
		person:  subject(keys, tx.Municipality(), "mails of", person.String()),
		address: subject(keys, tx.Municipality(), "mails to", mailbox(address)),
	}
	// Always in this order, so that two claims never wait for each other.
	for _, counted := range [][]byte{m.person, m.address} {
		if err := claimMail(ctx, tx, counted); err != nil {
			return Mail{}, err
		}
	}
	return m, nil
}

// claimMail starts counting anew only after an hour without a mail, so that MostMails holds for every hour and not only for some.
func claimMail(ctx context.Context, tx *scope.Tx, counted []byte) error {
	n, err := queries.ClaimAttempt(ctx, tx, db.ClaimAttemptParams{
		MunicipalityID: tx.Municipality(), Subject: counted, Now: tx.Now, Most: MostMails,
		QuietSince: tx.Now.Add(-MailWindow), WindowSince: time.Time{},
		FirstWaitSeconds: MailWindow.Seconds(), MostWaitSeconds: MailWindow.Seconds(),
	})
	if err != nil {
		return fmt.Errorf("store: claim mail: %w", err)
	}
	if n == 1 {
		return nil
	}
	next, err := queries.NextAttemptAt(ctx, tx, db.NextAttemptAtParams{
		MunicipalityID: tx.Municipality(), Subject: counted, Most: MostMails,
		FirstWaitSeconds: MailWindow.Seconds(), MostWaitSeconds: MailWindow.Seconds(),
	})
	if err != nil {
		return fmt.Errorf("store: claim mail: %w", err)
	}
	return &TooSoonError{Wait: max(next.Sub(tx.Now), time.Second)}
}

// WithdrawMail takes a mail out of the count that was not sent after all.
func WithdrawMail(ctx context.Context, tx *scope.Tx, m Mail) error {
	if err := uncount(ctx, tx, m.person); err != nil {
		return err
	}
	return uncount(ctx, tx, m.address)
}

// mailbox is what counts as one address: in lower case, and without the tag that many providers let everybody add to their name.
func mailbox(address string) string {
	address = Username(address)
	if at := strings.LastIndexByte(address, '@'); at > 0 {
		if name, _, tagged := strings.Cut(address[:at], "+"); tagged && name != "" {
			return name + address[at:]
		}
	}
	return address
}

// ClaimStart counts a BankID order that is about to be started from an address; IPv6 counts by /64. It works in the scope SignIn. Error:
// *TooSoonError; let it roll the transaction back.
func ClaimStart(ctx context.Context, tx *scope.Tx, keys *seal.Keyring, address netip.Addr) error {
	counted := subject(keys, tx.Municipality(), "orders from", network(address))
	n, err := queries.CountWithin(ctx, tx, db.CountWithinParams{
		MunicipalityID: tx.Municipality(), Subject: counted, Now: tx.Now, Most: MostStarts, WindowSince: tx.Now.Add(-StartWindow),
	})
	if err != nil {
		return fmt.Errorf("store: claim start: %w", err)
	}
	if n == 1 {
		return nil
	}
	began, err := queries.WindowBegan(ctx, tx, db.WindowBeganParams{MunicipalityID: tx.Municipality(), Subject: counted})
	if err != nil {
		return fmt.Errorf("store: claim start: %w", err)
	}
	return &TooSoonError{Wait: max(began.Add(StartWindow).Sub(tx.Now), time.Second)}
}

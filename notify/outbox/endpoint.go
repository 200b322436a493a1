package outbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox/internal/db"
)

// CodeLifetime is how long after its registration a mobile number can be verified by the code it was given.
const CodeLifetime = time.Hour

// How many endpoints one person has at most. Every notice fans out to each of them, so that without a limit one person could hold up an alert
// to everybody else (B14).
const (
	MaxDevices = 20
	MaxMobiles = 3
)

// manyOf is how many endpoints a person may have by a channel; 0 stands for no limit, because each address of a mail is confirmed by itself.
func manyOf(c notify.Channel) int32 {
	switch c {
	case notify.ChannelPush:
		return MaxDevices
	case notify.ChannelSMS:
		return MaxMobiles
	}
	return 0
}

// Errors of endpoints.
var (
	// ErrNoEndpoint means that there is no endpoint to confirm or verify: unknown, retired, or the code is wrong, old or used.
	ErrNoEndpoint = errors.New("outbox: no such endpoint")
	// ErrBadEndpoint means that provider and address do not fit together; the caller should have checked the form.
	ErrBadEndpoint = errors.New("outbox: an endpoint needs a provider, a locale and an address of the provider's form")
)

// Endpoint is where a person wants to be reached.
type Endpoint struct {
	Person   uuid.UUID
	Provider notify.Provider
	Address  string // e-mail address, E.164 number, device token or web-push subscription (JSON)
	Locale   notify.Locale
}

// Registration is what became of a registered endpoint.
type Registration struct {
	ID uuid.UUID
	// Active tells that notices go there from now on: true for a device, and for an address that its owner has confirmed before.
	Active bool
	// VerifyCode is what the owner of a mobile number sends in from that number to prove that it is theirs (H5); empty for all others.
	VerifyCode string
}

// RegisterEndpoint keeps where a person wants to be reached, in the person's own scope. It may be repeated: the same address of the same
// person stays one endpoint, and the repetition refreshes when it was last named, so that a provider's older "gone" is ignored. A device is
// active at once; an e-mail address waits for AskToConfirm and Confirm (H3), a mobile number for VerifyMobile (H5).
//
// A person keeps MaxDevices devices and MaxMobiles mobile numbers. One more retires the one that was named longest ago, a number that was never
// verified before one that was. Registrations of one person go one after the other, so that many at once do not pass the limit.
//
// Errors: ErrBadEndpoint or the database's.
func RegisterEndpoint(ctx context.Context, tx *scope.Tx, e Endpoint) (Registration, error) {
	channel, err := e.check()
	if err != nil {
		return Registration{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Registration{}, fmt.Errorf("outbox: %w", err)
	}
	var code *string
	if channel == notify.ChannelSMS {
		made, err := newCode()
		if err != nil {
			return Registration{}, err
		}
		code = &made
	}
	most := manyOf(channel)
	if most > 0 {
		if err := db.New().OneRegistrationAtATime(ctx, tx, e.Person.String()); err != nil {
			return Registration{}, fmt.Errorf("outbox: register an endpoint: %w", err)
		}
	}
	row, err := db.New().RegisterEndpoint(ctx, tx, db.RegisterEndpointParams{
		MunicipalityID: tx.Municipality(), ID: id, PersonID: e.Person, Channel: string(channel), Provider: string(e.Provider),
		Address: e.Address, Locale: string(e.Locale), Active: channel == notify.ChannelPush, VerifyCode: code, Moment: tx.Now,
	})
	if err != nil {
		return Registration{}, fmt.Errorf("outbox: register an endpoint: %w", err)
	}
	if most > 0 {
		err := db.New().RetireSurplus(ctx, tx, db.RetireSurplusParams{
			MunicipalityID: tx.Municipality(), PersonID: e.Person, Channel: string(channel), Kept: row.ID, Others: most - 1,
		})
		if err != nil {
			return Registration{}, fmt.Errorf("outbox: retire an endpoint: %w", err)
		}
	}
	done := Registration{ID: row.ID, Active: row.State == "active"}
	if row.VerifyCode != nil && !done.Active {
		done.VerifyCode = *row.VerifyCode
	}
	return done, nil
}

// Confirm makes an e-mail address active after its owner followed the link of the mail (H3), in the scope of sign-in. It answers whose it
// is. Confirming twice changes nothing. Errors: ErrNoEndpoint or the database's.
func Confirm(ctx context.Context, tx *scope.Tx, endpoint uuid.UUID) (person uuid.UUID, err error) {
	person, err = db.New().ConfirmEndpoint(ctx, tx, db.ConfirmEndpointParams{
		ID: endpoint, Moment: tx.Now,
	})
	return person, noRows(err)
}

// VerifyMobile makes a mobile number active after its owner sent the code in from that number (H5), in the scope of a machine. number is in
// E.164. Errors: ErrNoEndpoint, also for a code older than CodeLifetime, or the database's.
func VerifyMobile(ctx context.Context, tx *scope.Tx, number, code string) (endpoint uuid.UUID, err error) {
	endpoint, err = db.New().VerifyMobile(ctx, tx, db.VerifyMobileParams{
		Address: number, VerifyCode: strings.TrimSpace(code), Moment: tx.Now,
		Since: tx.Now.Add(-CodeLifetime),
	})
	return endpoint, noRows(err)
}

// newCode makes six digits. Guessing is no way in: the code counts only in a text message sent from the number itself.
func newCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", fmt.Errorf("outbox: %w", err)
	}
	return fmt.Sprintf("%06d", n), nil
}

func noRows(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNoEndpoint
	}
	return fmt.Errorf("outbox: %w", err)
}

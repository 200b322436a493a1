package outbox

import (
	"context"
	"crypto/rand"
	"encoding/json"
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
	row, err := db.New().RegisterEndpoint(ctx, tx, db.RegisterEndpointParams{
		MunicipalityID: tx.Municipality(), ID: id, PersonID: e.Person, Channel: string(channel), Provider: string(e.Provider),
		Address: e.Address, Locale: string(e.Locale), Active: channel == notify.ChannelPush, VerifyCode: code, Moment: tx.Now,
	})
	if err != nil {
		return Registration{}, fmt.Errorf("outbox: register an endpoint: %w", err)
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

func (e Endpoint) check() (notify.Channel, error) {
	channel, known := e.Provider.Channel()
	fits := known && e.Person != uuid.Nil && len(e.Address) >= 3 && len(e.Address) <= 4096
	switch {
	case !fits:
	case e.Provider == notify.ProviderSMTP:
		fits = strings.Contains(e.Address, "@") && !strings.ContainsAny(e.Address, "\r\n")
	case e.Provider == notify.ProviderTwilio:
		fits = e164(e.Address)
	case e.Provider == notify.ProviderWebPush:
		fits = json.Valid([]byte(e.Address))
	}
	switch e.Locale {
	case notify.Bokmaal, notify.Nynorsk, notify.Danish, notify.Swedish, notify.English:
	default:
		fits = false
	}
	if !fits {
		return "", ErrBadEndpoint
	}
	return channel, nil
}

func e164(s string) bool {
	if len(s) < 8 || len(s) > 16 || s[0] != '+' || s[1] == '0' {
		return false
	}
	return strings.Trim(s[1:], "0123456789") == ""
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

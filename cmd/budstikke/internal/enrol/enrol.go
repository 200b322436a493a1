// Package enrol gives a member of the staff what they sign in with: an account, a first password and a second factor (U5). Who they are and
// what they may do came with the register (V5); nobody without a role there is enrolled.
//
// It may open the database of the settings, and import what commands may. Start reading at Request.Run.
package enrol

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/app"
	"budstikke.example/app/nationalid"
	"budstikke.example/app/postgres"
	"budstikke.example/auth/password"
	"budstikke.example/auth/proof"
	"budstikke.example/auth/store"
	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

// issuer is the name that the authenticator app shows.
const issuer = "Budstikke"

// Request says whom to enrol. One of SourceID and NationalID is set.
type Request struct {
	Municipality string // its slug
	Username     string
	SourceID     string    // their id in the register that named them
	NationalID   string    // in any usual spelling
	Log          io.Writer // receives the process's log
}

// Enrolment is what they sign in with. It is told once and kept nowhere in clear.
type Enrolment struct {
	Municipality string `json:"municipality"`
	Username     string `json:"username"`
	Password     string `json:"password"`
	OTPAuthURL   string `json:"otpauth_url"` // what an authenticator app reads from a QR code
}

// Run enrols them by the settings of the environment. Somebody who was enrolled before gets a new password and a new second factor, and their
// open sessions end. The error says what to do, and repeats neither the number nor what the database said.
func (r Request) Run(ctx context.Context) (Enrolment, error) {
	ctx = scope.ByProgram(ctx)
	settings, err := boot.LoadFromEnvironment("import") // it needs what an import needs: the database and the keys
	if err != nil {
		return Enrolment{}, err
	}
	keys, err := boot.OpenKeys(settings)
	if err != nil {
		return Enrolment{}, err
	}
	opened, err := boot.OpenDatabase(ctx, settings)
	if err != nil {
		return Enrolment{}, err
	}
	defer opened.Close()
	d := desk{opened, postgres.New(opened, nil, boot.NewLog(r.Log, settings.Process)), keys}
	e, err := d.enrol(ctx, r)
	var refused *pgconn.PgError
	switch {
	case errors.Is(err, app.ErrNotFound):
		err = fmt.Errorf("there is no municipality %q: create it with budstikke import municipality", r.Municipality)
	case errors.As(err, &refused):
		err = fmt.Errorf("the database refused it (SQLSTATE %s %s)", refused.Code, refused.ConstraintName)
	}
	return e, err
}

// desk is where people are enrolled.
type desk struct {
	scope *scope.DB
	db    *postgres.DB
	keys  *seal.Keyring
}

func (d desk) enrol(ctx context.Context, r Request) (Enrolment, error) {
	municipality, err := d.db.MunicipalityBySlug(ctx, r.Municipality)
	if err != nil {
		return Enrolment{}, err
	}
	person, err := d.person(ctx, municipality, r)
	if err != nil {
		return Enrolment{}, err
	}
	signIn := scope.Of(municipality, scope.SignIn)
	var account store.Account
	err = d.scope.WithScope(ctx, signIn, func(tx *scope.Tx) error {
		account, err = store.OpenAccount(ctx, tx, person, scope.Staff)
		return err
	})
	if err != nil {
		return Enrolment{}, err
	}
	e := Enrolment{Municipality: r.Municipality, Username: store.Username(r.Username), Password: firstPassword()}
	passwords := &proof.Password{DB: d.scope, Hasher: password.New(password.Config{}), Keys: d.keys}
	enrolled, err := passwords.Enrol(ctx, municipality, account.ID, e.Username, e.Password, issuer)
	if err != nil {
		return Enrolment{}, err
	}
	e.OTPAuthURL = enrolled.URL
	err = d.scope.WithScope(ctx, signIn, func(tx *scope.Tx) error {
		_, err := store.EndSessionsOf(ctx, tx, person, store.EnrolledAnew)
		return err
	})
	return e, err
}

// person finds who is meant among those who have a staff role.
func (d desk) person(ctx context.Context, municipality uuid.UUID, r Request) (uuid.UUID, error) {
	registers := d.db.Register(municipality, d.keys)
	if r.SourceID != "" {
		return registers.EmployedBySource(ctx, r.SourceID)
	}
	list, err := d.db.Municipalities(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	for _, m := range list {
		if m.ID == municipality {
			number, err := nationalid.Parse(nationalid.Country(m.Country), strings.TrimSpace(r.NationalID), d.db.Now())
			if err != nil { // its text could repeat the number
				return uuid.Nil, fmt.Errorf("that is no identity number of the municipality's country (%s)", m.Country)
			}
			return registers.EmployedByNumber(ctx, number)
		}
	}
	return uuid.Nil, app.ErrNotFound
}

// firstPassword is 100 random bits in groups that can be read aloud: no letter of it looks like another.
func firstPassword() string {
	const letters = "abcdefghijkmnpqrstuvwxyz23456789" // 32 of them, all equally likely
	var random [20]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	var b strings.Builder
	for i, r := range random {
		if i > 0 && i%5 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(letters[r&31])
	}
	return b.String()
}

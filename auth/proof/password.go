package proof

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/password"
	"budstikke.example/auth/store"
	"budstikke.example/auth/totp"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
	"budstikke.example/migrations/trail"
)

// ErrRefused is the one answer to a wrong user name, a wrong password, a wrong code and a code that was used before (P10).
var ErrRefused = errors.New("proof: the user name, the password or the code is wrong; wait for the next code and try again")

// Password signs people in with a user name, a password and the code of an authenticator app (U5, U8). It is safe for concurrent use.
type Password struct {
	DB     *scope.DB
	Hasher *password.Hasher
	Keys   *seal.Keyring
	Log    *slog.Logger // told when tries look like stolen passwords; nil is slog.Default()
}

func (p *Password) log() *slog.Logger {
	if p.Log == nil {
		return slog.Default()
	}
	return p.Log
}

// Try is what somebody typed, and from where.
type Try struct {
	Username, Password, Code string
	// Address is the device's, as the outermost proxy we trust saw it: failures are counted by it.
	Address netip.Addr
	// Device is the digest of the device's secret, nil for a client that has none: failures are counted by it too, and nobody else's count on
	// a device where the owner has signed in before.
	Device []byte
}

// Holder is whose password and code they were.
type Holder struct {
	Account uuid.UUID
	Person  uuid.UUID
	Kind    scope.Caller // what the account was opened for
}

// Prove checks a try and, if all of it is right, runs signedIn in a transaction of scope.SignIn that also uses the code up. An error of
// signedIn is returned as it is, and leaves the code unused. A missing account costs the same work as a wrong password.
//
// Errors: ErrRefused; *store.TooSoonError when too many tries have failed; password.ErrBusy when too many sign in at this moment (the try is
// not counted); what signedIn returns.
func (p *Password) Prove(ctx context.Context, municipality uuid.UUID, t Try, signedIn func(tx *scope.Tx, who Holder) error) error {
	in := scope.Of(municipality, scope.SignIn)
	var (
		claimed store.Try
		kept    store.Password
		found   bool
		now     time.Time
	)
	err := p.DB.WithScope(ctx, in, func(tx *scope.Tx) error {
		now = tx.Now
		var err error
		if claimed, err = store.ClaimTryOn(ctx, tx, p.Keys, t.Username, t.Address, t.Device); err != nil {
			return err
		}
		kept, found, err = store.PasswordOf(ctx, tx, p.Keys, t.Username)
		return err
	})
	if err != nil {
		return err
	}
	if claimed.Alarm {
		p.log().WarnContext(ctx, store.StuffingSuspected, "municipality", municipality.String(), "user_names", store.SpreadOver)
	}

	// No transaction is open from here: hashing takes long, and waits for its turn.
	result, err := p.Hasher.Verify(ctx, t.Password, kept.Hash)
	if err != nil {
		if !errors.Is(err, password.ErrBusy) {
			return err
		}
		back := context.WithoutCancel(ctx)
		back, cancel := context.WithTimeout(back, 2*time.Second)
		defer cancel()
		return errors.Join(err, p.DB.WithScope(back, in, func(tx *scope.Tx) error { return store.WithdrawTry(back, tx, claimed) }))
	}
	secret := kept.Secret
	if !found {
		secret = nobodysSecret
	}
	step, codeRight, err := totp.Check(secret, t.Code, now, kept.LastStep)
	if err != nil {
		return err
	}
	if !found || !result.Match || !codeRight {
		return p.failed(ctx, in, kept.Person)
	}
	renewed := ""
	if result.Outdated {
		renewed, _ = p.Hasher.Hash(ctx, t.Password) // if the hasher is busy it is renewed the next time
	}
	err = p.DB.WithScope(ctx, in, func(tx *scope.Tx) error {
		if err := store.UseStep(ctx, tx, kept, step); err != nil {
			return err
		}
		if renewed != "" {
			if err := store.RenewHash(ctx, tx, kept, renewed); err != nil {
				return err
			}
		}
		if err := store.ForgiveTry(ctx, tx, claimed); err != nil {
			return err
		}
		return signedIn(tx, Holder{Account: kept.Account, Person: kept.Person, Kind: kept.Kind})
	})
	if errors.Is(err, store.ErrStepUsed) {
		return ErrRefused
	}
	return err
}

// failed leaves a wrong try in the audit trail, whose account it was at if anybody's (B5). Error: ErrRefused, or the database's.
func (p *Password) failed(ctx context.Context, in scope.Scope, person uuid.UUID) error {
	if err := p.DB.WithScope(ctx, in, func(tx *scope.Tx) error {
		return trail.Refuse(ctx, tx, "StartStaffSession", "sign_in", person, trail.Failed)
	}); err != nil {
		return err
	}
	return ErrRefused
}

// Enrolment is a second factor that was just made.
type Enrolment struct {
	// URL is what an authenticator app reads from a QR code. Show it once; it contains the secret.
	URL string
	// Secret is the same for a program that plays the app (totp.Code).
	Secret []byte
}

// Enrol gives an account a user name and a password, in place of those it had, and a fresh second factor. issuer is the name that the
// authenticator app shows. It hashes before it opens a transaction. Errors: password.ErrTooShort, password.ErrTooLong, password.ErrBusy,
// store.ErrUsername, store.ErrUsernameTaken.
func (p *Password) Enrol(ctx context.Context, municipality, account uuid.UUID, username, plain, issuer string) (Enrolment, error) {
	hash, err := p.Hasher.Hash(ctx, plain)
	if err != nil {
		return Enrolment{}, err
	}
	secret := totp.NewSecret()
	err = p.DB.WithScope(ctx, scope.Of(municipality, scope.SignIn), func(tx *scope.Tx) error {
		if err := store.SetPassword(ctx, tx, p.Keys, account, username, hash, secret); err != nil {
			return err
		}
		return trail.Act{Operation: "EnrolStaff", Class: "sign_in", Resource: account}.Leave(ctx, tx)
	})
	if err != nil {
		return Enrolment{}, err
	}
	return Enrolment{URL: totp.URL(issuer, store.Username(username), secret), Secret: secret}, nil
}

// nobodysSecret is what codes for missing accounts are compared with, for the sake of the same work.
var nobodysSecret = totp.NewSecret()

package proof

import (
	"cmp"
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

// Password signs people in with a user name, a password and the code of an authenticator app or a passkey (U5, U8). It is safe for concurrent use.
type Password struct {
	DB     *scope.DB
	Hasher *password.Hasher
	Keys   *seal.Keyring
	Log    *slog.Logger // told when tries look like stolen passwords; nil is slog.Default()
	// Passkeys checks a passkey that is shown beside a password; nil: nobody has any.
	Passkeys *Passkeys
	// Strangers is how many tries a second of people who never signed in where they are reach the hasher, in this process; 0 is DefaultStrangers.
	Strangers int

	strangers pacer
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
	// Passkey is what was shown in place of a code; nil for nothing.
	Passkey *Shown
}

// Holder is whose password and code they were.
type Holder struct {
	Account uuid.UUID
	Person  uuid.UUID
	Kind    scope.Caller // what the account was opened for
	Opens   scope.Caller // the kind of session that this password leads to
	Factor  Factor       // what they showed beside the password
}

// Factor is what somebody showed beside a password.
type Factor int

// The factors.
const (
	NoFactor     Factor = iota // the account has none yet
	AppCode                    // a code of their authenticator app
	RecoveryCode               // one of the codes for the day on which the app is lost
	PasskeyShown               // a passkey, beside a password or by itself
)

// appCodeLength is how many digits an authenticator app shows; whatever is longer is taken for a recovery code.
const appCodeLength = 6

// Prove checks a try and, if all of it is right, runs signedIn in a transaction of scope.SignIn that also uses the code up. An error of
// signedIn is returned as it is, and leaves the code unused. A missing account costs the same work as a wrong password. An account that has a
// second factor is never signed in without it; one that has none is signed in without a code only (Holder.Factor says so).
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
	result, err := p.verify(ctx, in, t.Password, kept.Hash, claimed)
	if err != nil {
		return err
	}
	factor, step, err := p.shown(kept, t, now)
	if err != nil {
		return err
	}
	if !found || !result.Match || factor == wrongFactor {
		return p.failed(ctx, in, "StartStaffSession", kept.Person)
	}
	renewed := ""
	if result.Outdated {
		renewed, _ = p.Hasher.Hash(ctx, t.Password) // if the hasher is busy it is renewed the next time
	}
	err = p.DB.WithScope(ctx, in, func(tx *scope.Tx) error {
		if err := p.use(ctx, tx, kept, factor, step, t); err != nil {
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
		return signedIn(tx, Holder{Account: kept.Account, Person: kept.Person, Kind: kept.Kind, Opens: kept.Opens, Factor: factor})
	})
	if errors.Is(err, store.ErrStepUsed) {
		return p.failed(ctx, in, "StartStaffSession", kept.Person)
	}
	if factor == PasskeyShown && errors.Is(err, ErrRefused) {
		return p.Passkeys.settle(ctx, in, "StartStaffSession", *t.Passkey, err)
	}
	return err
}

// verify checks a password outside any transaction. When the hasher is busy, or too many strangers come at once, the try that was claimed for it is
// taken back.
func (p *Password) verify(ctx context.Context, in scope.Scope, plain, hash string, claimed store.Try) (password.Result, error) {
	var result password.Result
	var err error
	if !claimed.Known() {
		err = p.strangers.wait(ctx, cmp.Or(p.Strangers, DefaultStrangers))
	}
	if err == nil {
		result, err = p.Hasher.Verify(ctx, plain, hash)
	}
	if err == nil || !errors.Is(err, password.ErrBusy) {
		return result, err
	}
	back, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	return result, errors.Join(err, p.DB.WithScope(back, in, func(tx *scope.Tx) error { return store.WithdrawTry(back, tx, claimed) }))
}

// wrongFactor stands for a code that is wrong, missing, or of no use because the account has no second factor.
const wrongFactor Factor = -1

// shown tells what was shown beside the password. A passkey and a recovery code are only taken note of here, the latter by its length; use checks
// them. The work is the same whatever the account has.
func (p *Password) shown(kept store.Password, t Try, now time.Time) (Factor, int64, error) {
	secret, code := kept.Secret, t.Code
	if secret == nil {
		secret = nobodysSecret
	}
	step, right, err := totp.Check(secret, code, now, kept.LastStep)
	switch {
	case err != nil:
		return wrongFactor, 0, err
	case t.Passkey != nil && p.Passkeys != nil && kept.Passkeys && code == "":
		return PasskeyShown, 0, nil
	case t.Passkey != nil:
		return wrongFactor, 0, nil
	case !kept.HasSecondFactor() && code == "":
		return NoFactor, 0, nil
	case !kept.HasSecondFactor():
		return wrongFactor, 0, nil
	case right && kept.Secret != nil:
		return AppCode, step, nil
	case len(code) > appCodeLength:
		return RecoveryCode, 0, nil
	}
	return wrongFactor, 0, nil
}

// use uses up what was shown, in the transaction that follows from it. Errors: store.ErrStepUsed, *refusal.
func (p *Password) use(ctx context.Context, tx *scope.Tx, kept store.Password, factor Factor, step int64, t Try) error {
	if factor == AppCode {
		return store.UseStep(ctx, tx, kept, step)
	}
	if err := store.HoldPassword(ctx, tx, kept); err != nil || factor == NoFactor {
		return err
	}
	if factor == PasskeyShown {
		key, err := p.Passkeys.check(ctx, tx, *t.Passkey)
		if err == nil && key.Account != kept.Account {
			err = &refusal{of: key}
		}
		return err
	}
	used, err := store.UseRecoveryCode(ctx, tx, p.Keys, kept.Account, t.Code)
	if err == nil && !used {
		err = store.ErrStepUsed
	}
	return err
}

// failed leaves a wrong try in the audit trail, whose account it was at if anybody's (B5). Error: ErrRefused, or the database's.
func (p *Password) failed(ctx context.Context, in scope.Scope, operation string, person uuid.UUID) error {
	if err := p.DB.WithScope(ctx, in, func(tx *scope.Tx) error {
		return trail.Refuse(ctx, tx, operation, "sign_in", person, trail.Failed)
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

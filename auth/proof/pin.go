package proof

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/password"
	"budstikke.example/auth/store"
	"budstikke.example/auth/tablet"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
	"budstikke.example/migrations/trail"
)

// Errors of working on a tablet.
var (
	// ErrPINWrong is the answer to a wrong PIN, and for somebody who may not work on the tablet: the list of colleagues says who may.
	ErrPINWrong = errors.New("proof: the PIN is wrong")
	// ErrPINLocked means that the person's PIN was tried too often on this tablet and rests there; they wait, or set a new one on a device of their own.
	ErrPINLocked = errors.New("proof: the PIN was tried too often on this tablet; wait, or set a new one on a device of your own")
)

// PIN checks the PINs that staff give on shared tablets (V7). It is safe for concurrent use.
type PIN struct {
	DB     *scope.DB
	Hasher *password.Hasher
	Keys   *seal.Keyring
	Log    *slog.Logger // receives the alarm of guessing; nil is slog.Default()
}

// Unlock checks the PIN of a person on the tablet whose scope s is and, if it is right, runs begin in a transaction of scope.SignIn. A try is
// counted before it is made. Errors: ErrPINWrong, ErrPINLocked, password.ErrBusy, the scope's, what begin returns.
func (p *PIN) Unlock(ctx context.Context, s scope.Scope, person uuid.UUID, pin string, begin func(tx *scope.Tx, id uuid.UUID, t store.PINTry) error) error {
	var (
		try   store.PINTry
		found bool
		this  scope.Person
	)
	err := p.DB.WithScope(ctx, s, func(tx *scope.Tx) error {
		var err error
		if this, err = tx.Person(ctx); err != nil {
			return err
		}
		try, found, err = store.ClaimPINTry(ctx, tx, person)
		return err
	})
	if err != nil {
		return err
	}
	in := scope.Of(s.Municipality(), scope.SignIn)
	if !found || try.Locked {
		return errors.Join(map[bool]error{true: ErrPINLocked, false: ErrPINWrong}[found], p.failed(ctx, in, this.Tablet, person))
	}
	// No transaction is open from here: hashing takes long, and waits for its turn.
	peppered := store.PepperPINAt(p.Keys, s.Municipality(), person, pin, try.Key)
	result, err := p.Hasher.Verify(ctx, base64.RawStdEncoding.EncodeToString(peppered), try.Hash)
	if err != nil {
		if !errors.Is(err, password.ErrBusy) {
			return err
		}
		back, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		return errors.Join(err, p.DB.WithScope(back, in, func(tx *scope.Tx) error { return store.WithdrawPINTry(back, tx, this.Tablet, try) }))
	}
	if !result.Match || peppered == nil {
		return errors.Join(ErrPINWrong, p.failed(ctx, in, this.Tablet, person))
	}
	err = p.DB.WithScope(ctx, in, func(tx *scope.Tx) error { return begin(tx, this.Tablet, try) })
	if errors.Is(err, store.ErrPINChanged) {
		return errors.Join(ErrPINWrong, p.failed(ctx, in, this.Tablet, person))
	}
	return err
}

// failed leaves a wrong PIN in the audit trail (B5), and raises the alarm when somebody goes through the PINs of colleagues (P10). It returns the
// database's error, if any.
func (p *PIN) failed(ctx context.Context, in scope.Scope, on, person uuid.UUID) error {
	raised := false
	err := p.DB.WithScope(ctx, in, func(tx *scope.Tx) (err error) {
		if raised, err = store.GuessedPINs(ctx, tx, on); err != nil {
			return err
		}
		return trail.Refuse(ctx, tx, "UnlockTablet", "sign_in", person, trail.Failed)
	})
	if err == nil && raised {
		log := p.Log
		if log == nil {
			log = slog.Default()
		}
		log.WarnContext(ctx, store.PINsGuessed, "municipality", in.Municipality().String(), "tablet", on.String())
	}
	return err
}

// Hash makes of a PIN what is stored. born is the person's birthday, the zero time when unknown. Errors: tablet.ErrWeakPIN, password.ErrBusy.
func (p *PIN) Hash(ctx context.Context, municipality, person uuid.UUID, pin string, born time.Time) (string, seal.KeyVersion, error) {
	if err := tablet.CheckPIN(pin, born); err != nil {
		return "", 0, err
	}
	peppered, version := store.PepperPIN(p.Keys, municipality, person, pin)
	hash, err := p.Hasher.Hash(ctx, base64.RawStdEncoding.EncodeToString(peppered))
	return hash, version, err
}

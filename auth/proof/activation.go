package proof

import (
	"context"
	"errors"
	"net/netip"

	"github.com/google/uuid"

	"budstikke.example/auth/letter"
	"budstikke.example/auth/password"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// ErrNoActivation is the one answer to a code of a letter that is malformed, unknown, of another municipality, expired, used or withdrawn.
var ErrNoActivation = errors.New("proof: this code does not activate an account")

// Activation is what somebody typed from their letter, the password they chose, and from where.
type Activation struct {
	Code, Password string
	Address        netip.Addr
}

// Activate opens the account that a letter is for and sets its password, once, and runs signedIn in the same transaction of scope.SignIn. The
// account has no second factor then, whatever it had before, and whoever was signed in with it is not any more: a letter is also how somebody
// gets in again who has lost everything (U5, U7, U8, H7). A password that would be refused whoever chose it is refused before the letter is
// looked at, so that the refusal says nothing about the letter. Failed tries are counted by the first group of the code and by the address.
//
// Errors: ErrNoActivation; those of password.CheckNew; *store.TooSoonError; password.ErrBusy (the try is not counted); store.ErrUsernameTaken;
// what signedIn returns.
func (p *Password) Activate(ctx context.Context, municipality uuid.UUID, a Activation, signedIn func(tx *scope.Tx, who Holder) error) error {
	if err := password.CheckNew(a.Password, nil); err != nil {
		return err
	}
	in := scope.Of(municipality, scope.SignIn)
	code, malformed := letter.Parse(a.Code)
	number := code.Number()
	if malformed != nil { // counted by what was typed, so that one who mistypes does not wait for another
		number = a.Code[:min(len(a.Code), 4)]
	}
	var (
		claimed store.Try
		found   store.Letter
		missing error
		about   []string
	)
	err := p.DB.WithScope(ctx, in, func(tx *scope.Tx) error {
		var err error
		if claimed, err = store.ClaimTry(ctx, tx, p.Keys, "activation letter "+number, a.Address); err != nil || malformed != nil {
			return err
		}
		if found, missing = store.LetterOf(ctx, tx, code); missing != nil {
			if errors.Is(missing, store.ErrNoLetter) {
				return nil // the try stays counted
			}
			return missing
		}
		about, err = store.WordsAbout(ctx, tx, found.Person)
		return err
	})
	if err != nil {
		return err
	}
	if malformed != nil || missing != nil {
		return p.noActivation(ctx, in)
	}
	if err := password.CheckNew(a.Password, append(about, found.Username)); err != nil {
		return errors.Join(err, p.takeBack(ctx, in, claimed))
	}
	// No transaction is open here: hashing takes long, and waits for its turn.
	hash, err := p.Hasher.Hash(ctx, a.Password)
	if err != nil {
		return errors.Join(err, p.takeBack(ctx, in, claimed))
	}
	err = p.DB.WithScope(ctx, in, func(tx *scope.Tx) error {
		if err := store.UseLetter(ctx, tx, found.ID); err != nil {
			return err
		}
		opens := found.Purpose.Opens()
		account, err := store.OpenAccount(ctx, tx, found.Person, opens)
		if err != nil {
			return err
		}
		if _, err := store.EndSessionsOf(ctx, tx, found.Person, store.EnrolledAnew); err != nil { // before the password, as in every end
			return err
		}
		if err := store.SetFirstPassword(ctx, tx, account.ID, found.Username, hash, opens); err != nil {
			return err
		}
		if err := store.ForgiveTry(ctx, tx, claimed); err != nil {
			return err
		}
		return signedIn(tx, Holder{Account: account.ID, Person: found.Person, Kind: account.Kind, Opens: opens, Factor: NoFactor})
	})
	if errors.Is(err, store.ErrNoLetter) {
		return p.noActivation(ctx, in)
	}
	return err
}

// noActivation leaves a code that does not count in the audit trail (B5). Error: ErrNoActivation, or the database's.
func (p *Password) noActivation(ctx context.Context, in scope.Scope) error {
	if err := p.failed(ctx, in, "ActivateAccount", uuid.Nil); !errors.Is(err, ErrRefused) {
		return err
	}
	return ErrNoActivation
}

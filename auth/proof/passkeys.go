package proof

import (
	"context"
	"errors"
	"log/slog"

	"github.com/google/uuid"

	"budstikke.example/auth/passkey"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/trail"
)

// Passkeys signs people in with a passkey: alone, when its owner was verified with it, which counts as two factors, or beside a password. It is
// safe for concurrent use.
type Passkeys struct {
	DB    *scope.DB
	Party *passkey.Party
	Log   *slog.Logger // told when there seem to be two of a passkey; nil is slog.Default()
}

func (p *Passkeys) log() *slog.Logger {
	if p.Log == nil {
		return slog.Default()
	}
	return p.Log
}

// Shown is what an authenticator signed, and which challenge it should have been: of which purpose, and given to whom.
type Shown struct {
	Ceremony  store.Ceremony
	Assertion passkey.Assertion
}

// refusal is what is known of a passkey that proved nothing. It is ErrRefused, whatever it knows.
type refusal struct {
	of     store.Passkey // zero for one that nobody has
	copied bool          // its count went back
}

func (*refusal) Error() string        { return ErrRefused.Error() }
func (*refusal) Is(target error) bool { return target == ErrRefused }

// Prove checks what was shown and, if it is right, runs signedIn in a transaction of scope.SignIn that also uses the challenge up. What is not
// right uses it up as well. An error of signedIn is returned as it is; if that is ErrRefused it counts as not right.
//
// Errors: ErrRefused, the one answer to a passkey that is unknown, of another municipality, somebody else's, copied, or signed another challenge;
// what signedIn returns.
func (p *Passkeys) Prove(ctx context.Context, municipality uuid.UUID, operation string, s Shown, signedIn func(tx *scope.Tx, who Holder) error) error {
	in := scope.Of(municipality, scope.SignIn)
	err := p.DB.WithScope(ctx, in, func(tx *scope.Tx) error {
		kept, err := p.check(ctx, tx, s)
		if err != nil {
			return err
		}
		return signedIn(tx, Holder{Account: kept.Account, Person: kept.Person, Kind: kept.Kind, Opens: kept.Opens, Factor: PasskeyShown})
	})
	if errors.Is(err, ErrRefused) {
		return p.settle(ctx, in, operation, s, err)
	}
	return err
}

// check uses up the challenge and the passkey's count, in the transaction that follows from it. Error: *refusal.
func (p *Passkeys) check(ctx context.Context, tx *scope.Tx, s Shown) (store.Passkey, error) {
	challenge := passkey.ChallengeOf(s.Assertion.ClientData)
	if err := store.TakeChallenge(ctx, tx, s.Ceremony, challenge); err != nil {
		if errors.Is(err, store.ErrNoChallenge) {
			err = &refusal{}
		}
		return store.Passkey{}, err
	}
	kept, found, err := store.PasskeyOf(ctx, tx, s.Assertion.CredentialID())
	if err == nil && !found {
		err = &refusal{}
	}
	if err != nil {
		return store.Passkey{}, err
	}
	// Only beside a password is it enough that somebody was there: alone, the passkey must be two factors.
	use, err := p.Party.Assert(challenge, s.Ceremony.Purpose != store.ForSecondFactor, kept.Credential, kept.Handle(), s.Assertion)
	if err != nil || use.WentBack {
		return store.Passkey{}, &refusal{of: kept, copied: use.WentBack}
	}
	if err := store.UsePasskey(ctx, tx, kept, use); err != nil {
		if errors.Is(err, store.ErrPasskeyUsed) {
			err = &refusal{of: kept}
		}
		return store.Passkey{}, err
	}
	return kept, nil
}

// settle keeps what a passkey that proved nothing leaves behind: its challenge is used up, the trail has an entry (B5), and one whose count went
// back raises the alarm. Error: ErrRefused, or the database's.
func (p *Passkeys) settle(ctx context.Context, in scope.Scope, operation string, s Shown, err error) error {
	known := &refusal{}
	_ = errors.As(err, &known)
	failed := p.DB.WithScope(ctx, in, func(tx *scope.Tx) error {
		if err := store.TakeChallenge(ctx, tx, s.Ceremony, passkey.ChallengeOf(s.Assertion.ClientData)); err != nil && !errors.Is(err, store.ErrNoChallenge) {
			return err
		}
		if known.copied {
			if err := store.SuspectPasskey(ctx, tx, known.of.ID); err != nil {
				return err
			}
		}
		return trail.Refuse(ctx, tx, operation, "sign_in", known.of.Person, trail.Failed)
	})
	if failed != nil {
		return failed
	}
	if known.copied {
		p.log().WarnContext(ctx, store.PasskeyCopySuspected, "municipality", in.Municipality().String(), "passkey", known.of.ID.String())
	}
	return ErrRefused
}

// Register checks a passkey that was just made and keeps it for the account; tx is its owner's. opens is the kind of session that it leads to.
// Errors: ErrRefused for one that was not made for this challenge and account, or that is there already.
func (p *Passkeys) Register(ctx context.Context, tx *scope.Tx, session, account uuid.UUID, opens scope.Caller, name string, a passkey.Attestation) (store.Passkey, error) {
	challenge := passkey.ChallengeOf(a.ClientData)
	err := store.TakeChallenge(ctx, tx, store.Ceremony{Purpose: store.ForRegistering, Session: session}, challenge)
	if errors.Is(err, store.ErrNoChallenge) {
		return store.Passkey{}, ErrRefused
	}
	if err != nil {
		return store.Passkey{}, err
	}
	made, err := p.Party.Register(challenge, account[:], a)
	if errors.Is(err, passkey.ErrRefused) {
		return store.Passkey{}, ErrRefused
	}
	if err != nil {
		return store.Passkey{}, err
	}
	kept, err := store.AddPasskey(ctx, tx, account, opens, name, made)
	if errors.Is(err, store.ErrPasskeyKnown) {
		return store.Passkey{}, ErrRefused
	}
	return kept, err
}

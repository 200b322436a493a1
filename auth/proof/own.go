package proof

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/store"
	"budstikke.example/auth/totp"
	"budstikke.example/migrations/scope"
)

// Own is what somebody who is signed in shows before they may change how they sign in: a session that was left open, or stolen, is not enough.
type Own struct {
	Account  uuid.UUID
	Password string
	Address  netip.Addr
}

// ErrNoPassword means that the account has no password: its owner signs in by an electronic identity or at another provider.
var ErrNoPassword = errors.New("proof: this account has no password")

// ProveOwn checks the password of somebody who is signed in and returns what it was checked against. Failed tries are counted as those of a
// sign-in are. Errors: ErrRefused, ErrNoPassword, *store.TooSoonError, password.ErrBusy.
func (p *Password) ProveOwn(ctx context.Context, municipality uuid.UUID, own Own) (store.Password, error) {
	in := scope.Of(municipality, scope.SignIn)
	var (
		claimed store.Try
		kept    store.Proposal
		found   bool
	)
	err := p.DB.WithScope(ctx, in, func(tx *scope.Tx) error {
		var err error
		if kept, found, err = store.OwnPassword(ctx, tx, p.Keys, own.Account); err != nil || !found {
			return err
		}
		claimed, err = store.ClaimTry(ctx, tx, p.Keys, kept.Username, own.Address)
		return err
	})
	if err != nil {
		return store.Password{}, err
	}
	if !found {
		return store.Password{}, ErrNoPassword
	}
	result, err := p.verify(ctx, in, own.Password, kept.Hash, claimed)
	if err != nil {
		return store.Password{}, err
	}
	if !result.Match {
		return store.Password{}, p.failed(ctx, in, "OwnPassword", kept.Person)
	}
	return kept.Password, p.takeBack(ctx, in, claimed)
}

// takeBack takes a try out of the count that was right as far as it could be. The owner is not yet signed in by it, so that earlier failures
// stay counted.
func (p *Password) takeBack(ctx context.Context, in scope.Scope, claimed store.Try) error {
	back, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	return p.DB.WithScope(back, in, func(tx *scope.Tx) error { return store.WithdrawTry(back, tx, claimed) })
}

// ProposeApp begins an authenticator app for an account whose password was proved, and returns what the app reads. It counts from
// ConfirmApp on. tx is the owner's own. Error: ErrRefused when the password has changed since.
func (p *Password) ProposeApp(ctx context.Context, tx *scope.Tx, kept store.Password, issuer string) (Enrolment, error) {
	secret := totp.NewSecret()
	if err := store.ProposeAuthenticator(ctx, tx, p.Keys, kept, secret); err != nil {
		if errors.Is(err, store.ErrStepUsed) {
			err = ErrRefused
		}
		return Enrolment{}, err
	}
	return Enrolment{URL: totp.URL(issuer, kept.Username, secret), Secret: secret}, nil
}

// ConfirmApp makes the authenticator app that was begun the account's second factor, if code is what it shows now, and returns ten recovery
// codes in place of those the account had. tx is the owner's own. Errors: ErrRefused for a wrong code; ErrNoPassword; store.ErrNoProposal.
func (p *Password) ConfirmApp(ctx context.Context, tx *scope.Tx, account uuid.UUID, code string) (store.Password, []string, error) {
	kept, found, err := store.OwnPassword(ctx, tx, p.Keys, account)
	if err != nil {
		return store.Password{}, nil, err
	}
	if !found {
		return store.Password{}, nil, ErrNoPassword
	}
	if kept.NewSecret == nil {
		return store.Password{}, nil, store.ErrNoProposal
	}
	step, right, err := totp.Check(kept.NewSecret, code, tx.Now, 0)
	if err != nil {
		return store.Password{}, nil, err
	}
	if !right {
		return store.Password{}, nil, ErrRefused
	}
	if err := store.ConfirmAuthenticator(ctx, tx, kept, step); err != nil {
		return store.Password{}, nil, err
	}
	codes, err := store.NewRecoveryCodes(ctx, tx, p.Keys, account)
	return kept.Password, codes, err
}

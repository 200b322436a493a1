package signin

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/nationalid"
	"budstikke.example/app/postgres"
	"budstikke.example/auth"
	"budstikke.example/auth/oidc"
	"budstikke.example/auth/proof"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

// ErrNotProvedThere is the one answer to what a provider answered when it does not prove whose session it is.
var ErrNotProvedThere = &app.Fault{Kind: app.Unauthenticated, Code: "sign_in_failed",
	Detail: "This did not prove whose session it is. Start again, and sign in anew with your own account."}

// StartProviderProof sends somebody who is signed in to their provider, to prove anew who they are (RFC 9470, U5). Faults: as StartSignIn.
func (f *Flows) StartProviderProof(ctx context.Context, req StartProviderProofRequestObject) (StartProviderProofResponseObject, error) {
	me, err := f.holder(ctx)
	if err != nil {
		return nil, err
	}
	here, err := f.here(ctx, auth.Holder(ctx).Municipality())
	if err != nil {
		return nil, err
	}
	departure, err := f.depart(ctx, here, proof.Journey{
		Municipality: here.Slug, Provider: req.Body.Method, Audience: audienceOf(me), Client: req.Body.Client, Session: me.Session,
	})
	if err != nil {
		return nil, err
	}
	return StartProviderProof201JSONResponse{Holder: departure.Holder.Reveal(), URL: departure.URL}, nil
}

func audienceOf(me scope.Person) oidc.Audience {
	if me.Caller == scope.Guardian {
		return oidc.Guardian
	}
	return oidc.Staff
}

// ProveByProvider renews the proof of the session that began it, when the provider says that its owner has signed in since, strongly. Whatever
// is wrong with the answer is answered alike, and is used up. Faults: sign_in_failed; not_found; unavailable while it is being looked into.
func (f *Flows) ProveByProvider(ctx context.Context, req ProveByProviderRequestObject) (ProveByProviderResponseObject, error) {
	me, err := f.holder(ctx)
	if err != nil {
		return nil, err
	}
	municipality := auth.Holder(ctx).Municipality()
	order, err := auth.ParseHolder(req.Body.Holder)
	if err != nil || f.OIDC == nil || order.Municipality != municipality {
		return nil, app.ErrNotFound
	}
	here, err := f.here(ctx, municipality)
	if err != nil {
		return nil, err
	}
	back := proof.Return{Holder: req.Body.Holder, State: req.Body.State, Session: me.Session, Answer: oidc.Answer{
		Code: value(req.Body.Code), Issuer: value(req.Body.Issuer), Error: value(req.Body.Error),
	}}
	proved := false
	written := context.WithoutCancel(ctx) // as in FinishSignIn
	err = f.OIDC.Finish(ctx, here.Slug, back, func(tx *scope.Tx, how proof.Arrival) error {
		var err error
		if how.Refused == nil {
			proved, err = f.renewBy(written, tx, me, how)
		}
		if err != nil || proved {
			return err
		}
		return refused(written, tx, "ProveByProvider", me.ID)
	})
	switch {
	case errors.Is(err, store.ErrOrderInHand):
		return nil, &app.Fault{Kind: app.Unavailable, Code: app.ErrUnavailable.Code, Detail: app.ErrUnavailable.Detail, RetryAfter: 2 * time.Second}
	case errors.Is(err, store.ErrNoOrder):
		return nil, app.ErrNotFound
	case err != nil:
		return nil, err
	case !proved:
		return nil, ErrNotProvedThere
	}
	return ProveByProvider204Response{}, nil
}

// renewBy keeps the proof if whom the provider names is the session's owner, who may have lost the session meanwhile. Nobody comes to an account
// by it: a subject that is somebody else's proves nothing.
func (f *Flows) renewBy(ctx context.Context, tx *scope.Tx, me scope.Person, how proof.Arrival) (bool, error) {
	who := how.Identity
	number, numberErr := nationalid.Parse(nationalid.Country(who.Country), who.NationalID.Reveal(), tx.Now)
	if how.Audience == oidc.Guardian {
		if numberErr != nil {
			return false, nil //nolint:nilerr // a number that cannot be read is nobody's here
		}
		if err := f.keepBack(ctx, tx, who, number); err != nil {
			return false, err
		}
		return f.renewNumber(ctx, tx, me, number, who.Assurance)
	}
	var index []seal.Digest
	if who.NationalID.Reveal() != "" {
		if numberErr != nil {
			return false, nil
		}
		index = postgres.IdentityIndex(f.Keys, tx.Municipality(), number)
	}
	person, err := store.MatchStaff(ctx, tx, strings.ToLower(who.Username.Reveal()), index)
	if err != nil || person == uuid.Nil || person != me.ID {
		return false, err
	}
	own, err := f.linked(ctx, tx, who, person)
	if err != nil || !own {
		return false, err
	}
	return store.RenewProof(ctx, tx, me.Session, me.ID, who.Assurance)
}

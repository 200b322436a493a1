package proof

import (
	"context"
	"errors"
	"log/slog"

	"github.com/google/uuid"

	"budstikke.example/auth"
	"budstikke.example/auth/oidc"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

// OIDC signs people in with an OpenID Connect provider of their municipality (H1, U5, U6). It is safe for concurrent use.
type OIDC struct {
	DB        *scope.DB
	Keys      *seal.Keyring
	Providers *oidc.Set    // nil: no municipality has one
	Log       *slog.Logger // may be nil
}

// ErrNoProvider means that the municipality has no such provider for such a person, or that nobody can be sent back to such a client.
var ErrNoProvider = errors.New("proof: no such provider")

// Journey is what a sign-in is started for.
type Journey struct {
	Municipality string // slug
	Provider     string // the profile's id
	Audience     oidc.Audience
	Client       string // names the return address
	Target       string // where in the app it leads afterwards (U6); may be empty
	Link         []byte // digest of the signed link that it begins with (U6): the link is used up with it; nil for none
	// Session is the running session that is to be proved anew: the person signs in again, however short ago they did. uuid.Nil for a sign-in.
	Session uuid.UUID
}

// Departure is what the app needs to send somebody to a provider.
type Departure struct {
	Holder auth.Token // the secret of the device that started: only who shows it may finish
	URL    string     // to open in the person's browser
}

// Begin starts a sign-in. Errors: ErrNoProvider, *oidc.Refused with Unavailable, and store.ErrLinkUsed for a link that began another one.
func (o *OIDC) Begin(ctx context.Context, municipality uuid.UUID, j Journey) (Departure, error) {
	provider, known := o.Providers.Find(j.Municipality, j.Provider, j.Audience)
	if !known || !o.Providers.Returning(j.Client) {
		return Departure{}, ErrNoProvider
	}
	begun, err := provider.Begin(ctx, j.Client, j.Session != uuid.Nil)
	if err != nil {
		return Departure{}, err
	}
	order := store.OIDCOrder{Provider: provider.ID, Audience: j.Audience, Client: j.Client, Target: j.Target, Session: j.Session, Secrets: begun.Secrets}
	var holder auth.Token
	err = o.DB.WithScope(ctx, scope.Of(municipality, scope.SignIn), func(tx *scope.Tx) error {
		if j.Link != nil {
			if err := store.UseLink(ctx, tx, j.Link); err != nil {
				return err
			}
		}
		var err error
		holder, err = store.StartOIDCOrder(ctx, tx, o.Keys, order, begun.State)
		return err
	})
	if err != nil {
		return Departure{}, err
	}
	return Departure{Holder: holder, URL: begun.URL}, nil
}

// Return is what came back with the person.
type Return struct {
	Holder, State string
	Answer        oidc.Answer
	Session       uuid.UUID // the running session that is to be proved anew; uuid.Nil for a sign-in
}

// Arrival is how a journey ended, handed to the callback only.
type Arrival struct {
	Refused  *oidc.Refused // nil: Identity is who signed in
	Identity oidc.Identity
	Audience oidc.Audience
	Target   string
}

// Finish ends a sign-in. The order is used up before the provider is asked, so that of several answers, at the same time or later, one is looked
// into. Then ended runs once in a transaction of scope.SignIn that also ends the order, whether somebody signed in or not; an error of it is
// returned as it is, and the order is used up all the same. slug is that of the holder's municipality.
//
// Errors: auth.ErrMalformed, store.ErrNoOrder, store.ErrOrderInHand, and what ended returns.
func (o *OIDC) Finish(ctx context.Context, slug string, r Return, ended func(tx *scope.Tx, how Arrival) error) error {
	credential, err := auth.ParseHolder(r.Holder)
	if err != nil {
		return err
	}
	in := scope.Of(credential.Municipality, scope.SignIn)
	var order store.OIDCOrder
	err = o.DB.WithScope(ctx, in, func(tx *scope.Tx) error {
		var err error
		order, err = store.ClaimOIDCOrder(ctx, tx, o.Keys, credential, r.State, r.Session)
		return err
	})
	if err != nil {
		return err
	}
	// The provider takes its code once: from here on it is written down, whether the caller waits or not.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	how := Arrival{Audience: order.Audience, Target: order.Target}
	how.Identity, how.Refused = o.ask(ctx, slug, order, r.Answer)
	return o.DB.WithScope(ctx, in, func(tx *scope.Tx) error {
		if err := store.FinishOIDCOrder(ctx, tx, order.ID); err != nil {
			return err
		}
		return ended(tx, how)
	})
}

// ask lets the order's provider say who signed in. Refusals are logged, because they are what a wrong configuration looks like.
func (o *OIDC) ask(ctx context.Context, slug string, order store.OIDCOrder, answer oidc.Answer) (oidc.Identity, *oidc.Refused) {
	refused := &oidc.Refused{Reason: oidc.Unavailable, Detail: "the provider is no longer configured"}
	if provider, known := o.Providers.Find(slug, order.Provider, order.Audience); known {
		who, err := provider.Finish(ctx, order.Client, order.Audience, order.Secrets, answer)
		if err == nil {
			return who, nil
		}
		if !errors.As(err, &refused) {
			refused = &oidc.Refused{Reason: oidc.Unavailable, Detail: "the provider could not be asked"}
		}
	}
	if o.Log != nil {
		o.Log.Warn("a sign-in with a provider was refused", "provider", order.Provider, "reason", string(refused.Reason), "detail", refused.Detail)
	}
	return oidc.Identity{}, refused
}

package signin

import (
	"cmp"
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

// StartSignIn starts a sign-in with one of the municipality's providers (H1, U5). As with BankID, sent again it starts another one. Faults:
// not_found for a provider that there is not, or not for such a person; too_many_attempts, counted together with BankID.
func (f *Flows) StartSignIn(ctx context.Context, req StartSignInRequestObject) (StartSignInResponseObject, error) {
	here, err := f.here(ctx, req.Body.MunicipalityID)
	if err != nil {
		return nil, err
	}
	departure, err := f.depart(ctx, here, proof.Journey{
		Municipality: here.Slug, Provider: req.Body.Method, Audience: oidc.Audience(req.Body.Audience), Client: req.Body.Client,
	})
	if err != nil {
		return nil, err
	}
	return StartSignIn201JSONResponse{Holder: departure.Holder.Reveal(), URL: departure.URL}, nil
}

// depart counts a sign-in and starts it.
func (f *Flows) depart(ctx context.Context, here postgres.Municipality, j proof.Journey) (proof.Departure, error) {
	if f.OIDC == nil {
		return proof.Departure{}, app.ErrNotFound
	}
	visitor := f.DB.Visitor(scope.Of(here.ID, scope.SignIn))
	_, err := postgres.Read(ctx, visitor, func(tx *postgres.VisitorTx) (struct{}, error) {
		return struct{}{}, store.ClaimStart(ctx, tx.Tx, f.Keys, auth.DeviceOf(ctx))
	})
	if err != nil {
		return proof.Departure{}, tooMany(err, "Too many sign-ins were started from this network. Wait a little before the next one.")
	}
	departure, err := f.OIDC.Begin(ctx, here.ID, j)
	var refused *oidc.Refused
	switch {
	case errors.Is(err, proof.ErrNoProvider), errors.Is(err, store.ErrLinkUsed):
		return proof.Departure{}, app.ErrNotFound
	case errors.As(err, &refused):
		return proof.Departure{}, &app.Fault{Kind: app.Unavailable, Code: app.ErrUnavailable.Code, RetryAfter: 10 * time.Second,
			Detail: "The sign-in service does not answer at the moment. Nothing was done; try again in a little while."}
	}
	return departure, err
}

// FinishSignIn ends a sign-in with a provider. What a provider says is who somebody is; what they get is what the register says (U1).
func (f *Flows) FinishSignIn(ctx context.Context, req FinishSignInRequestObject) (FinishSignInResponseObject, error) {
	began := time.Now()
	holder, err := auth.ParseHolder(req.Body.Holder)
	if err != nil || f.OIDC == nil {
		return nil, app.ErrNotFound
	}
	visitor := f.DB.Visitor(scope.Of(holder.Municipality, scope.SignIn))
	if err := postgres.Repeated(ctx, visitor); err != nil {
		return nil, err
	}
	here, err := f.here(ctx, holder.Municipality)
	if err != nil {
		return nil, err
	}
	back := proof.Return{Holder: req.Body.Holder, State: req.Body.State, Answer: oidc.Answer{
		Code: value(req.Body.Code), Issuer: value(req.Body.Issuer), Error: value(req.Body.Error),
	}}
	var done FinishSignIn200JSONResponse
	err = f.OIDC.Finish(ctx, here.Slug, back, func(tx *scope.Tx, how proof.Arrival) error {
		ctx := context.WithoutCancel(ctx) // the provider took its code once: from here on it is written down, whether the caller waits or not
		var err error
		done, err = postgres.Once(ctx, tx, func() (FinishSignIn200JSONResponse, error) {
			return f.arrive(ctx, tx, how, cmp.Or(string(value(req.Body.Locale)), here.Locale), deviceOf(req.Body.Device))
		})
		return err
	})
	switch {
	case errors.Is(err, store.ErrOrderInHand):
		return nil, postgres.ErrKeyInFlight
	case errors.Is(err, store.ErrNoOrder):
		// The same request may have ended the order while this one was on its way (B6).
		if again := postgres.Repeated(ctx, visitor); again != nil {
			return nil, again
		}
		return nil, app.ErrNotFound
	case err != nil:
		return nil, err
	}
	if done.Status == SignInOutcomeStatusContactInstitution {
		waitUntil(ctx, began.Add(turnedAwayAfter))
	}
	return done, nil
}

// arrive decides what somebody gets whom a provider sent back.
func (f *Flows) arrive(ctx context.Context, tx *scope.Tx, how proof.Arrival, locale string, device auth.Device) (FinishSignIn200JSONResponse, error) {
	if how.Refused != nil {
		reason := SignInOutcomeReason(how.Refused.Reason)
		return FinishSignIn200JSONResponse{Status: SignInOutcomeStatusFailed, Text: oidc.Guidance(locale, how.Refused.Reason), Reason: &reason}, nil
	}
	admit := f.admitGuardian
	if how.Audience == oidc.Staff {
		admit = f.admitStaff
	}
	out, err := admit(ctx, tx, how.Identity, locale, device)
	if out.Status == SignInOutcomeStatusSignedIn {
		out.Target = optional(how.Target)
	}
	return out, err
}

// admitGuardian gives a guardian what they would get with BankID. Somebody whose name is protected where they come from never applies here by
// themselves (H7), and is marked as protected when the register does not say so yet.
func (f *Flows) admitGuardian(ctx context.Context, tx *scope.Tx, who oidc.Identity, locale string, device auth.Device) (FinishSignIn200JSONResponse, error) {
	away := FinishSignIn200JSONResponse{Status: SignInOutcomeStatusContactInstitution, Text: contactInstitutionText.In(locale)}
	number, err := nationalid.Parse(nationalid.Country(who.Country), who.NationalID.Reveal(), tx.Now)
	if err != nil {
		return away, refused(ctx, tx, "FinishSignIn", uuid.Nil)
	}
	if err := f.keepBack(ctx, tx, who, number); err != nil {
		return FinishSignIn200JSONResponse{}, err
	}
	got, err := f.admitNumber(ctx, tx, "FinishSignIn", number, who.Assurance, locale, device)
	return FinishSignIn200JSONResponse{Status: SignInOutcomeStatus(got.Status), Text: got.Text, Session: got.Session}, err
}

// keepBack marks whose number it is as protected, when the provider says so (H7).
func (f *Flows) keepBack(ctx context.Context, tx *scope.Tx, who oidc.Identity, number nationalid.Number) error {
	if !who.Protected {
		return nil
	}
	match, found, err := store.MatchApplicant(ctx, tx, postgres.IdentityIndex(f.Keys, tx.Municipality(), number))
	if err == nil && found {
		err = store.RaiseProtection(ctx, tx, match.Person)
	}
	return err
}

// linked tells whether the provider's subject is this person's, and marks them as protected when it is and the provider says so (H7): staff too may
// have to be hidden from somebody.
func (f *Flows) linked(ctx context.Context, tx *scope.Tx, who oidc.Identity, person uuid.UUID) (bool, error) {
	own, err := store.LinkIdentity(ctx, tx, f.Keys, who, person)
	if err == nil && own && who.Protected {
		err = store.RaiseProtection(ctx, tx, person)
	}
	return own, err
}

// admitStaff gives a session to somebody whom the register knows by this user name or number, who has a role now, and whose identity at the
// provider never was anybody else's (U1, U5, V11). Everybody else gets one and the same advice, and leaves an entry in the audit trail.
func (f *Flows) admitStaff(ctx context.Context, tx *scope.Tx, who oidc.Identity, locale string, device auth.Device) (FinishSignIn200JSONResponse, error) {
	away := FinishSignIn200JSONResponse{Status: SignInOutcomeStatusContactInstitution, Text: askForAccessText.In(locale)}
	var index []seal.Digest
	if text := who.NationalID.Reveal(); text != "" {
		number, err := nationalid.Parse(nationalid.Country(who.Country), text, tx.Now)
		if err != nil {
			return away, refused(ctx, tx, "FinishSignIn", uuid.Nil)
		}
		index = postgres.IdentityIndex(f.Keys, tx.Municipality(), number)
	}
	person, err := store.MatchStaff(ctx, tx, strings.ToLower(who.Username.Reveal()), index)
	if err != nil {
		return away, err
	}
	var account store.Account
	var open bool
	if person != uuid.Nil {
		own, err := f.linked(ctx, tx, who, person)
		if err == nil && own {
			account, open, err = store.FirstAccount(ctx, tx, person, scope.Staff)
		}
		if err != nil {
			return away, err
		}
	}
	if !open {
		return away, refused(ctx, tx, "FinishSignIn", person)
	}
	if weak, err := f.tooWeak(ctx, tx, who, person, locale); err != nil || weak != nil {
		return value(weak), err
	}
	token, session, err := store.StartSession(ctx, tx, store.NewSession{Kind: scope.Staff, Person: person, Account: account.ID, Assurance: who.Assurance, Device: device})
	if err != nil {
		return FinishSignIn200JSONResponse{}, err
	}
	s := viewSession(token, scope.Staff, session)
	return FinishSignIn200JSONResponse{Status: SignInOutcomeStatusSignedIn, Text: signedInText.In(locale), Session: &s}, nil
}

// tooWeak refuses somebody who must have a second factor and signed in with one, where the profile lets one do (U5): the rule follows from their
// roles, whichever door they take. nil: they may come in.
func (f *Flows) tooWeak(ctx context.Context, tx *scope.Tx, who oidc.Identity, person uuid.UUID, locale string) (*FinishSignIn200JSONResponse, error) {
	if who.Assurance.AtLeast(scope.Substantial) {
		return nil, nil //nolint:nilnil // no refusal is an answer
	}
	needed, err := store.NeedsSecondFactor(ctx, tx, person)
	if err != nil || !needed {
		return nil, err
	}
	reason := SignInOutcomeReason(oidc.TooWeak)
	return &FinishSignIn200JSONResponse{Status: SignInOutcomeStatusFailed, Text: oidc.Guidance(locale, oidc.TooWeak), Reason: &reason},
		refused(ctx, tx, "FinishSignIn", person)
}

package signin

import (
	"context"
	"errors"
	"time"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/auth"
	"budstikke.example/auth/passkey"
	"budstikke.example/auth/proof"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// ErrPasskeyFailed is the one answer to a passkey that lets nobody in, whatever the reason.
var ErrPasskeyFailed = &app.Fault{Kind: app.Unauthenticated, Code: "sign_in_failed",
	Detail: "This passkey does not sign in here. Begin again, or sign in in another way."}

// StartPasskeySignIn gives a device a challenge for its passkey. It asks for nobody's name, and so tells nothing of anybody. Faults: not_found for a
// municipality that there is not; too_many_attempts, counted together with BankID.
func (f *Flows) StartPasskeySignIn(ctx context.Context, req StartPasskeySignInRequestObject) (StartPasskeySignInResponseObject, error) {
	visitor, err := f.known(ctx, req.Body.MunicipalityID)
	if err == nil && f.Passkeys == nil {
		err = app.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	ceremony, verification := store.Ceremony{Purpose: store.ForSigningIn}, "required"
	if value(req.Body.Purpose) == PasskeySignInStartPurposeSecondFactor {
		ceremony.Purpose, verification = store.ForSecondFactor, "preferred"
	}
	answer, err := postgres.Write(ctx, visitor, func(tx *postgres.VisitorTx) (StartPasskeySignInResponseObject, error) {
		if err := store.ClaimStart(ctx, tx.Tx, f.Keys, auth.DeviceOf(ctx)); err != nil {
			return nil, err
		}
		holder, digest := auth.NewHolder(req.Body.MunicipalityID)
		ceremony.Holder = digest[:]
		challenge, err := store.StartChallenge(ctx, tx.Tx, ceremony)
		return StartPasskeySignIn201JSONResponse{Holder: holder.Reveal(), Options: f.passkeyRequest(challenge, verification)}, err
	})
	return answer, tooMany(err, "Too many sign-ins were started from this network. Wait a little before the next one.")
}

// FinishPasskeySignIn signs somebody in with a passkey whose owner was verified, which counts as two factors. Fault: sign_in_failed.
func (f *Flows) FinishPasskeySignIn(ctx context.Context, req FinishPasskeySignInRequestObject) (FinishPasskeySignInResponseObject, error) {
	began := time.Now()
	holder, err := auth.ParseHolder(req.Body.Holder)
	if err != nil || f.Passkeys == nil {
		return nil, ErrPasskeyFailed
	}
	visitor, err := f.known(ctx, holder.Municipality)
	if errors.Is(err, app.ErrNotFound) {
		return nil, ErrPasskeyFailed
	}
	if err == nil {
		err = postgres.Repeated(ctx, visitor)
	}
	if err != nil {
		return nil, err
	}
	shown := proof.Shown{Ceremony: store.Ceremony{Purpose: store.ForSigningIn, Holder: holder.Digest[:]}, Assertion: assertionOf(req.Body.Credential)}
	var answer FinishPasskeySignIn201JSONResponse
	err = f.Passkeys.Prove(ctx, holder.Municipality, "FinishPasskeySignIn", shown, func(tx *scope.Tx, who proof.Holder) error {
		var err error
		answer, err = postgres.Once(ctx, tx, func() (FinishPasskeySignIn201JSONResponse, error) {
			session, err := begin(ctx, tx, who, deviceOf(req.Body.Device))
			return FinishPasskeySignIn201JSONResponse(session), err
		})
		return err
	})
	if errors.Is(err, proof.ErrRefused) {
		// The same request may have used the challenge up while this one was on its way (B6).
		if again := postgres.Repeated(ctx, visitor); again != nil {
			return nil, again
		}
		waitUntil(ctx, began.Add(turnedAwayAfter))
		return nil, ErrPasskeyFailed
	}
	return answer, err
}

// StartPasskeyProof gives the session of whoever calls a challenge, by which a passkey of theirs proves anew who they are (RFC 9470).
func (f *Flows) StartPasskeyProof(ctx context.Context, _ StartPasskeyProofRequestObject) (StartPasskeyProofResponseObject, error) {
	if f.Passkeys == nil {
		return nil, app.ErrNotFound
	}
	return postgres.Write(ctx, f.DB.Visitor(auth.Holder(ctx)), func(tx *postgres.VisitorTx) (StartPasskeyProofResponseObject, error) {
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		challenge, err := store.StartChallenge(ctx, tx.Tx, store.Ceremony{Purpose: store.ForProving, Session: me.Session})
		return StartPasskeyProof201JSONResponse(f.passkeyRequest(challenge, "required")), err
	})
}

// ProveByPasskey renews the proof of a running session by a passkey of its owner (RFC 9470). Fault: sign_in_failed, whatever is not right.
func (f *Flows) ProveByPasskey(ctx context.Context, req ProveByPasskeyRequestObject) (ProveByPasskeyResponseObject, error) {
	me, err := f.holder(ctx)
	if err != nil {
		return nil, err
	}
	if f.Passkeys == nil {
		return nil, ErrPasskeyFailed
	}
	shown := proof.Shown{Ceremony: store.Ceremony{Purpose: store.ForProving, Session: me.Session}, Assertion: assertionOf(req.Body.Credential)}
	err = f.Passkeys.Prove(ctx, auth.Holder(ctx).Municipality(), "ProveByPasskey", shown, func(tx *scope.Tx, who proof.Holder) error {
		if who.Account != me.Account {
			return proof.ErrRefused
		}
		renewed, err := store.RenewProof(ctx, tx, me.Session, me.ID, scope.Substantial)
		if err == nil && !renewed {
			err = app.ErrSignInRequired // it ended meanwhile
		}
		return err
	})
	if errors.Is(err, proof.ErrRefused) {
		return nil, ErrPasskeyFailed
	}
	return ProveByPasskey204Response{}, err
}

// beside is a passkey that is shown beside a password; nil for none. What is none of ours proves nothing, like a wrong one.
func beside(shown *PasskeyBeside) *proof.Shown {
	if shown == nil {
		return nil
	}
	holder, err := auth.ParseHolder(shown.Holder)
	if err != nil {
		holder = auth.Credential{}
	}
	return &proof.Shown{Ceremony: store.Ceremony{Purpose: store.ForSecondFactor, Holder: holder.Digest[:]}, Assertion: assertionOf(shown.Credential)}
}

// passkeyRequest is what a browser needs to use a passkey.
func (f *Flows) passkeyRequest(challenge, verification string) PasskeyRequest {
	return PasskeyRequest{
		Challenge: challenge, RpID: f.Passkeys.Party.ID(), Timeout: int(passkey.Timeout / time.Millisecond), UserVerification: verification,
	}
}

func assertionOf(said PasskeyAssertion) passkey.Assertion {
	r := said.Response
	return passkey.Assertion{ID: said.ID, ClientData: r.ClientDataJSON, AuthenticatorData: r.AuthenticatorData, Signature: r.Signature, UserHandle: r.UserHandle}
}

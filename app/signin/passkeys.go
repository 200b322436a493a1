package signin

import (
	"context"
	"encoding/base64"
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

// Faults of one's own passkeys.
var (
	// ErrPasskeyRefused is the one answer to a passkey that was not made for this challenge and this account, or that is there already.
	ErrPasskeyRefused = &app.Fault{Kind: app.Unprocessable, Code: "passkey_refused", Detail: "This passkey cannot be added. Begin again, and answer within five minutes.",
		Fields: []app.Field{{Pointer: "/credential", Detail: "was not made for this"}}}
	// ErrTooManyPasskeys means that the account has as many passkeys as it can have.
	ErrTooManyPasskeys = &app.Fault{Kind: app.Conflict, Code: "too_many_passkeys", Detail: "There are twenty passkeys already. Remove one that is not used any more."}
	// ErrLastFactor means that the passkey is the only second factor of somebody who must have one.
	ErrLastFactor = &app.Fault{Kind: app.Conflict, Code: "last_second_factor",
		Detail: "This is the last second factor, and your work asks for one. Add another passkey or an authenticator app first."}
)

// ListPasskeys returns the caller's passkeys, the oldest first.
func (f *Flows) ListPasskeys(ctx context.Context, _ ListPasskeysRequestObject) (ListPasskeysResponseObject, error) {
	return postgres.Read(ctx, f.DB.Visitor(auth.Holder(ctx)), func(tx *postgres.VisitorTx) (ListPasskeysResponseObject, error) {
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		kept, err := store.PasskeysOf(ctx, tx.Tx, me.Account)
		list := PasskeyList{Items: make([]Passkey, len(kept))}
		for i, p := range kept {
			list.Items[i] = viewPasskey(p)
		}
		return ListPasskeys200JSONResponse(list), err
	})
}

// StartPasskey begins with a new passkey, in this session. Faults: step_up_required; password_wrong, for who has a password and no second factor;
// too_many_passkeys; too_many_attempts; unavailable.
func (f *Flows) StartPasskey(ctx context.Context, req StartPasskeyRequestObject) (StartPasskeyResponseObject, error) {
	own := f.keyholder(ctx)
	if f.Passkeys == nil {
		return nil, app.ErrNotFound
	}
	if err := postgres.Repeated(ctx, own); err != nil {
		return nil, err
	}
	byPassword, err := postgres.Read(ctx, own, func(tx *postgres.VisitorTx) (bool, error) { return f.addsByPassword(ctx, tx) })
	if err != nil {
		return nil, err
	}
	if byPassword {
		if _, err := f.proveOwn(ctx, value(req.Body.Password)); err != nil {
			return nil, err
		}
	}
	return postgres.Write(ctx, own, func(tx *postgres.VisitorTx) (StartPasskeyResponseObject, error) {
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		kept, err := f.fewPasskeys(ctx, tx, me)
		if err != nil {
			return nil, err
		}
		here, err := tx.Here(ctx)
		if err != nil {
			return nil, err
		}
		known, found, err := store.OwnPassword(ctx, tx.Tx, f.Keys, me.Account)
		if err != nil {
			return nil, err
		}
		name := here.Name
		if found {
			name = known.Username
		}
		challenge, err := store.StartChallenge(ctx, tx.Tx, store.Ceremony{Purpose: store.ForRegistering, Session: me.Session})
		if err != nil {
			return nil, err
		}
		return StartPasskey201JSONResponse(f.newPasskey(challenge, PasskeyOwner{ID: base64.RawURLEncoding.EncodeToString(me.Account[:]), Name: name, DisplayName: here.Name}, kept)), nil
	})
}

// addsByPassword tells whether the caller's password stands for a fresh proof: for who has one and no second factor yet. Fault: step_up_required,
// for everybody else who has not proved lately who they are.
func (f *Flows) addsByPassword(ctx context.Context, tx *postgres.VisitorTx) (bool, error) {
	me, err := tx.Person(ctx)
	if err != nil || me.ProvedSince(scope.Assurance(fresh.Assurance), tx.Now.Add(-fresh.MaxAge)) {
		return false, err
	}
	known, found, err := store.OwnPassword(ctx, tx.Tx, f.Keys, me.Account)
	if err == nil && (!found || known.HasSecondFactor()) {
		err = app.StepUpFault(fresh)
	}
	return err == nil, err
}

// fewPasskeys returns the caller's passkeys. Fault: too_many_passkeys.
func (f *Flows) fewPasskeys(ctx context.Context, tx *postgres.VisitorTx, me scope.Person) ([]store.Passkey, error) {
	kept, err := store.PasskeysOf(ctx, tx.Tx, me.Account)
	if err == nil && len(kept) >= store.MostPasskeys {
		err = ErrTooManyPasskeys
	}
	return kept, err
}

// AddPasskey keeps a passkey that was made after StartPasskey. Whoever was on the way to a second factor goes on in a session of their own kind.
// The owner is told (B5). Faults: passkey_refused, too_many_passkeys.
func (f *Flows) AddPasskey(ctx context.Context, req AddPasskeyRequestObject) (AddPasskeyResponseObject, error) {
	if f.Passkeys == nil {
		return nil, app.ErrNotFound
	}
	name := auth.Label(req.Body.Name)
	if name == "" {
		return nil, ErrPasskeyRefused
	}
	return postgres.Write(ctx, f.keyholder(ctx), func(tx *postgres.VisitorTx) (AddPasskeyResponseObject, error) {
		me, err := tx.Person(ctx)
		if err == nil {
			err = tx.Hold(ctx)
		}
		if err != nil {
			return nil, err
		}
		if _, err := f.fewPasskeys(ctx, tx, me); err != nil {
			return nil, err
		}
		known, found, err := store.OwnPassword(ctx, tx.Tx, f.Keys, me.Account)
		if err != nil {
			return nil, err
		}
		opens := me.Caller
		if opens == scope.SecondFactor {
			opens = known.Opens
		}
		said := req.Body.Credential
		made, err := f.Passkeys.Register(ctx, tx.Tx, me.Session, me.Account, opens, name, passkey.Attestation{
			ID: said.ID, ClientData: said.Response.ClientDataJSON, Object: said.Response.AttestationObject, Transports: value(said.Response.Transports),
		})
		if errors.Is(err, proof.ErrRefused) {
			return nil, ErrPasskeyRefused
		}
		if err != nil {
			return nil, err
		}
		if err := tx.TellOfSignIn(ctx, me.ID, me.Account); err != nil {
			return nil, err
		}
		answer := AddPasskey201JSONResponse{Passkey: viewPasskey(made)}
		if found && !known.HasSecondFactor() {
			codes, err := store.NewRecoveryCodes(ctx, tx.Tx, f.Keys, me.Account)
			if err != nil {
				return nil, err
			}
			answer.RecoveryCodes = &codes
		}
		answer.Session, err = goOn(ctx, tx.Tx, me, proof.Holder{Account: me.Account, Person: me.ID, Kind: known.Kind, Opens: opens, Factor: proof.PasskeyShown})
		return answer, err
	})
}

// RenamePasskey gives one of the caller's passkeys another name. Somebody else's and one that never was are not found alike.
func (f *Flows) RenamePasskey(ctx context.Context, req RenamePasskeyRequestObject) (RenamePasskeyResponseObject, error) {
	return postgres.Write(ctx, f.DB.Visitor(auth.Holder(ctx)), func(tx *postgres.VisitorTx) (RenamePasskeyResponseObject, error) {
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		name := auth.Label(req.Body.Name)
		if name == "" {
			name = passkey.Name
		}
		renamed, err := store.RenamePasskey(ctx, tx.Tx, me.Account, req.PasskeyID, name)
		if err != nil {
			return nil, err
		}
		kept, err := store.PasskeysOf(ctx, tx.Tx, me.Account)
		if err != nil {
			return nil, err
		}
		for _, p := range kept {
			if renamed && p.ID == req.PasskeyID {
				return RenamePasskey200JSONResponse(viewPasskey(p)), nil
			}
		}
		return nil, app.ErrNotFound
	})
}

// RemovePasskey removes one of the caller's passkeys, who is told; the policy asks for a fresh proof first. Faults: not_found; last_second_factor;
// step_up_required.
func (f *Flows) RemovePasskey(ctx context.Context, req RemovePasskeyRequestObject) (RemovePasskeyResponseObject, error) {
	return postgres.Write(ctx, f.DB.Visitor(auth.Holder(ctx)), func(tx *postgres.VisitorTx) (RemovePasskeyResponseObject, error) {
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		// Of two who each remove one of the last two, the second waits here and finds one.
		left, err := store.HoldPasskeys(ctx, tx.Tx, me.Account)
		if err != nil {
			return nil, err
		}
		removed, err := store.RemovePasskey(ctx, tx.Tx, me.Account, req.PasskeyID)
		if err == nil && !removed {
			err = app.ErrNotFound
		}
		if err == nil && left == 1 {
			err = f.mayDoWithout(ctx, tx, me)
		}
		if err != nil {
			return nil, err
		}
		if _, err := store.EndOtherSessions(ctx, tx.Tx, me.ID, me.Session); err != nil { // the lost device may be signed in
			return nil, err
		}
		return RemovePasskey204Response{}, tx.TellOfSignIn(ctx, me.ID, me.Account)
	})
}

// mayDoWithout tells whether somebody whose last passkey goes has another second factor, needs none, or signs in elsewhere anyway. Fault:
// last_second_factor.
func (f *Flows) mayDoWithout(ctx context.Context, tx *postgres.VisitorTx, me scope.Person) error {
	known, found, err := store.OwnPassword(ctx, tx.Tx, f.Keys, me.Account)
	if err != nil || !found || known.Secret != nil {
		return err
	}
	needed, err := store.NeedsSecondFactor(ctx, tx.Tx, me.ID)
	if err == nil && needed {
		err = ErrLastFactor
	}
	return err
}

// newPasskey is what a browser needs to make a passkey.
func (f *Flows) newPasskey(challenge string, whose PasskeyOwner, kept []store.Passkey) NewPasskey {
	out := NewPasskey{
		Rp: PasskeyParty{ID: f.Passkeys.Party.ID(), Name: passkey.Name}, User: whose, Challenge: challenge, Timeout: int(passkey.Timeout / time.Millisecond),
		AuthenticatorSelection: PasskeySelection{ResidentKey: "required", RequireResidentKey: true, UserVerification: "required"}, Attestation: "none",
		ExcludeCredentials: make([]PasskeyDescriptor, len(kept)),
	}
	for _, algorithm := range passkey.Algorithms {
		out.PubKeyCredParams = append(out.PubKeyCredParams, PasskeyAlgorithm{Type: "public-key", Alg: algorithm})
	}
	for i, p := range kept {
		out.ExcludeCredentials[i] = PasskeyDescriptor{Type: "public-key", ID: base64.RawURLEncoding.EncodeToString(p.Credential.ID), Transports: p.Credential.Transports}
	}
	return out
}

func viewPasskey(p store.Passkey) Passkey {
	v := Passkey{ID: p.ID, Name: p.Name, CreatedAt: p.Created, BackedUp: p.Credential.BackedUp}
	if !p.LastUsed.IsZero() {
		v.LastUsedAt = &p.LastUsed
	}
	if !p.Suspected.IsZero() {
		v.SuspectedAt = &p.Suspected
	}
	return v
}

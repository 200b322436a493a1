package signin

import (
	"context"
	"log/slog"
	"time"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/auth"
	"budstikke.example/auth/sessions"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// fresh is the proof that changing how somebody signs in asks for, where their password does not stand for it: whoever found an unlocked telephone has
// not proved anything lately.
var fresh = app.StepUp{Assurance: string(scope.Substantial), MaxAge: 15 * time.Minute}

// ErrRefreshRefused is the one answer to a refresh token that prolongs nothing, whatever the reason.
var ErrRefreshRefused = &app.Fault{Kind: app.Unauthenticated, Code: "refresh_refused", Detail: "This session does not go on. Sign in anew."}

// SignOut ends the session of whoever calls, at once.
func (f *Flows) SignOut(ctx context.Context, _ SignOutRequestObject) (SignOutResponseObject, error) {
	return postgres.Write(ctx, f.DB.Visitor(auth.Anybody(ctx)), func(tx *postgres.VisitorTx) (SignOutResponseObject, error) {
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		_, err = store.EndSession(ctx, tx.Tx, me.Session, store.SignedOut)
		return SignOut204Response{}, err
	})
}

// RefreshSession prolongs a session, on the device that it began on (P11). Whatever is wrong, the refusal is the same. That a refresh token was
// copied is for the log: the one who shows it may be the thief or the owner.
func (f *Flows) RefreshSession(ctx context.Context, req RefreshSessionRequestObject) (RefreshSessionResponseObject, error) {
	token, shown, err := auth.ParseRefresh(req.Body.RefreshToken)
	if err != nil {
		return nil, ErrRefreshRefused
	}
	device, err := auth.ParseDevice(req.Body.DeviceSecret, "")
	if err != nil {
		device = auth.Device{} // fits no session; what the token says of theft is heard nevertheless
	}
	visitor := f.DB.Visitor(scope.Of(shown.Municipality, scope.SignIn))
	p, err := postgres.Read(ctx, visitor, func(tx *postgres.VisitorTx) (store.Prolonged, error) {
		return store.Prolong(ctx, tx.Tx, token, device)
	})
	if err != nil {
		return nil, err
	}
	switch p.Verdict {
	case sessions.Rotate, sessions.Again:
		return RefreshSession200JSONResponse(viewSession(p.Access, p.Kind, p.Session)), nil
	case sessions.Reused:
		f.suspect(ctx, "session_family_reused", shown, p)
	case sessions.Foreign:
		f.suspect(ctx, "session_on_another_device", shown, p)
	}
	return nil, ErrRefreshRefused
}

func (f *Flows) suspect(ctx context.Context, what string, shown auth.Refresh, p store.Prolonged) {
	f.Log.LogAttrs(ctx, slog.LevelWarn, what, slog.String("municipality", shown.Municipality.String()), slog.String("session", p.Session.ID.String()),
		slog.String("kind", string(p.Kind)))
}

// ListSessions returns where the caller is signed in.
func (f *Flows) ListSessions(ctx context.Context, _ ListSessionsRequestObject) (ListSessionsResponseObject, error) {
	return postgres.Read(ctx, f.DB.Visitor(auth.Holder(ctx)), func(tx *postgres.VisitorTx) (ListSessionsResponseObject, error) {
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		open, err := store.OpenSessionsOf(ctx, tx.Tx, me.ID)
		if err != nil {
			return nil, err
		}
		list := SessionList{Items: make([]OpenSession, len(open))}
		for i, s := range open {
			list.Items[i] = OpenSession{
				ID: s.ID, Kind: OpenSessionKind(s.Kind), Device: optional(s.Device), ThisOne: s.ID == me.Session,
				BeganAt: s.Began, LastUsedAt: s.LastUsed, EndsAt: s.Ends,
			}
		}
		return ListSessions200JSONResponse(list), nil
	})
}

// EndSession ends one of the caller's own sessions. Somebody else's, one that has ended and one that never was are not found alike.
func (f *Flows) EndSession(ctx context.Context, req EndSessionRequestObject) (EndSessionResponseObject, error) {
	return postgres.Write(ctx, f.DB.Visitor(auth.Holder(ctx)), func(tx *postgres.VisitorTx) (EndSessionResponseObject, error) {
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		ended, err := store.EndOwnSession(ctx, tx.Tx, me.ID, req.SessionID)
		if err == nil && !ended {
			err = app.ErrNotFound
		}
		return EndSession204Response{}, err
	})
}

// EndOtherSessions ends all of the caller's sessions but the one that asks; the policy asks for a fresh proof first.
func (f *Flows) EndOtherSessions(ctx context.Context, _ EndOtherSessionsRequestObject) (EndOtherSessionsResponseObject, error) {
	return postgres.Write(ctx, f.DB.Visitor(auth.Holder(ctx)), func(tx *postgres.VisitorTx) (EndOtherSessionsResponseObject, error) {
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		_, err = store.EndOtherSessions(ctx, tx.Tx, me.ID, me.Session)
		return EndOtherSessions204Response{}, err
	})
}

func viewSession(token auth.Token, kind scope.Caller, s store.Session) Session {
	v := Session{Token: token.Reveal(), Kind: SessionKind(kind), ExpiresAt: s.Expires, EndsAt: s.Ends, RefreshToken: optional(s.Refresh.Reveal())}
	if v.RefreshToken != nil {
		v.RefreshBefore = &s.RefreshBefore
	}
	return v
}

// deviceOf reads the device that a sign-in names; the contract has held its secret against the form of one.
func deviceOf(named *SignInDevice) auth.Device {
	if named == nil {
		return auth.Device{}
	}
	device, err := auth.ParseDevice(named.Secret, value(named.Name))
	if err != nil {
		return auth.Device{}
	}
	return device
}

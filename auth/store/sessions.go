package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth"
	"budstikke.example/auth/sessions"
	"budstikke.example/auth/store/internal/db"
	"budstikke.example/migrations/scope"
)

// NewSession is what a session begins with.
type NewSession struct {
	Kind    scope.Caller // scope.Guardian, scope.Staff, scope.Applicant or scope.SecondFactor
	Person  uuid.UUID
	Account uuid.UUID // uuid.Nil for an applicant, and for nobody else
	// Strong says that the person signed in with an electronic identity or two factors (H8). It is scope.Substantial, if Assurance says
	// nothing else.
	Strong bool
	// Assurance is how well the person proved who they are; "" leaves it to Strong.
	Assurance scope.Assurance
	// Device is where the session lives. Only a device that has a secret can prolong it; the zero Device has its first access token only.
	Device auth.Device
	// Lifetime is how long the session lasts at most, the kind's own when 0 (sessions.SpanOf).
	Lifetime time.Duration
}

// Session is one that has begun, or was prolonged.
type Session struct {
	ID      uuid.UUID
	Expires time.Time // when the access token does
	Ends    time.Time // when the session does, however often it is prolonged
	// Refresh prolongs it, until RefreshBefore; the zero Token if the session cannot be prolonged. It is kept nowhere: hand it to its owner.
	Refresh       auth.Token
	RefreshBefore time.Time
}

// StartSession begins a session and returns its access token, which is kept nowhere: hand it to its owner. The oldest session beyond
// sessions.Most ends. It works in the scope SignIn, and for the person's own sessions in theirs (an applicant whose account was just opened).
func StartSession(ctx context.Context, tx *scope.Tx, s NewSession) (auth.Token, Session, error) {
	span, known := sessions.SpanOf(s.Kind)
	if !known || (s.Account == uuid.Nil) != (s.Kind == scope.Applicant) || s.Person == uuid.Nil || s.Lifetime < 0 {
		return auth.Token{}, Session{}, errors.New("store: start session: guardians and staff have an account, applicants have none, nobody else has sessions")
	}
	if s.Lifetime != 0 {
		span.Whole = s.Lifetime
	}
	if s.Assurance == "" {
		s.Assurance = scope.Low
		if s.Strong {
			s.Assurance = scope.Substantial
		}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return auth.Token{}, Session{}, fmt.Errorf("store: start session: %w", err)
	}
	began := Session{ID: id, Ends: tx.Now.Add(span.Whole)}
	row := db.InsertSessionParams{
		MunicipalityID: tx.Municipality(), ID: id, Kind: string(s.Kind), PersonID: s.Person, Strong: s.Assurance.AtLeast(scope.Substantial),
		Assurance: string(s.Assurance), CreatedAt: tx.Now, ExpiresAt: began.Ends, DeviceHash: s.Device.Digest, DeviceName: s.Device.Name,
	}
	if s.Account != uuid.Nil {
		row.AccountID = &s.Account
	}
	if err := begin(ctx, tx, row); err != nil {
		return auth.Token{}, Session{}, fmt.Errorf("store: start session: %w", err)
	}
	access, err := issue(ctx, tx, &began, span)
	if err != nil || span.Idle == 0 || s.Device.Digest == nil {
		return access, began, err
	}
	token, refresh := auth.NewRefresh(tx.Municipality())
	began.Refresh, began.RefreshBefore = token, earlier(tx.Now.Add(span.Idle), began.Ends)
	err = queries.InsertRefresh(ctx, tx, db.InsertRefreshParams{
		MunicipalityID: tx.Municipality(), SessionID: id, StemHash: refresh.Stem[:], CurrentHash: refresh.Digest[:],
		RotatedAt: tx.Now, IdleUntil: began.RefreshBefore,
	})
	if err != nil {
		return auth.Token{}, Session{}, fmt.Errorf("store: start session: %w", err)
	}
	return access, began, nil
}

// begin writes the session and ends the oldest beyond the limit.
func begin(ctx context.Context, tx *scope.Tx, row db.InsertSessionParams) error {
	limited := row.AccountID != nil
	if limited {
		if err := queries.HoldPerson(ctx, tx, db.HoldPersonParams{MunicipalityID: row.MunicipalityID, PersonID: row.PersonID}); err != nil {
			return err
		}
	}
	if err := queries.InsertSession(ctx, tx, row); err != nil || !limited {
		return err
	}
	_, err := queries.EndOldest(ctx, tx, db.EndOldestParams{
		MunicipalityID: row.MunicipalityID, PersonID: row.PersonID, EndedAt: tx.Now, Reason: TooManyDevices, Keep: sessions.Most,
	})
	return err
}

// issue makes the next access token of a session and says in s when it expires.
func issue(ctx context.Context, tx *scope.Tx, s *Session, span sessions.Span) (auth.Token, error) {
	token, digest := mint(tx, s, span)
	err := queries.InsertAccessToken(ctx, tx.Later(), db.InsertAccessTokenParams{
		MunicipalityID: tx.Municipality(), TokenHash: digest[:], SessionID: s.ID, ExpiresAt: s.Expires,
	})
	if err != nil {
		return auth.Token{}, fmt.Errorf("store: issue an access token: %w", err)
	}
	return token, nil
}

// mint makes an access token that is not stored yet, and says when it ends.
func mint(tx *scope.Tx, s *Session, span sessions.Span) (auth.Token, [32]byte) {
	token, digest := auth.NewToken(tx.Municipality())
	s.Expires = earlier(tx.Now.Add(span.Token), s.Ends)
	return token, digest
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// DeviceOf returns the device that a session lives on, for a session that takes its place. It works in the person's own scope.
func DeviceOf(ctx context.Context, tx *scope.Tx, session uuid.UUID) (auth.Device, error) {
	row, err := queries.DeviceOfSession(ctx, tx, db.DeviceOfSessionParams{MunicipalityID: tx.Municipality(), ID: session})
	if err != nil {
		return auth.Device{}, fmt.Errorf("store: device of a session: %w", err)
	}
	return auth.Device{Digest: row.DeviceHash, Name: row.DeviceName}, nil
}

// RenewProof keeps that the person proved anew who they are, in a session of theirs that runs (RFC 9470); false if it is not theirs or has
// ended. It works in the scope SignIn, where the proof was made.
func RenewProof(ctx context.Context, tx *scope.Tx, session, person uuid.UUID, assurance scope.Assurance) (bool, error) {
	n, err := queries.RenewProof(ctx, tx, db.RenewProofParams{
		MunicipalityID: tx.Municipality(), ID: session, PersonID: person, ProvedAt: tx.Now, Assurance: string(assurance),
		Strong: assurance.AtLeast(scope.Substantial),
	})
	if err != nil {
		return false, fmt.Errorf("store: renew proof: %w", err)
	}
	return n == 1, nil
}

// ForgetTokens deletes access tokens that have been over for an hour, and returns how many.
func ForgetTokens(ctx context.Context, tx *scope.Tx) (int64, error) {
	n, err := queries.DeleteOldTokens(ctx, tx, db.DeleteOldTokensParams{MunicipalityID: tx.Municipality(), ExpiredBefore: tx.Now.Add(-time.Hour)})
	if err != nil {
		return 0, fmt.Errorf("store: forget tokens: %w", err)
	}
	return n, nil
}

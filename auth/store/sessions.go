package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth"
	"budstikke.example/auth/store/internal/db"
	"budstikke.example/migrations/scope"
)

// How long a session lasts from its start, when nothing else is asked for.
const (
	GuardianLifetime  = 15 * 24 * time.Hour
	StaffLifetime     = 12 * time.Hour
	ApplicantLifetime = time.Hour
	// SecondFactorLifetime is how long somebody has for giving their account the second factor it must have.
	SecondFactorLifetime = 15 * time.Minute
)

// NewSession is what a session begins with.
type NewSession struct {
	Kind    scope.Caller // scope.Guardian, scope.Staff, scope.Applicant or scope.SecondFactor
	Person  uuid.UUID
	Account uuid.UUID // uuid.Nil for an applicant, and for nobody else
	// Strong says that the person signed in with an electronic identity or two factors (H8).
	Strong bool
	// Lifetime is how long it lasts, the kind's own when 0 (GuardianLifetime, StaffLifetime, ApplicantLifetime).
	Lifetime time.Duration
}

// Session is one that has begun.
type Session struct {
	ID      uuid.UUID
	Expires time.Time
}

// StartSession begins a session and returns its token, which is kept nowhere: hand it to its owner. It works in the scope SignIn, and for the
// person's own sessions in theirs (an applicant whose account was just opened).
func StartSession(ctx context.Context, tx *scope.Tx, s NewSession) (auth.Token, Session, error) {
	lifetimes := map[scope.Caller]time.Duration{
		scope.Guardian: GuardianLifetime, scope.Staff: StaffLifetime, scope.Applicant: ApplicantLifetime,
		scope.SecondFactor: SecondFactorLifetime,
	}
	usual, known := lifetimes[s.Kind]
	if !known || (s.Account == uuid.Nil) != (s.Kind == scope.Applicant) || s.Person == uuid.Nil || s.Lifetime < 0 {
		return auth.Token{}, Session{}, errors.New("store: start session: guardians and staff have an account, applicants have none, nobody else has sessions")
	}
	if s.Lifetime == 0 {
		s.Lifetime = usual
	}
	id, err := uuid.NewV7()
	if err != nil {
		return auth.Token{}, Session{}, fmt.Errorf("store: start session: %w", err)
	}
	token, digest := auth.NewToken(tx.Municipality())
	row := db.InsertSessionParams{
		MunicipalityID: tx.Municipality(), ID: id, TokenHash: digest[:], Kind: string(s.Kind), PersonID: s.Person, Strong: s.Strong,
		CreatedAt: tx.Now, ExpiresAt: tx.Now.Add(s.Lifetime),
	}
	if s.Account != uuid.Nil {
		row.AccountID = &s.Account
	}
	if err := queries.InsertSession(ctx, tx, row); err != nil {
		return auth.Token{}, Session{}, fmt.Errorf("store: start session: %w", err)
	}
	return token, Session{ID: id, Expires: row.ExpiresAt}, nil
}

// Why a session ended.
const (
	SignedOut     = "signed_out"     // by its owner
	FactorShown   = "factor_shown"   // one that led to a second factor, once there is one
	AccountOpened = "account_opened" // an applicant's, once there is an account
	EndedByStaff  = "ended_by_head"  // by a head (V15)
	EnrolledAnew  = "enrolled_anew"  // the owner was given a new password and second factor
)

// EndSession ends one session at once; false if it had ended, or is not for this caller to end. It works in the scopes SignIn, the person's
// own, and Staff for guardians they meet.
func EndSession(ctx context.Context, tx *scope.Tx, session uuid.UUID, reason string) (bool, error) {
	n, err := queries.EndSession(ctx, tx, db.EndSessionParams{
		MunicipalityID: tx.Municipality(), ID: session, EndedAt: tx.Now, Reason: reason,
	})
	if err != nil {
		return false, fmt.Errorf("store: end session: %w", err)
	}
	return n == 1, nil
}

// EndSessionsOf ends all sessions of a person at once and returns how many there were; scopes as for EndSession.
func EndSessionsOf(ctx context.Context, tx *scope.Tx, person uuid.UUID, reason string) (int64, error) {
	n, err := queries.EndSessionsOf(ctx, tx, db.EndSessionsOfParams{
		MunicipalityID: tx.Municipality(), PersonID: person, EndedAt: tx.Now, Reason: reason,
	})
	if err != nil {
		return 0, fmt.Errorf("store: end sessions: %w", err)
	}
	return n, nil
}

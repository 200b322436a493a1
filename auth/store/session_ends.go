package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/store/internal/db"
	"budstikke.example/migrations/scope"
)

// Why a session ended. The database writes more reasons by itself, such as ended_by_head (V15).
const (
	SignedOut      = "signed_out"         // by its owner, on the device itself
	EndedByOwner   = "ended_by_owner"     // by its owner, from another device
	FactorShown    = "factor_shown"       // one that led to a second factor, once there is one
	FactorNeeded   = "factor_needed"      // one that began without a second factor, of somebody who must have one by now
	EnrolledAnew   = "enrolled_anew"      // the owner was given a new password and second factor
	TooManyDevices = "too_many_devices"   // the person signed in on more devices than they may
	PINChanged     = "pin_changed"        // work on a tablet, of somebody who chose another PIN
	TokenReused    = "refresh_was_reused" // a refresh token was shown that had long been replaced (P11)
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

// EndOwnSession ends a session of the person whose scope this is; false if they have none of that id that still runs.
func EndOwnSession(ctx context.Context, tx *scope.Tx, person, session uuid.UUID) (bool, error) {
	n, err := queries.EndOwnSession(ctx, tx, db.EndOwnSessionParams{
		MunicipalityID: tx.Municipality(), PersonID: person, ID: session, EndedAt: tx.Now, Reason: EndedByOwner,
	})
	if err != nil {
		return false, fmt.Errorf("store: end own session: %w", err)
	}
	return n == 1, nil
}

// EndOtherSessions ends every session of a person but one, and returns how many there were.
func EndOtherSessions(ctx context.Context, tx *scope.Tx, person, but uuid.UUID) (int64, error) {
	n, err := queries.EndOtherSessions(ctx, tx, db.EndOtherSessionsParams{
		MunicipalityID: tx.Municipality(), PersonID: person, This: but, EndedAt: tx.Now, Reason: EndedByOwner,
	})
	if err != nil {
		return 0, fmt.Errorf("store: end other sessions: %w", err)
	}
	return n, nil
}

// OpenSession is a session that runs, as its owner sees it in the list of their devices.
type OpenSession struct {
	ID       uuid.UUID
	Kind     scope.Caller
	Device   string // as its owner named it; empty if they did not
	Began    time.Time
	LastUsed time.Time // to the hour
	Ends     time.Time
}

// OpenSessionsOf returns the sessions of a person that run, the latest first. It works in the person's own scope and in SignIn.
func OpenSessionsOf(ctx context.Context, tx *scope.Tx, person uuid.UUID) ([]OpenSession, error) {
	rows, err := queries.SessionsOf(ctx, tx, db.SessionsOfParams{MunicipalityID: tx.Municipality(), PersonID: person, Now: tx.Now})
	if err != nil {
		return nil, fmt.Errorf("store: sessions: %w", err)
	}
	open := make([]OpenSession, len(rows))
	for i, row := range rows {
		open[i] = OpenSession{
			ID: row.ID, Kind: scope.Caller(row.Kind), Device: row.DeviceName, Began: row.CreatedAt, LastUsed: row.LastUsedAt, Ends: row.ExpiresAt,
		}
	}
	return open, nil
}

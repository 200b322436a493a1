package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/auth"
	"budstikke.example/auth/sessions"
	"budstikke.example/migrations/scope"
)

// Prolonged is what came of a refresh token that was shown.
type Prolonged struct {
	Verdict sessions.Verdict
	Kind    scope.Caller
	Access  auth.Token // for the verdicts Rotate and Again, as are the following
	Session Session
}

// Prolong gives a session its next access and refresh token. It works in the scope SignIn. Of many who show the same token at the same time one
// makes the successor, and the others get that very successor (sessions.Grace). A token that was replaced longer ago ends the session: commit
// also then. The verdict is no error; one that gives no tokens is for the log, and for the caller they are all one refusal (P11).
func Prolong(ctx context.Context, tx *scope.Tx, presented auth.Token, device auth.Device) (Prolonged, error) {
	_, shown, err := auth.ParseRefresh(presented.Reveal())
	if err != nil || shown.Municipality != tx.Municipality() {
		return Prolonged{Verdict: sessions.Refuse}, nil
	}
	row, err := holdRefresh(ctx, tx, shown)
	if errors.Is(err, pgx.ErrNoRows) {
		return Prolonged{Verdict: sessions.Refuse}, nil
	}
	if err != nil {
		return Prolonged{}, fmt.Errorf("store: prolong: %w", err)
	}
	out := Prolonged{Kind: scope.Caller(row.Kind), Session: Session{ID: row.SessionID, Ends: row.ExpiresAt}}
	out.Verdict = sessions.Judge(sessions.State{
		Current: row.CurrentHash, Previous: row.PreviousHash, Device: row.DeviceHash, Rotated: row.RotatedAt, IdleUntil: row.IdleUntil,
		Ends: row.ExpiresAt, Ended: row.Ended || !row.HasAccount,
	}, shown.Digest[:], device.Digest, tx.Now)
	if out.Verdict == sessions.Rotate {
		if out.Verdict, err = outgrown(ctx, tx, row); err != nil {
			return out, err
		}
	}
	switch out.Verdict {
	case sessions.Rotate:
		err = rotate(ctx, tx, presented, shown, &out)
	case sessions.Again:
		err = again(shown, row.SuccessorSealed, &out)
	case sessions.Reused:
		_, err = EndSession(ctx, tx, row.SessionID, TokenReused)
	}
	return out, err
}

// heldRefresh is a session that a refresh token was shown of.
type heldRefresh struct {
	SessionID                 uuid.UUID
	CurrentHash, PreviousHash []byte
	RotatedAt                 time.Time
	SuccessorSealed           []byte
	IdleUntil                 time.Time
	Kind                      string
	PersonID                  uuid.UUID
	Assurance                 string
	ExpiresAt                 time.Time
	DeviceHash                []byte
	Ended, HasAccount         bool
}

// holdRefresh keeps whoever else shows a token of the session waiting until the transaction ends. sqlc does not know the columns of a function that returns a
// table. Error: pgx.ErrNoRows for a token of no session.
func holdRefresh(ctx context.Context, tx *scope.Tx, shown auth.Refresh) (heldRefresh, error) {
	rows, err := tx.Query(ctx, `select session_id, current_hash, previous_hash, rotated_at, successor_sealed, idle_until, kind, person_id, assurance, expires_at,
		device_hash, ended, has_account from auth.hold_refresh($1)`, shown.Stem[:])
	if err != nil {
		return heldRefresh{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[heldRefresh])
}

// outgrown ends a session that began with one factor when its owner must have two by now: they were given another role, or the municipality asks
// it of everybody (U5, U7, U8). They sign in anew, and are led to a second factor then.
func outgrown(ctx context.Context, tx *scope.Tx, row heldRefresh) (sessions.Verdict, error) {
	if scope.Caller(row.Kind) != scope.Staff || scope.Assurance(row.Assurance).AtLeast(scope.Substantial) {
		return sessions.Rotate, nil
	}
	needed, err := NeedsSecondFactor(ctx, tx, row.PersonID)
	if err != nil || !needed {
		return sessions.Rotate, err
	}
	_, err = EndSession(ctx, tx, row.SessionID, FactorNeeded)
	return sessions.Refuse, err
}

// rotate replaces the token that was shown. The successor is kept for the grace, sealed under a key that only the token itself gives.
func rotate(ctx context.Context, tx *scope.Tx, presented auth.Token, shown auth.Refresh, p *Prolonged) error {
	span, known := sessions.SpanOf(p.Kind)
	if !known {
		return fmt.Errorf("store: prolong: a session of kind %s", p.Kind)
	}
	next, successor, err := presented.Next()
	if err != nil {
		return fmt.Errorf("store: prolong: %w", err)
	}
	token, digest := mint(tx, &p.Session, span)
	p.Access = token
	p.Session.Refresh, p.Session.RefreshBefore = next, earlier(tx.Now.Add(span.Idle), p.Session.Ends)
	sealed, err := sealSuccessor(shown, p)
	if err != nil {
		return err
	}
	_, err = tx.Later().Exec(ctx, "select auth.rotate_refresh($1, $2, $3, $4, $5, $6, $7, $8)", p.Session.ID, digest[:], p.Session.Expires,
		successor.Digest[:], tx.Now, sealed, p.Session.RefreshBefore, tx.Now.Truncate(time.Hour))
	if err != nil {
		return fmt.Errorf("store: prolong: %w", err)
	}
	return nil
}

// successor is an answer as it is kept for the grace.
type successor struct {
	Access, Refresh         string
	Expires, Ends, IdleEnds time.Time
	Session                 uuid.UUID
}

func sealSuccessor(shown auth.Refresh, p *Prolonged) ([]byte, error) {
	plain, err := json.Marshal(successor{
		Access: p.Access.Reveal(), Refresh: p.Session.Refresh.Reveal(), Expires: p.Session.Expires, Ends: p.Session.Ends,
		IdleEnds: p.Session.RefreshBefore, Session: p.Session.ID,
	})
	if err != nil {
		return nil, fmt.Errorf("store: prolong: %w", err)
	}
	aead, err := successorCipher(shown)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce)
	return aead.Seal(nonce, nonce, plain, p.Session.ID[:]), nil
}

func again(shown auth.Refresh, sealed []byte, p *Prolonged) error {
	aead, err := successorCipher(shown)
	if err != nil {
		return err
	}
	if len(sealed) < aead.NonceSize() {
		return errors.New("store: prolong: no successor is kept")
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], p.Session.ID[:])
	if err != nil {
		return fmt.Errorf("store: prolong: the successor that is kept cannot be opened: %w", err)
	}
	var kept successor
	if err := json.Unmarshal(plain, &kept); err != nil {
		return fmt.Errorf("store: prolong: %w", err)
	}
	p.Access = auth.Known(kept.Access)
	p.Session = Session{ID: kept.Session, Expires: kept.Expires, Ends: kept.Ends, Refresh: auth.Known(kept.Refresh), RefreshBefore: kept.IdleEnds}
	return nil
}

func successorCipher(shown auth.Refresh) (cipher.AEAD, error) {
	key := shown.Key()
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("store: prolong: %w", err)
	}
	return cipher.NewGCM(block)
}

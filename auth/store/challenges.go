package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/passkey"
	"budstikke.example/auth/store/internal/db"
	"budstikke.example/migrations/scope"
)

// ErrNoChallenge means that a challenge is unknown, too old, used, or was given to another device, another session or for another purpose.
var ErrNoChallenge = errors.New("store: there is no such challenge")

// ChallengePurpose is what an authenticator signs a challenge for.
type ChallengePurpose string

// The purposes.
const (
	ForRegistering  ChallengePurpose = "register"
	ForSigningIn    ChallengePurpose = "sign_in"       // with the passkey alone
	ForSecondFactor ChallengePurpose = "second_factor" // beside a password
	ForProving      ChallengePurpose = "prove"         // again who one is, in a running session (RFC 9470)
)

// Ceremony is what a challenge was given for, and to whom: the device of a holder secret where nobody is known yet, else a session.
type Ceremony struct {
	Purpose ChallengePurpose
	Holder  []byte    // digest of the device's secret; nil in a session
	Session uuid.UUID // uuid.Nil where nobody is known yet
}

// StartChallenge makes a challenge, of which a digest is kept, and returns it. It works in the scope SignIn, and for a session in its owner's.
func StartChallenge(ctx context.Context, tx *scope.Tx, c Ceremony) (string, error) {
	challenge := passkey.NewChallenge()
	digest := sha256.Sum256([]byte(challenge))
	err := queries.InsertChallenge(ctx, tx, db.InsertChallengeParams{
		MunicipalityID: tx.Municipality(), ChallengeHash: digest[:], Purpose: string(c.Purpose), HolderHash: c.Holder, SessionID: known(c.Session), MadeAt: tx.Now,
	})
	if err != nil {
		return "", fmt.Errorf("store: start challenge: %w", err)
	}
	return challenge, nil
}

// TakeChallenge uses a challenge up, within passkey.Timeout of its making; scopes as for StartChallenge. Error: ErrNoChallenge.
func TakeChallenge(ctx context.Context, tx *scope.Tx, c Ceremony, challenge string) error {
	digest := sha256.Sum256([]byte(challenge))
	n, err := queries.TakeChallenge(ctx, tx, db.TakeChallengeParams{
		MunicipalityID: tx.Municipality(), ChallengeHash: digest[:], Purpose: string(c.Purpose), HolderHash: c.Holder, SessionID: known(c.Session),
		NotBefore: tx.Now.Add(-passkey.Timeout),
	})
	if err != nil {
		return fmt.Errorf("store: take challenge: %w", err)
	}
	if n == 0 {
		return ErrNoChallenge
	}
	return nil
}

// ForgetChallenges deletes challenges that nobody used within an hour, and returns how many. It works in the scope SignIn.
func ForgetChallenges(ctx context.Context, tx *scope.Tx) (int64, error) {
	n, err := queries.DeleteOldChallenges(ctx, tx, db.DeleteOldChallengesParams{MunicipalityID: tx.Municipality(), MadeBefore: tx.Now.Add(-time.Hour)})
	if err != nil {
		return 0, fmt.Errorf("store: forget challenges: %w", err)
	}
	return n, nil
}

func known(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

package postgres

import (
	"context"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// SecondFactorOfEverybody tells whether the municipality asks a second factor of everybody who signs in with a password. Fault: not_found for
// whoever does not own it.
func (o Office) SecondFactorOfEverybody(ctx context.Context) (bool, error) {
	return Read(ctx, o, func(t *OfficeTx) (bool, error) { return db.New().SecondFactorForAll(ctx, t.Tx) })
}

// SetSecondFactorOfEverybody says so from the next sign-in on. Fault: not_found for whoever does not own the municipality.
func (t *OfficeTx) SetSecondFactorOfEverybody(ctx context.Context, ofEverybody bool) error {
	rows, err := db.New().SetSecondFactorForAll(ctx, t.Tx, ofEverybody)
	if err == nil && rows == 0 {
		return app.ErrNotFound
	}
	return err
}

// TellOfSignIn announces to somebody that how they sign in was changed, or that a recovery code of theirs was used (U5).
func (t *VisitorTx) TellOfSignIn(ctx context.Context, person, account uuid.UUID) error {
	e := notify.SignInChanged{Account: account}
	to := []outbox.Recipient{{Person: person, Grounds: outbox.GroundsSelf}}
	return t.announce(outbox.Announce(ctx, t.Tx, e, to, notify.RoutineChannelsOf(e)))
}

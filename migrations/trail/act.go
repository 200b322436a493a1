package trail

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// Outcome is how an act ended.
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"
	Refused Outcome = "refused" // what was asked for is not there for whoever asked
	Failed  Outcome = "failed"  // a proof that was wrong: a sign-in, a PIN
)

// Act is what somebody did, as it is left in the trail. Who did it is not said here: the database takes it from the transaction's scope.
type Act struct {
	Operation   string      // operationId, or the name of a command
	Class       string      // for what purpose: a word of app/postgres/audit.go
	Children    []uuid.UUID // the children concerned
	Person      uuid.UUID   // somebody else who is concerned; uuid.Nil for nobody
	Institution uuid.UUID   // uuid.Nil for none
	Resource    uuid.UUID   // what was opened or changed; uuid.Nil for nothing in particular
}

const (
	recordSQL = "select audit.record($1, $2, $3, $4, $5, $6, $7, $8, $9, 'done', 1)"
	refuseSQL = "select audit.refuse($1, $2, $3, $4, $5, $6, $7)"
)

// Leave puts the act into the trail when tx commits, in one batch with the commit: an act that is rolled back leaves nothing, and one that
// cannot leave its entry does not happen.
func (a Act) Leave(ctx context.Context, tx *scope.Tx) error {
	who, err := tx.Person(ctx)
	if err != nil {
		return err
	}
	children := a.Children
	if children == nil {
		children = []uuid.UUID{}
	}
	tx.Last(recordSQL, tx.Now, a.Operation, a.Class, strings.Join(who.Roles, ","), orNull(who.Session), children,
		orNull(a.Person), orNull(a.Institution), orNull(a.Resource))
	return nil
}

// Refuse counts an attempt that came to nothing, in a transaction of its own or the one that counts the failure anyway. tried is the id that
// was asked for, or whose account it was; uuid.Nil when nobody is known. The first attempt within the hour leaves an entry, then the tenth,
// the hundredth …, so that nobody can fill the disk or drown what matters.
func Refuse(ctx context.Context, tx *scope.Tx, operation, class string, tried uuid.UUID, outcome Outcome) error {
	who, err := tx.Person(ctx)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, refuseSQL, tx.Now, operation, class, strings.Join(who.Roles, ","), orNull(who.Session), orNull(tried), string(outcome))
	return err
}

// ForgetTallies deletes the counts of attempts that are older than a week; their entries stay. It works in the scope SignIn.
func ForgetTallies(ctx context.Context, tx *scope.Tx) error {
	_, err := tx.Exec(ctx, "delete from audit.tallies where municipality_id = scope.municipality() and hour < $1", tx.Now.AddDate(0, 0, -7))
	return err
}

func orNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

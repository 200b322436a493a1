package scope

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Caller is the kind of caller a transaction runs for. Row-level security reads it.
type Caller string

// The kinds of caller.
const (
	Guardian  Caller = "guardian"
	Staff     Caller = "staff"
	Applicant Caller = "applicant" // proved who they are, has no account yet (H1)
	Tablet    Caller = "tablet"    // a shared tablet on which nobody has said who they are (V7)
	// SecondFactor has shown a password and must have a second factor before anything else is open to them.
	SecondFactor Caller = "second_factor"
	SignIn       Caller = "signin"   // nobody is known yet
	Machine      Caller = "machine"  // a provider's callback whose signature was checked
	Register     Caller = "register" // an import
	Auditor      Caller = "auditor"  // the program verifying and reporting on the audit trail; no session is of this kind
	Clock        Caller = "clock"    // what the program does by itself on the calendar (V10)
)

// Scope says on whose behalf a transaction runs: either a credential that the database proves, or a caller the program may be by itself.
// The zero value opens nothing.
type Scope struct {
	municipality uuid.UUID
	caller       Caller
	token        []byte // digest of a session token; nil for a scope without a credential
	wanted       string // kinds of caller the credential may be of, separated by commas
}

// Of is a scope that the program takes by itself, for sign-in, machines and imports. No person is known in it.
func Of(municipality uuid.UUID, caller Caller) Scope {
	return Scope{municipality: municipality, caller: caller}
}

// ByToken is the scope of whoever holds a session whose token has this SHA-256 digest, provided that it is a session of one of the wanted
// kinds. The database checks it in the same batch as the first query.
func ByToken(municipality uuid.UUID, digest [32]byte, wanted ...Caller) Scope {
	kinds := ""
	for i, w := range wanted {
		if i > 0 {
			kinds += ","
		}
		kinds += string(w)
	}
	return Scope{municipality: municipality, token: digest[:], wanted: kinds}
}

// Municipality returns the municipality that the scope belongs to.
func (s Scope) Municipality() uuid.UUID { return s.municipality }

// Credential returns what a scope by token is proved by, for a question that proves many at once: the digest of its token, and the kinds of
// caller it may be of, separated by commas. The digest is nil for a scope that the program takes by itself.
func (s Scope) Credential() (digest []byte, wanted string) { return s.token, s.wanted }

// Person is who a proven credential turned out to be.
type Person struct {
	Session uuid.UUID
	ID      uuid.UUID
	Account uuid.UUID // uuid.Nil for an applicant
	Caller  Caller
	Strong  bool     // signed in with an electronic identity or two factors (H8): Assurance above Low
	Roles   []string // staff roles held now, anywhere in the municipality; empty for others
	// Assurance is how well the person proved who they are when they last did, and AuthTime when that was: at the sign-in, or at a renewal in
	// the running session (RFC 9470). Prolonging a session changes neither.
	Assurance Assurance
	AuthTime  time.Time
	// Tablet is the shared tablet that the transaction comes from: as itself, with Caller Tablet and no ID, or with somebody's work on it.
	Tablet uuid.UUID
	// Owes names what a guardian has yet to do before they may go on, empty when nothing is: accept the terms in force (H12).
	Owes []string
}

// ProvedSince tells whether the person proved who they are at least so well, and not before a moment.
func (p Person) ProvedSince(wanted Assurance, moment time.Time) bool {
	return p.Assurance.AtLeast(wanted) && !p.AuthTime.Before(moment)
}

// Assurance is how well somebody proved who they are.
type Assurance string

// The levels of assurance, as eIDAS names them.
const (
	Low         Assurance = "low"         // one factor
	Substantial Assurance = "substantial" // two factors, a passkey, Swedish BankID
	High        Assurance = "high"        // an electronic identity of the level high
)

// AtLeast tells whether a level is as good as another one; what is no level is as good as nothing.
func (a Assurance) AtLeast(wanted Assurance) bool {
	rank := map[Assurance]int{Low: 1, Substantial: 2, High: 3}
	return rank[a] > 0 && rank[wanted] > 0 && rank[a] >= rank[wanted]
}

// Errors of opening a scope.
var (
	// ErrNoSession means that the token proves nothing: unknown, expired or ended.
	ErrNoSession = errors.New("scope: no such session")
	// ErrOtherCaller means that the session is of another kind than the door is for.
	ErrOtherCaller = errors.New("scope: another kind of caller")
)

// DB is the pool and the clock. It is safe for concurrent use.
type DB struct {
	pool  *pgxpool.Pool
	clock func() time.Time
	gated bool // see Gated
}

// New takes over a pool; clock is what Tx.Now is read from.
func New(pool *pgxpool.Pool, clock func() time.Time) *DB {
	return &DB{pool: pool, clock: clock}
}

// Close closes the pool after the running transactions.
func (db *DB) Close() { db.pool.Close() }

// Now reads the clock, rounded to the microseconds that Postgres keeps.
func (db *DB) Now() time.Time { return db.clock().UTC().Truncate(time.Microsecond) }

// Ping tells whether Postgres answers.
func (db *DB) Ping(ctx context.Context) error {
	_, err := db.pool.Exec(ctx, "select 1")
	return err
}

// Pool lends the pool to what works across municipalities under a role of its own: the notify worker's outbox. The role decides what it
// reaches (see 0008_policies.sql).
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Prelude is a statement that leaves in the same batch as the scope, before the first query. Scan reads its one row; an error ends the
// transaction.
type Prelude struct {
	SQL  string
	Args func(tx *Tx) []any
	Scan func(row pgx.Row) error
}

// WithScope runs fn in a transaction that belongs to s. It commits when fn returns nil and rolls back otherwise; a fn that asks nothing of
// the database costs nothing. Preludes leave in the first batch. Errors: ErrNoSession, ErrOtherCaller, what fn returned, or the database's.
func (db *DB) WithScope(ctx context.Context, s Scope, fn func(tx *Tx) error, preludes ...Prelude) (err error) {
	gate, err := db.gate(ctx)
	if err != nil {
		return err
	}
	if parent := trace.SpanFromContext(ctx); parent.IsRecording() { // a trace says how long it took, not for whom
		var span trace.Span
		ctx, span = parent.TracerProvider().Tracer("budstikke.example/migrations/scope").Start(ctx, "transaction")
		defer func() { // after what follows, and whatever it ends in
			if err != nil {
				span.SetStatus(codes.Error, "rolled back")
			}
			span.End()
		}()
	}
	tx := &Tx{db: db, scope: s, gate: gate, Now: db.Now(), preludes: preludes}
	defer func() {
		if p := recover(); p != nil {
			tx.rollback(ctx)
			panic(p)
		}
	}()
	if err := fn(tx); err != nil {
		tx.rollback(ctx)
		return known(err)
	}
	return known(tx.commit(ctx))
}

// known turns the database's refusals of a scope into this package's errors.
func known(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "BU401":
			return ErrNoSession
		case "BU404":
			return ErrOtherCaller
		case "BU412":
			return ErrPIN
		}
	}
	return err
}

package scope

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Tx is a scoped transaction. It has the three methods that generated queries ask of a database, and opens itself with the first of them.
// It is not safe for concurrent use.
type Tx struct {
	Now time.Time // one instant for the whole transaction

	db       *DB
	scope    Scope
	preludes []Prelude
	gate     Gate // nil where nobody has to decide
	conn     *pgxpool.Conn
	person   Person
	facts    Facts
	later    []*pgx.QueuedQuery // see Later
	last     []*pgx.QueuedQuery // see Last
	failed   error              // why the transaction did not open, the gate's refusal too: then every statement and the commit answer it
	done     bool
}

const (
	enterSQL = "select session_id, person_id, account_id, kind, strong, roles, assurance, authenticated_at, tablet_id, owes from auth.enter($1, $2, $3, $4)"
	openSQL  = "select scope.open($1, null, $2)"
	// aboutSQL is enterSQL with the facts of what the gate asks about. They are looked up with what entering proved, so entering comes first.
	aboutSQL = "select e.session_id, e.person_id, e.account_id, e.kind, e.strong, e.roles, e.assurance, e.authenticated_at, e.tablet_id, e.owes, " +
		"now(), f.there, f.own, f.relation, f.access, f.place, f.roles, f.protection, f.restricted, f.cleared, f.no_contact, f.other_home " +
		"from auth.enter($1, $2, $3, $4) e cross join lateral app.facts(case when e.session_id is not null then $5::text end, $6) f"
)

// oncePlanned says an opening statement with the plans of the whole transaction made once for a connection, whatever they are asked with. PostgreSQL makes the
// first five of each statement for the values it gets, and whoever comes by a fresh connection waits for them: tens of milliseconds each while a whole
// municipality signs in (B14). Such a plan may have been made while a table was empty, and so it reads no table whole where it can help it; one that cannot looks
// dear for it, and is not to be compiled. It is said first, so that it counts for what entering asks, too.
func oncePlanned(opening string) string {
	statement, source, reads := strings.Cut(opening, "from ")
	if reads {
		source = " cross join " + source
	}
	return statement + "from set_config('plan_cache_mode', 'force_generic_plan', true) once cross join set_config('enable_seqscan', 'off', true) keyed " +
		"cross join set_config('jit', 'off', true) compiled" + source
}

var (
	enterOnceSQL = oncePlanned(enterSQL)
	openOnceSQL  = oncePlanned(openSQL + " ")
	aboutOnceSQL = oncePlanned(aboutSQL)
)

// byKey tells whether all that is asked under the scope is asked by keys, so that one plan is as good for everybody: a guardian's own family, and a sign-in. Lists of
// staff, imports and reports are planned for what they ask about.
func (s Scope) byKey() bool {
	return s.wanted == string(Guardian) || s.token == nil && s.caller == SignIn
}

var errFinished = errors.New("scope: the transaction has ended")

// Municipality returns the municipality of the transaction.
func (tx *Tx) Municipality() uuid.UUID { return tx.scope.municipality }

// Person returns who the transaction runs for, opening it if nothing was asked yet. For a scope without a credential it is the zero Person.
func (tx *Tx) Person(ctx context.Context) (Person, error) {
	if tx.conn == nil {
		if _, err := tx.Exec(ctx, "select 1"); err != nil {
			return Person{}, err
		}
	}
	return tx.person, nil
}

// Refused tells why the transaction did not open, nil while it is open or nothing was asked yet. A flow that makes something of an error asks it first:
// what comes from the opening, such as a refusal or that the answer kept for a repetition is gone, is not for it to mend.
func (tx *Tx) Refused() error { return tx.failed }

// Hold keeps the session of the transaction from ending before the transaction does, for what is made in it and outlasts it: a device, a link, a passkey.
// Whoever ends the session meanwhile waits, and then takes along what was made (V15). Error: ErrNoSession when it has ended since the transaction began.
func (tx *Tx) Hold(ctx context.Context) error {
	me, err := tx.Person(ctx)
	if err != nil {
		return err
	}
	var runs bool
	err = tx.QueryRow(ctx, "select auth.hold_session($1)", me.Session).Scan(&runs)
	if err == nil && !runs {
		return ErrNoSession
	}
	return err
}

// Exec runs a statement.
func (tx *Tx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if err := tx.ended(); err != nil {
		return pgconn.CommandTag{}, err
	}
	if tx.conn != nil && len(tx.later) == 0 {
		return tx.conn.Exec(ctx, sql, args...)
	}
	results, err := tx.batched(ctx, sql, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := results.Exec()
	return tag, errors.Join(err, closeAfter(results, err))
}

// Query runs a query. The rows must be closed before the next statement.
func (tx *Tx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if err := tx.ended(); err != nil {
		return nil, err
	}
	if tx.conn != nil && len(tx.later) == 0 {
		return tx.conn.Query(ctx, sql, args...)
	}
	results, err := tx.batched(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	rows, err := results.Query()
	if err != nil {
		_ = results.Close()
		return nil, err
	}
	return &firstRows{Rows: rows, results: results}, nil
}

// QueryRow runs a query that returns one row.
func (tx *Tx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	if tx.conn != nil && len(tx.later) == 0 && tx.ended() == nil {
		return tx.conn.QueryRow(ctx, sql, args...)
	}
	rows, err := tx.Query(ctx, sql, args...)
	return oneRow{rows: rows, err: err}
}

// ended tells why nothing can be asked any more, nil when something can. A refusal stays one when the flow drops it and goes on (P1).
func (tx *Tx) ended() error {
	if tx.failed != nil {
		return tx.failed
	}
	if tx.done {
		return errFinished
	}
	return nil
}

// Facts are what the gate decided by. They are the zero Facts before the first statement, and where nothing was asked.
func (tx *Tx) Facts() Facts { return tx.facts }

// Last queues a statement that leaves in one batch with the commit, after everything else: it costs no round trip, and what it locks is locked
// for no longer than the commit takes. Its answer is not read; when it fails, nothing is committed.
func (tx *Tx) Last(sql string, args ...any) {
	tx.last = append(tx.last, &pgx.QueuedQuery{SQL: sql, Arguments: args})
}

// first sends BEGIN, the opening of the scope, the facts, the preludes, what waits and the first statement as one batch, and reads everything
// but the last answer.
func (tx *Tx) first(ctx context.Context, sql string, args []any) (pgx.BatchResults, error) {
	return tx.send(ctx, "begin", sql, args)
}

// single is first without BEGIN: an implicit transaction that ends with the batch.
func (tx *Tx) single(ctx context.Context, sql string, args []any) (pgx.BatchResults, error) {
	return tx.send(ctx, "", sql, args)
}

func (tx *Tx) send(ctx context.Context, begin, sql string, args []any) (_ pgx.BatchResults, err error) {
	defer func() { tx.failed = err }()
	if tx.scope.municipality == uuid.Nil {
		return nil, ErrNoSession
	}
	conn, err := tx.db.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("scope: %w", err)
	}
	tx.conn = conn
	results := conn.SendBatch(ctx, tx.opening(begin, sql, args))
	waited := len(tx.later)
	tx.later = nil
	if err = tx.readOpening(results, begin != ""); err == nil {
		err = pass(results, waited)
	}
	if err != nil {
		_ = results.Close()
		return nil, err
	}
	return results, nil
}

func (tx *Tx) opening(begin, sql string, args []any) *pgx.Batch {
	batch := &pgx.Batch{}
	if begin != "" {
		batch.Queue(begin)
	}
	noun, id, asks := tx.asks()
	about, enter, open := aboutSQL, enterSQL, openSQL
	if tx.scope.byKey() {
		about, enter, open = aboutOnceSQL, enterOnceSQL, openOnceSQL
	}
	switch {
	case asks:
		batch.Queue(about, tx.scope.municipality, tx.scope.token, tx.scope.wanted, tx.Now, noun, id)
	case tx.scope.token != nil:
		batch.Queue(enter, tx.scope.municipality, tx.scope.token, tx.scope.wanted, tx.Now)
	default:
		batch.Queue(open, tx.scope.municipality, string(tx.scope.caller))
	}
	for _, p := range tx.preludes {
		batch.Queue(p.SQL, p.Args(tx)...)
	}
	batch.QueuedQueries = append(batch.QueuedQueries, tx.later...)
	batch.Queue(sql, args...)
	return batch
}

func (tx *Tx) readOpening(results pgx.BatchResults, begun bool) error {
	if begun {
		if _, err := results.Exec(); err != nil {
			return fmt.Errorf("scope: begin: %w", err)
		}
	}
	if tx.gate != nil {
		tx.facts.Moment = tx.Now
	}
	if tx.scope.token != nil {
		if err := tx.readPerson(results.QueryRow()); err != nil {
			if tx.gate != nil && errors.Is(known(err), ErrPIN) {
				return tx.gate.Unnamed()
			}
			return err
		}
	} else {
		tx.person.Caller = tx.scope.caller
		if _, err := results.Exec(); err != nil {
			return err
		}
	}
	var refused error
	if tx.gate != nil {
		refused = tx.gate.Admit(tx.person, tx.facts)
	}
	// What was written before is answered once more to whom contact has been closed to since: they read the thread as before (B6).
	var apart *NoContactError
	if refused != nil && !errors.Is(refused, ErrUnknown) && !errors.As(refused, &apart) {
		return refused
	}
	for _, p := range tx.preludes {
		if err := p.Scan(results.QueryRow()); err != nil {
			return err // also the kept answer about something that is no more
		}
	}
	return refused
}

// asks tells what the gate wants to know of the database. Only a person's transaction is about something in particular.
func (tx *Tx) asks() (noun string, id uuid.UUID, asks bool) {
	if tx.gate == nil || tx.scope.token == nil {
		return "", uuid.Nil, false
	}
	noun, id = tx.gate.About()
	return noun, id, noun != ""
}

// readPerson reads who a credential turned out to be, and the facts that were looked up with them.
func (tx *Tx) readPerson(row pgx.Row) error {
	var id, account, tablet uuid.NullUUID
	p, f := &tx.person, &tx.facts
	columns := []any{&p.Session, &id, &account, (*string)(&p.Caller), &p.Strong, &p.Roles, (*string)(&p.Assurance), &p.AuthTime, &tablet, &p.Owes}
	if _, _, asks := tx.asks(); asks {
		columns = append(columns, &f.Moment, &f.Found, &f.Own, &f.Relation, &f.Access, &f.Place, &f.Roles, &f.Protection, &f.Restricted, &f.Cleared, &f.NoContact, &f.OtherHome)
	}
	if err := row.Scan(columns...); err != nil {
		return err
	}
	p.ID, p.Account, p.Tablet = id.UUID, account.UUID, tablet.UUID
	return nil
}

func (tx *Tx) commit(ctx context.Context) error {
	if tx.done {
		return errFinished
	}
	if tx.conn == nil && tx.failed == nil && len(tx.later)+len(tx.last) > 0 { // nothing was asked, and something is to be said: open the scope for it
		if _, err := tx.Exec(ctx, "select 1"); err != nil {
			tx.rollback(ctx)
			return err
		}
	}
	if tx.failed != nil {
		tx.rollback(ctx)
		return tx.failed
	}
	tx.done = true
	if tx.conn == nil {
		return nil
	}
	if len(tx.later)+len(tx.last) > 0 {
		return tx.commitAfter(ctx, append(tx.later, tx.last...))
	}
	defer tx.conn.Release()
	tag, err := tx.conn.Exec(ctx, "commit")
	if err != nil {
		return fmt.Errorf("scope: commit: %w", err)
	}
	if tag.String() == "ROLLBACK" {
		// A statement had failed and its error was swallowed: Postgres answers COMMIT with ROLLBACK, and nothing was kept.
		return errors.New("scope: the transaction was rolled back because a statement in it had failed")
	}
	return nil
}

// commitAfter sends what waits and the commit as one batch. Postgres skips the commit when a statement before it fails.
func (tx *Tx) commitAfter(ctx context.Context, waiting []*pgx.QueuedQuery) error {
	batch := &pgx.Batch{QueuedQueries: waiting}
	batch.Queue("commit")
	results := tx.conn.SendBatch(ctx, batch)
	err := pass(results, len(waiting))
	var tag pgconn.CommandTag
	if err == nil {
		tag, err = results.Exec()
	}
	if closing := results.Close(); err == nil {
		err = closing
	}
	if err == nil && tag.String() != "COMMIT" {
		err = errors.New("the transaction was rolled back because a statement in it had failed")
	}
	if err != nil {
		tx.done = false
		tx.rollback(ctx)
		return fmt.Errorf("scope: commit: %w", err)
	}
	tx.conn.Release()
	return nil
}

// rollback ends the transaction even when ctx has ended; a connection that does not answer is thrown away. Whoever asked does not wait for that longer than
// for what they asked: a database that stands still keeps neither an answer nor its refusal (B3).
func (tx *Tx) rollback(ctx context.Context) {
	if tx.done {
		return
	}
	tx.done = true
	if tx.conn == nil {
		return
	}
	if tx.conn.Conn().IsClosed() {
		tx.conn.Release()
		return
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer tx.conn.Release()
		own, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if _, err := tx.conn.Exec(own, "rollback"); err != nil {
			_ = tx.conn.Conn().Close(own)
		}
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
}

// release gives the connection back; one that still is in a transaction is thrown away by the pool.
func (tx *Tx) release() {
	if tx.conn != nil && !tx.done {
		tx.done = true
		tx.conn.Release()
	}
}

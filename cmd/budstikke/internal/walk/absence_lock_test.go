package walk_test

import (
	"context"
	"net/http"
	"testing"
	"time"
)

// A report waits for one of the same child that is not committed yet, and then sees it: no two parents pass the question at the same moment.
func TestReportsOfOneChildGoOneAfterTheOther(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child := w.person("Alfhildis")
	ctx, cancel := context.WithTimeout(w.ctx, 15*time.Second)
	defer cancel()
	first, err := w.Admin.Begin(ctx)
	must(t, err)
	defer func() { _ = first.Rollback(context.WithoutCancel(ctx)) }()
	_, err = first.Exec(ctx, "select pg_advisory_xact_lock(hashtextextended($1::text || $2::text, 12))", w.here.String(), child.String())
	must(t, err)
	_, err = first.Exec(ctx, `insert into app.absences (municipality_id, id, child_id, institution_id, starts_on, ends_on, reason, reported_by, created_at, updated_at)
		values ($1, $2, $3, $4, $5::date, $5::date, 'family', $6, now(), now())`,
		w.here, newID(), child, w.institution(kindergarten), w.day(3), w.person("Annelore"))
	must(t, err)

	answered := make(chan reply, 1)
	go func() { answered <- w.doIn(t, w.away(is[other].token, child, w.day(3), w.day(3), "")) }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for waiting := false; !waiting; {
		select {
		case early := <-answered:
			t.Fatalf("answered %d %s before the first report was committed", early.status, early.code)
		case <-ctx.Done():
			t.Fatal("the second report neither waits nor is answered")
		case <-tick.C:
			waiting = one[bool](w, `select exists (select from pg_locks where locktype = 'advisory' and not granted
				and database = (select oid from pg_database where datname = current_database()))`)
		}
	}
	must(t, first.Commit(ctx))
	(<-answered).want(t, http.StatusConflict, "absence_overlaps")
}

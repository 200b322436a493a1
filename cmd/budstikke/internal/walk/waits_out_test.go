package walk_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"budstikke.example/migrations/scope"
)

// V15: a request that has been let in and then waits for somebody else's lock is not carried out when its caller is put out meanwhile: nothing of it is
// stored, nobody is told, and the same request again is answered as to anybody without access. Who keeps access is served when the lock is free. An ending
// that begins while such a request commits waits for it, and comes after it.
func TestWhoIsPutOutWhileARequestWaits(t *testing.T) {
	t.Parallel()
	// The locks that requests wait for in daily use: a child's days, a conversation's messages, a relation, the rows of a batch.
	type request struct {
		caller who
		lock   string // what somebody else holds meanwhile, about the child Alfhildis
		call   func(w *town, is map[who]actor) call
		stored string // counts what it stores
	}
	requests := map[string]request{
		"a report": {other, "select pg_advisory_xact_lock(hashtextextended($1::text || $2::text, 12))",
			func(w *town, is map[who]actor) call {
				return w.away(is[other].token, w.person("Alfhildis"), w.day(3), w.day(3), "")
			}, "select count(*) from app.absences"},
		"a message": {other, "select from app.conversations where municipality_id = $1 and child_id = $2 for update",
			func(w *town, is map[who]actor) call {
				thread := one[string](w, "select id::text from app.conversations where guardian_id = $1", w.person("Bodvaris"))
				return call{method: http.MethodPost, path: "/v1/guardian/conversations/" + thread + "/messages", token: is[other].token,
					body: map[string]any{"text": "Vi kommer senare.", "locale": "sv"}}
			}, "select count(*) from app.messages"},
		"an answer of the staff": {leader, "select from app.conversations where municipality_id = $1 and child_id = $2 for update",
			func(w *town, is map[who]actor) call {
				thread := one[string](w, "select id::text from app.conversations where guardian_id = $1", w.person("Bodvaris"))
				return call{method: http.MethodPost, path: "/v1/staff/conversations/" + thread + "/messages", token: is[leader].token,
					body: map[string]any{"text": "Tack.", "locale": "sv"}}
			}, "select count(*) from app.messages"},
		"a head's decision": {head, "select from app.guardianship_access where municipality_id = $1 and child_id = $2 for update",
			func(w *town, is map[who]actor) call {
				path := "/v1/office/guardianships/" + w.guardianship("Dagfinnor", "Alfhildis").String()
				return call{method: http.MethodPost, path: path + "/activation", token: is[head].token,
					ifMatch: w.do(call{path: path, token: is[head].token}).header.Get("ETag")}
			}, "select count(*) from app.guardianship_decisions where status = 'active'"},
		"a batch of a head": {head, "select from app.guardianship_access where municipality_id = $1 and child_id = $2 for update",
			func(w *town, is map[who]actor) call {
				g := w.guardianship("Dagfinnor", "Alfhildis").String()
				return call{method: http.MethodPost, path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/activations", token: is[head].token,
					body: map[string]any{"items": []any{map[string]any{"guardianshipId": g, "etag": w.do(call{path: "/v1/office/guardianships/" + g, token: is[head].token}).header.Get("ETag")}}}}
			}, "select count(*) from app.guardianship_decisions where status = 'active'"},
	}
	// What happens meanwhile to Bodvaris, Leonorina and Heddavina, each as far as it concerns them.
	const (
		guardian = "guardian"
		staff    = "staff"
	)
	endings := map[string]struct {
		of   string
		sql  string
		kept bool // it takes nothing away that the request needs
	}{
		"nothing":           {"", "select $1::uuid", true},
		"access ended":      {guardian, "update app.guardianship_access set status = 'inactive' where guardian_id = $1", false},
		"access suspended":  {guardian, "update app.guardianship_access set status = 'suspended' where guardian_id = $1", false},
		"relation ended":    {guardian, "update app.guardianships set ended_at = now() - interval '1 second' where guardian_id = $1", false},
		"session ended":     {"", "update auth.sessions set ended_at = now(), ended_reason = 'signed_out' where person_id = $1", false},
		"role ended":        {staff, "update app.staff_roles set ended_at = now() - interval '1 second' where person_id = $1", false},
		"another's session": {"", "update auth.sessions set ended_at = now(), ended_reason = 'signed_out' where person_id <> $1", true},
		"restricted": {"", `insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
			select municipality_id, gen_random_uuid(), id, $1, 'no_access', now() - interval '1 second', '\x01', 1, id, now() from app.persons where given_name = 'Alfhildis'`, false},
	}
	for name, r := range requests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			is := w.people()
			w.thread(is[other].token, w.person("Alfhildis"), "Hej.")
			given := is[r.caller].given
			for ending, e := range endings {
				if e.of == guardian && r.caller != other || e.of == staff && r.caller == other {
					continue
				}
				before := one[int](w, r.stored)
				c := r.call(w, is)
				c.key, c.outage = newID().String(), true
				got := w.meanwhile(t, r.lock, c, e.sql, w.person(given))
				if stored := one[int](w, r.stored) - before; e.kept != (got.status < 300) || e.kept != (stored == 1) || got.status >= 500 && got.code != "unavailable" {
					t.Errorf("%s, %s: answered %d %s, and %d stored: %s", name, ending, got.status, got.code, stored, got.body)
				}
				if !e.kept { // each item of a batch is answered by itself
					if again := w.doIn(t, c); again.status != http.StatusUnauthorized && again.status != http.StatusNotFound && again.code != "conversation_closed" &&
						!contains(again, `"outcome":"not_found"`) {
						t.Errorf("%s, %s: again it is answered %d %s", name, ending, again.status, again.code)
					}
				}
				// Everything is as it was for the next one.
				w.exec("delete from app.restrictions")
				w.exec("update app.guardianships set ended_at = null where guardian_id = $1", w.person(given))
				w.exec("update app.staff_roles set ended_at = null where person_id = $1", w.person(given))
				w.exec("update app.guardianship_access set status = 'active' where guardian_id = $1", w.person("Bodvaris"))
				w.exec("update app.guardianship_access set status = 'inactive' where guardian_id = $1", w.person("Dagfinnor"))
				w.exec("delete from app.absences")
				for caller, kind := range map[who]scope.Caller{other: scope.Guardian, leader: scope.Staff, head: scope.Staff} {
					a := is[caller]
					a.token = w.session(a.given, kind, 0)
					is[caller] = a
				}
			}
		})
	}
}

// meanwhile sends a request that has to wait for a lock, has something happen while it waits, frees the lock and returns the answer.
func (w *town) meanwhile(t *testing.T, lock string, c call, happens string, about any) reply {
	t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 20*time.Second)
	defer cancel()
	holder, err := w.Admin.Begin(ctx)
	must(t, err)
	defer func() { _ = holder.Rollback(context.WithoutCancel(ctx)) }()
	_, err = holder.Exec(ctx, lock, w.here.String(), w.person("Alfhildis").String())
	must(t, err)
	answered := make(chan reply, 1)
	go func() { answered <- w.doIn(t, c) }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for waiting := false; !waiting; {
		select {
		case early := <-answered:
			t.Fatalf("%s did not wait: %d %s", c.path, early.status, early.body)
		case <-ctx.Done():
			t.Fatalf("%s neither waits nor is answered", c.path)
		case <-tick.C:
			waiting = one[bool](w, "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')")
		}
	}
	// In the transaction that holds the lock, so that the two are one: what puts somebody out may need what it holds.
	_, err = holder.Exec(ctx, happens, about)
	must(t, err)
	must(t, holder.Commit(ctx))
	return <-answered
}

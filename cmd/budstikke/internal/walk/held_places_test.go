package walk_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"budstikke.example/migrations/scope"
)

// B8, V14: what waits about a child is seen and decided where the child is now. The head of the place that it has left finds nothing, by id neither, not even what was
// decided there; the head of the next one is told.
func TestWhatWaitsGoesWithTheChild(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	waits, decided := w.waits(kindergarten, "guardianship_returns", "Annelore", "Alfhildis", false), w.waits(kindergarten, "custody_rises", "Bodvaris", "Alfhildis", false)
	w.exec("update app.held_changes set state = 'refused', decided_by = $2, decided_at = now(), reason = 'x' where id = $1", decided, w.person("Oddvarina"))
	boss, next := w.session("Heddavina", scope.Staff, 0), w.session("Rektorina", scope.Staff, 0)
	list := func(token, place string) string {
		return string(w.do(call{path: "/v1/office/institutions/" + w.institution(place).String() + "/held-changes?which=everything", token: token}).want(t, http.StatusOK, "").body)
	}
	if got := list(boss, kindergarten); !strings.Contains(got, waits.String()) || !strings.Contains(got, decided.String()) {
		t.Fatalf("while the child is there: %s", got)
	}
	w.passOn()
	w.exec("update app.enrolments set ended_at = now() - interval '1 second' where child_id = $1", w.person("Alfhildis"))
	w.exec(`insert into app.enrolments (municipality_id, id, child_id, institution_id, created_at) values ($1, $2, $3, $4, now())`, w.here, newID(), w.person("Alfhildis"), w.institution(school))
	if got := list(boss, kindergarten); strings.Contains(got, waits.String()) || strings.Contains(got, decided.String()) {
		t.Errorf("after the child has left: %s", got)
	}
	never := w.decideHeld(boss, newID(), `"1"`, "refuse").want(t, http.StatusNotFound, "not_found")
	if got := w.decideHeld(boss, waits, `"1"`, "refuse"); got.wire() != never.wire() {
		t.Errorf("by id: %d %s", got.status, got.body)
	}
	w.passOn()
	if got := list(next, school); !strings.Contains(got, waits.String()) || w.told("held_changes_waiting", "Rektorina") != 1 || w.told("held_changes_waiting", "Heddavina") != 1 {
		t.Errorf("at the next place, told %d times: %s", w.told("held_changes_waiting", "Rektorina"), got)
	}
	w.do(call{method: http.MethodPost, path: "/v1/office/institutions/" + w.institution(school).String() + "/held-changes/" + waits.String() + "/decision",
		token: next, ifMatch: `"1"`, body: map[string]any{"decision": "refuse", "reason": "x"}}).want(t, http.StatusOK, "")
}

// B8, V11: a role that is ended while somebody accepts that it goes on: both are answered, neither waits for the other for ever, and it has ended.
func TestEndingARoleAndAcceptingItsChangeDoNotBlockEachOther(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	boss, owner := w.session("Heddavina", scope.Staff, 0), w.session("Oddvarina", scope.Staff, 0)
	role, change := w.longer("Emelinda")
	ctx, cancel := context.WithTimeout(w.ctx, 30*time.Second)
	defer cancel()
	first, err := w.Admin.Begin(ctx) // keeps both back until both are on their way
	must(t, err)
	defer func() { _ = first.Rollback(context.WithoutCancel(ctx)) }()
	_, err = first.Exec(ctx, "select from app.staff_roles where id = $1 for update", role)
	must(t, err)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	wait := func(n int) {
		for one[int](w, "select count(distinct pid) from pg_locks where not granted and database = (select oid from pg_database where datname = current_database()) or not granted and locktype = 'transactionid' and pid in (select pid from pg_stat_activity where datname = current_database())") < n {
			select {
			case <-ctx.Done():
				t.Fatalf("fewer than %d wait", n)
			case <-tick.C:
			}
		}
	}
	ended, accepted := make(chan reply, 1), make(chan reply, 1)
	go func() {
		ended <- w.doIn(t, call{method: http.MethodPost, path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/staff-roles/" + role.String() + "/end",
			token: boss, body: map[string]any{}})
	}()
	wait(1)
	go func() {
		accepted <- w.doIn(t, call{method: http.MethodPost, path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/held-changes/" + change.String() + "/decision",
			token: owner, ifMatch: `"1"`, body: map[string]any{"decision": "accept", "reason": "Registret."}})
	}()
	wait(2)
	must(t, first.Commit(ctx))
	if got := <-ended; got.status != http.StatusOK {
		t.Errorf("ending: %d %s", got.status, got.body)
	}
	if got := <-accepted; got.code != "held_change_decided" && got.code != "version_outdated" {
		t.Errorf("accepting: %d %s", got.status, got.body)
	}
	if n := one[int](w, "select count(*) from app.staff_roles where id = $1 and ended_at <= now()", role); n != 1 {
		t.Error("whoever was ended is still here")
	}
}

package walk_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// grantRow is a row about a shared user or a tablet, as the head's browser sees it.
type grantRow struct {
	ID, GrantID, GroupID                           uuid.UUID
	Kind, GroupName, TabletName, Decision, Outcome string
	Findings                                       []string
	Over                                           bool
}

func (w *town) grantRow(tb testing.TB, token string, review, grant uuid.UUID) grantRow {
	tb.Helper()
	var page struct{ Items []grantRow }
	must(tb, json.Unmarshal(w.doIn(tb, call{path: "/v1/office/reviews/" + review.String() + "/rows?limit=100", token: token}).want(tb, http.StatusOK, "").body, &page))
	for _, r := range page.Items {
		if r.GrantID == grant {
			return r
		}
	}
	tb.Fatalf("the review has no row for %s", grant)
	return grantRow{}
}

func (w *town) keepCalendar(tb testing.TB) {
	tb.Helper()
	must(tb, w.api.Postgres.KeepCalendar(scope.ByProgram(w.ctx)))
}

// V10, V12: shared users and tablets are rows of the review with what was found about them; removing one puts its tablets out at once (V15).
func TestReviewListsSharedUsersAndTablets(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	group := w.groupOf("Alfhildis")
	used, idle, lost := w.tablet(group), w.tablet(group), w.tablet(group)
	w.setPIN(t, "Emelinda", goodPIN)
	work := w.unlock(t, used, "Emelinda", goodPIN).want(t, http.StatusCreated, "").text(t, "token")
	w.do(call{method: http.MethodPost, path: "/v1/office/tablets/" + lost.id.String() + "/removal", token: is[head].token, body: map[string]any{"lost": true}}).
		want(t, http.StatusNoContent, "")
	w.exec("update auth.shared_users set confirm_by = $2 where group_id = $1", group, w.Clock.Now().Add(-time.Second))
	w.exec("update auth.tablets set generation = generation + 1 where id = $1", used.id)
	id := w.openMonth(t)
	boss := is[head].token

	for what, want := range map[uuid.UUID]struct {
		kind, tablet string
		findings     []string
	}{
		group:   {"shared_user", "", []string{"secret_overdue", "tablet_lost"}},
		used.id: {"tablet", "Zzyxwtablet", []string{}},
		idle.id: {"tablet", "Zzyxwtablet", []string{"secret_overdue", "never_used"}},
	} {
		r := w.grantRow(t, boss, id, what)
		if r.Kind != want.kind || r.GroupID != group || r.GroupName == "" || r.TabletName != want.tablet || !slices.Equal(r.Findings, want.findings) {
			t.Errorf("the row is %+v, want %+v", r, want)
		}
	}
	if n := one[int](w, "select count(*) from app.review_rows where review_id = $1 and grant_id = $2", id, lost.id); n != 0 {
		t.Error("a lost tablet is a grant")
	}

	decide := func(token string, grant uuid.UUID, choice string) reply {
		return w.decideRow(t, token, id, w.grantRow(t, boss, id, grant).ID, choice, "", "")
	}
	decide(is[rektor].token, used.id, "remove").want(t, http.StatusNotFound, "not_found") // another institution's head
	decide(boss, idle.id, "remove").want(t, http.StatusOK, "")
	if r := w.grantRow(t, boss, id, idle.id); r.Outcome != "done" || !r.Over {
		t.Errorf("a removed tablet: %+v", r)
	}
	decide(boss, group, "remove").want(t, http.StatusOK, "")
	for _, token := range []string{work, used.token} {
		w.do(call{path: "/v1/staff/institutions/" + w.institution(kindergarten).String() + "/children", token: token}).
			want(t, http.StatusUnauthorized, "sign_in_required")
	}
	decide(boss, used.id, "remove").want(t, http.StatusOK, "") // with its group, meanwhile
	if r := w.grantRow(t, boss, id, used.id); r.Outcome != "already_ended" {
		t.Errorf("a tablet that was removed with its group: %+v", r)
	}
	if because := one[string](w, "select rotated_because from auth.shared_users where group_id = $1", group); because != "asked" {
		t.Errorf("the secret of a removed shared user was last changed because of %q", because)
	}
}

// V10: nobody heads the institution any more, and whoever enrolled the tablet is gone: found. A lone guardian who was clarified is not (V13).
func TestReviewFindsWhoIsGone(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	tab := w.tablet(w.groupOf("Alfhildis"))
	w.decide(is[head].token, "Petronellix", "Pernillus", "active")
	w.exec(`insert into app.guardian_clarifications (municipality_id, id, child_id, answer, reason, clarified_by, clarified_at)
		values ($1, gen_random_uuid(), $2, 'nobody_else', 'Ensam.', $3, now() + interval '1 minute')`, w.here, w.person("Pernillus"), w.person("Heddavina"))
	w.exec("update app.staff_roles set ended_at = $1 where role = 'head'", w.Clock.Now().Add(-time.Second))
	id := w.openMonth(t)
	found := func(grant uuid.UUID) []string {
		return one[[]string](w, "select findings from app.review_rows where review_id = $1 and grant_id = $2", id, grant)
	}
	if got := found(tab.id); !slices.Equal(got, []string{"never_used", "enroller_gone"}) {
		t.Errorf("the tablet: %v", got)
	}
	if got := found(w.groupOf("Alfhildis")); !slices.Equal(got, []string{"never_used", "head_gone"}) {
		t.Errorf("the shared user: %v", got)
	}
	if got := found(w.guardianship("Petronellix", "Pernillus")); slices.Contains(got, "single_guardian_unclarified") {
		t.Errorf("a clarified guardian: %v", got)
	}
}

// V12: the sweep changes the secret without any tablet asking, once a month; the head is told a week and a day before tablets are locked, once
// each; then they are.
func TestSecretChangesByItselfAndTheHeadIsTold(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	group := w.groupOf("Alfhildis")
	tab := w.tablet(group)
	generation := func() int { return one[int](w, "select generation from auth.shared_users where group_id = $1", group) }
	told := func(given string) int {
		return one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
			where e.kind = 'secret_due' and e.subject_id = $1 and d.person_id = $2 and d.channel = 'in_app'`, group, w.person(given))
	}
	check := func(when string, changes, notices int) {
		t.Helper()
		for range 2 {
			must(t, w.api.SweepTablets(w.ctx))
			w.keepCalendar(t)
		}
		if got := generation(); got != 1+changes || told("Heddavina") != notices {
			t.Errorf("%s: the secret changed %d times and the head was told %d times, want %d and %d", when, got-1, told("Heddavina"), changes, notices)
		}
	}
	check("as it was", 0, 0)
	now := w.Clock.Now()
	w.Clock.Advance(time.Date(now.Year(), now.Month()+1, 1, 9, 0, 0, 0, time.UTC).Sub(now))
	check("a month begins", 1, 1)
	w.Clock.Advance(5 * 24 * time.Hour)
	check("two days before", 1, 1)
	w.Clock.Advance(27 * time.Hour)
	check("hours before", 1, 2)
	if n := one[int](w, "select count(*) from auth.working_tablets where id = $1", tab.id); n != 1 {
		t.Error("the tablet is locked before its time")
	}
	w.exec("update auth.shared_users set confirm_by = now() - interval '1 second'") // the view asks the database's own clock
	check("overdue", 1, 2)
	w.renew(t, tab, w.Clock.Now()).want(t, http.StatusNotFound, "not_found")
	if told("Rektorina")+told("Leonorina")+told("Oddvarina") != 0 {
		t.Error("somebody was told who does not head the institution")
	}
	if n := one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
		where e.kind = 'secret_due' and d.channel = 'sms'`); n != 0 {
		t.Errorf("%d of them by SMS (V20)", n)
	}
}

// H4, V11: a PIN goes with the account, at once, and with the last role at the next sweep.
func TestPINGoesWithItsPerson(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	for _, given := range []string{"Emelinda", "Leonorina", "Heddavina"} {
		w.setPIN(t, given, goodPIN)
	}
	has := func(given string) bool {
		return one[bool](w, "select exists (select from auth.pins where person_id = $1)", w.person(given))
	}
	must(t, w.api.SweepTablets(w.ctx))
	if !has("Emelinda") || !has("Leonorina") {
		t.Fatal("the PIN of somebody who works here is gone")
	}
	w.exec("update auth.accounts set ended_at = now() where person_id = $1", w.person("Emelinda"))
	if has("Emelinda") {
		t.Error("the PIN stays when the account has ended")
	}
	w.exec("update app.staff_roles set ended_at = $2 where person_id = $1", w.person("Leonorina"), w.Clock.Now().Add(-time.Second))
	must(t, w.api.SweepTablets(w.ctx))
	if has("Leonorina") || !has("Heddavina") {
		t.Errorf("after the sweep: %t, %t", has("Leonorina"), has("Heddavina"))
	}
}

// B13, V10: a guardian whom an alert would be the last to reach is not suspended in silence: their access goes on, the row says why and is to be
// decided, and heads and owners are told.
func TestLastReachableGuardianIsNotSuspendedInSilence(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.exec(`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
		select municipality_id, gen_random_uuid(), id, 'email', 'smtp', 'last-' || id || '@example.com', 'sv', 'active', now(), now(), now()
		from app.persons where id = $1`, w.person("Ceciliana"))
	id := w.openMonth(t)
	w.exec(`insert into app.review_rules (municipality_id, suspend_after_days, changed_by, changed_at) values ($1, 5, $2, now())`, w.here, w.person("Kommunalia"))
	w.Clock.Advance(20 * 24 * time.Hour)
	reachable := one[uuid.UUID](w, "select id from app.review_rows where review_id = $1 and grant_id = $2", id, w.guardianship("Ceciliana", "Caspianus"))
	w.keepCalendar(t)
	outcome := func(row uuid.UUID) string {
		return one[string](w, "select coalesce(outcome, '') from app.review_rows where review_id = $1 and id = $2", id, row)
	}
	if got := outcome(reachable); got != "last_guardian" {
		t.Errorf("a reachable guardian nobody confirmed, of a child with no other: %q", got)
	}
	if n := one[int](w, `select count(*) from app.review_rows r where r.review_id = $1 and r.outcome = 'last_guardian' and not exists (
		select from app.guardian_access a where a.guardian_id = r.person_id and a.child_id = r.child_id)`, id); n != 0 {
		t.Errorf("%d of them lost their access", n)
	}
	if n := one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
		where e.kind = 'review_overdue' and d.channel = 'in_app' and d.person_id in ($1, $2)`, w.person("Heddavina"), w.person("Oddvarina")); n < 4 {
		t.Errorf("head and owner were told %d times, want that it is overdue and that it was suspended", n)
	}
	boss := w.session("Heddavina", is[head].kind, 0)
	if n := w.review(t, boss, id).Undecided; n == 0 {
		t.Error("nothing is left to decide")
	}
	w.decideRow(t, boss, id, reachable, "keep", "", "").want(t, http.StatusOK, "")
	if got := outcome(reachable); got != "done" {
		t.Errorf("decided after all: %q", got)
	}
}

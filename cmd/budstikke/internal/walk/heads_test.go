package walk_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// withoutHead are the institutions that an owner is shown to be without a head.
func (w *town) withoutHead(token string) (names []string) {
	w.tb.Helper()
	var list struct{ Items []struct{ Name string } }
	must(w.tb, json.Unmarshal(w.do(call{path: "/v1/office/institutions-without-head", token: token}).want(w.tb, http.StatusOK, "").body, &list))
	for _, i := range list.Items {
		names = append(names, i.Name)
	}
	return names
}

// V9: the last head goes when there is a successor or the owner takes over, and not otherwise, whichever way it is tried.
func TestLastHead(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	boss := is[owner].token
	review := w.openMonth(t)
	hedda := "/staff-roles/" + w.roleOf(w.person("Heddavina")).String() + "/end"
	leave := "/staff/" + w.person("Heddavina").String() + "/leave"
	before := w.fingerprint()
	for what, got := range map[string]reply{
		"at once":      w.office(http.MethodPost, kindergarten, hedda, boss, map[string]any{}),
		"in a month":   w.office(http.MethodPost, kindergarten, hedda, boss, map[string]any{"lastDay": w.day(30)}),
		"on leave":     w.office(http.MethodPut, kindergarten, leave, boss, map[string]any{"firstDay": w.day(3), "lastDay": w.day(9)}),
		"in a review":  w.decideRow(t, boss, review, w.rowOf(t, boss, review, "Heddavina"), "remove", "", ""),
		"too late for": w.office(http.MethodPost, kindergarten, "/heads", boss, map[string]any{"newcomer": newcomer("Senmarie"), "firstDay": w.day(9), "replaces": map[string]any{"staffRoleId": w.roleOf(w.person("Heddavina")), "lastDay": w.day(7)}}),
	} {
		if got.status != http.StatusConflict || got.code != "last_head" {
			t.Errorf("%s: %d %s, want last_head", what, got.status, got.code)
		}
	}
	w.unchanged(t, before, "by letting the last head go")
	if got := w.withoutHead(boss); len(got) != 0 {
		t.Errorf("%v are without a head", got)
	}

	w.office(http.MethodPost, kindergarten, hedda, boss, map[string]any{"takeOver": true}).want(t, http.StatusOK, "")
	if got := w.withoutHead(boss); len(got) != 1 || got[0] != kindergarten {
		t.Errorf("%v are without a head, want the kindergarten", got)
	}
	if one[uuid.UUID](w, "select taken_over_by from app.headless_periods where over_at is null") != w.person("Oddvarina") {
		t.Error("nothing says who took it over")
	}
	if w.works(is[head].token) {
		t.Error("the head who was ended works on")
	}
	w.office(http.MethodPost, kindergarten, "/heads", boss, map[string]any{"personId": w.person("Leonorina")}).want(t, http.StatusCreated, "")
	if got := w.withoutHead(boss); len(got) != 0 {
		t.Errorf("%v are without a head after the appointment", got)
	}
}

func (w *town) rowOf(t *testing.T, token string, review uuid.UUID, given string) uuid.UUID {
	t.Helper()
	for _, row := range w.reviewRows(t, token, review, "?limit=100") {
		if row.PersonID == w.person(given) {
			return row.ID
		}
	}
	t.Fatalf("%s has no row", given)
	return uuid.Nil
}

// V9: of two owners who let the last two heads go at once, one is told that it would be the last.
func TestLastTwoHeadsAtOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.office(http.MethodPost, kindergarten, "/heads", is[owner].token, map[string]any{"personId": w.person("Leonorina")}).want(t, http.StatusCreated, "")
	roles := []uuid.UUID{w.roleOf(w.person("Heddavina")),
		one[uuid.UUID](w, "select id from app.staff_roles where person_id = $1 and role = 'head'", w.person("Leonorina"))}
	tokens := []string{is[owner].token, is[topOwner].token}
	place := w.institution(kindergarten).String()
	answers := w.atOnce(t, 2, func(i int) call {
		return call{method: http.MethodPost, path: "/v1/office/institutions/" + place + "/staff-roles/" + roles[i].String() + "/end", token: tokens[i], body: map[string]any{}}
	})
	let, kept := 0, 0
	for _, a := range answers {
		switch {
		case a.status == http.StatusOK:
			let++
		case a.code == "last_head":
			kept++
		}
	}
	if let != 1 || kept != 1 {
		t.Errorf("%d were let go and %d kept, want one each", let, kept)
	}
}

// V9, V10: what waits at an institution waits for whoever heads it: the successor decides and is told, once, when they begin, and whoever was
// replaced is neither let in nor told.
func TestSuccessorTakesOverWhatWaits(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	review := w.openMonth(t)
	told := func(given, kind string) int {
		return one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
			where d.person_id = $1 and e.kind = $2 and d.channel = 'in_app' and d.state = 'sent'`, w.person(given), kind)
	}
	calendar := func() { t.Helper(); must(t, w.api.Postgres.KeepCalendar(scope.ByProgram(w.ctx))) }
	got := w.office(http.MethodPost, kindergarten, "/heads", is[owner].token, map[string]any{"newcomer": newcomer("Efterträda"), "firstDay": w.day(1),
		"replaces": map[string]any{"staffRoleId": w.roleOf(w.person("Heddavina")), "lastDay": w.day(3)}}).want(t, http.StatusCreated, "").staffRole(t)
	if got.Role != "head" || got.State != "planned" {
		t.Errorf("appointed as %+v", got)
	}
	calendar()
	if n := told("Efterträda", "review_due"); n != 0 {
		t.Errorf("told %d times before the first day", n)
	}
	w.exec("update app.staff_roles set starts_at = now() - interval '1 second' where id = $1", got.ID)
	if !w.works(is[head].token) {
		t.Error("two heads do not overlap")
	}
	calendar()
	calendar()
	if n := told("Efterträda", "review_due"); n != 1 {
		t.Errorf("the successor was told of the open review %d times, want once", n)
	}
	w.exec("update app.staff_roles set ended_at = now() - interval '1 second' where person_id = $1", w.person("Heddavina"))
	was := told("Heddavina", "review_overdue")
	w.exec("update app.reviews set due_on = current_date - 3")
	calendar()
	if told("Heddavina", "review_overdue") != was || told("Efterträda", "review_overdue") != 1 || told("Oddvarina", "review_overdue") != 1 {
		t.Error("who is told that it is overdue: not the successor and the owner alone")
	}
	token := w.session("Efterträda", scope.Staff, 0)
	w.decideRow(t, token, review, w.rowOf(t, token, review, "Ceciliana"), "keep", "", "").want(t, http.StatusOK, "")
	w.office(http.MethodGet, kindergarten, "/applications", token, nil).want(t, http.StatusOK, "")
	if got := w.do(call{path: "/v1/office/reviews/" + review.String(), token: is[head].token}); got.status != http.StatusUnauthorized {
		t.Errorf("who was replaced is answered %d", got.status)
	}
}

// V9: owners are told that nobody heads an institution, once when it begins and then every week until somebody does, and never by SMS (V20).
func TestInstitutionWithoutHeadIsNoticed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	for _, e := range [][3]string{{"email", "smtp", mailOf("Oddvarina")}, {"sms", "twilio", "+46701740650"}} {
		w.exec(`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
			values ($1, $2, $3, $4, $5, $6, 'sv', 'active', now(), now(), now())`, w.here, newID(), w.person("Oddvarina"), e[0], e[1], e[2])
	}
	told := func(given, channel string) int {
		return one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
			where d.person_id = $1 and e.kind = 'institution_without_head' and e.subject_id = $2 and d.channel = $3`, w.person(given), w.institution(kindergarten), channel)
	}
	expect := func(what string, want int) {
		t.Helper()
		var all [3]error
		for i := range all { // as several processes would
			all[i] = w.api.Postgres.KeepCalendar(scope.ByProgram(w.ctx))
			must(t, all[i])
		}
		for _, given := range []string{"Oddvarina", "Kommunalia"} {
			if n := told(given, "in_app"); n != want {
				t.Errorf("%s: %s was told %d times, want %d", what, given, n, want)
			}
		}
		if told("Oddvarina", "email") != want || told("Oddvarina", "sms") != 0 || told("Heddavina", "in_app") != 0 || told("Leonorina", "in_app") != 0 {
			t.Errorf("%s: told by another channel, or somebody else was", what)
		}
	}
	expect("with a head", 0)
	// Whatever way it comes about: here the register no longer has her.
	w.importLists(w.here, admissions, append(append([]employment{}, employments[:2]...), employments[3:]...))
	if got := w.withoutHead(is[owner].token); len(got) != 1 {
		t.Errorf("%v are without a head", got)
	}
	expect("when it begins", 1)
	w.Clock.Advance(6 * 24 * time.Hour)
	expect("within the week", 1)
	w.Clock.Advance(25 * time.Hour)
	expect("a week later", 2)
	w.exec("update app.staff_roles set ended_at = null, register_end = null where person_id = $1", w.person("Heddavina"))
	expect("with a head again", 2)
	w.exec("update app.staff_roles set ended_at = now() where person_id = $1", w.person("Heddavina"))
	expect("another time", 3)
	if n := one[int](w, "select count(*) from app.headless_periods where institution_id = $1", w.institution(kindergarten)); n != 2 {
		t.Errorf("%d periods without a head, want two", n)
	}
	// A head whom somebody has signed out for good heads nothing, whatever the register says.
	w.exec("update app.staff_roles set ended_at = null where person_id = $1", w.person("Heddavina"))
	expect("with a head a third time", 3)
	w.exec("update auth.accounts set ended_at = now() where person_id = $1 and kind = 'staff'", w.person("Heddavina"))
	expect("with a head whose account has ended", 4)
	if got := w.withoutHead(w.session("Oddvarina", scope.Staff, 0)); len(got) != 1 {
		t.Errorf("%v are without a head that could do anything", got)
	}
	// Nor does one who never took up the account, once there was time for it.
	replacement := newID()
	w.exec("insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'Nyansattina', 'Andersdotter', now())", w.here, replacement)
	w.exec(`insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at) values ($1, $2, $3, $4, 'head', now() - interval '13 days')`,
		w.here, newID(), replacement, w.institution(kindergarten))
	expect("with a new head", 4)
	w.exec("update app.staff_roles set created_at = now() - interval '15 days' where person_id = $1", replacement)
	expect("with a head who never signed in", 5)
	w.exec("update app.staff_roles set starts_at = now() - interval '1 day' where person_id = $1", replacement)
	if got := w.withoutHead(w.session("Oddvarina", scope.Staff, 0)); len(got) != 0 {
		t.Errorf("%v are without a head, and one began yesterday", got)
	}
}

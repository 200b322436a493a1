package walk_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// staffRole is a role as the head's browser sees it.
type staffRole struct {
	ID, PersonID            uuid.UUID
	Name, Role, State       string
	StartsAt, EndsAt        time.Time
	EndByDefault, MayDecide bool
	Leave                   *struct{ StartsAt, Until time.Time }
}

// office is a call of the desk of an institution.
func (w *town) office(method, place, rest, token string, body any) reply {
	w.tb.Helper()
	return w.do(call{method: method, path: "/v1/office/institutions/" + w.institution(place).String() + rest, token: token, body: body})
}

func (r reply) staffRole(tb testing.TB) (v staffRole) {
	tb.Helper()
	must(tb, json.Unmarshal(r.body, &v))
	return v
}

func newcomer(given string) map[string]any {
	return map[string]any{"givenName": given, "familyName": surname(given)}
}

// staffOf is the list of who works at the kindergarten, by person.
func (w *town) staffOf(token string) map[uuid.UUID]staffRole {
	w.tb.Helper()
	var list struct{ Items []staffRole }
	must(w.tb, json.Unmarshal(w.office(http.MethodGet, kindergarten, "/staff-roles", token, nil).want(w.tb, http.StatusOK, "").body, &list))
	all := map[uuid.UUID]staffRole{}
	for _, r := range list.Items {
		all[r.PersonID] = r
	}
	return all
}

// works tells whether a session of staff opens the children of the kindergarten.
func (w *town) works(token string) bool {
	w.tb.Helper()
	got := w.do(call{path: "/v1/staff/institutions/" + w.institution(kindergarten).String() + "/children", token: token})
	if got.status != http.StatusOK && got.status != http.StatusUnauthorized && got.status != http.StatusNotFound {
		w.tb.Errorf("answered %d %s", got.status, got.code)
	}
	return got.status == http.StatusOK
}

// midnight is the beginning of a day from today on, where the kindergarten is.
func (w *town) midnight(ahead int) time.Time {
	zone, err := time.LoadLocation("Europe/Stockholm")
	must(w.tb, err)
	y, m, d := w.Clock.Now().In(zone).Date()
	return time.Date(y, m, d+ahead, 0, 0, 0, 0, zone)
}

// V5, V9, V11, V15: somebody entered by the head has access from the first day to the midnight after the last one; with it go the session, the push
// token and the notices on their way.
func TestStaffFromTheFirstDayToTheLast(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	boss := is[head].token
	r := w.office(http.MethodPost, kindergarten, "/staff-roles", boss, map[string]any{"newcomer": newcomer("Nyanna"), "role": "leader",
		"firstDay": w.day(1)}).want(t, http.StatusCreated, "").staffRole(t)
	if r.State != "planned" || !r.StartsAt.Equal(w.midnight(1)) || !r.EndsAt.IsZero() || r.Name != "Nyanna "+surname("Nyanna") {
		t.Errorf("entered as %+v", r)
	}
	token := w.session("Nyanna", scope.Staff, 0)
	if w.works(token) {
		t.Error("access before the first day (V11)")
	}
	w.exec("update app.staff_roles set starts_at = now() - interval '1 second' where id = $1", r.ID) // the day comes
	token = w.session("Nyanna", scope.Staff, 0)
	if !w.works(token) {
		t.Error("no access on the first day (V11)")
	}
	end := "/staff-roles/" + r.ID.String() + "/end"
	if got := w.office(http.MethodPost, kindergarten, end, boss, map[string]any{"lastDay": w.day(0)}).want(t, http.StatusOK, "").staffRole(t); !got.EndsAt.Equal(w.midnight(1)) {
		t.Errorf("the last day is today, and access ends %s", got.EndsAt)
	}
	if !w.works(token) {
		t.Error("no access any more on the last day (V11)")
	}
	w.do(call{method: http.MethodPut, path: "/v1/staff/devices", token: token,
		body: map[string]any{"provider": "fcm", "token": deviceOf("Nyanna"), "locale": "sv"}}).want(t, http.StatusNoContent, "")
	w.exec("alter table app.staff_roles disable trigger cut_off_staff") // as if midnight had only come
	w.exec("update app.staff_roles set ended_at = now() - interval '1 second' where id = $1", r.ID)
	w.exec("alter table app.staff_roles enable trigger cut_off_staff")
	if w.works(token) {
		t.Error("access after midnight (V11)")
	}
	left := func() int {
		return one[int](w, `select (select count(*) from auth.sessions where person_id = $1 and ended_at is null)
			+ (select count(*) from notify.endpoints where person_id = $1 and state <> 'retired')`, r.PersonID)
	}
	if left() != 3 {
		t.Fatalf("%d things left before the sweep, want two sessions and a device", left())
	}
	_, err := w.api.Postgres.Sweep(scope.ByProgram(w.ctx))
	must(t, err)
	if left() != 0 {
		t.Errorf("%d sessions and devices are left after the role (V15)", left())
	}
	w.office(http.MethodPost, kindergarten, end, boss, map[string]any{}).want(t, http.StatusNotFound, "not_found")
	if _, there := w.staffOf(boss)[r.PersonID]; there {
		t.Error("the list shows who has left")
	}

	// At once: in the transaction that records it.
	emelinda := w.staffOf(boss)[w.person("Emelinda")]
	w.exec(`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
		values ($1, $2, $3, 'push', 'fcm', $4, 'sv', 'active', now(), now(), now())`, w.here, newID(), emelinda.PersonID, deviceOf("Emelinda"))
	w.thread(is[right].token, w.person("Alfhildis"), textOfGuardian)
	waiting := func() int {
		return one[int](w, "select count(*) from notify.deliveries where person_id = $1 and state in ('pending', 'retry')", emelinda.PersonID)
	}
	if waiting() == 0 {
		t.Fatal("nothing is on its way to her")
	}
	got := w.office(http.MethodPost, kindergarten, "/staff-roles/"+emelinda.ID.String()+"/end", boss, map[string]any{}).want(t, http.StatusOK, "").staffRole(t)
	if got.State != "ended" || w.works(is[employee].token) || waiting() != 0 {
		t.Errorf("ended at once: %+v, %d notices on their way", got, waiting())
	}
}

// V2, V5, V9: nobody decides about themselves, about who stands as high or higher, or about another institution, and what is not theirs does not exist.
func TestNobodyRisesByThemselves(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	boss := is[head].token
	staff := w.staffOf(boss)
	before := w.fingerprint()
	role := func(given string) string { return "/staff-roles/" + w.roleOf(w.person(given)).String() + "/end" }
	for what, c := range map[string]struct {
		method, rest string
		body         map[string]any
		status       int
		code         string
	}{
		"one's own end":           {http.MethodPost, role("Heddavina"), map[string]any{}, http.StatusConflict, "staff_role_not_yours"},
		"the owner's end":         {http.MethodPost, role("Oddvarina"), map[string]any{"takeOver": true}, http.StatusConflict, "staff_role_not_yours"},
		"one's own role":          {http.MethodPost, "/staff-roles", map[string]any{"personId": w.person("Heddavina"), "role": "leader"}, http.StatusConflict, "staff_role_not_yours"},
		"one's own leave":         {http.MethodPut, "/staff/" + w.person("Heddavina").String() + "/leave", map[string]any{}, http.StatusConflict, "staff_role_not_yours"},
		"the owner's leave":       {http.MethodPut, "/staff/" + w.person("Oddvarina").String() + "/leave", map[string]any{}, http.StatusConflict, "staff_role_not_yours"},
		"the role she has":        {http.MethodPost, "/staff-roles", map[string]any{"personId": w.person("Leonorina"), "role": "leader"}, http.StatusConflict, "staff_role_exists"},
		"both a person and a new": {http.MethodPost, "/staff-roles", map[string]any{"personId": w.person("Leonorina"), "newcomer": newcomer("X"), "role": "leader"}, http.StatusBadRequest, "request_invalid"},
		"neither":                 {http.MethodPost, "/staff-roles", map[string]any{"role": "leader"}, http.StatusBadRequest, "request_invalid"},
		"a head":                  {http.MethodPost, "/staff-roles", map[string]any{"personId": w.person("Leonorina"), "role": "head"}, http.StatusBadRequest, "request_invalid"},
		"a substitute for ever":   {http.MethodPost, "/staff-roles", map[string]any{"personId": w.person("Leonorina"), "role": "substitute"}, http.StatusUnprocessableEntity, "end_required"},
		"a name of nothing":       {http.MethodPost, "/staff-roles", map[string]any{"newcomer": map[string]any{"givenName": "\u200b", "familyName": "\u2800"}, "role": "leader"}, http.StatusBadRequest, "request_invalid"},
		"a huge name":             {http.MethodPost, "/staff-roles", map[string]any{"newcomer": newcomer(strings.Repeat("a", 201)), "role": "leader"}, http.StatusBadRequest, "request_invalid"},
		"a day that is none":      {http.MethodPost, "/staff-roles", map[string]any{"newcomer": newcomer("X"), "role": "leader", "firstDay": "2027-02-30"}, http.StatusBadRequest, "request_invalid"},
	} {
		got := w.office(c.method, kindergarten, c.rest, boss, c.body)
		if got.status != c.status || got.code != c.code {
			t.Errorf("%s answered %d %s, want %d %s", what, got.status, got.code, c.status, c.code)
		}
	}
	nothing := w.do(call{path: "/v1/nowhere", token: boss}).wire()
	elsewhere := one[uuid.UUID](w, "select id from app.groups where institution_id = $1 limit 1", w.institution(school))
	for what, c := range map[string]call{
		"a colleague at another institution": {path: "/staff-roles", body: map[string]any{"personId": w.person("Torunnara"), "role": "leader"}},
		"somebody of another municipality":   {path: "/staff-roles", body: map[string]any{"personId": w.person("Utrikine"), "role": "leader"}},
		"nobody":                             {path: "/staff-roles", body: map[string]any{"personId": newID(), "role": "leader"}},
		"a child":                            {path: "/staff-roles", body: map[string]any{"personId": w.person("Alfhildis"), "role": "leader"}},
		"another institution's group":        {path: "/staff-roles", body: map[string]any{"personId": w.person("Leonorina"), "role": "employee", "groupId": elsewhere}},
		"another institution's role":         {path: role("Torunnara"), body: map[string]any{}},
		"another municipality's role":        {path: role("Utrikine"), body: map[string]any{}},
		"no role at all":                     {path: "/staff-roles/" + newID().String() + "/end", body: map[string]any{}},
		"a leave of nobody":                  {method: http.MethodPut, path: "/staff/" + newID().String() + "/leave", body: map[string]any{}},
		"a leave of another's colleague":     {method: http.MethodDelete, path: "/staff/" + w.person("Torunnara").String() + "/leave"},
		"a head appointed by a head":         {path: "/heads", body: map[string]any{"personId": w.person("Leonorina")}},
	} {
		if c.method == "" {
			c.method = http.MethodPost
		}
		if got := w.office(c.method, kindergarten, c.path, boss, c.body); got.wire() != nothing {
			t.Errorf("%s answered %d %s, and nothing must be there", what, got.status, got.code)
		}
	}
	if got := w.office(http.MethodPost, school, "/staff-roles", boss, map[string]any{"newcomer": newcomer("X"), "role": "leader"}); got.wire() != nothing {
		t.Errorf("at another institution: %d %s", got.status, got.code)
	}
	w.unchanged(t, before, "by what must be refused")
	if staff[w.person("Heddavina")].MayDecide || staff[w.person("Oddvarina")].MayDecide || !staff[w.person("Leonorina")].MayDecide {
		t.Errorf("the list says wrongly about whom she decides: %+v", staff)
	}
}

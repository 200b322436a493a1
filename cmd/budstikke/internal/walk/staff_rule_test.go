package walk_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// B12: whoever owns all that the municipality runs says how long a substitute's role lasts that comes in without a last day. A role that runs keeps its
// end; nobody else reads or changes the rule.
func TestOwnerSaysHowLongSubstitutesStay(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	set := func(given string, days any) reply {
		return w.do(call{method: http.MethodPut, path: "/v1/office/staff-rule", token: w.session(given, scope.Staff, 0), body: map[string]any{"substituteDays": days}})
	}
	comes := func(given string) uuid.UUID {
		id := newID()
		w.exec(`insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at, starts_at)
			values ($1, $2, $3, $4, 'substitute', now(), now())`, w.here, id, w.person(given), w.institution(kindergarten))
		return id
	}
	lasts := func(id uuid.UUID) int {
		return one[int](w, `select (r.ended_at at time zone m.time_zone)::date - (r.created_at at time zone m.time_zone)::date
			from app.staff_roles r join app.municipalities m on m.municipality_id = r.municipality_id where r.id = $1`, id)
	}
	before := comes("Emelinda")
	for _, given := range []string{"Heddavina", "Oddvarina", "Leonorina", "Utrikine"} {
		if given != "Utrikine" {
			w.do(call{path: "/v1/office/staff-rule", token: w.session(given, scope.Staff, 0)}).want(t, http.StatusNotFound, "not_found")
		}
		set(given, 3).want(t, http.StatusNotFound, "not_found")
	}
	for _, days := range []any{0, 367, -1, "x", nil, 1.5} {
		set("Kommunalia", days).want(t, http.StatusBadRequest, "request_invalid")
	}
	set("Kommunalia", 12).want(t, http.StatusOK, "")
	if got := w.do(call{path: "/v1/office/staff-rule", token: w.session("Kommunalia", scope.Staff, 0)}); string(got.body) != `{"substituteDays":12}`+"\n" && string(got.body) != `{"substituteDays":12}` {
		t.Errorf("the rule: %s", got.body)
	}
	if a, b := lasts(before), lasts(comes("Leonorina")); a != 30 || b != 12 {
		t.Errorf("who came before stays %d days, who came after %d; want 30 and 12", a, b)
	}
	if n := one[int](w, "select count(*) from app.municipalities where substitute_days <> 30"); n != 1 {
		t.Errorf("%d municipalities were changed", n)
	}
}

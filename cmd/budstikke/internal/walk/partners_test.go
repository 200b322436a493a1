package walk_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// From the letter to the end of the time: an external partner sees the named children, and nothing else (U8, B12).
func TestAnExternalPartnerSeesWhoIsNamed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	boss := w.session("Heddavina", scope.Staff, 0)
	here := "/v1/office/institutions/" + w.institution(kindergarten).String()
	child, other := w.person("Alfhildis"), w.person("Caspianus")
	invited := w.do(call{method: http.MethodPost, path: here + "/external-partners", token: boss, body: w.invitation(child, 30*24*time.Hour)}).
		want(t, http.StatusCreated, "")
	partnership := uuid.MustParse(invited.text(t, "partnershipId"))
	person := one[uuid.UUID](w, "select person_id from app.staff_roles where id = $1", partnership)
	if first := w.do(w.activation(w.here, w.letter(boss, person, ""))).want(t, http.StatusCreated, ""); first.text(t, "kind") != "second_factor" {
		t.Fatalf("an external partner comes in without a second factor: %s", first.body)
	}
	token := w.session("Utifrån", scope.Staff, 0)
	list := func() reply { return w.do(call{path: "/v1/staff/partner-children", token: token}) }
	shows := func(what string, want ...uuid.UUID) {
		t.Helper()
		got := list().want(t, http.StatusOK, "")
		for _, id := range []uuid.UUID{child, other} {
			if shown := strings.Contains(string(got.body), id.String()); shown != slices.Contains(want, id) {
				t.Errorf("%s: the list shows %s: %t\n%s", what, id, shown, got.body)
			}
		}
	}
	shows("at first", child)
	if n := one[int](w, "select count(*) from audit.entries where operation = 'ListPartnerChildren' and actor_id = $1", person); n == 0 {
		t.Error("the look left no entry (B5)")
	}
	for _, path := range []string{
		"/v1/staff/institutions/" + w.institution(kindergarten).String() + "/children", here + "/guardianships", here + "/external-partners",
		"/v1/staff/institutions/" + w.institution(kindergarten).String() + "/conversations", "/v1/guardian/children/" + child.String(),
	} {
		w.do(call{path: path, token: token}).want(t, http.StatusNotFound, "not_found")
	}
	w.do(call{path: "/v1/staff/partner-children", token: boss}).want(t, http.StatusNotFound, "not_found")
	w.do(call{path: "/v1/staff/partner-children", token: w.session("Emelinda", scope.Staff, 0)}).want(t, http.StatusNotFound, "not_found")

	// A child who is protected later is shown when a head has named it anew (P5).
	change := func(version string, children ...uuid.UUID) reply {
		return w.do(call{method: http.MethodPut, path: here + "/external-partners/" + partnership.String(), token: boss, ifMatch: version,
			body: map[string]any{"childIds": children, "until": w.Clock.Now().Add(20 * 24 * time.Hour)}})
	}
	w.exec("update app.persons set protected_identity = 'protected' where id = $1", child)
	shows("after it was protected")
	change(`"1"`, child, other).want(t, http.StatusOK, "")
	shows("after it was named anew", child, other)
	change(`"1"`, child).want(t, http.StatusPreconditionFailed, "version_outdated")
	w.restrict(boss, "Caspianus", "Utifrån", "no_access")
	token = w.session("Utifrån", scope.Staff, 0) // a restriction signs out who has no other role
	shows("after a restriction (B8)", child)
	w.exec("update app.enrolments set ended_at = now() where child_id = $1", child)
	shows("after the child left")
	w.exec("update app.enrolments set ended_at = null where child_id = $1", child)

	// Without the sponsor the access rests.
	sponsor := w.person("Emelinda")
	w.exec("update app.staff_roles set ended_at = now() where person_id = $1", sponsor)
	list().want(t, http.StatusUnauthorized, "sign_in_required")
	state := func() string {
		return string(w.do(call{path: here + "/external-partners", token: boss}).want(t, http.StatusOK, "").body)
	}
	if !strings.Contains(state(), `"suspended"`) {
		t.Errorf("without a sponsor: %s", state())
	}
	w.exec("update app.staff_roles set ended_at = null where person_id = $1", sponsor)
	shows("with the sponsor back", child)

	// It ends by itself, and by decision.
	w.exec("update app.staff_roles set ended_at = now() where id = $1", partnership)
	list().want(t, http.StatusUnauthorized, "sign_in_required")
	change(`"2"`, child).want(t, http.StatusNotFound, "not_found")
	w.exec("update app.staff_roles set ended_at = now() + interval '1 day' where id = $1", partnership)
	shows("before the end", child)
	end := call{method: http.MethodDelete, path: here + "/external-partners/" + partnership.String(), token: boss}
	w.do(end).want(t, http.StatusNoContent, "")
	list().want(t, http.StatusUnauthorized, "sign_in_required")
	w.do(end).want(t, http.StatusNoContent, "")
	if !strings.Contains(state(), `"ended"`) {
		t.Errorf("after the end: %s", state())
	}
}

// Who cannot vouch, and who is not there, is nobody: all answer alike, and nothing is stored.
func TestPartnersThatCannotBe(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	boss := w.session("Heddavina", scope.Staff, 0)
	path := "/v1/office/institutions/" + w.institution(kindergarten).String() + "/external-partners"
	child, month := w.person("Alfhildis"), 30*24*time.Hour
	before := w.fingerprint()
	var first reply
	for what, with := range map[string]map[string]any{
		"a child of another institution":    {"childIds": []uuid.UUID{child, w.person("Hjalmarine")}},
		"a child of another municipality":   {"childIds": []uuid.UUID{w.person("Mosebackus")}},
		"an unknown child":                  {"childIds": []uuid.UUID{newID()}},
		"an adult":                          {"childIds": []uuid.UUID{w.person("Annelore")}},
		"a sponsor of another institution":  {"sponsorId": w.person("Torunnara")},
		"a sponsor of another municipality": {"sponsorId": w.person("Utrikine")},
		"a guardian as sponsor":             {"sponsorId": w.person("Annelore")},
		"an unknown sponsor":                {"sponsorId": newID()},
	} {
		body := w.invitation(child, month)
		for name, value := range with {
			body[name] = value
		}
		got := w.do(call{method: http.MethodPost, path: path, token: boss, body: body}).want(t, http.StatusNotFound, "not_found")
		if first.status == 0 {
			first = got
		}
		if got.wire() != first.wire() {
			t.Errorf("%s is answered otherwise:\n%s", what, got.wire())
		}
	}
	for code, ahead := range map[string]time.Duration{"end_in_the_past": -time.Minute, "end_too_far_ahead": 400 * 24 * time.Hour} {
		w.do(call{method: http.MethodPost, path: path, token: boss, body: w.invitation(child, ahead)}).want(t, http.StatusUnprocessableEntity, code)
	}
	for what, children := range map[string][]uuid.UUID{"nobody": {}, "everybody": slices.Repeat([]uuid.UUID{child}, 51), "one twice": {child, child}} {
		body := w.invitation(child, month)
		body["childIds"] = children
		if got := w.do(call{method: http.MethodPost, path: path, token: boss, body: body}); got.status != http.StatusBadRequest {
			t.Errorf("naming %s: %d %s", what, got.status, got.code)
		}
	}
	w.unchanged(t, before, "by invitations that cannot be")
}

package walk_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// noticesOf is what the app shows somebody of the staff.
func (w *town) noticesOf(token string) string {
	w.tb.Helper()
	return string(w.do(call{path: "/v1/staff/notices", token: token}).want(w.tb, http.StatusOK, "").body)
}

// B8, V15: one of the staff who is kept out of contact with a child meets it as before, is told of no message about it, not even of one that was
// announced before, and writes none; the others are and do.
func TestStaffAreKeptOutOfContact(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child := w.person("Alfhildis")
	told := func(given string) int {
		return one[int](w, "select count(*) from notify.deliveries where grounds = 'staff' and person_id = $1 and state <> 'suppressed'", w.person(given))
	}
	thread := w.thread(is[right].token, child, textOfGuardian)
	if told("Leonorina") == 0 || !strings.Contains(w.noticesOf(is[leader].token), thread.String()) {
		t.Fatal("the leader is not told in the first place")
	}
	w.restrict(is[head].token, "Alfhildis", "Leonorina", "no_contact")
	if told("Leonorina") != 0 {
		t.Error("what was announced before the restriction is still on its way")
	}
	before := told("Emelinda")
	w.thread(is[right].token, child, textOfGuardian)
	if told("Leonorina") != 0 || told("Emelinda") <= before {
		t.Errorf("the leader was told %d times, the employee %d times, want 0 and more than %d", told("Leonorina"), told("Emelinda"), before)
	}
	path := "/v1/staff/conversations/" + thread.String() + "/messages"
	w.do(call{method: http.MethodPost, path: path, token: is[leader].token, body: map[string]any{"text": textOfStaff}}).want(t, http.StatusConflict, "guardian_inactive")
	w.do(call{method: http.MethodPost, path: path, token: is[employee].token, body: map[string]any{"text": textOfStaff}}).want(t, http.StatusCreated, "")
	list := "/v1/staff/institutions/" + w.institution(kindergarten).String() + "/children?limit=100"
	if !contains(w.do(call{path: list, token: is[leader].token}).want(t, http.StatusOK, ""), "Alfhildis") {
		t.Error("who is kept out of contact does not meet the child any more")
	}
}

// B8: all that staff see of a child they see through the place where it is. Whom a restriction keeps from knowing where it is meets it nowhere at
// work, whatever their role; what they wrote to and were told of before is gone.
func TestWhereAChildIsIsKeptFromStaff(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child, place := w.person("Alfhildis"), w.institution(kindergarten).String()
	thread := w.thread(is[right].token, child, textOfGuardian)
	absence, _ := w.absence(is[right].token, child, noteOfFamily)
	review := w.openMonth(t)
	held := w.waits(kindergarten, "custody_rises", "Annelore", "Alfhildis", false)
	day := one[string](w, "select starts_on::text from app.absences where id = $1", absence)
	surfaces := map[string]string{
		"the list of children": "/v1/staff/institutions/" + place + "/children?limit=100", "the absences": "/v1/staff/institutions/" + place + "/absences?limit=100&date=" + day,
		"the conversations": "/v1/staff/institutions/" + place + "/conversations?limit=100", "a thread": "/v1/staff/conversations/" + thread.String() + "/messages",
		"the notices": "/v1/staff/notices",
	}
	forHeads := map[string]string{
		"the guardianships": "/v1/office/institutions/" + place + "/guardianships?limit=100", "the restrictions": "/v1/office/institutions/" + place + "/restrictions?limit=100",
		"the explanation": "/v1/office/children/" + child.String() + "/access", "a review": "/v1/office/reviews/" + review.String() + "/rows?limit=100",
		"what waits": "/v1/office/institutions/" + place + "/held-changes?limit=100",
	}
	shows := func(path, token string) bool {
		got := w.do(call{path: path, token: token})
		text := string(got.body)
		return got.status == http.StatusOK && (strings.Contains(text, "Alfhildis") || strings.Contains(text+path, child.String()) ||
			strings.Contains(text, held.String()) || strings.Contains(text+path, thread.String()))
	}
	w.restrict(is[owner].token, "Alfhildis", "Dagfinnor", "no_photo") // so that there is one to list
	for given, token := range map[string]string{"Leonorina": is[leader].token, "Heddavina": is[head].token, "Kommunalia": is[topOwner].token} {
		all := map[string]string{}
		for name, path := range surfaces {
			if given != "Kommunalia" || name == "the list of children" || name == "the absences" { // owners read no messages
				all[name] = path
			}
		}
		if given != "Leonorina" {
			for name, path := range forHeads {
				all[name] = path
			}
		}
		for name, path := range all {
			if !shows(path, token) {
				t.Errorf("%s does not see the child in %s in the first place: %s", given, name, w.do(call{path: path, token: token}).body)
			}
		}
		w.restrict(is[owner].token, "Alfhildis", given, "no_location")
		for name, path := range all {
			if shows(path, token) {
				t.Errorf("%s, who must not know where the child is, sees it in %s", given, name)
			}
		}
	}
}

// B8: a restriction that begins at once begins by the clock of the database, however far the clock of the process runs ahead of it.
func TestRestrictionBeginsByTheClockThatIsAsked(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.Clock.Advance(time.Minute)
	set := w.restrict(is[head].token, "Alfhildis", "Annelore", "no_access")
	if !one[bool](w, "select exists (select from app.restrictions_now where id = $1)", set.id(t)) {
		t.Error("what was to hold at once does not hold yet")
	}
	w.do(call{path: "/v1/guardian/children/" + w.person("Alfhildis").String(), token: is[right].token}).want(t, http.StatusUnauthorized, "sign_in_required")
}

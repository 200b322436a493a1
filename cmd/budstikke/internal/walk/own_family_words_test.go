package walk_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// As staff, nobody reads what the other home noted about a day of their own child, nor what the other guardian of it noted or wrote about a half-sibling; they
// see the day and its reason, as a guardian does. They are told of no message that they could not open: not in the list, not by a stream, and of no new one.
// Whoever asks is told why (B11, B9).
func TestTheOtherHomesWordsAreNotReadAtWork(t *testing.T) {
	t.Parallel()
	for name, relate := range map[string]func(w *town){
		"their own child": func(w *town) { w.isGuardianOf("Leonorina", "Alfhildis") },
		"a half-sibling of it": func(w *town) {
			w.isGuardianOf("Leonorina", "Caspianus")
			w.isGuardianOf("Bodvaris", "Caspianus")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			is := w.people()
			child := w.person("Alfhildis")
			absence, _ := w.absence(is[other].token, child, noteOfFamily)
			w.exec("update app.absences set note_sensitive = true where id = $1", absence)
			thread := w.thread(is[other].token, child, "Enskilt om den andra foraldern.")
			w.settleTold()
			day := one[string](w, "select starts_on::text from app.absences where id = $1", absence)
			absences := call{path: "/v1/staff/institutions/" + w.institution(kindergarten).String() + "/absences?limit=100&date=" + day, token: is[leader].token}
			notices := call{path: "/v1/staff/notices", token: is[leader].token}
			newsOf := func() int {
				_, told := w.toBeTold("Leonorina", thread)
				return told
			}
			if !contains(w.do(absences), noteOfFamily) || !contains(w.do(notices), thread.String()) {
				t.Fatalf("before, it is not there: %s %s", w.do(absences).body, w.do(notices).body)
			}
			relate(w)
			got := w.do(absences).want(t, http.StatusOK, "")
			if contains(got, noteOfFamily) || contains(got, `"noteSensitive":true`) || !contains(got, absence.String()) {
				t.Errorf("the day: %s", got.body)
			}
			if got := w.do(notices); contains(got, thread.String()) {
				t.Errorf("the notices: %s", got.body)
			}
			if n := newsOf(); n != 0 {
				t.Errorf("the stream tells of it %d times", n)
			}
			w.do(call{path: "/v1/staff/conversations/" + thread.String() + "/messages", token: is[leader].token}).want(t, http.StatusNotFound, "not_found")
			told := func(given string) int {
				return one[int](w, "select count(*) from notify.deliveries where grounds = 'staff' and person_id = $1", w.person(given))
			}
			leaderBefore, employeeBefore := told("Leonorina"), told("Emelinda")
			w.thread(is[other].token, child, "En gang till.")
			if told("Leonorina") != leaderBefore || told("Emelinda") <= employeeBefore {
				t.Errorf("the leader is told %d times, before %d; the employee %d, before %d", told("Leonorina"), leaderBefore, told("Emelinda"), employeeBefore)
			}
			if !contains(w.do(call{path: absences.path, token: is[head].token}), noteOfFamily) {
				t.Error("the head does not read the note any more")
			}
			if inTheDark() {
				return
			}
			for query, want := range map[string]explained{
				"?conversationId=" + thread.String(): {Reason: "other_home"}, "?absenceId=" + absence.String(): {Sees: true, Reason: "role_here", ReadsNote: new(bool)},
			} {
				people, _ := w.explain(t, is[head].token, child, query)
				found := false
				for _, p := range people {
					if p.PersonID != w.person("Leonorina") || p.Caller != "staff" {
						continue
					}
					found = true
					if p.Sees != want.Sees || p.Reason != want.Reason || (p.ReadsNote == nil) != (want.ReadsNote == nil) || p.ReadsNote != nil && *p.ReadsNote {
						t.Errorf("%s: %+v", query, p)
					}
				}
				if !found {
					t.Errorf("%s: nothing is said of the leader", query)
				}
			}
		})
	}
}

// settleTold lets what waits in the app be there, as if a worker had brought it.
func (w *town) settleTold() {
	w.exec("update notify.deliveries set state = 'sent' where channel = 'in_app' and state = 'pending'")
}

// Where somebody is of no family, nothing changes: what they wrote themselves they read at work, too (B11).
func TestOnesOwnThreadIsReadAtWork(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.isGuardianOf("Leonorina", "Alfhildis")
	thread := uuid.New()
	w.exec(`insert into app.conversations (municipality_id, id, child_id, guardian_id, institution_id, created_at, last_message_at)
		values ($1, $2, $3, $4, $5, now(), now())`, w.here, thread, w.person("Alfhildis"), w.person("Leonorina"), w.institution(kindergarten))
	w.do(call{path: "/v1/staff/conversations/" + thread.String() + "/messages", token: is[leader].token}).want(t, http.StatusOK, "")
	list := w.do(call{path: "/v1/staff/institutions/" + w.institution(kindergarten).String() + "/conversations", token: is[leader].token})
	if !strings.Contains(string(list.body), thread.String()) {
		t.Errorf("the list: %s", list.body)
	}
}

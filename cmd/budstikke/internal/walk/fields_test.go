//go:build !nopolicy

package walk_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// V17, B11: where the database would show the words of an absence to everybody, the door still cuts them out of what an owner and the other guardian
// are answered, and leaves them to who wrote them and to who works with the child.
func TestTheDoorCutsWhatTheDatabaseShows(t *testing.T) {
	t.Parallel()
	w := arrived(t)
	w.settle()
	w.exec(`create or replace view app.shown_absences with (security_invoker = true) as
		select municipality_id, id, child_id, institution_id, starts_on, ends_on, reason, note::text as note, true as note_sensitive, reported_by, version,
			created_at, updated_at from app.absences`)
	day := one[string](w.town, "select starts_on::text from app.absences where id = $1", w.real.Absence)
	list := "/v1/staff/institutions/" + w.real.Institution.String() + "/absences?date=" + day
	single := "/v1/guardian/absences/" + w.real.Absence.String()
	for caller, c := range map[who]struct {
		path  string
		shown bool
	}{
		employee: {list, true}, leader: {list, true}, head: {list, true}, owner: {list, false}, topOwner: {list, false},
		right: {single, true}, other: {single, false},
	} {
		got := w.do(call{path: c.path, token: w.is[caller].token}).want(t, http.StatusOK, "")
		noted, _ := json.Marshal(noteOfFamily)
		if shown := strings.Contains(string(got.body), string(noted)); shown != c.shown {
			t.Errorf("%s is shown the note: %t, %s", caller, shown, got.body)
		}
		if caller == other && strings.Contains(string(got.body), `"noteSensitive":true`) {
			t.Errorf("%s is told what the note was like: %s", caller, got.body)
		}
	}
}

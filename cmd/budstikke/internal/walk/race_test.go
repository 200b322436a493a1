package walk_test

import (
	"fmt"
	"net/http"
	"testing"
)

// Of thirty edits made at the same time from the same version one is taken; the others are told that it has changed (P23).
func TestEditsAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	anna, boss := is[right].token, is[head].token
	absence, tag := w.absence(anna, w.person("Alfhildis"), noteOfFamily)
	guardianship := "/v1/office/guardianships/" + w.guardianship("Annelore", "Alfhildis").String()
	version := func() string { return w.do(call{path: guardianship, token: boss}).header.Get("ETag") }
	reasons := []string{"holiday", "family", "other", "medical_appointment"}
	path := "/v1/guardian/absences/" + absence.String()

	tag = w.race(t, "change", func(i int) call {
		return call{method: http.MethodPatch, path: path, token: anna, ifMatch: tag, body: map[string]any{"reason": reasons[i%len(reasons)]}}
	})
	w.race(t, "removal of the note", func(int) call {
		return call{method: http.MethodDelete, path: path + "/note", token: anna, ifMatch: tag}
	})
	if note := one[string](w, "select note from app.absences where id = $1", absence); note != "" {
		t.Errorf("the note is still there: %q", note)
	}
	from := version()
	tag = w.race(t, "deactivation", func(int) call {
		return call{method: http.MethodPost, path: guardianship + "/deactivation", token: boss, ifMatch: from, body: map[string]any{"reason": deactivationReason}}
	})
	w.race(t, "activation", func(int) call {
		return call{method: http.MethodPost, path: guardianship + "/activation", token: boss, ifMatch: tag}
	})
	decisions := one[int](w, "select count(*) from app.guardianship_decisions where guardianship_id = $1", w.guardianship("Annelore", "Alfhildis"))
	if decisions != 3 { // opened by people, closed, opened
		t.Errorf("%d decisions are on record, want 3", decisions)
	}
}

// race sends thirty requests at the same time and returns the ETag of the one that was taken.
func (w *town) race(t *testing.T, what string, request func(i int) call) string {
	t.Helper()
	taken, tag := 0, ""
	for _, r := range w.atOnce(t, 30, func(i int) call {
		c := request(i)
		c.key = fmt.Sprintf("a-key-of-its-own-%02d-%s", i, newID())
		return c
	}) {
		switch {
		case r.status == http.StatusOK:
			taken++
			tag = r.header.Get("ETag")
		case r.status != http.StatusPreconditionFailed || r.code != "version_outdated":
			t.Errorf("%s answered %d %s", what, r.status, r.code)
		}
	}
	if taken != 1 {
		t.Fatalf("%s was taken %d times of 30, want once", what, taken)
	}
	return tag
}

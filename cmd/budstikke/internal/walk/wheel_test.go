package walk_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify/sandbox/npm"
)

func (w *town) wheelLink(tb testing.TB, token string, institution uuid.UUID) string {
	tb.Helper()
	return w.doIn(tb, call{method: http.MethodPost, path: "/v1/office/institutions/" + institution.String() + "/wheel-link", token: token,
		body: map[string]any{"locale": "sv"}}).want(tb, http.StatusCreated, "").text(tb, "path")
}

// V2, V9: a parser that nobody here wrote reads the calendar: every review and revision with its last day, whole days, each once and always under
// the same name.
func TestWheelIsReadByACalendarProgram(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	review, place := w.openMonth(t), w.institution(kindergarten)
	w.exec("update app.institutions set name = $2 where id = $1", place, `Solgläntan; "väst", `+strings.Repeat("ö", 80))
	link := w.wheelLink(t, is[head].token, place)
	type calendar struct {
		Version string
		Events  []struct {
			UID, Summary, Description, Start, End string
			WholeDay                              bool
			Sequence                              int
		}
	}
	read := func() (c calendar) {
		t.Helper()
		got := w.doIn(t, call{path: link}).want(t, http.StatusOK, "")
		must(t, json.Unmarshal([]byte(npm.Run(t, "ics.mjs", base64.StdEncoding.EncodeToString(got.body))), &c))
		return c
	}
	first := read()
	if first.Version != "2.0" || len(first.Events) == 0 || !strings.HasSuffix(first.Events[0].Summary, `: Solgläntan; "väst", `+strings.Repeat("ö", 80)) {
		t.Errorf("the calendar is of version %s and begins with %+v", first.Version, first.Events[:min(1, len(first.Events))])
	}
	due := one[time.Time](w, "select due_on from app.reviews where id = $1", review).Format(time.DateOnly)
	month := one[time.Time](w, "select month from app.reviews where id = $1", review).Format("2006-01")
	uids, found := map[string]bool{}, false
	for _, e := range first.Events {
		if uids[e.UID] || !e.WholeDay || e.Summary == "" || e.Start >= e.End {
			t.Errorf("the entry %+v", e)
		}
		uids[e.UID] = true
		found = found || strings.HasPrefix(e.UID, month+".review-due.") && e.Start == due
	}
	if !found || len(uids) < 2*13+2*2 {
		t.Errorf("%d entries, and the open review's last day is among them: %t", len(uids), found)
	}
	w.exec("update app.reviews set due_on = due_on + 1 where id = $1", review)
	for _, e := range read().Events {
		if !uids[e.UID] {
			t.Errorf("a new name for an old entry: %s", e.UID)
		}
	}
	for _, name := range []string{"Heddavina", "Alfhildis", "Emelinda"} {
		if body := string(w.doIn(t, call{path: link}).body); strings.Contains(body, name) {
			t.Errorf("the calendar names %s", name)
		}
	}
}

// V15: a link that was renewed or taken away, or whose owner does not answer for the institution any more, is answered as one that never was; a
// role that is given again does not wake it.
func TestDeadLinkIsNotFound(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	place := w.institution(kindergarten)
	unknown := w.doIn(t, call{path: "/v1/machine/calendars/" + w.here.String() + "/bew_" + strings.Repeat("A", 43)}).want(t, http.StatusNotFound, "not_found").wire()
	dead := func(why, link string) {
		t.Helper()
		if got := w.doIn(t, call{path: link}); got.wire() != unknown {
			t.Errorf("%s: answered %d %s", why, got.status, got.body)
		}
	}
	first := w.wheelLink(t, is[head].token, place)
	second := w.wheelLink(t, is[head].token, place)
	owners := w.wheelLink(t, is[owner].token, place)
	dead("renewed", first)
	w.doIn(t, call{path: second}).want(t, http.StatusOK, "")
	w.doIn(t, call{path: owners}).want(t, http.StatusOK, "")
	dead("in another municipality", strings.Replace(second, w.here.String(), w.there.String(), 1))
	dead("in none", strings.Replace(second, w.here.String(), uuid.Nil.String(), 1))
	dead("cut", second[:len(second)-1])
	w.doIn(t, call{method: http.MethodPost, path: "/v1/office/institutions/" + w.institution(school).String() + "/wheel-link", token: is[head].token,
		body: map[string]any{"locale": "sv"}}).want(t, http.StatusNotFound, "not_found")

	w.exec("insert into app.staff_leaves (municipality_id, id, person_id, institution_id, starts_at, set_by, set_at) values ($1, $2, $3, $4, now() - interval '1 second', $3, now())",
		w.here, newID(), w.person("Heddavina"), place)
	dead("on leave", second)
	w.exec("delete from app.staff_leaves")
	w.doIn(t, call{path: second}).want(t, http.StatusOK, "")

	w.exec("update app.staff_roles set ended_at = $2 where person_id = $1", w.person("Heddavina"), w.Clock.Now().Add(-time.Second))
	w.exec("update app.staff_roles set ended_at = now() - interval '1 second' where person_id = $1 and ended_at > now()", w.person("Heddavina"))
	dead("the head has left", second)
	_, err := w.api.Postgres.Sweep(scope.ByProgram(w.ctx))
	must(t, err)
	w.exec("update app.staff_roles set ended_at = null where person_id = $1", w.person("Heddavina"))
	dead("the head has come back", second)
	w.doIn(t, call{path: owners}).want(t, http.StatusOK, "")

	boss := w.session("Oddvarina", is[owner].kind, 0)
	w.doIn(t, call{method: http.MethodDelete, path: "/v1/office/institutions/" + place.String() + "/wheel-link", token: boss}).want(t, http.StatusNoContent, "")
	w.doIn(t, call{method: http.MethodDelete, path: "/v1/office/institutions/" + place.String() + "/wheel-link", token: boss}).want(t, http.StatusNoContent, "")
	dead("taken away", owners)
}

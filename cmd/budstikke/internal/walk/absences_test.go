package walk_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
)

func (w *town) away(token string, child uuid.UUID, from, to, note string) call {
	return call{method: http.MethodPost, path: "/v1/guardian/children/" + child.String() + "/absences", token: token,
		body: map[string]any{"startsOn": from, "endsOn": to, "reason": "illness", "note": note, "locale": "sv"}}
}

// Of two parents who report the same days at the same moment one is told that the other has, and nothing of what the other wrote (B11).
func TestAbsencesDoNotOverlap(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child := w.person("Alfhildis")
	taken := 0
	for _, r := range w.atOnce(t, 30, func(i int) call {
		return w.away(is[[]who{right, other}[i%2]].token, child, w.day(3), w.day(5), noteOfFamily)
	}) {
		switch {
		case r.status == http.StatusCreated:
			taken++
		case r.status != http.StatusConflict || r.code != "absence_overlaps":
			t.Errorf("answered %d %s", r.status, r.code)
		case !strings.Contains(r.text(t, "detail"), w.day(3)+" to "+w.day(5)) || strings.Contains(r.wire(), "Vindruvsklase"):
			t.Errorf("the refusal says %s", r.wire())
		}
	}
	if n := one[int](w, "select count(*) from app.absences"); taken != 1 || n != 1 {
		t.Errorf("taken %d times, stored %d times, want once", taken, n)
	}
	before := w.fingerprint()
	for _, days := range [][2]string{{w.day(2), w.day(3)}, {w.day(5), w.day(6)}, {w.day(4), w.day(4)}, {w.day(0), w.day(9)}} {
		w.do(w.away(is[other].token, child, days[0], days[1], confidential)).want(t, http.StatusConflict, "absence_overlaps")
	}
	w.unchanged(t, before, "by absences of days that are reported")
	w.do(w.away(is[elsewhere].token, w.person("Fjalarine"), w.day(3), w.day(5), "")).want(t, http.StatusCreated, "")

	next := w.do(w.away(is[other].token, child, w.day(6), w.day(6), "")).want(t, http.StatusCreated, "")
	change := call{method: http.MethodPatch, path: "/v1/guardian/absences/" + next.id(t).String(), token: is[other].token, ifMatch: next.header.Get("ETag"),
		body: map[string]any{"startsOn": w.day(5)}}
	w.do(change).want(t, http.StatusConflict, "absence_overlaps")
	change.body = map[string]any{"endsOn": w.day(7)} // its own days are no obstacle
	w.do(change).want(t, http.StatusOK, "")
}

// The child comes after all: the absence is gone for everybody, with its note and with what was answered about it (V17), and its days are free.
func TestCancelAbsence(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child, place := w.person("Alfhildis"), w.institution(kindergarten)
	report := w.away(is[right].token, child, w.day(0), w.day(1), noteOfFamily)
	report.key = "report-of-what-is-withdrawn"
	made := w.do(report).want(t, http.StatusCreated, "")
	path := "/v1/guardian/absences/" + made.id(t).String()
	cancel := call{method: http.MethodDelete, path: path, token: is[right].token, key: "the-child-comes-after-all", ifMatch: made.header.Get("ETag")}

	before := w.fingerprint()
	theirs := cancel
	theirs.token, theirs.key = is[other].token, ""
	w.do(theirs).want(t, http.StatusNotFound, "not_found") // theirs to see, not to withdraw
	w.unchanged(t, before, "by the other guardian")
	w.do(cancel).want(t, http.StatusNoContent, "")
	if again := w.do(cancel).want(t, http.StatusNoContent, ""); !again.replayed() {
		t.Error("withdrawn twice")
	}
	w.do(report).want(t, http.StatusConflict, "answer_forgotten")
	w.do(call{path: path, token: is[right].token}).want(t, http.StatusNotFound, "not_found")
	for address, token := range map[string]string{
		"/v1/guardian/children/" + child.String() + "/absences":                   is[right].token,
		"/v1/staff/institutions/" + place.String() + "/absences?date=" + w.day(0): is[leader].token,
	} {
		if list := w.page(address, token); len(list.Items) != 0 {
			t.Errorf("%s still shows it", address)
		}
	}
	if n := one[int](w, "select count(*) from app.absences"); n != 0 {
		t.Errorf("%d rows are left", n)
	}
	w.do(w.away(is[other].token, child, w.day(0), w.day(0), "")).want(t, http.StatusCreated, "")
}

// What staff have worked by is not taken back afterwards, and of thirty who try at once one does it.
func TestCancelAbsenceInTime(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	id, tag := w.absence(is[right].token, w.person("Alfhildis"), "")
	w.exec("update app.absences set starts_on = starts_on - 3, ends_on = ends_on - 3 where id = $1", id)
	cancel := call{method: http.MethodDelete, path: "/v1/guardian/absences/" + id.String(), token: is[right].token, ifMatch: tag}
	before := w.fingerprint()
	w.do(cancel).want(t, http.StatusUnprocessableEntity, "absence_in_the_past")
	w.unchanged(t, before, "by withdrawing an absence that is over")

	id, tag = w.absence(is[right].token, w.person("Alfhildis"), "")
	done := 0
	for _, r := range w.atOnce(t, 30, func(i int) call {
		return call{method: http.MethodDelete, path: "/v1/guardian/absences/" + id.String(), token: is[right].token, ifMatch: tag,
			key: fmt.Sprintf("withdrawal-number-%02d", i)}
	}) {
		switch {
		case r.status == http.StatusNoContent:
			done++
		case r.code != "not_found" && r.code != "version_outdated":
			t.Errorf("answered %d %s", r.status, r.code)
		}
	}
	if done != 1 {
		t.Errorf("withdrawn %d times, want once", done)
	}
}

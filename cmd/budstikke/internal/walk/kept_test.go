package walk_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// V17: a note that its writer deleted does not come back as the kept answer of the request that brought it, and the request is not carried out
// a second time either.
func TestDeletedNoteIsNotAnsweredAgain(t *testing.T) {
	t.Parallel()
	w := arrived(t)
	w.settle()
	token, child := w.is[right].token, w.real.Child
	report := call{method: http.MethodPost, path: "/v1/guardian/children/" + child.String() + "/absences", token: token, key: "report-with-a-note",
		body: map[string]any{"startsOn": w.day(20), "endsOn": w.day(20), "reason": "illness", "note": "tas-bort-igen"}}
	first := w.do(report).want(t, http.StatusCreated, "")
	path := "/v1/guardian/absences/" + first.id(t).String()
	change := call{method: http.MethodPatch, path: path, token: token, key: "change-of-the-same", ifMatch: first.header.Get("ETag"),
		body: map[string]any{"reason": "family"}}
	changed := w.do(change).want(t, http.StatusOK, "")
	w.do(call{method: http.MethodDelete, path: path + "/note", token: token, ifMatch: changed.header.Get("ETag")}).want(t, http.StatusOK, "")
	before := one[int](w.town, "select count(*) from app.absences")
	for name, again := range map[string]call{"report": report, "change": change} {
		got := w.do(again)
		if got.status != http.StatusConflict || got.code != "answer_forgotten" || strings.Contains(string(got.body), "tas-bort") {
			t.Errorf("the %s sent again answered %d %s: %s", name, got.status, got.code, got.body)
		}
	}
	if after := one[int](w.town, "select count(*) from app.absences"); after != before {
		t.Errorf("%d absences became %d", before, after)
	}
}

// B6, V15: access that ends for one child changes nothing about what was done for another: sent again it is answered again and not done twice.
// And it ends by the calendar as well as by hand: the answer is asked for under the rule of the moment.
func TestKeptAnswerFollowsTheAccessOfTheMoment(t *testing.T) {
	t.Parallel()
	w := arrived(t)
	w.settle()
	token := w.is[elsewhere].token
	other := one[uuid.UUID](w.town, `select child_id from app.guardianships where status = 'active' and guardian_id = $1 and child_id <> $2`,
		w.person("Fridabella"), w.real.Child)
	report := func(child uuid.UUID, key string) call {
		return call{method: http.MethodPost, path: "/v1/guardian/children/" + child.String() + "/absences", token: token, key: key,
			body: map[string]any{"startsOn": w.day(30), "endsOn": w.day(30), "reason": "illness"}}
	}
	lost, kept := report(w.real.Child, "about-the-child-that-is-lost"), report(other, "about-the-child-that-stays")
	w.do(lost).want(t, http.StatusCreated, "")
	first := w.do(kept).want(t, http.StatusCreated, "")

	_, err := w.Admin.Exec(t.Context(), "update app.enrolments set ended_at = now() - interval '1 s' where child_id = $1", w.real.Child)
	must(t, err)
	w.do(lost).want(t, http.StatusNotFound, "not_found")
	if again := w.do(kept).want(t, http.StatusCreated, ""); !again.replayed() || again.id(t) != first.id(t) {
		t.Errorf("what was done for the other child was answered with %s", again.body)
	}
	if n := one[int](w.town, "select count(*) from app.absences where child_id = $1", other); n != 1 {
		t.Errorf("%d absences of the other child, want 1", n)
	}
}

package walk_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// looks reads all pages of a list of looks.
func (w *walk) looks(t *testing.T, path, token string) (items []map[string]any, raw string) {
	t.Helper()
	next := ""
	for {
		var page struct {
			Items []map[string]any
			Next  string
		}
		got := w.do(call{path: path + "?limit=2" + next, token: token}).want(t, http.StatusOK, "")
		must(t, json.Unmarshal(got.body, &page))
		items, raw = append(items, page.Items...), raw+string(got.body)
		if page.Next == "" {
			return items, raw
		}
		next = "&cursor=" + page.Next
	}
}

// B5, C-579/21: a guardian is told when, in which role and for what purpose staff looked, and not who; a matter of child protection and a decision
// about somebody's access are not among it (V16). The head is told who it was.
func TestWhoLooked(t *testing.T) {
	t.Parallel()
	w := arrived(t)
	w.settle()
	child, institution := w.real.Child.String(), w.real.Institution.String()
	anna, emma, hedda := w.is[right].token, w.is[employee].token, w.is[head].token
	guardianPath, headPath := "/v1/guardian/children/"+child+"/looks", "/v1/office/children/"+child+"/looks"
	before, _ := w.looks(t, guardianPath, anna) // the head activated the guardians
	for _, item := range before {
		if item["purpose"] != "guardianships" {
			t.Errorf("before anybody of staff looked: %v", item)
		}
	}

	w.do(call{path: "/v1/staff/institutions/" + institution + "/children?limit=100", token: emma}).want(t, http.StatusOK, "")
	w.Clock.Advance(time.Minute)
	w.do(call{path: "/v1/staff/institutions/" + institution + "/absences?date=" + w.day(0), token: hedda}).want(t, http.StatusOK, "")
	w.do(call{path: "/v1/staff/conversations/" + w.real.Conversation.String() + "/messages", token: emma}).want(t, http.StatusOK, "")
	w.do(call{path: "/v1/office/children/" + child + "/access", token: hedda}).want(t, http.StatusOK, "")
	w.partnership("Logopedia", w.real.Child)
	w.do(call{path: "/v1/office/institutions/" + institution + "/external-partners", token: hedda}).want(t, http.StatusOK, "")
	w.exec(`select scope.open($1, $2, 'staff'), audit.record($3, 'OpenTalk', 'protected_matter', 'head', null, array[$4::uuid], null, null, null, 'done', 1)`,
		w.here, w.person("Heddavina"), w.Clock.Now(), w.real.Child)
	w.decide(hedda, "Dagfinnor", "Alfhildis", "active")
	w.do(call{path: "/v1/staff/institutions/" + institution + "/children", token: w.is[teacher].token}).want(t, http.StatusNotFound, "not_found")

	items, raw := w.looks(t, guardianPath, anna)
	var purposes []string
	for _, item := range items[:len(items)-len(before)] {
		purpose, _ := item["purpose"].(string)
		purposes = append(purposes, purpose)
	}
	if got := strings.Join(purposes, " "); got != "guardianships guardianships guardianships messages absences roster" {
		t.Errorf("the guardian is told of %q", got)
	}
	for _, name := range []string{"Emelinda", "Heddavina", w.person("Emelinda").String(), w.person("Heddavina").String(), "protected", "access_decision"} {
		if strings.Contains(raw, name) {
			t.Errorf("the guardian is told %q: %s", name, raw)
		}
	}
	_, raw = w.looks(t, headPath, hedda)
	for _, word := range []string{"Emelinda", "Heddavina", "protected_matter", "access_decision", "messages", "roster"} {
		if !strings.Contains(raw, word) {
			t.Errorf("the head is not told %q: %s", word, raw)
		}
	}
	if _, again := w.looks(t, headPath, hedda); !strings.Contains(again, `"looks"`) {
		t.Error("looking at who looked left no entry")
	}
	w.decide(hedda, "Annelore", "Alfhildis", "inactive")
	w.do(call{path: guardianPath, token: anna}).want(t, http.StatusUnauthorized, "sign_in_required")
}

// A cursor of this list is a place in it and nothing else.
func TestCursorsOfLooksAreRead(t *testing.T) {
	t.Parallel()
	w := arrived(t)
	w.settle()
	path := "/v1/guardian/children/" + w.real.Child.String() + "/looks?cursor="
	for _, cursor := range []string{"x", "AAAAAAAAAAA", "____________________", "AAZg63jErAABkeDwAABwAIAAAAAAAAAJ", "%00", "AZHg8AAAcACAAAAAAAAABw", "AAAAAAAAAAD__________w"} {
		if got := w.do(call{path: path + cursor, token: w.is[right].token}); got.status != http.StatusBadRequest {
			t.Errorf("the cursor %q answered %d", cursor, got.status)
		}
	}
	w.do(call{path: path + "AAAAAAAAAAAAAAAAAAAAAQ", token: w.is[right].token}).want(t, http.StatusOK, "")
}

// B5, V7: what a shared tablet shows by itself is a look without a role; what somebody opens with their PIN is theirs, by role for the guardian and by
// name for the head. Whoever confirms a tablet has left an entry, too.
func TestTabletLooksAreTold(t *testing.T) {
	t.Parallel()
	w := arrived(t)
	w.settle()
	child := w.real.Child.String()
	tablet := w.tablet(w.groupOf("Alfhildis"))
	w.do(call{path: "/v1/staff/tablet/roll-call", token: tablet.token}).want(t, http.StatusOK, "")
	w.Clock.Advance(time.Minute)
	w.setPIN(t, "Emelinda", goodPIN)
	work := w.unlock(t, tablet, "Emelinda", goodPIN).want(t, http.StatusCreated, "").text(t, "token")
	w.do(call{path: "/v1/staff/institutions/" + w.real.Institution.String() + "/children?limit=100", token: work}).want(t, http.StatusOK, "")
	items, raw := w.looks(t, "/v1/guardian/children/"+child+"/looks", w.is[right].token)
	if len(items) < 2 {
		t.Fatalf("the guardian is told of %v", items)
	}
	byTablet, byPerson := items[1], items[0]
	if roles, _ := byTablet["roles"].([]any); len(roles) != 0 || byTablet["purpose"] != "roster" {
		t.Errorf("the tablet's look: %v", byTablet)
	}
	if roles, _ := byPerson["roles"].([]any); len(roles) != 1 || roles[0] != "employee" || byPerson["purpose"] != "roster" {
		t.Errorf("the look of who gave a PIN: %v", byPerson)
	}
	if strings.Contains(raw, "Emelinda") || strings.Contains(raw, w.person("Emelinda").String()) || strings.Contains(raw, tablet.id.String()) {
		t.Errorf("the guardian is told who it was: %s", raw)
	}
	if _, raw := w.looks(t, "/v1/office/children/"+child+"/looks", w.session("Heddavina", w.is[head].kind, 0)); !strings.Contains(raw, "Emelinda") {
		t.Errorf("the head is not told who it was: %s", raw)
	}
}

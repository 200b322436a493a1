package walk_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// page is a page of any list.
type page struct {
	Items []struct{ ID uuid.UUID }
	Next  string
}

func (w *town) page(path, token string) page {
	w.tb.Helper()
	var p page
	must(w.tb, json.Unmarshal(w.do(call{path: path, token: token}).want(w.tb, http.StatusOK, "").body, &p))
	return p
}

// with adds to the query of an address.
func with(path, query string) string {
	if strings.Contains(path, "?") {
		return path + "&" + query
	}
	return path + "?" + query
}

// lists are the addresses of every list with pages, each with who reads it.
func (w *walk) lists() map[string]who {
	family, place := w.real.Child.String(), w.real.Institution.String()
	return map[string]who{
		"/v1/guardian/children/" + family + "/absences":                            right,
		"/v1/guardian/conversations":                                               right,
		"/v1/guardian/conversations/" + w.real.Conversation.String() + "/messages": right,
		"/v1/guardian/notices":                                                     right,
		"/v1/staff/institutions/" + place + "/conversations":                       leader,
		"/v1/staff/conversations/" + w.real.Conversation.String() + "/messages":    leader,
		"/v1/staff/institutions/" + place + "/children":                            employee,
		"/v1/staff/institutions/" + place + "/absences?date=" + w.day(0):           employee,
		"/v1/staff/notices":                                                        leader,
		"/v1/office/institutions/" + place + "/guardianships":                      head,
	}
}

// lively is a town in which every list has several rows, many of them of the same instant.
func lively(t *testing.T) *walk {
	w := arrived(t)
	w.settle()
	w.otherLives()
	for range 3 {
		w.thread(w.is[right].token, w.real.Child, textOfGuardian)
		w.do(call{method: http.MethodPost, path: "/v1/staff/conversations/" + w.real.Conversation.String() + "/messages", token: w.is[leader].token,
			body: map[string]any{"text": textOfStaff}}).want(t, http.StatusCreated, "")
	}
	return w
}

// Read page by page a list is the same as read at once: no row twice, none left out, however many are of one instant.
func TestPages(t *testing.T) {
	t.Parallel()
	w := lively(t)
	for path, caller := range w.lists() {
		token := w.is[caller].token
		whole := w.page(with(path, "limit=100"), token)
		var rows []uuid.UUID
		for next := ""; ; {
			p := w.page(with(path, "limit=1")+next, token)
			for _, item := range p.Items {
				rows = append(rows, item.ID)
			}
			if p.Next == "" || len(rows) > len(whole.Items) {
				break
			}
			next = "&cursor=" + url.QueryEscape(p.Next)
		}
		if len(rows) != len(whole.Items) || whole.Next != "" {
			t.Errorf("%s: %d rows page by page, %d at once", path, len(rows), len(whole.Items))
			continue
		}
		for i, row := range rows {
			if row != whole.Items[i].ID {
				t.Errorf("%s: row %d is another one page by page", path, i)
			}
		}
		if len(rows) < 2 && !strings.HasSuffix(path, "/guardian/conversations") {
			t.Errorf("%s has %d rows: its pages show nothing", path, len(rows))
		}
	}
}

// A cursor is a place in a list and no right to it (P1): with that of another list or another person one sees one's own rows or none.
func TestCursorsOfSomebodyElse(t *testing.T) {
	t.Parallel()
	w := lively(t)
	var cursors []string
	for path, caller := range w.lists() {
		if next := w.page(with(path, "limit=1"), w.is[caller].token).Next; next != "" {
			cursors = append(cursors, next)
		}
	}
	if len(cursors) < 5 {
		t.Fatalf("only %d lists have a second page", len(cursors))
	}
	before := w.fingerprint()
	own := map[string]who{
		"/v1/guardian/children/" + w.person("Caspianus").String() + "/absences": wrong,
		"/v1/guardian/conversations": other,
		"/v1/guardian/notices":       foreign,
		"/v1/staff/institutions/" + w.institution(school).String() + "/conversations":       teacher,
		"/v1/office/institutions/" + w.institution(school).String() + "/guardianships":      rektor,
		"/v1/office/institutions/" + w.institution(abroad).String() + "/guardianships":      utrikine,
		"/v1/staff/institutions/" + w.institution(kindergarten).String() + "/conversations": employee,
	}
	for _, cursor := range cursors {
		for path, caller := range own {
			got := w.doIn(t, call{path: with(path, "cursor="+url.QueryEscape(cursor)), token: w.is[caller].token})
			if got.status != http.StatusOK && got.code != "cursor_invalid" {
				t.Errorf("%s answered %d %s", path, got.status, got.code)
			}
			w.mayShow(t, path, caller, got)
		}
		for path, caller := range w.lists() { // the lists of others, with their cursors
			if strings.HasSuffix(path, "/notices") || caller == right && !strings.Contains(path, w.real.Child.String()) && !strings.Contains(path, w.real.Conversation.String()) {
				continue // one's own, whoever asks
			}
			for _, stranger := range []who{wrong, hilde, foreign, rektor, utrikine, inactive} {
				got := w.doIn(t, call{path: with(path, "cursor="+url.QueryEscape(cursor)), token: w.is[stranger].token})
				if got.code != "not_found" && got.code != "cursor_invalid" {
					t.Errorf("%s as %s answered %d %s", path, stranger, got.status, got.code)
				}
			}
		}
	}
	w.unchanged(t, before, "by reading")
}

// Whoever has lost access does not get back by a key what they were once answered (V15, P7): the answer that was kept is theirs no more.
func TestKeptAnswerEndsWithAccess(t *testing.T) {
	t.Parallel()
	w := arrived(t)
	w.settle()
	report := call{method: http.MethodPost, path: "/v1/guardian/children/" + w.real.Child.String() + "/absences", token: w.is[elsewhere].token,
		key: "a-key-from-better-days", body: map[string]any{"startsOn": w.day(30), "endsOn": w.day(30), "reason": "illness", "note": noteOfFamily}}
	w.do(report).want(t, http.StatusCreated, "")
	w.cut(w.is)
	got := w.do(report)
	if got.status != http.StatusNotFound || got.replayed() {
		t.Errorf("after the access to the child ended the absence was answered again: %d %s", got.status, got.body)
	}
	report.token = w.is[cutOff].token
	w.do(report).want(t, http.StatusUnauthorized, "sign_in_required")
}

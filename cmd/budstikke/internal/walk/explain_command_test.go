package walk_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/app/postgres"
	"budstikke.example/auth/access"
	"budstikke.example/cmd/budstikke/internal/explainer"
)

// B9: the command says the same as the head is told, names nobody, leaves an entry, and knows nothing of another municipality's child.
func TestExplainCommand(t *testing.T) {
	t.Parallel()
	if inTheDark() {
		t.Skip("nothing is decided here, so there is nothing to explain")
	}
	w := arrived(t)
	w.settle()
	child := w.real.Child
	ask := func(q explainer.Question) (lines []explainer.Line, err error) {
		err = explainer.Explain(t.Context(), w.API, w.base.Log, q, func(l explainer.Line) error { lines = append(lines, l); return nil })
		return lines, err
	}
	question := explainer.Question{Municipality: "walk", About: postgres.Subject{Child: child, Noun: "child", ID: child}}
	lines, err := ask(question)
	must(t, err)
	told, _ := w.explain(t, w.is[head].token, child, "")
	count := map[string]int{}
	for _, l := range lines {
		count[l.Caller]++
	}
	if n := count["guardian"] + count["staff"]; n != len(told) || n < 8 {
		t.Errorf("%d people by the command, %d for the head", n, len(told))
	}
	w.sameReach(t, child, lines)
	for _, l := range lines {
		for _, e := range told {
			if e.PersonID == l.Person && e.Caller == l.Caller && (e.Sees != l.Sees || e.Reason != l.Reason) {
				t.Errorf("%s: %+v by the command, %+v for the head", e.Name, l, e)
			}
		}
	}
	question.Person = w.person("Annelore")
	if lines, err = ask(question); err != nil || len(lines) != 2 || lines[1].Caller != "alert" || lines[1].Reason != "in_app_only_nothing_registered" || !lines[0].Sees || lines[0].Reason != string(access.GuardianOfChild) {
		t.Errorf("of one person: %+v, %v", lines, err)
	}
	if n := one[int](w.town, "select count(*) from audit.entries where operation = 'ExplainAccess' and caller = 'auditor'"); n != 2 {
		t.Errorf("%d entries in the trail, want 2", n)
	}
	for name, q := range map[string]explainer.Question{
		"another municipality's child": {Municipality: "far-away", About: question.About},
		"no municipality":              {Municipality: "nowhere", About: question.About},
		"nobody's absence":             {Municipality: "walk", About: postgres.Subject{Child: child, Noun: "absence", ID: newID()}},
		"a moon":                       {Municipality: "walk", About: postgres.Subject{Child: child, Noun: "moon", ID: newID()}},
	} {
		if lines, err := ask(q); err == nil || len(lines) != 0 {
			t.Errorf("%s: %+v", name, lines)
		}
	}
}

// sameReach holds what the command says of tablets and alerts to what the head is told.
func (w *walk) sameReach(t *testing.T, child uuid.UUID, lines []explainer.Line) {
	t.Helper()
	var told struct {
		Tablets []struct {
			TabletID uuid.UUID
			Shows    string
			Locked   bool
		}
		Alerts []struct {
			PersonID uuid.UUID
			InApp    bool
			Channels []string
		}
	}
	must(t, json.Unmarshal(w.do(call{path: "/v1/office/children/" + child.String() + "/access", token: w.is[head].token}).want(t, http.StatusOK, "").body, &told))
	var want, have []string
	for _, x := range told.Tablets {
		want = append(want, fmt.Sprint("tablet ", x.TabletID, !x.Locked, x.Shows))
	}
	for _, x := range told.Alerts {
		want = append(want, fmt.Sprint("alert ", x.PersonID, x.InApp || len(x.Channels) > 0))
	}
	for _, l := range lines {
		switch l.Caller {
		case "tablet":
			have = append(have, fmt.Sprint("tablet ", l.Tablet, l.Sees, strings.TrimPrefix(l.Reason, "shows_")))
		case "alert":
			have = append(have, fmt.Sprint("alert ", l.Person, l.Sees))
		}
	}
	slices.Sort(want)
	slices.Sort(have)
	if len(told.Tablets) == 0 || len(told.Alerts) < 2 || !slices.Equal(want, have) {
		t.Errorf("the head is told of %v, the command tells of %v", want, have)
	}
}

package walk_test

import (
	"testing"

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
	if len(lines) != len(told) || len(lines) < 8 {
		t.Errorf("%d people by the command, %d for the head", len(lines), len(told))
	}
	for _, l := range lines {
		for _, e := range told {
			if e.PersonID == l.Person && e.Caller == l.Caller && (e.Sees != l.Sees || e.Reason != l.Reason) {
				t.Errorf("%s: %+v by the command, %+v for the head", e.Name, l, e)
			}
		}
	}
	question.Person = w.person("Annelore")
	if lines, err = ask(question); err != nil || len(lines) != 1 || !lines[0].Sees || lines[0].Reason != string(access.GuardianOfChild) {
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

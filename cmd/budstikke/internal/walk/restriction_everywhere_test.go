package walk_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"

	"budstikke.example/app/web/contract"
	"budstikke.example/app/web/webtest"
	"budstikke.example/migrations/scope"
)

// professionalHere is somebody from the municipality for whom the child was named (U7).
const professionalHere who = "a municipal professional for the child"

// kept are those between whom and the child each restriction is set, one of each kind of caller (B8).
var kept = []who{right, leader, head, owner, liaison, professionalHere}

// everywhere is a town in which everything there is about one child waits to be met.
type everywhere struct {
	*walk
	operations []*contract.Operation
	marks      []string // of the child
	places     []string // where it is
	x          ids
}

// TestRestrictionsOnEverySurface holds every operation to what the table of surfaces declares for each kind of restriction, for a guardian, staff, a head,
// an owner, an external partner and a professional; of a child without a protected identity and with each level of one. One that is planned, over or lifted changes
// nothing. What a surface does not show of the child it does not show by an id, a name or a word either.
func TestRestrictionsOnEverySurface(t *testing.T) {
	t.Parallel()
	for _, level := range []string{"none", "protected", "strict"} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			e := newEverywhere(t, level)
			before := e.read(t)
			e.meansSomething(t, before)
			for n, kind := range kinds {
				e.restrictAll(t, kind)
				e.compare(t, kind, n, before, e.read(t))
				e.write(t, kind, n)
				e.exec("update app.restrictions set until = now() where kind = $1 and person_id <> $2", kind, e.person("Dagfinnor"))
			}
			if level != "none" {
				return // the period is asked in one place, whatever is shown
			}
			for _, how := range []string{
				"starts_at = now() + interval '1 hour', until = null", "starts_at = now() - interval '2 hours', until = now() - interval '1 microsecond'",
				"starts_at = now() - interval '2 hours', until = null, lifting_proposed_by = person_id, lifting_proposed_at = now(), lifted_at = now(), lifted_by = set_by",
			} {
				e.exec("update app.restrictions set "+how+" where person_id <> $1", e.person("Dagfinnor"))
				for a, now := range e.read(t) {
					if !a.toldOnce() && e.shown(before[a]) != e.shown(now) {
						t.Errorf("%s: restrictions with %s change what %s is shown: %s", a.operation, how, a.caller, now.wire())
					}
				}
			}
		})
	}
}

func newEverywhere(t *testing.T, level string) *everywhere {
	t.Helper()
	e := &everywhere{walk: arrived(t), operations: webtest.Contract(t).Operations}
	e.reachable()
	e.settle()
	child := e.real.Child
	e.exec("update app.persons set protected_identity = $2 where id = $1", child, level)
	if level != "none" {
		for _, caller := range []who{leader, head, owner} {
			e.clear(e.is[caller].given, child)
		}
	}
	role := e.professionalAt(kindergarten, e.person("Heddavina"), child)
	e.is[professionalHere] = actor{given: "Fackvera", kind: scope.Staff, token: e.session("Fackvera", scope.Staff, 0)}
	e.exec("update app.partner_children set protection = $1", level)
	wished := e.guardianship("Dagfinnor", "Alfhildis")
	e.do(call{method: http.MethodPut, path: "/v1/office/guardianships/" + wished.String() + "/wish", token: e.is[head].token, body: map[string]any{"wished": true}}).want(t, http.StatusOK, "")
	other := e.restrict(e.is[topOwner].token, "Alfhildis", "Dagfinnor", "no_photo")
	held, seen := e.freshHeld(head), e.seen(head)
	review := e.openMonth(t)
	e.x = e.real
	e.x.HeldChange, e.x.Case, e.x.Review, e.x.Partnership, e.x.Restriction, e.x.Protected = held.HeldChange, seen.Case, review, role, other.id(t), child
	e.x.ReviewRow = one[uuid.UUID](e.town, "select id from app.review_rows where review_id = $1 and child_id = $2 order by position limit 1", review, child)
	for _, id := range []uuid.UUID{child, e.x.Guardianship, wished, e.x.Conversation, e.x.Absence, e.x.HeldChange, e.x.Case, e.x.Restriction, e.x.ReviewRow} {
		e.marks = append(e.marks, id.String())
	}
	e.marks = append(e.marks, "Alfhildis", textOfGuardian, noteOfFamily)
	e.places = []string{kindergarten, firstGroup, e.institution(kindergarten).String(), e.real.Group.String()}
	return e
}

// question names one request by one caller.
type question struct {
	operation string
	caller    who
}

// surfaceOf is what is declared of an operation.
type surfaceOf struct {
	guardian, staff meaning
	by              []string
	notices         []string
}

// toldOnce are the lists of what was announced: what a restriction took back does not come again with its end.
func (a question) toldOnce() bool {
	return a.operation == "ListNotices" || a.operation == "ListStaffNotices"
}

func (s surfaceOf) of(caller who, n int) effect {
	if caller == right {
		return s.guardian[n]
	}
	return s.staff[n]
}

func (e *everywhere) at(a question) surfaceOf {
	for _, s := range surfaces {
		if slices.Contains(s.operations, a.operation) {
			return surfaceOf{s.guardian, s.staff, s.by, s.notices}
		}
	}
	e.tb.Fatalf("no surface holds the operation %s: say what each kind of restriction means there", a.operation)
	return surfaceOf{}
}

// call is a request about the child.
func (e *everywhere) call(o *contract.Operation, caller who) call {
	c := e.build(o, table[o.ID], e.x, caller)
	if !strings.Contains(c.path, "?") && slices.ContainsFunc(o.Parameters, func(p *openapi3.Parameter) bool { return p.Name == "limit" }) {
		c.path += "?limit=100"
	}
	return c
}

// read asks every question of the contract as everybody who is kept apart.
func (e *everywhere) read(t *testing.T) map[question]reply {
	t.Helper()
	got := map[question]reply{}
	for _, caller := range kept {
		token := e.session(e.is[caller].given, e.is[caller].kind, 0)
		for _, o := range e.operations {
			if o.Method != http.MethodGet || table[o.ID].signed || table[o.ID].open || strings.HasSuffix(o.Path, "/stream") {
				continue
			}
			c := e.call(o, caller)
			c.token = token
			got[question{o.ID, caller}] = e.doIn(t, c)
		}
	}
	return got
}

func (e *everywhere) shown(r reply) bool {
	return slices.ContainsFunc(e.marks, func(mark string) bool { return strings.Contains(r.wire(), mark) })
}

func (e *everywhere) restrictAll(t *testing.T, kind string) {
	t.Helper()
	for _, caller := range kept {
		e.restrict(e.is[topOwner].token, "Alfhildis", e.is[caller].given, kind)
	}
}

// meansSomething fails where a surface that is declared to show the child shows it to nobody, and the other way round.
func (e *everywhere) meansSomething(t *testing.T, before map[question]reply) {
	t.Helper()
	shownTo := map[string]bool{}
	for a, got := range before {
		s := e.at(a)
		if !e.shown(got) {
			continue
		}
		shownTo[a.operation] = true
		if s.of(a.caller, 0) == unmet && len(s.by) == 0 {
			t.Errorf("%s shows %s the child, and is declared not to: %s", a.operation, a.caller, got.wire())
		}
	}
	rare := []string{"ListUnclarifiedChildren", "ListProtectedPersons", "GetProtectedPerson", "GetReviewReport", "ListChildLooks", "ListLooks", "ListChildViewers"}
	for a := range before {
		if s := e.at(a); (s.guardian != unconcerned || s.staff != unconcerned) && len(s.by) == 0 && !shownTo[a.operation] && !slices.Contains(rare, a.operation) {
			t.Errorf("%s shows the child to nobody: nothing can be missing there", a.operation)
			shownTo[a.operation] = true
		}
	}
}

func (e *everywhere) compare(t *testing.T, kind string, n int, before, now map[question]reply) {
	t.Helper()
	for a, got := range now {
		s := e.at(a)
		was, shown := e.shown(before[a]), e.shown(got)
		what := fmt.Sprintf("%s, %s: %s", kind, a.operation, a.caller)
		if kind == "no_location" && a.caller == right && slices.ContainsFunc(e.places, func(place string) bool { return strings.Contains(got.wire(), place) }) {
			t.Errorf("%s is shown where the child is: %s", what, got.wire())
		}
		switch s.of(a.caller, n) {
		case same, placeless, closed:
			if was != shown && !a.toldOnce() {
				t.Errorf("%s is shown the child: %t, before: %t: %s", what, shown, was, got.wire())
			}
		case notThere, untold:
			if shown {
				t.Errorf("%s is shown the child: %s", what, got.wire())
			}
			if was && before[a].status == http.StatusOK && got.status != http.StatusOK && got.status != http.StatusNotFound {
				t.Errorf("%s is answered %d: %s", what, got.status, got.wire())
			}
		}
	}
}

// write tries what is declared to be notThere or closed, by everybody who is kept apart, and finds nothing changed.
func (e *everywhere) write(t *testing.T, kind string, n int) {
	t.Helper()
	fresh := map[who]string{}
	for _, caller := range kept {
		fresh[caller] = e.session(e.is[caller].given, e.is[caller].kind, 0) // a restriction ends those of before
	}
	before := e.fingerprint()
	delete(before, "app.idempotency_keys") // of batches, whose rows say that there is nothing
	for _, o := range e.operations {
		s := e.at(question{o.ID, right})
		if o.Method == http.MethodGet || slices.Contains([]string{"RaiseAlert", "PreviewAlert", "KeepReviewRows", "CompleteReview"}, o.ID) {
			continue
		}
		for _, caller := range kept {
			want := s.of(caller, n)
			if want != notThere && want != closed {
				continue
			}
			c := e.call(o, caller)
			c.token = fresh[caller]
			got := e.doIn(t, c)
			batch := got.status == http.StatusOK && strings.Contains(string(got.body), `"outcome":"not_found"`) && !strings.Contains(string(got.body), `"outcome":"activated"`)
			switch {
			case want == notThere && got.status != http.StatusNotFound && !batch:
				t.Errorf("%s, %s: %s is answered %s", kind, o.ID, caller, got.wire())
			case want == closed && caller != owner && caller != liaison && caller != professionalHere && got.status != http.StatusConflict && got.status != http.StatusNotFound:
				t.Errorf("%s, %s: %s writes: %s", kind, o.ID, caller, got.wire())
			}
		}
	}
	e.unchanged(t, before, "by those whom "+kind+" keeps from the child")
}

// Every operation and every kind of notice stands in one surface, the tests that it names exist, and the page that people read says the same.
func TestEverySurfaceSaysWhatARestrictionMeans(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	known := one[string](w, "select pg_get_constraintdef(oid) from pg_constraint where conname = 'events_kind_check'")
	var want, have []string
	for _, o := range webtest.Contract(t).Operations {
		want = append(want, o.ID)
	}
	for word := range strings.SplitSeq(known, "'") {
		if len(word) > 3 && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz_") == "" && word != "email_registered" { // to an applicant, who has no child yet
			want = append(want, word)
		}
	}
	var page strings.Builder
	for n, kind := range kinds {
		fmt.Fprintf(&page, "\n### `%s`\n\n| surface | guardian | staff, heads, owners, partners, professionals |\n|---|---|---|\n", kind)
		for _, s := range surfaces {
			if s.guardian != unconcerned || s.staff != unconcerned {
				fmt.Fprintf(&page, "| %s | %s | %s |\n", s.surface, s.guardian[n], s.staff[n])
			}
		}
	}
	var tests strings.Builder
	files, err := filepath.Glob("*_test.go")
	must(t, err)
	for _, pattern := range []string{"../../../../app/postgres/*_test.go", "../../../../notify/outbox/*_test.go"} {
		more, err := filepath.Glob(pattern)
		must(t, err)
		files = append(files, more...)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		must(t, err)
		tests.Write(raw)
	}
	for _, s := range surfaces {
		have = append(append(have, s.operations...), s.notices...)
		for _, test := range s.by {
			if !strings.Contains(tests.String(), "func "+test+"(") {
				t.Errorf("%s is shown by %s, which is not there", s.surface, test)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(have)
	if !slices.Equal(slices.Compact(slices.Clone(want)), have) {
		for _, id := range want {
			if !slices.Contains(have, id) {
				t.Errorf("%s stands in no surface: say what each kind of restriction means there", id)
			}
		}
		for i, id := range have {
			if !slices.Contains(want, id) || i > 0 && have[i-1] == id {
				t.Errorf("%s stands in a surface and is not there, or in two", id)
			}
		}
	}
	raw, err := os.ReadFile("../../../../docs/restrictions.md")
	must(t, err)
	if !strings.Contains(string(raw), page.String()) {
		t.Errorf("docs/restrictions.md does not say what the table says, which is:\n%s", page.String())
	}
}

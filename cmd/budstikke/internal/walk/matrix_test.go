package walk_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"

	"budstikke.example/app/web/contract"
	"budstikke.example/app/web/webtest"
	"budstikke.example/auth/access"
)

// matrix is every operation × every caller × every relation to a child.
type matrix struct {
	*walk
	targets []*target
	reports map[uuid.UUID]uuid.UUID // a completed review, by institution
	canary  []sight
	refusal map[who]string // what each caller is answered where nothing is

	mu    sync.Mutex
	count map[string]int
}

// sight is something that names a child or what belongs to it, and who may see it.
type sight struct {
	text string
	of   *target
	id   bool // of something that belongs to the child
}

// cell is one of the matrix.
type cell struct {
	operation *contract.Operation
	policy    access.Policy
	row       row
	caller    who
	of        *target
	call      call
	expected  verdict
}

// TestMatrix holds every cell against the registry and what everybody is (P1, P5): who may is let in, who may not is answered byte for byte what
// is answered where nothing is, whatever key or version they send, and no answer shows a child to somebody who may not see it.
func TestMatrix(t *testing.T) {
	t.Parallel()
	started := time.Now()
	m := newMatrix(t)
	m.canonical(t)
	cells := m.cells(t)
	m.exactLists(t)
	m.each(cells, func(c cell) {
		if c.expected != refuse {
			m.let(t, c)
		}
	})
	before := m.fingerprint()
	m.each(cells, func(c cell) {
		if c.expected == refuse {
			m.turnedAway(t, c)
		}
	})
	m.unchanged(t, before, "by those who were refused")
	m.cursors(t)
	total := 0
	for _, n := range m.count {
		total += n
	}
	t.Logf("%d cells in %s: %v", total, time.Since(started).Round(time.Millisecond), m.count)
	if total < 5000 || m.count["let in"] < 300 || m.count["refused"] < 4000 {
		t.Errorf("only %d cells: %v", total, m.count)
	}
}

// canonical asks for what does not exist as everybody.
func (m *matrix) canonical(t *testing.T) {
	t.Helper()
	m.refusal, m.count = map[who]string{}, map[string]int{}
	signedOut := m.do(call{path: "/v1/guardian/me"}).want(t, http.StatusUnauthorized, "sign_in_required").wire()
	for _, caller := range callers {
		m.refusal[caller] = m.do(call{path: "/v1/nowhere", token: m.is[caller].token}).want(t, http.StatusNotFound, "not_found").wire()
		if slices.Contains(powerless, caller) {
			m.refusal[caller] = signedOut
		}
	}
}

// refusalOf is what a cell that must be refused answers. Staff without any power are no longer signed in where staff may call, and have no
// business elsewhere.
func (m *matrix) refusalOf(c cell) string {
	if slices.Contains([]who{professional, partner}, c.caller) && !slices.Contains(c.policy.Callers, access.Staff) {
		return m.refusal[right]
	}
	return m.refusal[c.caller]
}

// cells are all cells. An operation that names nothing has one per caller.
func (m *matrix) cells(t *testing.T) (all []cell) {
	t.Helper()
	for _, o := range webtest.Contract(t).Operations {
		policy, ok := access.Of(o.ID)
		r, listed := table[o.ID]
		if !ok || !listed {
			t.Errorf("%s has no policy or no row", o.ID)
			continue
		}
		if r.open || r.signed || !o.Secured {
			m.count["needs no session"]++ // whoever asks is nobody: tests of their own are about what they need instead
			continue
		}
		for _, x := range m.targets {
			if policy.About == access.Nothing && !names(o) && x.relation != ownChild {
				continue
			}
			asked := m.ask(o, r, x)
			for _, caller := range callers {
				c := cell{operation: o, policy: policy, row: r, caller: caller, of: x, call: asked, expected: m.expects(o, policy, caller, x)}
				if c.expected != refuse && (len(r.allowed) == 0 || ends[o.ID]) {
					continue // tests of their own let those in who may: here it would sign out who is to try the rest
				}
				if byThemselves[o.ID] && !slices.Contains(powerless, caller) {
					continue
				}
				c.call.token = m.is[caller].token
				all = append(all, c)
			}
		}
	}
	return all
}

// ends are operations that end sessions beside the one they are called with, or accounts.
var ends = map[string]bool{"EndOtherSessions": true, "EndGuardianAccount": true}

// ask is a request that fits the contract, about one target. All callers send the very same one, with the same key.
func (m *matrix) ask(o *contract.Operation, r row, x *target) call {
	about := *m.walk
	about.real = x.ids
	about.real.token = nothing().token
	if report, ok := m.reports[x.ids.Institution]; ok && o.ID == "GetReviewReport" {
		about.real.Review = report
	}
	caller := right
	if len(r.allowed) > 0 {
		caller = r.allowed[0]
	}
	asked := about.build(o, r, about.real, caller)
	if o.Repeatable {
		asked.key = "matrix-" + o.ID + "-" + x.ids.Child.String()
	}
	if o.Versioned {
		asked.ifMatch = `"987654"` // nobody's: who may is told that it is outdated, and nothing changes
	}
	return asked
}

// each works cells off, a few at a time.
func (m *matrix) each(cells []cell, work func(cell)) {
	queue := make(chan cell)
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			for c := range queue {
				work(c)
			}
		})
	}
	for _, c := range cells {
		queue <- c
	}
	close(queue)
	group.Wait()
}

func (m *matrix) counted(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.count[what]++
}

// let holds the answer to somebody who may.
func (m *matrix) let(t *testing.T, c cell) {
	got := m.doIn(t, c.call)
	m.showsOnly(t, c, got)
	if c.expected == either {
		m.counted("asked by the flow")
		return
	}
	if (got.code == "not_found" || got.status == http.StatusUnauthorized || got.status == http.StatusForbidden) && !complete(c) {
		m.counted("about more than a child") // a code, an order, a person in the body: TestWalk has those who succeed
		return
	}
	m.counted("let in")
	if got.status == http.StatusNotFound || got.status == http.StatusUnauthorized || got.status == http.StatusForbidden {
		t.Errorf("%s as %s about %s answered %d %s, and they may", c.operation.ID, c.caller, c.of.relation, got.status, got.code)
	}
}

// complete tells whether the matrix has all that a request needs to be let in.
func complete(c cell) bool {
	known := []string{"childId", "absenceId", "conversationId", "institutionId", "guardianshipId", "alertId", "reviewId"}
	for _, p := range c.operation.Parameters {
		if p.In == "path" && !slices.Contains(known, p.Name) {
			return false
		}
	}
	return c.operation.Method == http.MethodGet || slices.Contains(bySelf, c.operation.ID)
}

// bySelf are the writes that need nothing but what is in their path, or the child in their body.
var bySelf = []string{"ReportAbsence", "ChangeAbsence", "CancelAbsence", "RemoveAbsenceNote", "StartConversation", "PostMessage", "ReplyToGuardian",
	"RegisterDevice", "RegisterStaffDevice", "RegisterMobile", "CheckText", "ActivateGuardianship", "DeactivateGuardianship", "SuspendGuardianship",
	"RaiseAlert", "DecideReviewRows", "KeepReviewRows", "CompleteReview"}

// turnedAway holds the answer to somebody who may not: with the key of who may, with a version that could be right and with one that is not.
func (m *matrix) turnedAway(t *testing.T, c cell) {
	versions := []string{c.call.ifMatch}
	if c.operation.Versioned && !slices.Contains(powerless, c.caller) {
		versions = append(versions, `"1"`)
	}
	for _, version := range versions {
		c.call.ifMatch = version
		got := m.doIn(t, c.call)
		m.counted("refused")
		if got.wire() != m.refusalOf(c) {
			t.Errorf("%s as %s about %s answered %d %s, and nothing must be there: %s", c.operation.ID, c.caller, c.of.relation, got.status, got.code, got.body)
		}
	}
}

// sights collects what names a child or belongs to it.
func (m *matrix) sights() {
	for _, x := range m.targets {
		if x.relation == unknownChild {
			continue
		}
		for _, text := range []string{x.given, surname(x.given), x.ids.Child.String(), noteOf(x.given), textOf(x.given)} {
			m.canary = append(m.canary, sight{text, x, false})
		}
		for _, id := range []uuid.UUID{x.ids.Absence, x.ids.Conversation, x.ids.Guardianship} {
			m.canary = append(m.canary, sight{id.String(), x, true})
		}
	}
}

// showsOnly fails when an answer shows something of a child that the caller must not see.
func (m *matrix) showsOnly(t *testing.T, c cell, got reply) {
	text := got.wire()
	sent, _ := json.Marshal(c.call.body)
	for _, s := range m.canary {
		if strings.Contains(string(sent), s.text) {
			continue // their own words back
		}
		if s.id && strings.HasSuffix(c.operation.ID, "Notices") {
			continue // a notice names what it was about when it was sent, by an id whose cells are here
		}
		if strings.Contains(text, s.text) && !sees(c.caller, s.of) {
			t.Errorf("%s as %s about %s shows %q of the %s", c.operation.ID, c.caller, c.of.relation, s.text, s.of.relation)
		}
	}
}

// exactLists holds lists to exactly the children that each caller may see.
func (m *matrix) exactLists(t *testing.T) {
	t.Helper()
	expect := func(path string, caller who, belongs func(*target) bool, id func(*target) string) {
		t.Helper()
		if path != "/v1/guardian/children" && path != "/v1/staff/partner-children" { // those without pages
			path = with(path, "limit=100")
		}
		got := m.do(call{path: path, token: m.is[caller].token})
		if got.status != http.StatusOK {
			t.Errorf("%s as %s answered %d %s", path, caller, got.status, got.code)
			return
		}
		for _, x := range m.targets {
			m.counted("of a list")
			if x.relation == unknownChild {
				continue
			}
			if shown, should := strings.Contains(string(got.body), id(x)), belongs(x); shown != should {
				t.Errorf("%s as %s shows the %s: %t, want %t", path, caller, x.relation, shown, should)
			}
		}
	}
	child := func(x *target) string { return x.ids.Child.String() }
	thread := func(x *target) string { return x.ids.Conversation.String() }
	expect("/v1/staff/partner-children", bounded, func(x *target) bool { return sees(bounded, x) }, child)
	for caller := range reaches {
		expect("/v1/guardian/children", caller, func(x *target) bool { return sees(caller, x) }, child)
		expect("/v1/guardian/conversations", caller, func(x *target) bool { return sees(caller, x) && caller == x.rightful }, thread)
	}
	for caller, places := range holds {
		for place, roles := range places {
			path := "/v1/staff/institutions/" + m.institution(place).String()
			here := func(x *target) bool { return x.place == place && sees(caller, x) }
			expect(path+"/children", caller, here, child)
			expect(path+"/absences?date="+m.day(0), caller, here, child)
			expect(path+"/conversations", caller, func(x *target) bool { return here(x) && roles&access.Writes != 0 }, thread)
			if roles&access.Answers != 0 {
				runs := func(x *target) bool { return here(x) && x.relation != endedRelation }
				expect("/v1/office/institutions/"+m.institution(place).String()+"/guardianships", caller, runs, func(x *target) string { return x.ids.Guardianship.String() })
			}
		}
	}
}

// cursors reads every list from where another list, or another person's, goes on (P1): a cursor is a place and no right.
func (m *matrix) cursors(t *testing.T) {
	t.Helper()
	var found []string
	m.read(t, func(_ cell, path, token string) {
		var page struct{ Next string }
		if got := m.doIn(t, call{path: with(path, "limit=1"), token: token}); got.status == http.StatusOK && json.Unmarshal(got.body, &page) == nil && page.Next != "" {
			found = append(found, page.Next)
		}
	})
	if len(found) < 10 {
		t.Errorf("only %d cursors were found", len(found))
	}
	if len(found) > 12 {
		found = found[:12]
	}
	m.read(t, func(c cell, path, token string) {
		for _, cursor := range found {
			got := m.doIn(t, call{path: with(path, "cursor="+cursor), token: token})
			m.counted("by another's cursor")
			m.showsOnly(t, c, got)
		}
	})
}

// read visits every list with pages as every caller who may.
func (m *matrix) read(t *testing.T, visit func(c cell, path, token string)) {
	for _, o := range webtest.Contract(t).Operations {
		policy, _ := access.Of(o.ID)
		paged := slices.ContainsFunc(o.Parameters, func(p *openapi3.Parameter) bool { return p.Name == "cursor" })
		if r := table[o.ID]; paged && o.Secured && !r.open {
			for _, x := range m.targets[:2] {
				asked := m.ask(o, table[o.ID], x)
				path, _, _ := strings.Cut(asked.path, "?")
				if query := strings.Index(asked.path, "date="); query >= 0 {
					path = fmt.Sprint(path, "?", asked.path[query:])
				}
				for _, caller := range []who{right, other, wrong, hilde, foreign, inactive, leader, head, rektor, utrikine} {
					if m.expects(o, policy, caller, x) == allow {
						visit(cell{operation: o, caller: caller, of: x}, path, m.is[caller].token)
					}
				}
			}
		}
	}
}

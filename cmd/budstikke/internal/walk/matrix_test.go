package walk_test

import (
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"budstikke.example/app/web/contract"
	"budstikke.example/app/web/webtest"
	"budstikke.example/auth/access"
)

// matrix is every operation × every caller × every relation to a child.
type matrix struct {
	*walk
	targets []*target
	canary  []sight
	refusal map[who]string    // what each caller is answered where nothing is
	sent    map[string]call   // by operation and child, the request that somebody was let in with
	tags    map[string]string // the versions that things have, by operation and child

	months atomic.Int32 // of the reviews that were opened

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
	turn      string
}

// TestMatrix holds every cell to the one answer that the registry and what everybody is declare for it (P1, P5). Who may is answered with the
// success of the walk's table, or with the word declared instead. Who may not is answered byte for byte what is answered where nothing is,
// whatever key or version they send; no answer shows a child to somebody who may not see it. In the build with the tag nopolicy row-level
// security alone refuses every cell of another institution and of another municipality; at the end, with row-level security taken away, the
// policy does.
func TestMatrix(t *testing.T) {
	t.Parallel()
	started := time.Now()
	m := newMatrix(t)
	m.canonical(t)
	cells := m.cells(t)
	lap := func(what string) { t.Logf("%s after %s", what, time.Since(started).Round(time.Millisecond)) }
	lap("the town stands")
	if withoutPolicy() {
		m.live()
		m.each(m.those(cells, m.acrossTenants), func(c cell) { m.turnedAway(t, c, "refused by row-level security alone") })
	} else {
		m.exactLists(t)
		m.letIn(t, cells)
		lap("who may was let in")
		m.swaps(t)
		lap("ids were exchanged")
		m.live()
		before := m.fingerprint()
		m.each(m.those(cells, func(c cell) bool { return c.expected == refuse }), func(c cell) { m.turnedAway(t, c, "refused") })
		m.unchanged(t, before, "by those who were refused")
		lap("who may not was refused")
		m.cursors(t)
		lap("cursors were exchanged")
		m.tearDownWalls()
		m.each(m.those(cells, m.acrossTenants), func(c cell) { m.turnedAway(t, c, "refused by the policy alone") })
		m.swaps(t) // the queries themselves name the municipality and the institution
	}
	total := 0
	for _, n := range m.count {
		total += n
	}
	t.Logf("%d cells in %s: %v", total, time.Since(started).Round(time.Millisecond), m.count)
	if total < 4000 {
		t.Errorf("only %d cells: %v", total, m.count)
	}
}

// full tells whether every cell is asked for. Otherwise of some one in five is: see partly.
func full() bool { return os.Getenv("MATRIX") == "full" }

// partly are the cells of those who are nobody or on a tablet without a PIN, whom nothing is looked up for, and of what somebody may not see in
// their own municipality.
func (c cell) partly() bool {
	switch {
	case slices.Contains(powerless, c.caller), kindOf(c.caller) == access.Tablet && c.expected != allow:
		return true
	case c.expected == refuse:
		return c.of.relation != otherMunicipality && c.of.relation != unknownChild
	}
	return false
}

// withoutPolicy tells whether this build has no policy.
func withoutPolicy() bool {
	return access.Decide(access.Subject{}, access.Policy{}, access.Facts{}, access.Env{}).Allow
}

// canonical asks for what does not exist as everybody.
func (m *matrix) canonical(t *testing.T) {
	t.Helper()
	m.refusal, m.count, m.sent = map[who]string{}, map[string]int{}, map[string]call{}
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
	if slices.Contains(lapsed, c.caller) && !slices.Contains(c.policy.Callers, access.Staff) {
		return m.refusal[right]
	}
	return m.refusal[c.caller]
}

// cells are all cells. An operation that names nothing has one per caller.
func (m *matrix) cells(t *testing.T) (all []cell) {
	t.Helper()
	left := 0
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
		m.everythingIsReal(t, o)
		for _, x := range m.targets {
			if !names(o, policy) && x.relation != ownChild {
				continue
			}
			asked := m.ask(o, r, x, x.ids, firstOf(r))
			for _, caller := range callers {
				c := cell{operation: o, policy: policy, row: r, caller: caller, of: x, call: asked, expected: m.expects(o, policy, caller, x)}
				if c.expected == allow && (len(r.allowed) == 0 || ends[o.ID] || byThemselves[o.ID] || caller == owing && o.ID == "AcceptNewTerms") {
					m.count["let in by tests of their own"]++ // here it would change who is to try the rest
					continue
				}
				if c.expected != allow && !full() && c.partly() {
					if left++; left%5 != 0 {
						continue
					}
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

func firstOf(r row) who {
	if len(r.allowed) > 0 {
		return r.allowed[0]
	}
	return right
}

// ask is a request that fits the contract, about one target. All callers send it with the same key, whatever the operation: a key is of one
// person and one operation (P7).
func (m *matrix) ask(o *contract.Operation, r row, x *target, about ids, caller who) call {
	w := *m.walk
	w.real = about
	w.real.token = nothing().token
	if asks := asked[o.ID]; asks != nil {
		r.body = func(w *walk, _ ids, _ who) any { return asks(x, w, caller) }
	}
	c := w.build(o, r, w.real, caller)
	if o.Repeatable {
		c.key = "matrix-" + x.ids.Child.String()
	}
	if o.Versioned {
		c.ifMatch = `"987654"` // nobody's: who may is told that it is outdated, and nothing changes
	}
	return c
}

// those are the cells that a test is about.
func (m *matrix) those(cells []cell, keep func(cell) bool) (some []cell) {
	for _, c := range cells {
		if keep(c) {
			some = append(some, c)
		}
	}
	return some
}

// acrossTenants tells whether a cell is somebody's about another institution, or another municipality.
func (m *matrix) acrossTenants(c cell) bool {
	return c.expected == refuse && !slices.Contains(powerless, c.caller) && names(c.operation, c.policy) && m.apart(c.caller, c.of)
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

// letIn lets those in who may. The callers of one operation that writes come one after the other, and so does all of the sign-in, where one's
// own account is changed, so that each finds things as they are declared.
func (m *matrix) letIn(t *testing.T, cells []cell) {
	turns := map[string][]cell{}
	var first []cell
	for i, c := range m.those(cells, func(c cell) bool { return c.expected != refuse }) {
		turn := c.operation.ID
		switch {
		case c.operation.Method == http.MethodGet:
			turn = strconv.Itoa(i)
		case c.operation.Tag == "signin":
			turn = c.operation.Tag
		}
		if turns[turn] == nil {
			c.turn = turn
			first = append(first, c)
		}
		turns[turn] = append(turns[turn], c)
	}
	m.each(first, func(c cell) {
		for _, c := range turns[c.turn] {
			m.let(t, c)
		}
	})
}

func (m *matrix) counted(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.count[what]++
}

// let holds the answer to somebody who may, or who is told how they may.
func (m *matrix) let(t *testing.T, c cell) {
	want := outcome{http.StatusUnauthorized, "pin_required"}
	switch c.expected {
	case stepUp:
		want.code = "step_up_required"
	case accept:
		want = outcome{http.StatusConflict, "terms_required"}
	case allow:
		want = answers(c)
		about := c.of.ids
		if makes := fresh[c.operation.ID]; makes != nil {
			about = makes(m, c.caller, c.of)
		}
		c.call = m.ask(c.operation, c.row, c.of, about, c.caller)
	}
	got := m.doIn(t, c.call)
	m.showsOnly(t, c, got)
	if got.replayed() {
		t.Errorf("%s as %s about %s was given what somebody else's key had kept", c.operation.ID, c.caller, c.of.relation)
	}
	if got.status != want.status || got.code != want.code {
		t.Errorf("%s as %s about %s answered %d %s, want %d %s: %.300s", c.operation.ID, c.caller, c.of.relation, got.status, got.code, want.status, want.code, got.body)
	}
	switch c.expected {
	case allow:
		m.counted("let in")
		if got.status < 300 && fresh[c.operation.ID] == nil {
			m.mu.Lock()
			m.sent[c.operation.ID+c.of.given] = c.call
			m.mu.Unlock()
		}
	case givePIN:
		m.counted("asked for a PIN")
	case stepUp:
		m.counted("asked to step up")
	case accept:
		m.counted("asked to accept the terms")
	}
}

// turnedAway holds the answer to somebody who may not: with the very request and key of somebody who was let in, if there is one; with the
// version that the thing has and with one that it has not.
func (m *matrix) turnedAway(t *testing.T, c cell, how string) {
	if sent, ok := m.sent[c.operation.ID+c.of.given]; ok {
		sent.token = c.call.token
		c.call = sent
	}
	versions := []string{c.call.ifMatch}
	if c.operation.Versioned && !slices.Contains(powerless, c.caller) {
		versions = append(versions, m.tags[c.operation.ID+c.of.given])
	}
	for _, version := range versions {
		c.call.ifMatch = version
		got := m.doIn(t, c.call)
		m.counted(how)
		if got.wire() != m.refusalOf(c) {
			t.Errorf("%s as %s about %s (%s) answered %d %s, and nothing must be there: %.300s", c.operation.ID, c.caller, c.of.relation, how, got.status, got.code, got.body)
		}
	}
}

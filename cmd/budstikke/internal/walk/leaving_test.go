package walk_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// door is a way on which something of an access could still be used after it has ended (V15).
type door int

const (
	requests  door = iota // a request that begins after it
	repeats               // a write of before, sent again with its key: the kept answer (B6)
	underWay              // notices on their way: pending and to be retried, by every channel a routine notice takes
	shown                 // what stands in the app's list of notices
	raised                // what is announced after it
	streaming             // an open stream
	refreshes             // the refresh token
	devices               // the push token
	links                 // the link of a calendar
	returning             // a new session, however it came about
	doors                 // how many there are
)

var doorNames = [doors]string{"requests", "repeated writes", "waiting notices", "list of notices", "later notices", "stream", "refresh token", "push token", "calendar link", "return"}

// fate is what has become of a door when the transaction that recorded the ending has been committed, or, of an ending by time, when the
// moment has passed.
type fate string

const (
	shut   fate = "shut"
	swept  fate = "shut by the next sweep"
	stays  fate = "stays" // what is left belongs to the person and not to this access
	absent fate = "absent"
)

// through says what becomes of each door.
type through [doors]fate

// The usual ways. Each ending names one of them, or says what is different.
var (
	// gone is somebody who had nothing but what has ended.
	gone = through{shut, shut, shut, shut, shut, shut, shut, shut, shut, shut}
	// passed is the same by time: the rule of access knows the moment; sessions and push tokens, which open nothing any more, go with the next sweep.
	passed = through{shut, shut, shut, shut, shut, shut, swept, swept, shut, shut}
	// lessened is somebody who keeps something else, and hears nothing more of this.
	lessened = through{shut, shut, shut, shut, shut, shut, stays, stays, stays, shut}
)

// but is a way with another fate at one door.
func (x through) but(d door, o fate) through {
	x[d] = o
	return x
}

// leaver is somebody whose access to one child, or to one institution's children, ends.
type leaver struct {
	given         string
	kind          scope.Caller
	person, child uuid.UUID
	guardianship  uuid.UUID // of a guardian
	role          uuid.UUID // of whoever works
	session       tokens
	stream        *listener
	link          string // a head's calendar
	thread        uuid.UUID
	asks          []ask // what is open before
	wrote         call  // a write that was answered before
	notice        outbox.Recipient
	sibling       *ask          // about another child, which a guardian keeps
	again         func() string // comes in anew, and returns the token
	before, later []uuid.UUID   // notices
}

// ask is a request, and what its answer holds while it is open.
type ask struct {
	call
	holds string
}

// TestEveryEndingShutsEveryDoor lets a right end in every way there is and tries every door afterwards (V15, V14, V11, B12, H4). A new door
// makes every row without an outcome for it fail; that there is a row for every ending, TestEveryEndingHasARow says.
func TestEveryEndingShutsEveryDoor(t *testing.T) {
	t.Parallel()
	for name, half := range map[string]func(*exit) []ending{
		"guardians": (*exit).guardianEndings, "guardians by rule": (*exit).ruleEndings, "staff": (*exit).staffEndings, "people from outside": (*exit).outsideEndings, "the rest": (*exit).restEndings,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newExit(t)
			for _, e := range half(x) {
				for d, o := range e.through {
					if o == "" {
						t.Errorf("%s: nothing says what becomes of the %s", e.name, doorNames[d])
					}
				}
				l := e.of(t, x)
				x.holds(t, e, l)
				x.wait(t, l, &l.before)
				e.end(l)
				x.tryDoors(t, e, l)
			}
		})
	}
}

// exit is a town out of which people go.
type exit struct {
	*town
	is   map[who]actor
	boss string // the head's
	n    int
}

func newExit(t *testing.T) *exit {
	w := newTown(t, lasting)
	x := &exit{town: w, is: w.people()}
	x.boss = x.is[head].token
	return x
}

// open tells whether one of some requests is answered with what it is about.
func (x *exit) open(t *testing.T, asks []ask, token string) (bool, string) {
	t.Helper()
	for _, a := range asks {
		if token != "" {
			a.token = token
		}
		if got := x.doIn(t, a.call); got.status < 300 && strings.Contains(string(got.body), a.holds) {
			return true, a.method + " " + a.path
		}
	}
	return false, ""
}

// holds checks that everything is open before: what was never open cannot be shut.
func (x *exit) holds(t *testing.T, e ending, l *leaver) {
	t.Helper()
	for _, a := range l.asks {
		if open, _ := x.open(t, []ask{a}, ""); !open {
			t.Fatalf("%s: before it %s %s is not open", e.name, a.method, a.path)
		}
	}
	if l.link != "" {
		x.doIn(t, call{path: l.link}).want(t, http.StatusOK, "")
	}
}

// wait announces something to a leaver twice by every channel. Of what waits before an ending one notice has failed once and one is in the hands of a
// worker that is gone.
func (x *exit) wait(t *testing.T, l *leaver, into *[]uuid.UUID) {
	t.Helper()
	if l.notice.Person == uuid.Nil {
		return
	}
	for range 2 {
		must(t, x.API.WithScope(x.ctx, scope.Of(x.here, scope.Machine), func(tx *scope.Tx) error {
			_, err := outbox.Announce(x.ctx, tx, notify.MessagePosted{Conversation: l.thread}, []outbox.Recipient{l.notice}, notify.InApp.And(notify.ByPush).And(notify.ByEmail))
			return err
		}))
	}
	rows, err := x.Admin.Query(x.ctx, `select d.id from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
		where d.person_id = $1 and e.subject_id = $2 and d.channel <> 'in_app' and d.state = 'pending' order by d.id`, l.person, l.thread)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var id uuid.UUID
		must(t, rows.Scan(&id))
		*into = append(*into, id)
	}
	must(t, rows.Err())
	if into == &l.before {
		if len(*into) < 4 {
			t.Fatalf("%d notices wait for %s, want two mails and two pushes at least", len(*into), l.given)
		}
		x.exec("update notify.deliveries set state = 'retry', attempt = 1 where id = any ($1)", (*into)[2:3])
		x.exec("update notify.parcels set attempt = 1, next_at = now() where deliveries && $1", (*into)[2:3])
		x.exec("update notify.parcels set attempt = 1, fence = fence + 1, lease_until = now() where deliveries && $1", (*into)[3:]) // and whoever took it was killed
		if !x.isShown(t, l, l.session.access) {
			t.Fatalf("%s is shown no notice", l.given)
		}
	}
}

// tryDoors looks at what an ending has left open.
func (x *exit) tryDoors(t *testing.T, e ending, l *leaver) {
	t.Helper()
	is := func(d door, open bool, detail string) {
		t.Helper()
		want := e.through[d]
		switch {
		case want == absent || want == swept && open:
		case want == stays != open:
			t.Errorf("%s: %s: open is %t, want %s; %s", e.name, doorNames[d], open, want, detail)
		}
	}
	open, detail := x.open(t, l.asks, "")
	is(requests, open, detail)
	is(repeats, l.wrote.path != "" && x.doIn(t, l.wrote).status < 300, "")
	is(underWay, x.leaves(t, l.before), "")
	x.wait(t, l, &l.later)
	is(raised, x.leaves(t, l.later), "")
	if l.stream != nil && e.through[streaming] != stays {
		select {
		case <-l.stream.over:
		case <-time.After(time.Minute):
			is(streaming, true, "a minute later")
		}
	}
	if l.link != "" {
		is(links, x.doIn(t, call{path: l.link}).status == http.StatusOK, "")
	}
	if e.byTime {
		_, err := x.api.Postgres.Sweep(scope.ByProgram(x.ctx))
		must(t, err)
	}
	after := func(d door, open bool) {
		if e.through[d] == swept && open {
			t.Errorf("%s: %s: open after the sweep", e.name, doorNames[d])
		}
		is(d, open, "")
	}
	after(devices, one[int](x.town, "select count(*) from notify.endpoints where person_id = $1 and channel = 'push' and state = 'active'", l.person) > 0)
	after(refreshes, l.session.refresh != "" && x.refresh(t, l.session.refresh, deviceSecret).status == http.StatusOK)
	token := l.again()
	if l.sibling != nil && e.through[devices] == stays {
		if open, what := x.open(t, []ask{*l.sibling}, token); !open {
			t.Errorf("%s: the other child is lost, too: %s", e.name, what)
		}
	}
	open, detail = false, ""
	if token != "" {
		open, detail = x.open(t, l.asks, token)
	}
	is(returning, open, detail)
	is(shown, x.isShown(t, l, token), "")
}

// leaves tells whether the gateway would send one of these notices now: it claims, as a worker does, and gives back what it was given.
func (x *exit) leaves(t *testing.T, ids []uuid.UUID) bool {
	t.Helper()
	gateway, sent := outbox.New(x.Worker, outbox.Terms{}), false
	for _, p := range notify.Providers() {
		var refs []outbox.Ref
		rows, err := x.Admin.Query(x.ctx, "select id, attempt from notify.parcels where deliveries && $1 and provider = $2", ids, string(p))
		must(t, err)
		for rows.Next() {
			ref := outbox.Ref{Municipality: x.here}
			must(t, rows.Scan(&ref.Parcel, &ref.Attempt))
			refs = append(refs, ref)
		}
		must(t, rows.Err())
		claimed, err := gateway.Claim(x.ctx, p, refs, 1000, nil)
		must(t, err)
		sent = sent || len(claimed.Deliveries) > 0
		must(t, gateway.GiveBack(x.ctx, claimed.Deliveries))
	}
	return sent
}

// isShown tells whether the app still lists a notice of what has ended.
func (x *exit) isShown(t *testing.T, l *leaver, token string) bool {
	t.Helper()
	list := map[scope.Caller]string{scope.Guardian: "/v1/guardian/notices", scope.Staff: "/v1/staff/notices"}[l.kind]
	if list == "" || token == "" {
		return false
	}
	open, _ := x.open(t, []ask{{call{path: list + "?limit=100"}, l.thread.String()}}, token)
	return open
}

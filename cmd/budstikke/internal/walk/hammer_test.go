package walk_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
)

const (
	clients     = 16 // that hammer
	deactivator = 4  // people who put others out at the same time
	alerts      = 8  // raised on the way, so that notices are waiting for those who are put out
)

// putOut are the ways of losing access, each as whoever does it does it. An error is one of the test's own.
func (w *town) putOut(boss string) []struct {
	name  string
	staff bool
	do    func(x *guest) error
} {
	place := w.institution(kindergarten).String()
	hedda := w.person("Heddavina")
	send := func(method, path, token, etag string, body any) error {
		req := call{method: method, path: path, token: token, ifMatch: etag, body: body}.request(w.tb, w.url)
		res, err := w.client.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		if err == nil && res.StatusCode >= 300 {
			err = fmt.Errorf("%s %s answered %d: %s", method, path, res.StatusCode, answer)
		}
		return err
	}
	decide := func(x *guest, how string) error {
		var version int
		if err := w.Admin.QueryRow(w.ctx, "select version from app.guardianship_access where guardianship_id = $1", x.guardianship).Scan(&version); err != nil {
			return err
		}
		return send(http.MethodPost, "/v1/office/guardianships/"+x.guardianship.String()+how, boss, fmt.Sprintf("%q", strconv.Itoa(version)),
			map[string]any{"reason": deactivationReason})
	}
	exec := func(sql string, args ...any) error {
		_, err := w.Admin.Exec(w.ctx, sql, args...)
		return err
	}
	return []struct {
		name  string
		staff bool
		do    func(x *guest) error
	}{
		{"deactivated", false, func(x *guest) error { return decide(x, "/deactivation") }},
		{"suspended", false, func(x *guest) error { return decide(x, "/suspension") }},
		{"restricted", false, func(x *guest) error {
			return send(http.MethodPost, "/v1/office/children/"+x.child.String()+"/restrictions", boss, "",
				map[string]any{"personId": x.person, "kind": "no_access", "reason": deactivationReason})
		}},
		{"account ended", false, func(x *guest) error {
			return send(http.MethodPost, "/v1/office/guardianships/"+x.guardianship.String()+"/account-end", boss, "", map[string]any{"reason": deactivationReason})
		}},
		{"signed out", false, func(x *guest) error { return send(http.MethodDelete, "/v1/signin/session", x.token, "", nil) }},
		{"ended by the register", false, func(x *guest) error {
			return exec("update app.guardianships set ended_at = now() where municipality_id = $1 and id = $2", w.here, x.guardianship)
		}},
		{"child left", false, func(x *guest) error {
			return exec("update app.enrolments set ended_at = now() where municipality_id = $1 and child_id = $2", w.here, x.child)
		}},
		{"staff gone", true, func(x *guest) error {
			return exec("update app.staff_roles set ended_at = now() where municipality_id = $1 and person_id = $2", w.here, x.person)
		}},
		{"staff on leave", true, func(x *guest) error {
			return exec(`insert into app.staff_leaves (municipality_id, id, person_id, institution_id, starts_at, set_by, set_at)
				values ($1, $2, $3, $4, now(), $5, now())`, w.here, newID(), x.person, place, hedda)
		}},
		{"staff account ended", true, func(x *guest) error {
			return send(http.MethodDelete, "/v1/office/institutions/"+place+"/staff-accounts/"+x.person.String(), boss, "", nil)
		}},
	}
}

// strike sends one request of somebody's and counts how it ended. It is late when it began after whoever put them out had the answer, and
// succeeded all the same.
func (w *town) strike(x *guest, place string) {
	c := call{token: x.token}
	switch n := rand.IntN(8); {
	case x.staff:
		c.path = "/v1/staff/institutions/" + place + "/children?limit=1"
	case n == 0:
		c.method, c.path = http.MethodPost, "/v1/guardian/conversations"
		c.body = map[string]any{"childId": x.child, "text": textOfGuardian, "locale": "sv"}
	case n < 4:
		c.path = "/v1/guardian/notices?limit=1"
	default:
		c.path = "/v1/guardian/children/" + x.child.String()
	}
	req := c.request(w.tb, w.url)
	started := time.Now()
	res, err := w.client.Do(req)
	if err != nil {
		x.broken.Add(1)
		return
	}
	body, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	out := x.out.Load()
	after, success := out != nil && started.After(*out), res.StatusCode < 300
	switch {
	case res.StatusCode == http.StatusServiceUnavailable: // the machine is busy, and says so
		x.broken.Add(1)
	case res.StatusCode >= 500:
		w.tb.Errorf("%s %s answered %d: %s", req.Method, c.path, res.StatusCode, body)
	case after && success:
		x.late.Add(1)
	case after:
		x.after.Add(1)
	case success:
		x.before.Add(1)
	default:
		x.started.Add(1) // under way while they were put out
	}
}

// TestNothingGetsThroughAfterDeactivation puts a crowd out, one by one and in every way there is, while sixteen clients go on calling as those
// who are about to go and those who have just gone, and alerts are on their way to all of them (V15, P3). No request that began after the
// answer succeeds, and no notice leaves whose check began after it. HAMMER says how many are put out; make hammer puts out a thousand.
func TestNothingGetsThroughAfterDeactivation(t *testing.T) {
	size := 200
	if n, err := strconv.Atoi(os.Getenv("HAMMER")); err == nil {
		size = n
	}
	t.Parallel()
	w := newTown(t, belted(t))
	is := w.people()
	boss, place := is[head].token, w.institution(kindergarten)
	crowd := w.crowd(t, boss, size)
	w.exec(`create table public.checks (delivery_id uuid, fence bigint, at timestamptz)`) // when each claim began, which asks the rule after that
	w.exec(`grant insert on public.checks to public`)
	w.exec(`create function public.note_check() returns trigger language plpgsql as
		$$ begin insert into public.checks select d, new.fence, statement_timestamp() from unnest(new.deliveries) d; return null; end $$`)
	w.exec(`create trigger note_check after update of lease_until on notify.parcels for each row
		when (new.lease_until is not null and old.lease_until is null) execute function public.note_check()`)
	h := &walk{town: w, is: is}
	h.startWorker(t)

	var next atomic.Int64
	hammer, begun := make(chan struct{}), time.Now()
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			for {
				select {
				case <-hammer:
					return
				default:
				}
				at := int(next.Load()) + rand.IntN(40) - 30 // most of them a moment after
				if at >= 0 && at < len(crowd) {
					w.strike(crowd[at], place.String())
				}
			}
		})
	}
	for batch := range alerts { // the worker begins in the middle of it: some have gone by then, and some go while it works
		w.alert(boss, place, textOfAlert)
		h.putOutAll(t, crowd[len(crowd)*batch/alerts:len(crowd)*(batch+1)/alerts], boss, &next)
		h.worker.Pause()
	}
	took := time.Since(begun)
	close(hammer)
	group.Wait()
	h.drain(t)
	w.judge(t, crowd, took)
}

// putOutAll puts people out, several at a time, and lets the worker go on when a third of them have gone.
func (w *walk) putOutAll(t *testing.T, crowd []*guest, boss string, next *atomic.Int64) {
	t.Helper()
	ways := w.putOut(boss)
	var taken atomic.Int64
	var group sync.WaitGroup
	for range deactivator {
		group.Go(func() {
			for at := taken.Add(1) - 1; int(at) < len(crowd); at = taken.Add(1) - 1 {
				if int(at) == len(crowd)/3 {
					w.worker.Resume()
				}
				x := crowd[at]
				way := ways[rand.IntN(len(ways))]
				for way.staff != x.staff {
					way = ways[rand.IntN(len(ways))]
				}
				if err := way.do(x); err != nil {
					t.Errorf("%s: %v", way.name, err)
					return
				}
				done := time.Now()
				x.way = way.name
				x.out.Store(&done)
				next.Add(1)
				if err := w.Admin.QueryRow(w.ctx, "select clock_timestamp()").Scan(&x.gone); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}

// judge says what got through, and that there was something to get through.
func (w *town) judge(t *testing.T, crowd []*guest, took time.Duration) {
	t.Helper()
	byPerson := map[uuid.UUID]*guest{}
	var before, under, after, late, broken int64
	for _, x := range crowd {
		byPerson[x.person] = x
		before, under, after, broken = before+x.before.Load(), under+x.started.Load(), after+x.after.Load(), broken+x.broken.Load()
		if n := x.late.Load(); n > 0 {
			late += n
			t.Errorf("%s: %d requests began after the answer and succeeded", x.way, n)
		}
	}
	rows, err := w.Admin.Query(w.ctx, `select d.person_id, c.at from public.checks c join notify.deliveries d on d.id = c.delivery_id and d.fence = c.fence
		where d.outcome = 'accepted'`) // that it left is noted, also where its receiver was cut off on its way
	must(t, err)
	defer rows.Close()
	sent, lateNotices := 0, 0
	for rows.Next() {
		var person uuid.UUID
		var at time.Time
		must(t, rows.Scan(&person, &at))
		sent++
		if x := byPerson[person]; x != nil && x.way != "signed out" && at.After(x.gone) { // who signs out stays reachable
			lateNotices++
			t.Errorf("%s: a notice left whose check began %s after the answer", x.way, at.Sub(x.gone))
		}
	}
	must(t, rows.Err())
	stopped := one[int](w, "select count(*) from notify.deliveries where state = 'suppressed' and reason = 'access_ended' and channel = 'push'")
	t.Logf("%d were put out in %s under %d clients: %d requests before, %d under way, %d after, %d of these late, %d broken off; %d notices left, %d of these late, %d were stopped",
		len(crowd), took.Round(time.Millisecond), clients, before, under, after+late, late, broken, sent, lateNotices, stopped)
	if before < int64(len(crowd)) || after < int64(len(crowd)) || sent < len(crowd)/2 || stopped < len(crowd)/20 {
		t.Error("there was too little to get through for this to say anything")
	}
	if broken > int64(len(crowd)) {
		t.Errorf("%d requests broke off", broken)
	}
}

package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/cmd/budstikke/internal/local"
	"budstikke.example/notify"
	"budstikke.example/notify/queue"
	"budstikke.example/notify/sandbox"
	"budstikke.example/notify/worker"
)

// TestWorkerKilledWhileAlertGoesOut holds B3 to its word: a worker process that dies by kill -9 in the middle of an alert, with Redis wiped
// in the same moment, costs seconds and a bounded, counted number of repeated notices, and nobody's alert.
func TestWorkerKilledWhileAlertGoesOut(t *testing.T) {
	t.Parallel()
	t.Run("and Redis is wiped", func(t *testing.T) {
		t.Parallel()
		redis := privateRedis(t)
		killMidway(t, redis, func() {
			if err := redis.FlushAll(soon(t)); err != nil {
				t.Fatal(err)
			}
		})
	})
	t.Run("and there is no Redis at all", func(t *testing.T) {
		t.Parallel()
		redis := privateRedis(t)
		if err := redis.Stop(soon(t)); err != nil {
			t.Fatal(err)
		}
		killMidway(t, redis, func() {})
	})
}

// atOnce is how many deliveries one worker process can have on its way to the providers of this test.
func atOnce() int {
	n := 0
	for _, p := range []notify.Provider{notify.ProviderAPNs, notify.ProviderFCM, notify.ProviderTwilio, notify.ProviderSMTP} {
		n += worker.DefaultSlots(p)
	}
	return n
}

// unwritten is how many results more can wait in a worker to be written: a batch of 500 that Postgres is writing, and a queue of four
// batches behind it (notify/worker/settler.go). The queue is nearly empty unless Postgres is very slow.
const unwritten = 500 + 4*500

func killMidway(t *testing.T, redis *local.Redis, wipe func()) {
	c := newCrowd(t, guardiansOfAlert)
	play, err := sandbox.Start(context.WithoutCancel(t.Context()), sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = play.Close() })
	// Every provider takes its time to answer, so that the kill finds all of the worker's slots taken.
	for p, latency := range map[sandbox.Provider]time.Duration{
		sandbox.APNs: 400 * time.Millisecond, sandbox.FCM: 250 * time.Millisecond, sandbox.Twilio: 100 * time.Millisecond, sandbox.SMTP: 10 * time.Millisecond,
	} {
		play.SetLatency(p, latency)
	}
	bell, err := queue.Open(queue.Config{URL: redis.URL(), Prefix: "budstikke"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bell.Close() })
	settings := workerSettings(t, c, redis, play)

	first := start(t, notifyProcess(settings))
	office := c.office(bell.Ring)
	began := time.Now()
	alert, concerned := c.raise(t, office)
	if concerned != guardiansOfAlert {
		t.Fatalf("the alert concerns %d guardians, want %d", concerned, guardiansOfAlert)
	}
	want := len(c.wanted)
	if _, err := play.Wait(soon(t), want/3, nil); err != nil {
		t.Fatal(err)
	}
	first.kill()
	wipe()
	killed := time.Now()
	before := play.LastSeq()
	c.workersGone(t)
	// What was in flight, by the only book that survives: claimed and not settled. Each of these may or may not have been sent.
	inFlight := c.count(t, `select count(*) from notify.deliveries d join notify.parcels p on p.municipality_id = d.municipality_id and d.id = any (p.deliveries)
		where p.lease_until is not null and d.fence < p.fence and d.state in ('pending', 'retry')`)
	if inFlight == 0 || int(before) >= want {
		t.Fatalf("the kill came too late: %d of %d had arrived, %d were in flight", before, want, inFlight)
	}

	start(t, notifyProcess(settings))
	everybody(t, play, c)
	took := since(killed)
	eventually(t, "the database knows that everything was sent", func() bool {
		return c.count(t, `select count(*) from notify.deliveries where state <> 'sent'`) == 0
	})

	copies := nobodyElse(t, play, c)
	repeated := len(play.Deliveries(nil)) - want
	// The bound: only what the dead worker held can go out twice. It held what was on its way to the providers, at most one a slot, and what
	// they had answered and Postgres had not been told yet.
	if repeated > inFlight {
		t.Errorf("%d notices were repeated, but only %d were in flight", repeated, inFlight)
	}
	if most := atOnce() + unwritten; inFlight > most {
		t.Errorf("%d deliveries were in flight, and a worker holds at most %d", inFlight, most)
	}
	same := 0
	for _, d := range play.Duplicates() {
		same += d.Count - 1
	}
	if same != repeated {
		t.Errorf("%d of %d repeated notices came under the same id as the first: devices show the others twice", same, repeated)
	}
	counted := possibleDuplicates(t, c, copies)
	t.Logf("killed when %d of %d notices had arrived; %d were in flight (slots: %d); after the restart everybody had the alert in %s (%s after it was raised); "+
		"%d notices were repeated, the database counted %d possible duplicates", before, want, inFlight, atOnce(), took, since(began), repeated, counted)

	onRecord(t, c, alert)
	_, progress, err := office.Alert(asking(t, "GetAlertProgress", alert), alert)
	if err != nil {
		t.Fatal(err)
	}
	if progress.People != guardiansOfAlert || progress.Reached != guardiansOfAlert {
		t.Errorf("the head's board says that %d of %d guardians were reached, want %d (B2)", progress.Reached, progress.People, guardiansOfAlert)
	}
}

// workerSettings is the environment of `budstikke notify`, with addresses on loopback only.
func workerSettings(t *testing.T, c *crowd, redis *local.Redis, play *sandbox.Sandbox) []string {
	t.Helper()
	// The door that Twilio's receipts come to; what they say is another test's matter.
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(door.Close)
	var key [32]byte
	_, _ = rand.Read(key[:])
	return []string{
		"DATABASE_URL=" + c.WorkerURL, "REDIS_URL=" + redis.URL(), "PUBLIC_URL=" + door.URL, "SANDBOX_URL=" + play.Addresses().Control,
		"SIGNING_KEY=" + base64.StdEncoding.EncodeToString(key[:]), "NOTIFY_HEALTH_ADDRESS=127.0.0.1:0",
	}
}

// notifyProcess is `budstikke notify` with these settings.
func notifyProcess(settings []string) *exec.Cmd {
	cmd := program("notify")
	cmd.Env = append(cmd.Env, settings...)
	return cmd
}

// everybody waits until each guardian has got the alert on each channel. A repeated notice fills nobody's place: it waits for at least as
// many deliveries as are still missing, and looks again.
func everybody(t *testing.T, play *sandbox.Sandbox, c *crowd) {
	t.Helper()
	ctx := soon(t)
	for {
		all := play.Deliveries(nil)
		got := map[address]bool{}
		for _, d := range all {
			got[address{d.Provider, d.To}] = true
		}
		missing := 0
		for a := range c.wanted {
			if !got[a] {
				missing++
			}
		}
		if missing == 0 {
			return
		}
		if _, err := play.Wait(ctx, len(all)+missing, nil); err != nil {
			t.Fatalf("%d notices are lost: %v", missing, err)
		}
	}
}

// nobodyElse fails when something went to somebody whom the alert does not concern, and returns how often each address got it.
func nobodyElse(t *testing.T, play *sandbox.Sandbox, c *crowd) map[address]int {
	t.Helper()
	copies := map[address]int{}
	for _, d := range play.Deliveries(nil) {
		a := address{d.Provider, d.To}
		if !c.wanted[a] {
			t.Errorf("%s got the alert by %s and should not have", d.To, d.Provider)
		}
		copies[a]++
	}
	return copies
}

// possibleDuplicates returns how many repetitions the database knows of, and fails when it missed one.
func possibleDuplicates(t *testing.T, c *crowd, copies map[address]int) int {
	t.Helper()
	rows, err := c.Admin.Query(soon(t), `select d.provider, e.address, d.possible_duplicates
		from notify.deliveries d join notify.endpoints e on e.municipality_id = d.municipality_id and e.id = d.endpoint_id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	total, uncounted := 0, 0
	for rows.Next() {
		var a address
		var counted int
		if err := rows.Scan(&a.provider, &a.to, &counted); err != nil {
			t.Fatal(err)
		}
		total += counted
		uncounted += max(0, copies[a]-1-counted)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if uncounted > 0 {
		t.Errorf("%d repeated notices are not counted in the database as possible duplicates", uncounted)
	}
	return total
}

// onRecord checks what the database says of the alert: one delivery per guardian and endpoint, one in the app, and every SMS with the
// critical event that justified it (V20).
func onRecord(t *testing.T, c *crowd, alert uuid.UUID) {
	t.Helper()
	for channel, want := range map[string]int{"push": guardiansOfAlert, "email": guardiansOfAlert, "sms": guardiansOfAlert, "in_app": guardiansOfAlert} {
		if n := c.count(t, `select count(*) from notify.deliveries where channel = $1 and state = 'sent'`, channel); n != want {
			t.Errorf("%d deliveries by %s, want %d", n, channel, want)
		}
	}
	justified := c.count(t, `select count(*) from notify.deliveries d
		join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
		where d.channel = 'sms' and e.urgency = 'critical' and e.kind = 'alert_raised' and e.subject_id = $1`, alert)
	if all := c.count(t, `select count(*) from notify.deliveries where channel = 'sms'`); justified != all {
		t.Errorf("%d of %d SMS name the critical event that justified them (V20)", justified, all)
	}
}

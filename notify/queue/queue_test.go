package queue_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/queue"
)

const (
	critical = notify.UrgencyCritical
	routine  = notify.UrgencyRoutine
	apns     = notify.ProviderAPNs
)

var (
	apnsCritical = outbox.Lane{Provider: apns, Urgency: critical}
	here         = uuid.MustParse("019a0000-0000-7000-8000-000000000001")
	there        = uuid.MustParse("019a0000-0000-7000-8000-000000000002")
)

// server is a Redis and the prefix of the test's own keys on it.
type server struct {
	url, prefix string
	mini        bool
}

// worker is a belt with somebody who reads from it.
type worker struct {
	*queue.Queue
	*queue.Ear
	*queue.Reader
}

func (w worker) Close() error { return errors.Join(w.Ear.Close(), w.Queue.Close()) }

func (s server) open(t testing.TB, consumer string) worker {
	t.Helper()
	q, err := queue.Open(queue.Config{URL: s.url, Prefix: s.prefix, Consumer: consumer})
	if err != nil {
		t.Fatal(err)
	}
	ear := q.Listen(apns)
	w := worker{Queue: q, Ear: ear, Reader: ear.Reader(apns)}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// raw is a plain client, for looking behind the belt.
func (s server) raw(t testing.TB) redis.UniversalClient {
	t.Helper()
	client, _, err := queue.Connect(s.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func (s server) key(u notify.Urgency) string {
	return s.prefix + ":notify:{" + here.String() + "}:apns:" + string(u)
}

// onEach runs a test on a real Redis, on a Cluster, on a Redis that Sentinels watch, and on miniredis, which stands in where there is none.
func onEach(t *testing.T, test func(t *testing.T, s server)) {
	t.Parallel()
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		url := os.Getenv("REDIS_URL")
		if url == "" {
			if os.Getenv("CI") != "" {
				t.Fatal("REDIS_URL is not set: run the tests by make test")
			}
			t.Skip("REDIS_URL is not set: run the tests by make test")
		}
		s := server{url: url, prefix: "test-" + uuid.NewString()}
		t.Cleanup(func() { _ = s.open(t, "cleaner").Wipe(context.Background(), queue.Lanes(apns)) })
		test(t, s)
	})
	for name, servers := range map[string]*shared{"cluster": &cluster, "sentinel": &sentinels} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, server{url: servers.of(t), prefix: "test-" + uuid.NewString()})
		})
	}
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		test(t, server{url: "redis://" + miniredis.RunT(t).Addr() + "/0", prefix: "test", mini: true})
	})
}

func refs(n int, u notify.Urgency) []outbox.Ref {
	list := make([]outbox.Ref, n)
	for i := range list {
		list[i] = outbox.Ref{Municipality: here, Parcel: uuid.New(), Provider: apns, Urgency: u, Attempt: i % 3, Size: 1 + i%32}
	}
	return list
}

func ring(t testing.TB, q worker, refs []outbox.Ref) {
	t.Helper()
	if err := q.Ring(context.Background(), refs); err != nil {
		t.Fatal(err)
	}
}

// read takes refs of the municipality here, for so many deliveries; a ref is thought to have 32 before one was seen.
func read(t testing.TB, q worker, room int, u notify.Urgency) []queue.Message {
	t.Helper()
	q.Known(belts(here, u))
	messages, err := q.Read(context.Background(), u, room, nil)
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

func belts(municipality uuid.UUID, urgencies ...notify.Urgency) []outbox.Belt {
	var list []outbox.Belt
	for _, u := range urgencies {
		list = append(list, outbox.Belt{Municipality: municipality, Lane: outbox.Lane{Provider: apns, Urgency: u}})
	}
	return list
}

func refsOf(messages []queue.Message) []outbox.Ref {
	list := make([]outbox.Ref, len(messages))
	for i, m := range messages {
		list[i] = m.Ref
	}
	return list
}

func TestRingAndRead(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		q := s.open(t, "a")
		ctx := context.Background()
		sent := refs(1200, critical) // more than one pipeline
		ring(t, q, sent)
		var got []queue.Message
		for {
			batch := read(t, q, 500, critical)
			if len(batch) == 0 {
				break
			}
			got = append(got, batch...)
		}
		if !slices.Equal(refsOf(got), sent) {
			t.Fatalf("%d refs came back of %d, or in another order", len(got), len(sent))
		}
		if err := q.Ack(ctx, got...); err != nil {
			t.Fatal(err)
		}
		if n, err := q.Depth(ctx, here, apnsCritical); err != nil || n != 0 {
			t.Fatalf("%d left on the belt, %v", n, err)
		}
	})
}

// What lies in Redis is ids and nothing else: a stolen belt tells nothing about anybody.
func TestTheBeltCarriesIDsOnly(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		ref := refs(1, critical)[0]
		ring(t, s.open(t, "a"), []outbox.Ref{ref})
		entries, err := s.raw(t).XRange(context.Background(), s.key(critical), "-", "+").Result()
		if err != nil || len(entries) != 1 {
			t.Fatalf("%v, %v", entries, err)
		}
		want := map[string]any{"p": ref.Parcel.String(), "a": "0", "n": "1"}
		for field, value := range entries[0].Values {
			if want[field] != value {
				t.Errorf("field %s holds %v", field, value)
			}
		}
	})
}

// A municipality that floods the belt does not hold up another's notice: they are read together, some of each.
func TestMunicipalitiesAreReadByTurns(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		q := s.open(t, "a")
		flood, one := refs(500, routine), refs(1, routine)
		one[0].Municipality = there
		ring(t, q, append(flood, one...))
		q.Known(append(belts(here, routine), belts(there, routine)...))
		got, err := q.Read(context.Background(), routine, 64, nil)
		if err != nil || len(got) > 4 || !slices.Contains(refsOf(got), one[0]) {
			t.Fatalf("read %d refs, and the other's among them: %t, %v", len(got), slices.Contains(refsOf(got), one[0]), err)
		}
		// Of whom there is something already nothing more is taken, and their turn is not lost by it.
		if got, err = q.Read(context.Background(), routine, 64, func(m uuid.UUID) bool { return m == here }); err != nil || len(got) != 0 {
			t.Fatalf("read %d refs, %v", len(got), err)
		}
		if got, err = q.Read(context.Background(), routine, 64, nil); err != nil || len(got) == 0 || got[0].Ref.Municipality != here {
			t.Fatalf("read %d refs, %v", len(got), err)
		}
	})
}

func TestTwoWorkersShareABelt(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		a, b := s.open(t, "a"), s.open(t, "b")
		sent := refs(100, critical)
		ring(t, a, sent)
		got := append(refsOf(read(t, a, 60*32, critical)), refsOf(read(t, b, 60*32, critical))...)
		if !slices.Equal(got, sent) {
			t.Fatalf("%d refs came back of %d", len(got), len(sent))
		}
	})
}

// Who waits for a bell hears it, also after the belts were wiped.
func TestHeardAfterWiping(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		q := s.open(t, "a")
		ctx := context.Background()
		for deadline, hears := time.Now().Add(20*time.Second), false; !hears; { // makes the belt; who does not listen yet hears the next
			ring(t, q, refs(1, critical))
			q.Await(nil, 100*time.Millisecond)
			messages, err := q.Read(ctx, critical, 10, nil)
			if err != nil || time.Now().After(deadline) {
				t.Fatalf("no bell is heard: %v", err)
			}
			hears = len(messages) > 0
		}
		if err := q.Wipe(ctx, queue.Lanes(apns)); err != nil {
			t.Fatal(err)
		}
		want := refs(1, critical)
		ring(t, q, want)
		var after []queue.Message
		for deadline := time.Now().Add(20 * time.Second); len(after) == 0 && time.Now().Before(deadline); {
			q.Await(nil, time.Second)
			messages, err := q.Read(ctx, critical, 10, nil)
			if err != nil {
				t.Fatal(err)
			}
			after = append(after, messages...)
		}
		if got := refsOf(after); !slices.Equal(got, want) {
			t.Fatalf("read %v after the belt was wiped, want %v", got, want)
		}
	})
}

// What a dead process took is given to another, and what a living one took lately is not.
func TestStale(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		dead, alive := s.open(t, "dead"), s.open(t, "alive")
		sent := refs(3, critical)
		ring(t, dead, sent)
		read(t, dead, 320, critical)
		alive.Known(belts(here, critical, routine))
		ctx := context.Background()
		if stale, err := alive.Stale(ctx, critical, time.Hour, 10); err != nil || len(stale) != 0 {
			t.Fatalf("took over %v, %v", stale, err)
		}
		stale, err := alive.Stale(ctx, critical, 0, 10)
		if err != nil || !slices.Equal(refsOf(stale), sent) {
			t.Fatalf("took over %v, %v", stale, err)
		}
		if stale, err := alive.Stale(ctx, routine, 0, 10); err != nil || len(stale) != 0 {
			t.Fatalf("a lane that does not exist: %v, %v", stale, err)
		}
	})
}

func TestFronts(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		q, raw := s.open(t, "a"), s.raw(t)
		ctx := context.Background()
		front := func() time.Duration {
			t.Helper()
			fronts, err := q.Fronts(ctx, belts(here, critical, routine))
			if err != nil || len(fronts) != 2 || fronts[0].Lane != apnsCritical || fronts[0].Municipality != here || fronts[1].Front != 0 {
				t.Fatalf("belts %+v, %v", fronts, err)
			}
			return fronts[0].Front
		}
		if f := front(); f != 0 {
			t.Fatalf("no belt: %s", f)
		}
		long := time.Now().Add(-time.Minute).UnixMilli()
		old := refs(1, critical)[0]
		err := raw.XAdd(ctx, &redis.XAddArgs{Stream: s.key(critical), ID: strconv.FormatInt(long, 10) + "-0", Values: []any{
			"p", old.Parcel.String(), "a", "0", "n", "1",
		}}).Err()
		if err != nil {
			t.Fatal(err)
		}
		ring(t, q, refs(1, critical))
		if f := front(); f < 50*time.Second || f > 2*time.Minute {
			t.Errorf("an old ref nobody took, no group yet: %s", f)
		}
		first := read(t, q, 1, critical)
		if f := front(); f < 50*time.Second {
			t.Errorf("an old ref that is being dealt with: %s", f)
		}
		if err := q.Ack(ctx, first...); err != nil {
			t.Fatal(err)
		}
		if f := front(); f > 30*time.Second {
			t.Errorf("only a young ref is left: %s", f)
		}
		if err := q.Ack(ctx, read(t, q, 1, critical)...); err != nil {
			t.Fatal(err)
		}
		if f := front(); f != 0 {
			t.Errorf("an empty belt: %s", f)
		}
	})
}

// A consumer that holds refs is not removed: they would be lost to everybody (never DELCONSUMER with pending).
func TestLeave(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		q, other := s.open(t, "a"), s.open(t, "b")
		ctx := context.Background()
		ring(t, q, refs(1, critical))
		held := read(t, q, 1, critical)
		if err := q.Leave(ctx); err != nil {
			t.Fatal(err)
		}
		other.Known(belts(here, critical, routine))
		stale, err := other.Stale(ctx, critical, 0, 1)
		if err != nil || len(stale) != 1 {
			t.Fatalf("the ref was lost with its consumer: %v, %v", stale, err)
		}
		if err := other.Ack(ctx, held...); err != nil {
			t.Fatal(err)
		}
		for _, leaver := range []worker{q, other} {
			if err := leaver.Leave(ctx); err != nil {
				t.Fatal(err)
			}
		}
		consumers, err := s.raw(t).XInfoConsumers(ctx, s.key(critical), "workers").Result()
		if err != nil || len(consumers) != 0 {
			t.Fatalf("left behind: %v, %v", consumers, err)
		}
	})
}

// B14: who reads belts hears that something critical is being written before it is on one, and believes it for a moment only.
func TestForewarn(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		sender, hearer := s.open(t, "a"), s.open(t, "b")
		if hearer.Forewarned(time.Now(), queue.Forewarned) {
			t.Fatal("forewarned of nothing")
		}
		ring(t, sender, refs(1, critical)) // a bell is no warning
		for deadline := time.Now().Add(20 * time.Second); ; {
			if err := sender.Forewarn(t.Context()); err != nil {
				t.Fatal(err)
			}
			hearer.Await(t.Context().Done(), 100*time.Millisecond) // who does not listen yet hears the next
			now := time.Now()
			if hearer.Forewarned(now, queue.Forewarned) {
				for range 5 { // whoever repeats it does not prolong it
					if err := sender.Forewarn(t.Context()); err != nil {
						t.Fatal(err)
					}
					hearer.Await(t.Context().Done(), 100*time.Millisecond)
				}
				if hearer.Forewarned(now.Add(queue.Forewarned), queue.Forewarned) {
					t.Error("a warning is believed for ever")
				}
				if hearer.Forewarned(now.Add(-time.Hour), queue.Forewarned) {
					t.Error("a warning is believed before it was given")
				}
				if hearer.Came(now); hearer.Forewarned(now, queue.Forewarned) {
					t.Error("a warning is believed after what it warned of has come")
				}
				return
			}
			if now.After(deadline) {
				t.Fatal("nobody was forewarned")
			}
		}
	})
}

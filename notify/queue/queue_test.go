package queue_test

import (
	"context"
	"os"
	"slices"
	"strconv"
	"sync"
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

var apnsCritical = outbox.Lane{Provider: apns, Urgency: critical}

// server is a Redis and the prefix of the test's own keys on it.
type server struct {
	url, prefix string
	mini        bool
}

func (s server) open(t testing.TB, consumer string) *queue.Queue {
	t.Helper()
	q, err := queue.Open(queue.Config{URL: s.url, Prefix: s.prefix, Consumer: consumer})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Close() })
	return q
}

// raw is a plain client, for looking behind the belt.
func (s server) raw(t testing.TB) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(s.url)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func (s server) key(u notify.Urgency) string { return s.prefix + ":notify:{apns}:" + string(u) }

// onEach runs a test on a real Redis and on miniredis, which stands in where there is no Redis.
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
		client := s.raw(t)
		t.Cleanup(func() {
			ctx := context.Background()
			for _, p := range notify.Providers() {
				for _, u := range []notify.Urgency{critical, routine} {
					client.Del(ctx, s.prefix+":notify:{"+string(p)+"}:"+string(u))
				}
			}
		})
		test(t, s)
	})
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		test(t, server{url: "redis://" + miniredis.RunT(t).Addr() + "/0", prefix: "test", mini: true})
	})
}

func refs(n int, u notify.Urgency) []outbox.Ref {
	list := make([]outbox.Ref, n)
	for i := range list {
		list[i] = outbox.Ref{Municipality: uuid.New(), Parcel: uuid.New(), Provider: apns, Urgency: u, Attempt: i % 3, Size: 1 + i%32}
	}
	return list
}

func ring(t testing.TB, q *queue.Queue, refs []outbox.Ref) {
	t.Helper()
	if err := q.Ring(context.Background(), refs); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, q *queue.Queue, n int, lanes ...notify.Urgency) []queue.Message {
	t.Helper()
	messages, err := q.Read(context.Background(), apns, n, 0, lanes...)
	if err != nil {
		t.Fatal(err)
	}
	return messages
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
		if n, err := q.Depth(ctx, apnsCritical); err != nil || n != 0 {
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
		want := map[string]any{"m": ref.Municipality.String(), "p": ref.Parcel.String(), "a": "0", "n": "1"}
		for field, value := range entries[0].Values {
			if want[field] != value {
				t.Errorf("field %s holds %v", field, value)
			}
		}
	})
}

func TestReadPutsCriticalFirst(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		q := s.open(t, "a")
		ring(t, q, refs(3, routine))
		ring(t, q, refs(2, critical))
		got := refsOf(read(t, q, 10, routine, critical))
		if len(got) != 5 {
			t.Fatalf("%d refs", len(got))
		}
		got = refsOf(read(t, q, 10, critical, routine))
		if len(got) != 0 {
			t.Fatalf("%d refs came twice", len(got))
		}
		ring(t, q, refs(3, routine))
		ring(t, q, refs(2, critical))
		for i, r := range refsOf(read(t, q, 10, critical, routine)) {
			if want := map[bool]notify.Urgency{true: critical, false: routine}[i < 2]; r.Urgency != want {
				t.Errorf("ref %d is %s", i, r.Urgency)
			}
		}
	})
}

func TestTwoWorkersShareABelt(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		a, b := s.open(t, "a"), s.open(t, "b")
		sent := refs(100, critical)
		ring(t, a, sent)
		got := append(refsOf(read(t, a, 60, critical)), refsOf(read(t, b, 60, critical))...)
		if !slices.Equal(got, sent) {
			t.Fatalf("%d refs came back of %d", len(got), len(sent))
		}
	})
}

// A blocked reader must survive that its belt is wiped, and see what is rung afterwards.
func TestWipedWhileReading(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		q := s.open(t, "a")
		ctx := context.Background()
		read(t, q, 1, critical, routine) // makes the groups
		var after []queue.Message
		want := refs(1, critical)
		wiped := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for deadline := time.Now().Add(20 * time.Second); len(after) == 0 && time.Now().Before(deadline); {
				messages, err := q.Read(ctx, apns, 10, time.Second, critical, routine)
				if err != nil {
					t.Errorf("Read = %v", err)
					return
				}
				after = append(after, messages...)
				if s.mini { // it hands out the first lane's refs before it notices that the second has no group; Redis looks first
					stale, err := q.Stale(ctx, apnsCritical, 0, 10)
					if err != nil {
						t.Errorf("Stale = %v", err)
					}
					after = append(after, stale...)
				}
			}
		})
		wg.Go(func() {
			defer close(wiped)
			if err := q.Wipe(ctx, queue.Lanes(apns)); err != nil {
				t.Error(err)
			}
			ring(t, q, want)
		})
		<-wiped
		wg.Wait()
		if got := slices.Compact(refsOf(after)); !slices.Equal(got, want) {
			t.Fatalf("read %v after the belt was wiped, want %v", refsOf(after), want)
		}
	})
}

// What a dead process took is given to another, and what a living one took lately is not.
func TestStale(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		dead, alive := s.open(t, "dead"), s.open(t, "alive")
		sent := refs(3, critical)
		ring(t, dead, sent)
		read(t, dead, 10, critical)
		ctx := context.Background()
		if stale, err := alive.Stale(ctx, apnsCritical, time.Hour, 10); err != nil || len(stale) != 0 {
			t.Fatalf("took over %v, %v", stale, err)
		}
		stale, err := alive.Stale(ctx, apnsCritical, 0, 10)
		if err != nil || !slices.Equal(refsOf(stale), sent) {
			t.Fatalf("took over %v, %v", stale, err)
		}
		if stale, err := alive.Stale(ctx, outbox.Lane{Provider: apns, Urgency: routine}, 0, 10); err != nil || len(stale) != 0 {
			t.Fatalf("a lane that does not exist: %v, %v", stale, err)
		}
	})
}

func TestWhatIsNoRefIsThrownAway(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		q, raw := s.open(t, "a"), s.raw(t)
		ctx := context.Background()
		for _, values := range [][]any{
			{"x", "y"}, {"m", "not-a-uuid", "p", uuid.NewString(), "a", "0", "n", "1"}, {"m", uuid.NewString(), "p", uuid.NewString(), "a", "many", "n", "1"},
			{"m", uuid.NewString(), "p", uuid.NewString(), "a", "0", "n", "0"},
		} {
			if err := raw.XAdd(ctx, &redis.XAddArgs{Stream: s.key(critical), Values: values}).Err(); err != nil {
				t.Fatal(err)
			}
		}
		good := refs(1, critical)
		ring(t, q, good)
		if got := refsOf(read(t, q, 10, critical)); !slices.Equal(got, good) {
			t.Fatalf("read %v, want %v", got, good)
		}
		if n, err := q.Depth(ctx, apnsCritical); err != nil || n != 1 {
			t.Fatalf("%d left on the belt, %v", n, err)
		}
	})
}

func TestFronts(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		q, raw := s.open(t, "a"), s.raw(t)
		ctx := context.Background()
		front := func() time.Duration {
			t.Helper()
			belts, err := q.Fronts(ctx, queue.Lanes(apns))
			if err != nil || len(belts) != 2 || belts[0].Lane != apnsCritical || belts[1].Front != 0 {
				t.Fatalf("belts %+v, %v", belts, err)
			}
			return belts[0].Front
		}
		if f := front(); f != 0 {
			t.Fatalf("no belt: %s", f)
		}
		long := time.Now().Add(-time.Minute).UnixMilli()
		old := refs(1, critical)[0]
		err := raw.XAdd(ctx, &redis.XAddArgs{Stream: s.key(critical), ID: strconv.FormatInt(long, 10) + "-0", Values: []any{
			"m", old.Municipality.String(), "p", old.Parcel.String(), "a", "0", "n", "1",
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
		if err := q.Leave(ctx, queue.Lanes(apns)); err != nil {
			t.Fatal(err)
		}
		stale, err := other.Stale(ctx, apnsCritical, 0, 1)
		if err != nil || len(stale) != 1 {
			t.Fatalf("the ref was lost with its consumer: %v, %v", stale, err)
		}
		if err := other.Ack(ctx, held...); err != nil {
			t.Fatal(err)
		}
		for _, leaver := range []*queue.Queue{q, other} {
			if err := leaver.Leave(ctx, queue.Lanes(apns)); err != nil {
				t.Fatal(err)
			}
		}
		consumers, err := s.raw(t).XInfoConsumers(ctx, s.key(critical), "workers").Result()
		if err != nil || len(consumers) != 0 {
			t.Fatalf("left behind: %v, %v", consumers, err)
		}
	})
}

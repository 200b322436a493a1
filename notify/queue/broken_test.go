package queue_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"budstikke.example/notify/outbox"
	"budstikke.example/notify/queue"
)

// B3: what is no ref stops nobody, is counted, and can be looked at.
func TestWhatIsNoRefIsParked(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		q, raw := s.open(t, "a"), s.raw(t)
		ctx := context.Background()
		wrong := [][]any{
			{"x", strings.Repeat("y", 100_000)}, {"p", "not-a-uuid", "a", "0", "n", "1"}, {"p", uuid.NewString(), "a", "many", "n", "1"},
			{"p", uuid.NewString(), "a", "0", "n", "0"}, {"p", uuid.NewString(), "a", "0", "n", "4000000000000000000"}, {"p", uuid.NewString(), "a", "-1", "n", "1"},
			{"p", uuid.NewString(), "a", "70000", "n", "1"}, {"\xff\x00", "\xfe"},
		}
		for _, values := range wrong {
			if err := raw.XAdd(ctx, &redis.XAddArgs{Stream: s.key(critical), Values: values}).Err(); err != nil {
				t.Fatal(err)
			}
		}
		good := refs(1, critical)
		ring(t, q, good)
		if got := refsOf(read(t, q, 320, critical)); !slices.Equal(got, good) {
			t.Fatalf("read %v, want %v", got, good)
		}
		if n, err := q.Depth(ctx, here, apnsCritical); err != nil || n != 1 {
			t.Fatalf("%d left on the belt, %v", n, err)
		}
		broken, err := q.Broken(ctx, 100)
		if err != nil || len(broken) != len(wrong) || q.BrokenFound() != int64(len(wrong)) {
			t.Fatalf("%d are kept and %d counted, %v", len(broken), q.BrokenFound(), err)
		}
		for _, b := range broken {
			if b.Key != s.key(critical) || b.Entry == "" || b.At.IsZero() || len(b.Fields) > 2000 {
				t.Errorf("kept as %.300v", b)
			}
		}
		if !strings.Contains(broken[6].Fields, "not-a-uuid") {
			t.Errorf("the second tells %s", broken[6].Fields)
		}
	})
}

// B3: a key of another type under the name of a belt stops neither those who ring nor those who read.
func TestAKeyThatIsNoBeltIsSetAside(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		q, raw := s.open(t, "a"), s.raw(t)
		ctx := context.Background()
		spoil := func() {
			t.Helper()
			if err := raw.Del(ctx, s.key(critical)).Err(); err != nil {
				t.Fatal(err)
			}
			if err := raw.Set(ctx, s.key(critical), "something else", 0).Err(); err != nil {
				t.Fatal(err)
			}
		}
		spoil()
		other := refs(1, critical)
		other[0].Municipality = there
		want := append(refs(3, critical), other...)
		if _, err := q.Fronts(ctx, belts(here, critical)); err != nil {
			t.Errorf("Fronts = %v", err)
		}
		ring(t, q, want)
		q.Known(append(belts(here, critical), belts(there, critical)...))
		if _, err := q.Stale(ctx, critical, 0, 10); err != nil {
			t.Errorf("Stale = %v", err)
		}
		got, err := q.Read(ctx, critical, 1000, nil)
		if err != nil || !sameParcels(got, want) {
			t.Fatalf("read %d refs, %v", len(got), err)
		}
		spoil()
		if got := read(t, q, 100, critical); len(got) != 0 {
			t.Fatalf("read %v from what is no belt", got)
		}
		want = refs(1, critical)
		ring(t, q, want)
		if got := refsOf(read(t, q, 100, critical)); !slices.Equal(got, want) {
			t.Fatalf("read %v, want %v", got, want)
		}
		broken, err := q.Broken(ctx, 10)
		if err != nil || len(broken) != 2 || broken[0].Entry != s.key(critical)+":aside" {
			t.Fatalf("%v, %v", broken, err)
		}
		if kept, err := raw.Get(ctx, s.key(critical)+":aside").Result(); err != nil || kept != "something else" {
			t.Fatalf("what was set aside is %q, %v", kept, err)
		}
	})
}

// B3: a belt that can take nothing more, because the last possible id is used up, or whose readers were told that they are further than it ever was, stops
// neither those who ring nor those who read.
func TestABeltThatLeadsNowhereIsSetAside(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		if s.mini { // it knows no last id
			return
		}
		q, raw := s.open(t, "a"), s.raw(t)
		ctx := context.Background()
		carried := func() {
			t.Helper()
			want := refs(2, critical)
			ring(t, q, want)
			if got := refsOf(read(t, q, 100, critical)); !slices.Equal(got, want) {
				t.Fatalf("read %v, want %v", got, want)
			}
		}
		const last = "18446744073709551615-18446744073709551615"
		if err := raw.XAdd(ctx, &redis.XAddArgs{Stream: s.key(critical), ID: last, Values: []any{"x", "y"}}).Err(); err != nil {
			t.Fatal(err)
		}
		read(t, q, 100, critical) // the group is at the last possible id now
		if fronts, err := q.Fronts(ctx, belts(here, critical)); err != nil || fronts[0].Front != 0 {
			t.Fatalf("Fronts = %v, %v", fronts, err)
		}
		carried()
		if err := raw.XGroupSetID(ctx, s.key(critical), "workers", "9999999999999-0").Err(); err != nil {
			t.Fatal(err)
		}
		lost := refs(1, critical)
		ring(t, q, lost)
		if got := read(t, q, 100, critical); len(got) != 0 {
			t.Fatalf("read %v behind the group", got)
		}
		fronts, err := q.Fronts(ctx, belts(here, critical))
		if err != nil || fronts[0].Front != 0 {
			t.Fatalf("Fronts = %v, %v", fronts, err)
		}
		carried()
		if broken, err := q.Broken(ctx, 10); err != nil || len(broken) < 2 || broken[0].Entry != s.key(critical)+":aside" {
			t.Fatalf("kept %v, %v", broken, err)
		}
	})
}

// sameParcels tells whether messages are of refs, each at least once: an entry can be written twice.
func sameParcels(messages []queue.Message, refs []outbox.Ref) bool {
	for _, r := range refs {
		if !slices.Contains(refsOf(messages), r) {
			return false
		}
	}
	return true
}

package deadletter_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"budstikke.example/cmd/budstikke/internal/deadletter"
	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/trail"
	"budstikke.example/notify/outbox"
)

// TestEveryResultIsAmongTheAttempts holds that the result that ended a delivery is told with those before it, once, also after a replay.
func TestEveryResultIsAmongTheAttempts(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	ctx := t.Context()
	_, ids := letters(t, d, "here", 1)
	desk, err := deadletter.At(ctx, d.API, "here", trail.Asker{Operator: "ada", Purpose: "incident"})
	if err != nil {
		t.Fatal(err)
	}
	attempts := func(when string, want ...string) {
		t.Helper()
		document, err := desk.Show(ctx, ids[0])
		if err != nil {
			t.Fatal(err)
		}
		var told struct {
			Attempts []struct {
				Attempt, Status             int
				Outcome, Reason, FinishedAt string
			}
		}
		if err := json.Unmarshal(document, &told); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range told.Attempts {
			got = append(got, fmt.Sprint(a.Attempt, a.Outcome, a.Status, a.Reason))
			if a.FinishedAt == "" {
				t.Errorf("%s: attempt %d has no time", when, a.Attempt)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	ignore := func(outbox.Answer) error { return nil }
	first, second := fmt.Sprint(20, "unavailable", 503, "Shutdown"), fmt.Sprint(1, "refused", 0, "5.0.0")
	attempts("dead at once", first)
	if err := desk.Replay(ctx, ids, ignore); err != nil {
		t.Fatal(err)
	}
	attempts("replayed", first)
	if err := desk.Park(ctx, ids, ignore); err != nil {
		t.Fatal(err)
	}
	attempts("replayed and parked", first)
	if _, err := d.Admin.Exec(ctx, `update notify.deliveries set attempt = 1, fence = 21, outcome = 'refused', status = 0, reason = '5.0.0', settled_at = now()
		where id = $1`, ids[0]); err != nil {
		t.Fatal(err)
	}
	attempts("replayed and refused", first, second)
}

//go:build stuffing

package walk_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// P10: over many tries, in turns, the median of a refusal of somebody who is there is that of somebody who is not. Missing names are asked twice as
// often and told apart by chance: what that makes of one and the same is the noise. go test -tags stuffing ./cmd/budstikke/internal/walk -run
// TestTimesOfRefusals -v -timeout 30m
func TestTimesOfRefusals(t *testing.T) {
	const tries, most = 200, 5 * time.Millisecond
	w := newTown(t)
	boss := w.session("Heddavina", scope.Staff, 0)
	r := w.getReady(boss, w.hire(kindergarten, "substitute"))
	number := 0
	nobody := func() string { number++; return fmt.Sprintf("nobody-%d@example.com", number) }
	for door, ask := range map[string]func(username string) call{
		"wrong password": func(username string) call { return w.staffSignIn(username, "hemligt hemligt", "") },
		"wrong code":     func(username string) call { return w.staffSignIn(username, newPassword, "000000") },
	} {
		var took [3][]time.Duration // there, missing, missing
		for range tries {
			for _, i := range rand.Perm(3) {
				name := r.username
				if i > 0 {
					name = nobody()
				}
				w.Clock.Advance(store.Quiet + time.Second) // so that no count makes anybody wait
				began := time.Now()
				w.do(ask(name)).want(t, 401, "sign_in_failed")
				took[i] = append(took[i], time.Since(began))
			}
		}
		middle := func(list []time.Duration) time.Duration {
			slices.Sort(list)
			return list[len(list)/2]
		}
		there, missing, again := middle(took[0]), middle(took[1]), middle(took[2])
		t.Logf("%s: %s for who is there, %s and %s for who is not: a gap of %s, where the noise makes one of %s (medians of %d)", door,
			there.Round(time.Microsecond), missing.Round(time.Microsecond), again.Round(time.Microsecond), (there - missing).Round(time.Microsecond),
			(again - missing).Round(time.Microsecond), tries)
		if gap, noise := there-missing, again-missing; gap.Abs() > most+noise.Abs() {
			t.Errorf("%s: the medians differ by %s", door, gap)
		}
	}
}

package walk_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"budstikke.example/auth/letter"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// P10: at every door somebody who is there is refused like somebody who is not, to the byte, and nobody sooner than the work for either takes. The
// fastest of each are told; TestTimesOfRefusals compares them over many tries, on a quiet machine.
func TestEveryDoorRefusesAlike(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	boss := w.session("Heddavina", scope.Staff, 0)
	r := w.getReady(boss, w.hire(kindergarten, "substitute"))
	used := w.letter(boss, w.hire(kindergarten, "substitute"), "")
	w.do(w.activation(w.here, used)).want(t, http.StatusCreated, "")
	w.exec("update app.persons set username = 'left' where id = $1", w.person("Leonorina"))
	w.exec("update app.staff_roles set ended_at = now() - interval '1 hour' where person_id = $1", w.person("Leonorina"))
	returned := func(audience, subject, claim, value string) call {
		who := byName(subject, value)
		if claim == "pid" {
			who = byNumber(subject, value)
		}
		return call{method: http.MethodPost, path: "/v1/signin/oidc/return", body: w.journey(audience, who)}
	}
	for door, d := range map[string]struct {
		there, missing func(n int) call
		times          int
	}{
		"password": {
			func(int) call { return w.staffSignIn(r.username, "hemligt hemligt", "") },
			func(n int) call { return w.staffSignIn(fmt.Sprintf("nobody-%d@example.com", n), "hemligt hemligt", "") }, 12,
		},
		"second factor": {
			func(int) call { return w.staffSignIn(r.username, newPassword, "000000") },
			func(n int) call { return w.staffSignIn(fmt.Sprintf("nobody-%d@example.com", n), newPassword, "000000") }, 12,
		},
		"recovery code": {
			func(int) call { return w.staffSignIn(r.username, newPassword, "aaaa-aaaa-aaaa") },
			func(n int) call {
				return w.staffSignIn(fmt.Sprintf("nobody-%d@example.com", n), newPassword, "aaaa-aaaa-aaaa")
			}, 12,
		},
		"letter": {
			func(int) call { return w.activation(w.here, used) },
			func(int) call { return w.activation(w.here, letter.New().Print()) }, 12,
		},
		"staff by a provider": {
			func(n int) call { return returned("staff", fmt.Sprintf("left-%d", n), "uniid", "left") },
			func(n int) call { return returned("staff", fmt.Sprintf("none-%d", n), "uniid", "nobody") }, 4,
		},
		"guardian by a provider": {
			func(n int) call {
				return returned("guardian", fmt.Sprintf("m-%d", n), "pid", w.numbers["Heddavina"].Digits())
			},
			func(n int) call { return returned("guardian", fmt.Sprintf("o-%d", n), "pid", "190001019802") }, 4,
		},
	} {
		var took [2][]time.Duration
		var first reply
		for n := range d.times {
			for turn := range 2 {
				i := (n + turn) % 2 // by turns, so that neither always comes after the other
				ask := []func(int) call{d.there, d.missing}[i]
				if !strings.HasSuffix(door, "provider") {
					w.Clock.Advance(store.Quiet + time.Second) // so that no count makes anybody wait
				}
				c := ask(n)
				began := time.Now()
				got := w.do(c)
				took[i] = append(took[i], time.Since(began))
				if took[i][n] < 150*time.Millisecond {
					t.Errorf("%s: refused after %s", door, took[i][n])
				}
				if first.status == 0 {
					first = got
				}
				if strings.HasSuffix(door, "provider") && got.text(t, "status") != "contact_institution" {
					t.Fatalf("%s: %s", door, got.body)
				}
				if got.wire() != first.wire() {
					t.Errorf("%s: answered\n%s\nand at first\n%s", door, got.wire(), first.wire())
				}
			}
		}
		there, missing := slices.Min(took[0]), slices.Min(took[1])
		t.Logf("%s: %s for who is there, %s for who is not", door, there.Round(time.Microsecond), missing.Round(time.Microsecond))
	}
}

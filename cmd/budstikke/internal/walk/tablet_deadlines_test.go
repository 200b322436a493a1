package walk_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// nextMonth moves the clock to so long before or after the beginning of the next month, and does then what the sweep of tablets does.
func (w *town) nextMonth(t *testing.T, after time.Duration) {
	t.Helper()
	now := w.Clock.Now()
	w.Clock.Advance(time.Date(now.Year(), now.Month()+1, 1, 9, 0, 0, 0, time.UTC).Add(after).Sub(now))
	must(t, w.api.SweepTablets(w.ctx))
}

func (w *town) rotate(t *testing.T, group uuid.UUID) {
	t.Helper()
	w.do(call{method: http.MethodPost, path: "/v1/office/groups/" + group.String() + "/shared-user/rotation", token: w.session("Heddavina", scope.Staff, 0)}).
		want(t, http.StatusNoContent, "")
}

// V12: a tablet that was not confirmed in time is locked for good: neither the next month's secret nor one that a head asks for opens it, and the head
// goes on seeing that it is locked. A tablet of the same group that was confirmed works on.
func TestTabletLockedOnceStaysLocked(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	group := w.groupOf("Alfhildis")
	tab, confirmed := w.tablet(group), w.tablet(group)
	w.nextMonth(t, 0)
	w.exec("update auth.tablets t set generation = u.generation from auth.shared_users u where u.group_id = t.group_id and t.id = $1", confirmed.id)
	w.exec("update auth.shared_users set confirm_by = now() - interval '1 second' where group_id = $1", group)
	locked := func(when string) {
		t.Helper()
		w.Clock.Advance(time.Second)
		w.renew(t, tab, w.Clock.Now()).want(t, http.StatusNotFound, "not_found")
		if n := one[int](w, "select count(*) from auth.working_tablets where id = $1", tab.id); n != 0 {
			t.Errorf("%s: the locked tablet works", when)
		}
		if got := w.renew(t, confirmed, w.Clock.Now()); got.status != http.StatusCreated {
			t.Errorf("%s: the confirmed tablet answers %d", when, got.status)
		}
		states, _ := w.states(t, w.session("Heddavina", scope.Staff, 0), group)
		if states[tab.id] != "locked" || states[confirmed.id] == "locked" || states[confirmed.id] == "" {
			t.Errorf("%s: the head reads %s of the locked one and %s of the other", when, states[tab.id], states[confirmed.id])
		}
	}
	locked("overdue")
	w.nextMonth(t, 0)
	locked("the next month")
	w.rotate(t, group)
	locked("a head asked")
}

// V12: a deadline of a day stays one, also when a month begins meanwhile; a tablet that had the secret of before the month gets the month's week, and the
// head hears of either.
func TestDeadlineIsNotMadeLonger(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	group := w.groupOf("Alfhildis")
	late, early := w.tablet(group), w.tablet(group)
	told := func() int {
		return one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
			where e.kind = 'secret_due' and e.subject_id = $1 and d.person_id = $2 and d.channel = 'in_app'`, group, w.person("Heddavina"))
	}
	expect := func(when string, want int) {
		t.Helper()
		w.keepCalendar(t)
		if got := told(); got != want {
			t.Errorf("%s: the head was told %d times, want %d", when, got, want)
		}
	}
	w.nextMonth(t, -15*time.Hour)
	w.rotate(t, group)
	first := w.renew(t, late, w.Clock.Now()).want(t, http.StatusCreated, "").text(t, "confirmBy")
	w.exec("update auth.tablets t set generation = u.generation from auth.shared_users u where u.group_id = t.group_id and t.id = $1", early.id)
	expect("a day is left", 1)
	w.Clock.Advance(12 * time.Hour)
	must(t, w.api.SweepTablets(w.ctx))
	if got := w.renew(t, late, w.Clock.Now()).want(t, http.StatusCreated, "").text(t, "confirmBy"); got != first {
		t.Errorf("the deadline moved from %s to %s", first, got)
	}
	if got := w.renew(t, early, w.Clock.Now()).want(t, http.StatusCreated, "").text(t, "confirmBy"); got <= first {
		t.Errorf("who had the secret of the day is to be confirmed by %s", got)
	}
	expect("the month has begun", 1)
	w.Clock.Advance(13 * time.Hour)
	expect("the first is locked, the other has days left", 2)
	w.Clock.Advance(6 * 24 * time.Hour)
	expect("hours before the other is locked", 3)
}

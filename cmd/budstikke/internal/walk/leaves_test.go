package walk_test

import (
	"net/http"
	"testing"
	"time"

	"budstikke.example/migrations/scope"
)

// V11, V15: from the first moment of a leave nothing at the institution is open any more, and from the midnight after its last day it is again.
func TestLeave(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	boss := is[head].token
	path := "/staff/" + w.person("Emelinda").String() + "/leave"
	tab := w.tablet(w.groupOf("Alfhildis"))
	w.Clock.Advance(time.Minute) // the work begins after the secret was made
	w.setPIN(t, "Emelinda", goodPIN)
	work := w.unlock(t, tab, "Emelinda", goodPIN).want(t, http.StatusCreated, "").text(t, "token")

	w.office(http.MethodPut, kindergarten, path, boss, map[string]any{"firstDay": w.day(2), "lastDay": w.day(30)}).want(t, http.StatusOK, "")
	if !w.works(is[employee].token) || w.staffOf(boss)[w.person("Emelinda")].State != "running" {
		t.Error("a leave that is planned takes access away")
	}
	w.office(http.MethodDelete, kindergarten, path, boss, nil).want(t, http.StatusNoContent, "")
	w.office(http.MethodDelete, kindergarten, path, boss, nil).want(t, http.StatusNoContent, "")
	if n := one[int](w, "select count(*) from app.staff_leaves"); n != 0 {
		t.Errorf("%d leaves after it was taken back", n)
	}

	w.Clock.Advance(time.Second)
	w.office(http.MethodPut, kindergarten, path, boss, map[string]any{"lastDay": w.day(30)}).want(t, http.StatusOK, "")
	got := w.staffOf(boss)[w.person("Emelinda")]
	if got.State != "on_leave" || got.Leave == nil || !got.Leave.Until.Equal(w.midnight(31)) {
		t.Errorf("on leave as %+v", got)
	}
	if w.works(is[employee].token) || w.works(work) {
		t.Error("somebody on leave works on (V11)")
	}
	if n := one[int](w, "select count(*) from auth.sessions where person_id = $1 and kind = 'staff' and ended_at is null", w.person("Emelinda")); n != 0 {
		t.Errorf("%d sessions go on (V15)", n)
	}
	if w.renew(t, tab, w.Clock.Now()).want(t, http.StatusCreated, "").text(t, "confirmBy") == "" {
		t.Error("the tablet's secret was not changed when somebody who knew it went on leave (V12)")
	}
	if got := w.office(http.MethodPut, kindergarten, path, boss, map[string]any{"firstDay": w.day(40)}); got.code != "leave_running" {
		t.Errorf("another leave beside the one that runs: %d %s", got.status, got.code)
	}

	w.exec("update app.staff_leaves set until = now() - interval '1 second'") // the midnight comes
	if !w.works(w.session("Emelinda", scope.Staff, 0)) {
		t.Error("somebody who is back does not get in (V11)")
	}
	w.office(http.MethodPut, kindergarten, path, boss, map[string]any{}).want(t, http.StatusOK, "")
	if w.works(w.session("Emelinda", scope.Staff, 0)) {
		t.Error("a leave without an end takes nothing away")
	}
	w.office(http.MethodDelete, kindergarten, path, boss, nil).want(t, http.StatusNoContent, "")
	if !w.works(w.session("Emelinda", scope.Staff, 0)) {
		t.Error("a leave that was ended goes on")
	}
}

// V12: a tablet's secret changes when somebody who has worked on it leaves by the desk of the head, as by any other way.
func TestWhoLeavesTakesTheTabletsSecret(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	tab := w.tablet(w.groupOf("Alfhildis"))
	w.Clock.Advance(time.Minute) // the work begins after the secret was made
	w.setPIN(t, "Emelinda", goodPIN)
	work := w.unlock(t, tab, "Emelinda", goodPIN).want(t, http.StatusCreated, "").text(t, "token")
	w.Clock.Advance(time.Second)
	before := w.renew(t, tab, w.Clock.Now()).want(t, http.StatusCreated, "")
	if before.text(t, "confirmBy") != "" {
		t.Fatalf("the secret changes without a reason: %s", before.body)
	}
	end := "/staff-roles/" + w.roleOf(w.person("Emelinda")).String() + "/end"
	w.office(http.MethodPost, kindergarten, end, is[head].token, map[string]any{}).want(t, http.StatusOK, "")
	if w.works(work) {
		t.Error("the work on the tablet goes on (V15)")
	}
	w.Clock.Advance(time.Second)
	if w.renew(t, tab, w.Clock.Now()).want(t, http.StatusCreated, "").text(t, "confirmBy") == "" {
		t.Error("the tablet's secret was not changed (V12)")
	}
}

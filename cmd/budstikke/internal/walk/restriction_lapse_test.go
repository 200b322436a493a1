package walk_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// B8: a proposal to lift a restriction waits fourteen days for the second person and then lapses: it cannot be confirmed, whoever made it is told once
// and in words that say nothing, and the restriction holds as if nobody had proposed anything. It can be proposed anew.
func TestProposalToLiftLapses(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	set := w.restrict(is[head].token, "Alfhildis", "Annelore", "no_access")
	id := set.id(t).String()
	told := func(want int, what string) {
		t.Helper()
		w.keepCalendar(t)
		w.keepCalendar(t)
		if n := w.told("lifting_lapsed", "Heddavina"); n != want {
			t.Errorf("%s: the head was told %d times, want %d", what, n, want)
		}
		for _, given := range []string{"Oddvarina", "Kommunalia", "Annelore", "Bodvaris", "Leonorina"} {
			if w.told("lifting_lapsed", given) != 0 {
				t.Errorf("%s: %s was told, too", what, given)
			}
		}
	}
	state := func(token string) (r struct {
		State          string
		ProposalEndsAt time.Time
		Etag           string
	}) {
		t.Helper()
		var page struct{ Items []json.RawMessage }
		got := w.do(call{path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/restrictions", token: token}).want(t, http.StatusOK, "")
		must(t, json.Unmarshal(got.body, &page))
		must(t, json.Unmarshal(page.Items[0], &r))
		return r
	}

	w.Clock.Advance(time.Minute) // of the process alone: the database says when it was proposed
	first := w.do(liftOf(id, "lifting-proposal", is[head].token, set.header.Get("ETag"))).want(t, http.StatusOK, "")
	at := one[time.Time](w, "select lifting_proposed_at from app.restrictions where id = $1", id)
	if got := state(is[owner].token); got.State != "lifting_proposed" || !got.ProposalEndsAt.Equal(at.AddDate(0, 0, 14)) || !contains(first, got.ProposalEndsAt.Format(time.RFC3339Nano)) {
		t.Errorf("proposed at %s: %+v, answered %s", at, got, first.body)
	}
	told(0, "while it stands")

	w.exec("update app.restrictions set lifting_proposed_at = now() - interval '14 days' where id = $1", id)
	if got := state(is[owner].token); got.State != "in_force" || !got.ProposalEndsAt.IsZero() {
		t.Errorf("lapsed: %+v", got)
	}
	etag := first.header.Get("ETag")
	w.do(liftOf(id, "lifting", is[owner].token, etag)).want(t, http.StatusConflict, "lifting_not_proposed")
	w.do(call{path: "/v1/guardian/children/" + w.person("Alfhildis").String(), token: w.session("Annelore", "guardian", 0)}).want(t, http.StatusNotFound, "not_found")
	told(1, "lapsed")

	etag = w.do(liftOf(id, "lifting-proposal", is[head].token, etag)).want(t, http.StatusOK, "").header.Get("ETag")
	told(1, "proposed anew")
	w.exec("update app.restrictions set lifting_proposed_at = now() - interval '20 days' where id = $1", id)
	w.exec("update app.restrictions set lapse_told_at = null where id = $1", id)
	told(2, "lapsed again")
	etag = w.do(liftOf(id, "lifting-proposal", is[owner].token, etag)).want(t, http.StatusOK, "").header.Get("ETag") // whose it is now
	w.do(liftOf(id, "lifting", is[head].token, etag)).want(t, http.StatusOK, "")
	told(2, "lifted")
}

// B8: of a lapsed proposal nobody is told who does not answer for the child any more, or is kept from it.
func TestLapseIsToldToNobodyWhoMayNotKnow(t *testing.T) {
	t.Parallel()
	for what, lose := range map[string]func(w *town, is map[who]actor){
		"who has left": func(w *town, _ map[who]actor) {
			w.exec("update app.staff_roles set ended_at = now() where person_id = $1", w.person("Heddavina"))
		},
		"who is kept": func(w *town, is map[who]actor) { w.restrict(is[owner].token, "Alfhildis", "Heddavina", "no_access") },
		"whose child left": func(w *town, _ map[who]actor) {
			w.exec("update app.enrolments set ended_at = now() where child_id = $1", w.person("Alfhildis"))
		},
	} {
		w := newTown(t)
		is := w.people()
		set := w.restrict(is[owner].token, "Alfhildis", "Annelore", "no_photo")
		w.do(liftOf(set.id(t).String(), "lifting-proposal", is[head].token, set.header.Get("ETag"))).want(t, http.StatusOK, "")
		w.exec("update app.restrictions set lifting_proposed_at = now() - interval '15 days' where id = $1", set.id(t))
		lose(w, is)
		w.keepCalendar(t)
		shown := one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
			where e.kind = 'lifting_lapsed' and d.state <> 'suppressed' and d.channel = 'in_app'`)
		if token := w.session("Heddavina", "staff", 0); what == "who is kept" && contains(w.do(call{path: "/v1/staff/notices", token: token}), "lifting_lapsed") {
			t.Errorf("%s reads of it", what)
		} else if what != "who is kept" && shown != 0 {
			t.Errorf("%s is told", what)
		}
	}
}

package walk_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

func rollCallOf(token string) call { return call{path: "/v1/staff/tablet/roll-call", token: token} }

// V7, B8: what a tablet writes behind a first name tells nothing of a child that it does not name: one whose identity is marked, or from whom
// somebody who works there is kept. The explanation says the same (B9).
func TestATabletTellsNothingOfWhoItDoesNotName(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child, namesake := w.person("Alfhildis"), w.person("Caspianus")
	tab := w.tablet(w.groupOf("Alfhildis"))
	w.exec("update app.persons set given_name = 'Alfhildis' where id = $1", namesake)
	shows := func(what, name, explained string) {
		t.Helper()
		if body := string(w.doIn(t, rollCallOf(tab.token)).want(t, http.StatusOK, "").body); !strings.Contains(body, `"name":"`+name+`"`) {
			t.Errorf("%s: the tablet shows %s, want %q", what, body, name)
		}
		if _, got := w.explain(t, is[head].token, child, ""); !strings.Contains(string(got.body), `"shows":"`+explained+`"`) {
			t.Errorf("%s: explained as %s, want %s", what, got.body, explained)
		}
	}
	shows("both are named", "Alfhildis A", "name_and_initial")
	w.exec("update app.persons set protected_identity = 'marked' where id = $1", namesake)
	shows("the identity of the other is marked", "Alfhildis", "given_name")
	w.exec("update app.persons set protected_identity = 'none' where id = $1", namesake)
	w.exec(`insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
		select municipality_id, gen_random_uuid(), $2, $3, 'no_location', starts_at, reason_sealed, reason_key, set_by, set_at from app.restrictions where id = $1`,
		w.restrict(is[head].token, "Alfhildis", "Annelore", "no_photo").id(t), namesake, w.person("Emelinda"))
	shows("somebody who works there is kept from the other", "Alfhildis", "given_name")
}

// V7, V12: what ends at a moment of a tablet's is over at that moment, by the clock of the server: an idle minute, a code, the day to confirm.
func TestATabletsTimesEndToTheMoment(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	group := w.groupOf("Alfhildis")
	w.setPIN(t, "Emelinda", goodPIN)
	children := "/v1/staff/institutions/" + w.institution(kindergarten).String() + "/children"
	tab := w.tablet(group)
	looks := func(token string) reply { return w.doIn(t, call{path: children, token: token}) }

	work := w.unlock(t, tab, "Emelinda", goodPIN).want(t, http.StatusCreated, "").text(t, "token")
	w.Clock.Advance(time.Minute - time.Microsecond)
	looks(work).want(t, http.StatusOK, "")
	w.Clock.Advance(time.Minute)
	looks(work).want(t, http.StatusUnauthorized, "sign_in_required")
	w.doIn(t, rollCallOf(work)).want(t, http.StatusUnauthorized, "sign_in_required") // nor is it the tablet's own

	work = w.unlock(t, tab, "Emelinda", goodPIN).want(t, http.StatusCreated, "").text(t, "token")
	for range 71 { // used all the time, it ends after an hour
		w.Clock.Advance(50 * time.Second)
		looks(work).want(t, http.StatusOK, "")
	}
	w.Clock.Advance(50 * time.Second)
	looks(work).want(t, http.StatusUnauthorized, "sign_in_required")

	enrol := func(body map[string]any) reply {
		return w.doIn(t, call{method: http.MethodPost, path: "/v1/signin/tablets", body: body})
	}
	soon, _ := w.enrolment(group)
	late, _ := w.enrolment(group)
	w.Clock.Advance(10*time.Minute - time.Microsecond)
	enrol(soon).want(t, http.StatusCreated, "")
	w.Clock.Advance(time.Microsecond)
	enrol(late).want(t, http.StatusNotFound, "not_found")

	tab.token = w.renew(t, tab, w.Clock.Now()).want(t, http.StatusCreated, "").text(t, "token")
	w.exec("update auth.shared_users set generation = generation + 1, rotated_at = now(), confirm_by = $1", w.Clock.Now().Add(time.Microsecond))
	w.doIn(t, rollCallOf(tab.token)).want(t, http.StatusOK, "")
	w.exec("update auth.shared_users set confirm_by = least(now(), $1)", w.Clock.Now())
	w.doIn(t, rollCallOf(tab.token)).want(t, http.StatusUnauthorized, "sign_in_required")
}

// P11, V12: of a proof that is shown many times at once one is believed; a proof for another tablet, of another municipality or with the secret of another
// tablet of the same group is not found, like one of a tablet that there is not.
func TestAProofIsForOneTabletOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	group := w.groupOf("Alfhildis")
	tab, beside := w.tablet(group), w.tablet(group)
	at := w.Clock.Now().Add(time.Second)
	path := func(id uuid.UUID) string { return "/v1/signin/tablets/" + id.String() + "/session" }
	renewed := 0
	for _, got := range w.atOnce(t, 16, func(int) call { return call{method: http.MethodPost, path: path(tab.id), body: tab.proof(w.here, at)} }) {
		switch {
		case got.status == http.StatusCreated:
			renewed++
		case got.code != "not_found":
			t.Errorf("at once: %s", got.wire())
		}
	}
	if renewed != 1 {
		t.Errorf("one proof renewed the access %d times", renewed)
	}
	later := at.Add(time.Second)
	unknown := w.doIn(t, call{method: http.MethodPost, path: path(newID()), body: tab.proof(w.here, later)}).want(t, http.StatusNotFound, "not_found").wire()
	mixed := tab
	mixed.secret = beside.secret
	tampered := tab.proof(w.here, later)
	tampered["at"] = later.Add(time.Second).UnixMilli()
	elsewhere := tab.proof(w.here, later)
	elsewhere["municipalityId"] = w.there
	for what, c := range map[string]call{
		"at another tablet":                 {path: path(beside.id), body: tab.proof(w.here, later)},
		"with the secret of another tablet": {path: path(tab.id), body: mixed.proof(w.here, later)},
		"for another moment":                {path: path(tab.id), body: tampered},
		"of another municipality":           {path: path(tab.id), body: elsewhere},
		"signed for another municipality":   {path: path(tab.id), body: func() map[string]any { p := tab.proof(w.there, later); p["municipalityId"] = w.here; return p }()},
		"of the far future":                 {path: path(tab.id), body: tab.proof(w.here, time.UnixMilli(1<<53-1))},
		"of the far past":                   {path: path(tab.id), body: tab.proof(w.here, time.UnixMilli(-(1<<53 - 1)))},
		"of the same millisecond":           {path: path(tab.id), body: tab.proof(w.here, at)},
	} {
		c.method = http.MethodPost
		if got := w.doIn(t, c); got.wire() != unknown && got.code != "request_invalid" {
			t.Errorf("%s: %s", what, got.wire())
		}
	}
	w.renew(t, tab, later).want(t, http.StatusCreated, "") // and nothing of that has used it up
}

// V15: who works on a tablet that is reported lost is out with it: no request that starts after the answer to the report succeeds, however many are on
// their way, and a PIN that was being compared meanwhile opens nothing.
func TestALostTabletIsOutWhileItIsUsed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	tab := w.tablet(w.groupOf("Alfhildis"))
	w.setPIN(t, "Emelinda", goodPIN)
	work := w.unlock(t, tab, "Emelinda", goodPIN).want(t, http.StatusCreated, "").text(t, "token")
	boss := w.session("Heddavina", scope.Staff, 0)
	children := "/v1/staff/institutions/" + w.institution(kindergarten).String() + "/children"
	w.atOnce(t, 12, func(i int) call {
		switch {
		case i == 6:
			return call{method: http.MethodPost, path: "/v1/office/tablets/" + tab.id.String() + "/removal", token: boss, body: map[string]any{"lost": true}}
		case i%3 == 0:
			return call{method: http.MethodPost, path: "/v1/staff/tablet/work", token: tab.token, body: map[string]any{"personId": w.person("Emelinda"), "pin": goodPIN}}
		case i%3 == 1:
			return call{path: children, token: work}
		}
		return rollCallOf(tab.token)
	})
	if n := one[int](w, "select count(*) from auth.tablets where id = $1 and ended_because = 'lost'", tab.id); n != 1 {
		t.Fatal("the tablet was not removed")
	}
	for _, token := range []string{work, tab.token} {
		w.doIn(t, call{path: children, token: token}).want(t, http.StatusUnauthorized, "sign_in_required")
		w.doIn(t, rollCallOf(token)).want(t, http.StatusUnauthorized, "sign_in_required")
	}
	w.unlock(t, tab, "Emelinda", goodPIN).want(t, http.StatusUnauthorized, "sign_in_required")
	w.renew(t, tab, w.Clock.Now().Add(time.Second)).want(t, http.StatusNotFound, "not_found")
}

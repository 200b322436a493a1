package walk_test

import (
	"crypto/ed25519"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

const goodPIN = "493827"

func (w *town) setPIN(t *testing.T, given, pin string) {
	t.Helper()
	w.doIn(t, call{method: http.MethodPut, path: "/v1/staff/pin", token: w.session(given, scope.Staff, 0), body: map[string]any{"pin": pin}}).
		want(t, http.StatusNoContent, "")
}

func (w *town) unlock(t *testing.T, tab sharedTablet, given, pin string) reply {
	t.Helper()
	return w.doIn(t, call{method: http.MethodPost, path: "/v1/staff/tablet/work", token: tab.token, body: map[string]any{"personId": w.person(given), "pin": pin}})
}

func (w *town) renew(t *testing.T, tab sharedTablet, at time.Time) reply {
	t.Helper()
	return w.doIn(t, call{method: http.MethodPost, path: "/v1/signin/tablets/" + tab.id.String() + "/session", body: tab.proof(w.here, at)})
}

func (w *town) groupOf(child string) uuid.UUID {
	return one[uuid.UUID](w, "select group_id from app.enrolments where child_id = $1 and group_id is not null", w.person(child))
}

// V7: a tablet by itself shows first names and who is away; whatever names more asks for a PIN, and then it is the person's work, for the group.
func TestTablet(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	tab := w.tablet(w.groupOf("Alfhildis"))

	call1 := w.doIn(t, call{method: http.MethodGet, path: "/v1/staff/tablet/roll-call", token: tab.token}).want(t, http.StatusOK, "")
	if body := string(call1.body); !strings.Contains(body, `"name":"Alfhildis"`) || strings.Contains(body, "vexel") {
		t.Errorf("the roll-call shows more than first names, or not those: %s", body)
	}
	children := "/v1/staff/institutions/" + w.institution(kindergarten).String() + "/children"
	w.doIn(t, call{method: http.MethodGet, path: children, token: tab.token}).want(t, http.StatusUnauthorized, "pin_required")
	w.doIn(t, call{method: http.MethodGet, path: "/v1/guardian/children", token: tab.token}).want(t, http.StatusNotFound, "not_found")

	w.unlock(t, tab, "Emelinda", goodPIN).want(t, http.StatusUnauthorized, "pin_wrong") // who has none
	w.setPIN(t, "Emelinda", goodPIN)
	w.setPIN(t, "Rektorina", goodPIN)
	w.unlock(t, tab, "Rektorina", goodPIN).want(t, http.StatusUnauthorized, "pin_wrong") // who works elsewhere
	staff := w.doIn(t, call{method: http.MethodGet, path: "/v1/staff/tablet/colleagues", token: tab.token}).want(t, http.StatusOK, "")
	if !strings.Contains(string(staff.body), "Emelinda") || strings.Contains(string(staff.body), "Rektorina") {
		t.Errorf("the list of colleagues: %s", staff.body)
	}
	work := w.unlock(t, tab, "Emelinda", goodPIN).want(t, http.StatusCreated, "").text(t, "token")
	seen := w.doIn(t, call{method: http.MethodGet, path: children, token: work}).want(t, http.StatusOK, "")
	if body := string(seen.body); !strings.Contains(body, "Alfhildis") || strings.Contains(body, "Caspianus") && w.groupOf("Caspianus") != w.groupOf("Alfhildis") {
		t.Errorf("work on the tablet shows other groups: %s", body)
	}
	if n := one[int](w, "select count(*) from audit.entries where operation = 'ListInstitutionChildren' and actor_id = $1", w.person("Emelinda")); n != 1 {
		t.Errorf("%d entries name the person who looked, want 1 (B5)", n)
	}

	// What is a person's own, and what heads decide, is for devices of one's own: the same before the PIN as after it, so that nobody gives theirs for nothing.
	applications := "/v1/office/institutions/" + w.institution(kindergarten).String() + "/applications"
	for _, path := range []string{"/v1/signin/sessions", "/v1/staff/notices", applications, "/v1/office/overdue-reviews"} {
		named := w.doIn(t, call{method: http.MethodGet, path: path, token: work}).want(t, http.StatusNotFound, "not_found")
		unnamed := w.doIn(t, call{method: http.MethodGet, path: path, token: tab.token}).want(t, http.StatusNotFound, "not_found")
		if named.wire() != unnamed.wire() {
			t.Errorf("%s answers otherwise before a PIN than after it:\n%s\n%s", path, unnamed.wire(), named.wire())
		}
	}

	// Each use moves the end of the work; a minute without one ends it.
	for range 3 {
		w.Clock.Advance(50 * time.Second)
		w.doIn(t, call{method: http.MethodGet, path: children, token: work}).want(t, http.StatusOK, "")
	}
	w.Clock.Advance(61 * time.Second)
	w.doIn(t, call{method: http.MethodGet, path: children, token: work}).want(t, http.StatusUnauthorized, "sign_in_required")
	w.doIn(t, call{method: http.MethodGet, path: "/v1/staff/tablet/roll-call", token: tab.token}).want(t, http.StatusOK, "")

	// Who begins their work ends that of whoever was there before; a role that ends takes the work with it (V11, V15).
	first := w.unlock(t, tab, "Emelinda", goodPIN).want(t, http.StatusCreated, "").text(t, "token")
	w.setPIN(t, "Leonorina", "938471")
	second := w.unlock(t, tab, "Leonorina", "938471").want(t, http.StatusCreated, "").text(t, "token")
	w.doIn(t, call{method: http.MethodGet, path: children, token: first}).want(t, http.StatusUnauthorized, "sign_in_required")
	w.exec("update app.staff_roles set ended_at = now() - interval '1 second' where person_id = $1", w.person("Leonorina"))
	w.doIn(t, call{method: http.MethodGet, path: children, token: second}).want(t, http.StatusUnauthorized, "sign_in_required")
}

// V7: five tries, also when they come at once, and nobody is locked out anywhere else.
func TestPINIsGuessedFiveTimes(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	group := w.groupOf("Alfhildis")
	tab, other := w.tablet(group), w.tablet(group)
	w.setPIN(t, "Emelinda", goodPIN)
	answers := w.atOnce(t, 20, func(i int) call {
		return call{method: http.MethodPost, path: "/v1/staff/tablet/work", token: tab.token,
			body: map[string]any{"personId": w.person("Emelinda"), "pin": fmt.Sprintf("%06d", 100000+i)}}
	})
	tried := 0
	for _, a := range answers {
		if a.code == "pin_wrong" {
			tried++
		}
	}
	if tried > 5 {
		t.Errorf("%d PINs were compared, want 5 at most", tried)
	}
	w.unlock(t, tab, "Emelinda", goodPIN).want(t, http.StatusUnauthorized, "pin_locked")
	w.unlock(t, other, "Emelinda", goodPIN).want(t, http.StatusCreated, "")
	rests := func(by string) {
		t.Helper()
		w.exec("update auth.pin_tries set last_at = last_at - $1::interval where tablet_id = $2", by, tab.id)
	}
	rests("14 minutes")
	w.unlock(t, tab, "Emelinda", "100100").want(t, http.StatusUnauthorized, "pin_locked") // who taps on prolongs nothing
	rests("1 minute")
	w.unlock(t, tab, "Emelinda", "100100").want(t, http.StatusUnauthorized, "pin_wrong")
	rests("29 minutes")
	w.unlock(t, tab, "Emelinda", goodPIN).want(t, http.StatusUnauthorized, "pin_locked")
	w.exec("update auth.pin_tries set tries = 900 where tablet_id = $1", tab.id)
	rests("13 hours") // no longer than twelve hours, however often it was wrong
	w.unlock(t, tab, "Emelinda", goodPIN).want(t, http.StatusCreated, "")
	for i := range 5 {
		w.unlock(t, tab, "Emelinda", fmt.Sprintf("%06d", 100200+i)).want(t, http.StatusUnauthorized, "pin_wrong")
	}
	w.unlock(t, tab, "Emelinda", goodPIN).want(t, http.StatusUnauthorized, "pin_locked")
	w.setPIN(t, "Emelinda", "938471")
	w.unlock(t, tab, "Emelinda", goodPIN).want(t, http.StatusUnauthorized, "pin_wrong")
	w.unlock(t, tab, "Emelinda", "938471").want(t, http.StatusCreated, "")
	w.doIn(t, call{method: http.MethodPut, path: "/v1/staff/pin", token: w.session("Emelinda", scope.Staff, 0), body: map[string]any{"pin": "123456"}}).
		want(t, http.StatusUnprocessableEntity, "pin_too_weak")
}

// P10: whoever goes through the PINs of colleagues on a tablet is an alarm, and one who has forgotten theirs is not.
func TestGuessingAtColleaguesIsAnAlarm(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	tab, other := w.tablet(w.groupOf("Alfhildis")), w.tablet(w.groupOf("Alfhildis"))
	w.exec("update app.staff_roles set group_id = $2, role = 'employee' where person_id = any ($1)",
		[]uuid.UUID{w.person("Emelinda"), w.person("Leonorina"), w.person("Heddavina")}, w.groupOf("Alfhildis"))
	alarms := func() int { return one[int](w, "select count(*) from auth.alarms where kind = 'tablet_pins_guessed'") }
	guess := func(at sharedTablet, given string) {
		t.Helper()
		for i := range 6 {
			w.unlock(t, at, given, fmt.Sprintf("%06d", 100300+i)).want(t, http.StatusUnauthorized, map[bool]string{true: "pin_locked", false: "pin_wrong"}[i == 5])
		}
	}
	for _, given := range []string{"Emelinda", "Leonorina", "Heddavina"} {
		w.setPIN(t, given, goodPIN)
	}
	guess(tab, "Emelinda")
	guess(tab, "Leonorina")
	guess(other, "Heddavina")
	if n := alarms(); n != 0 {
		t.Errorf("%d alarms of two who have forgotten theirs, and one elsewhere", n)
	}
	guess(tab, "Heddavina")
	if n := alarms(); n != 1 {
		t.Errorf("%d alarms of three whose PINs rest on one tablet, want 1", n)
	}
	if !strings.Contains(w.log.String(), `"msg":"tablet_pins_guessed"`) {
		t.Error("nobody who reads the log is told")
	}
}

// V12, P11: a tablet renews its access by its key and its present secret, each proof once; a copy is worth nothing.
func TestTabletProvesItself(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	tab := w.tablet(w.groupOf("Alfhildis"))
	rollCall := func(token string) reply {
		return w.doIn(t, call{method: http.MethodGet, path: "/v1/staff/tablet/roll-call", token: token})
	}
	w.Clock.Advance(10*time.Minute + time.Second)
	rollCall(tab.token).want(t, http.StatusUnauthorized, "sign_in_required")

	now := w.Clock.Now()
	good := w.renew(t, tab, now).want(t, http.StatusCreated, "").text(t, "token")
	rollCall(good).want(t, http.StatusOK, "")
	w.renew(t, tab, now).want(t, http.StatusNotFound, "not_found") // the same proof again
	w.renew(t, tab, now.Add(-time.Second)).want(t, http.StatusNotFound, "not_found")
	w.renew(t, tab, now.Add(time.Hour)).want(t, http.StatusNotFound, "not_found")
	thief := tab
	_, thief.key, _ = ed25519.GenerateKey(nil)
	w.renew(t, thief, now.Add(time.Second)).want(t, http.StatusNotFound, "not_found")
	stranger := tab
	stranger.id = newID()
	w.renew(t, stranger, now.Add(time.Second)).want(t, http.StatusNotFound, "not_found")

	// A month begins: the tablet works on and asks to be confirmed; who gave their PIN confirms it; the old secret is worth nothing then.
	w.setPIN(t, "Emelinda", goodPIN)
	w.Clock.Advance(w.Clock.Now().AddDate(0, 1, 0).Sub(w.Clock.Now()))
	w.exec("update auth.shared_users set rotated_at = $1", w.Clock.Now().AddDate(0, -1, 0))
	got := w.renew(t, tab, w.Clock.Now()).want(t, http.StatusCreated, "")
	if got.text(t, "confirmBy") == "" {
		t.Errorf("the secret was not changed in the new month: %s", got.body)
	}
	tab.token = got.text(t, "token")
	work := w.unlock(t, tab, "Emelinda", goodPIN).want(t, http.StatusCreated, "").text(t, "token")
	fresh := tab
	fresh.secret = w.doIn(t, call{method: http.MethodPost, path: "/v1/staff/tablet/confirmation", token: work}).want(t, http.StatusCreated, "").text(t, "secret")
	w.renew(t, tab, w.Clock.Now().Add(time.Second)).want(t, http.StatusNotFound, "not_found")
	if again := w.renew(t, fresh, w.Clock.Now().Add(2*time.Second)).want(t, http.StatusCreated, ""); again.text(t, "confirmBy") != "" {
		t.Errorf("a confirmed tablet is to be confirmed: %s", again.body)
	}

	// Somebody who worked on it leaves: the secret changes at once, and a tablet that nobody confirms in time is locked.
	w.Clock.Advance(time.Minute)
	w.exec("update app.staff_roles set ended_at = now() - interval '1 second' where person_id = $1", w.person("Emelinda"))
	got = w.renew(t, fresh, w.Clock.Now().Add(3*time.Second)).want(t, http.StatusCreated, "")
	if got.text(t, "confirmBy") == "" {
		t.Errorf("the secret was not changed when somebody who knew it left: %s", got.body)
	}
	w.exec("update auth.shared_users set confirm_by = now() - interval '1 second'")
	rollCall(got.text(t, "token")).want(t, http.StatusUnauthorized, "sign_in_required")
	w.renew(t, fresh, w.Clock.Now().Add(4*time.Second)).want(t, http.StatusNotFound, "not_found")
}

// V7, V15: a code enrols one tablet, for the group it was made for, within ten minutes; a removed tablet is out at once with all work on it.
func TestTabletIsEnrolledOnceAndRemoved(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	group := w.groupOf("Alfhildis")
	enrol := func(body map[string]any) reply {
		return w.doIn(t, call{method: http.MethodPost, path: "/v1/signin/tablets", body: body})
	}
	body, _ := w.enrolment(group)
	enrol(body).want(t, http.StatusCreated, "")
	enrol(body).want(t, http.StatusNotFound, "not_found")
	late, _ := w.enrolment(group)
	w.Clock.Advance(10*time.Minute + time.Second)
	enrol(late).want(t, http.StatusNotFound, "not_found")
	elsewhere, _ := w.enrolment(group)
	elsewhere["municipalityId"] = w.there
	enrol(elsewhere).want(t, http.StatusNotFound, "not_found")
	body["code"] = "ABCDE-FGHJK-LMNPQ"
	enrol(body).want(t, http.StatusNotFound, "not_found")

	tab := w.tablet(group)
	w.setPIN(t, "Emelinda", goodPIN)
	work := w.unlock(t, tab, "Emelinda", goodPIN).want(t, http.StatusCreated, "").text(t, "token")
	w.doIn(t, call{method: http.MethodPost, path: "/v1/office/tablets/" + tab.id.String() + "/removal", token: work, body: map[string]any{"lost": true}}).
		want(t, http.StatusNotFound, "not_found") // nobody decides on a tablet
	w.doIn(t, call{method: http.MethodPost, path: "/v1/office/tablets/" + tab.id.String() + "/removal", token: w.session("Heddavina", scope.Staff, 0),
		body: map[string]any{"lost": true}}).want(t, http.StatusNoContent, "")
	for _, token := range []string{work, tab.token} {
		w.doIn(t, call{method: http.MethodGet, path: "/v1/staff/institutions/" + w.institution(kindergarten).String() + "/children", token: token}).
			want(t, http.StatusUnauthorized, "sign_in_required")
	}
	w.renew(t, tab, w.Clock.Now().Add(time.Second)).want(t, http.StatusNotFound, "not_found")
	if because := one[string](w, "select rotated_because from auth.shared_users where group_id = $1", group); because != "lost" {
		t.Errorf("the secret of the group was last changed because of %q, want lost (V12)", because)
	}
}

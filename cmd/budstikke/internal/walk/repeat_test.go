package walk_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/totp"
	"budstikke.example/migrations/scope"
	"budstikke.example/notify/sandbox"
)

// write is a real flow whose effect can be counted.
type write struct {
	call
	count string // SQL that counts its effect
}

// writes are the three that people repeat when it matters: an absence, a message, an alert; and the staff's answer.
func (w *town) writes(is map[who]actor) map[string]write {
	w.tb.Helper()
	child, place := w.person("Alfhildis"), w.institution(kindergarten)
	thread := w.thread(is[right].token, child, textOfGuardian)
	return map[string]write{
		"absence": {call{method: http.MethodPost, path: "/v1/guardian/children/" + child.String() + "/absences", token: is[right].token,
			body: map[string]any{"startsOn": w.day(10), "endsOn": w.day(11), "reason": "holiday", "note": noteOfFamily}}, "select count(*) from app.absences"},
		"message": {call{method: http.MethodPost, path: "/v1/guardian/conversations/" + thread.String() + "/messages", token: is[right].token,
			body: map[string]any{"text": textOfGuardian}}, "select count(*) from app.messages"},
		"reply": {call{method: http.MethodPost, path: "/v1/staff/conversations/" + thread.String() + "/messages", token: is[leader].token,
			body: map[string]any{"text": textOfStaff}}, "select count(*) from app.messages"},
		"alert": {call{method: http.MethodPost, path: "/v1/office/institutions/" + place.String() + "/alerts", token: is[head].token,
			body: map[string]any{"situation": "closure", "text": textOfAlert}}, "select count(*) from app.alerts"},
	}
}

// Fifty repetitions at the same time have one effect; each gets the answer, or is told that the request is under way (B6, P7).
func TestRepeatingAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	for name, write := range w.writes(is) {
		rows, events := one[int](w, write.count), one[int](w, "select count(*) from notify.events")
		write.key = "same-key-at-the-same-time"
		replies := w.atOnce(t, 50, func(int) call { return write.call })
		var first *reply
		for _, r := range replies {
			switch {
			case r.status == http.StatusConflict && r.code == "idempotency_key_in_flight":
			case r.status != http.StatusCreated && r.status != http.StatusAccepted:
				t.Errorf("%s: answered %d %s", name, r.status, r.code)
			case first == nil:
				first = &r
			case r.wire() != first.wire():
				t.Errorf("%s: two answers:\n%s\nand\n%s", name, first.wire(), r.wire())
			}
		}
		if first == nil {
			t.Fatalf("%s: nobody got the answer", name)
		}
		if got := one[int](w, write.count) - rows; got != 1 {
			t.Errorf("%s: %d rows, want one", name, got)
		}
		if got := one[int](w, "select count(*) from notify.events") - events; got != 1 {
			t.Errorf("%s: announced %d times, want once", name, got)
		}
		if later := w.do(write.call); !later.replayed() || later.wire() != first.wire() {
			t.Errorf("%s: later answered\n%s\ninstead of\n%s", name, later.wire(), first.wire())
		}
	}
}

// atOnce sends n requests at the same time and returns their answers.
func (w *town) atOnce(t *testing.T, n int, request func(i int) call) []reply {
	replies := make([]reply, n)
	ready := make(chan struct{})
	var group sync.WaitGroup
	for i := range n {
		c := request(i)
		group.Go(func() {
			<-ready
			replies[i] = w.doIn(t, c)
		})
	}
	close(ready)
	group.Wait()
	return replies
}

func TestKeys(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	for name, write := range w.writes(is) {
		before := w.fingerprint()
		c := write.call
		c.noKey = true
		if got := w.do(c); got.status != http.StatusBadRequest || got.code != "idempotency_key_missing" || got.fields[0].Pointer != "Idempotency-Key" {
			t.Errorf("%s without a key: %d %s", name, got.status, got.body)
		}
		for _, bad := range []string{"short", "fifteen-letters", strings.Repeat("k", 129), "with a space in it", "semi;colons;in;it;", "åäöåäöåäöåäöåäöåäö", "a-key-with-a-slash/"} {
			c := write.call
			c.header = map[string]string{"Idempotency-Key": bad}
			if got := w.do(c); got.status != http.StatusBadRequest || got.code != "idempotency_key_missing" {
				t.Errorf("%s with the key %q: %d %s", name, bad, got.status, got.code)
			}
		}
		w.unchanged(t, before, "when "+name+" was asked for without a key that can be used")

		c = write.call
		c.key = "a-key-that-is-used-twice"
		first := w.do(c)
		after := w.fingerprint()
		changed := c
		changed.body = map[string]any{"text": "Någonting helt annat", "situation": "other", "startsOn": w.day(12), "endsOn": w.day(12), "reason": "other"}
		switch name {
		case "absence":
			changed.body = map[string]any{"startsOn": w.day(12), "endsOn": w.day(12), "reason": "other"}
		case "alert":
			changed.body = map[string]any{"text": "Någonting helt annat", "situation": "other"}
		default:
			changed.body = map[string]any{"text": "Någonting helt annat"}
		}
		w.do(changed).want(t, http.StatusUnprocessableEntity, "idempotency_key_reused")
		w.unchanged(t, after, "when the key of "+name+" was used for something else")
		if again := w.do(c); !again.replayed() || again.wire() != first.wire() {
			t.Errorf("%s: a misused key lost its answer", name)
		}
	}
}

// A key belongs to who used it: the same key and the same request by somebody else is a request of its own (P7).
func TestKeyOfSomebodyElse(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	c := call{method: http.MethodPost, path: "/v1/guardian/conversations", token: is[right].token,
		body: map[string]any{"childId": w.person("Alfhildis"), "text": textOfGuardian}}
	c.key = "one-key-for-both-of-them"
	mine := w.do(c).want(t, http.StatusCreated, "")
	c.token = is[other].token
	theirs := w.do(c).want(t, http.StatusCreated, "")
	if theirs.replayed() || mine.id(t) == theirs.id(t) {
		t.Error("the other guardian was given the first one's answer")
	}
	c.token = w.session("Annelore", scope.Guardian, 0)
	if again := w.do(c); !again.replayed() || again.wire() != mine.wire() {
		t.Errorf("after signing in anew the same person lost the answer: %s", again.wire())
	}
	c.body = map[string]any{"childId": w.person("Fjalarine"), "text": textOfGuardian}
	c.token = is[elsewhere].token
	w.do(c).want(t, http.StatusCreated, "")
}

func TestKeysAreKeptForSevenDays(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	c := w.writes(is)["message"].call
	c.key = "a-phone-that-was-offline"
	first := w.do(c).want(t, http.StatusCreated, "")
	w.Clock.Advance(7*24*time.Hour - time.Second)
	c.token = w.session("Annelore", scope.Guardian, 0) // the key is the person's, not the session's
	if again := w.do(c); !again.replayed() || again.wire() != first.wire() {
		t.Errorf("a second before the end: %s", again.wire())
	}
	w.Clock.Advance(2 * time.Second)
	if anew := w.do(c).want(t, http.StatusCreated, ""); anew.replayed() || anew.id(t) == first.id(t) {
		t.Error("after seven days the key is not free again")
	}
}

// A refusal is no answer to keep: the corrected request may use the same key.
func TestRefusedWriteDoesNotUseItsKeyUp(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	all := w.writes(is)
	for _, name := range []string{"absence", "message", "reply"} {
		c := all[name].call
		c.key = "a-key-of-a-refused-write"
		body := map[string]any{"text": confidential}
		if name == "absence" {
			body = map[string]any{"startsOn": w.day(1), "endsOn": w.day(1), "reason": "illness", "note": confidential}
		}
		c.body = body
		before := w.fingerprint()
		warned := w.do(c).want(t, http.StatusConflict, "sensitivity_confirmation_required")
		w.unchanged(t, before, "when "+name+" was warned about (V17)")
		body["acknowledgement"] = warned.review.Acknowledgement
		w.do(c).want(t, http.StatusCreated, "")
	}
}

// What is kept to be said again is sealed: a stolen table holds no session and no note.
func TestKeptAnswersAreSealed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.do(w.writes(is)["absence"].call).want(t, http.StatusCreated, "")

	start := call{method: http.MethodPost, path: "/v1/signin/bankid", body: map[string]any{"municipalityId": w.here},
		header: map[string]string{"X-Forwarded-For": "192.0.2.7"}}
	order := w.do(start).want(t, http.StatusCreated, "")
	started, err := w.sandbox.OrderByQR(order.text(t, "qr"))
	must(t, err)
	if started.EndUserIP != "192.0.2.7" {
		t.Errorf("BankID is told that the device is %s", started.EndUserIP)
	}
	must(t, w.sandbox.CompleteOrder(started.OrderRef, sandbox.Person{PersonalNumber: w.numbers["Annelore"].Digits(), GivenName: "A", Surname: "B"}))
	collect := call{method: http.MethodPost, path: "/v1/signin/bankid/collect", key: "a-collect-that-got-lost", body: map[string]any{"holder": order.text(t, "holder")}}
	collected := w.do(collect).want(t, http.StatusOK, "")
	if again := w.do(collect); !again.replayed() || again.wire() != collected.wire() {
		t.Errorf("a sign-in whose answer was lost: %s", again.wire())
	}

	account := one[uuid.UUID](w, "select id from auth.accounts where person_id = $1", w.person("Heddavina"))
	enrolled, err := w.api.Password.Enrol(w.ctx, w.here, account, mailOf("Heddavina"), headPassword, "Budstikke")
	must(t, err)
	code, err := totp.Code(enrolled.Secret, totp.Step(w.Clock.Now()))
	must(t, err)
	staff := call{method: http.MethodPost, path: "/v1/signin/staff", key: "a-sign-in-that-got-lost",
		body: map[string]any{"municipalityId": w.here, "username": mailOf("Heddavina"), "password": headPassword, "code": code}}
	signedIn := w.do(staff).want(t, http.StatusCreated, "")
	if again := w.do(staff); !again.replayed() || again.wire() != signedIn.wire() {
		t.Errorf("a staff sign-in whose answer was lost: %s", again.wire())
	}

	if n := one[int](w, "select count(*) from app.idempotency_keys where answer is not null"); n < 4 {
		t.Fatalf("only %d answers are kept", n)
	}
	words := []string{noteOfFamily, "Vindruvsklase", signedIn.text(t, "token"), order.text(t, "holder"), order.text(t, "qr"), "bst_", "bsh_", "holiday"}
	words = append(words, strings.Split(string(collected.body), `"`)...)
	for _, word := range words {
		if len(word) < 4 {
			continue
		}
		if n := one[int](w, `select count(*) from app.idempotency_keys where position(convert_to($1, 'UTF8') in answer) > 0
			or position(convert_to($1, 'UTF8') in key_hash || fingerprint) > 0`, word); n != 0 {
			t.Errorf("%d kept answers hold %q in clear", n, word)
		}
	}
	for _, key := range []string{collect.key, staff.key} {
		for _, table := range []string{"app.idempotency_keys", "auth.sessions", "auth.bankid_orders"} {
			if n := one[int](w, fmt.Sprintf("select count(*) from %s t where position($1 in t::text) > 0", table), key); n != 0 {
				t.Errorf("%s holds a client's key", table)
			}
		}
	}
}

// A session ends for everybody who signs out, at once and once; the person's other sessions go on.
func TestSignOut(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	probe := map[scope.Caller]string{scope.Guardian: "/v1/guardian/me", scope.Staff: "/v1/staff/institutions", scope.Applicant: "/v1/signin/application"}
	w.exec(`insert into app.applications (municipality_id, id, person_id, locale, created_at) values ($1, $2, $3, 'sv', $4)`,
		w.here, newID(), w.person("Gretchenia"), w.Clock.Now())
	for _, caller := range []who{right, inactive, foreign, applicant, employee, head, topOwner, utrikine} {
		a := is[caller]
		out := call{method: http.MethodDelete, path: "/v1/signin/session", token: w.session(a.given, a.kind, 0)}
		w.do(call{path: probe[a.kind], token: out.token}).want(t, http.StatusOK, "")
		w.do(out).want(t, http.StatusNoContent, "")
		w.do(call{path: probe[a.kind], token: out.token}).want(t, http.StatusUnauthorized, "sign_in_required")
		w.do(out).want(t, http.StatusUnauthorized, "sign_in_required")
		w.do(call{path: probe[a.kind], token: a.token}).want(t, http.StatusOK, "")
	}
}

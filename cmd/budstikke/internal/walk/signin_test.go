package walk_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/nationalid"
	"budstikke.example/auth/store"
	"budstikke.example/auth/totp"
	"budstikke.example/migrations/scope"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/sandbox"
)

// signed is a BankID order that somebody has signed; its holder is about to collect it.
func (w *town) signed(number string) (holder string) {
	w.tb.Helper()
	start := w.do(call{method: http.MethodPost, path: "/v1/signin/bankid", body: map[string]any{"municipalityId": w.here}}).want(w.tb, http.StatusCreated, "")
	order, err := w.sandbox.OrderByQR(start.text(w.tb, "qr"))
	must(w.tb, err)
	must(w.tb, w.sandbox.CompleteOrder(order.OrderRef, sandbox.Person{PersonalNumber: number, GivenName: "A", Surname: "B"}))
	return start.text(w.tb, "holder")
}

func collectOf(holder, key string) call {
	return call{method: http.MethodPost, path: "/v1/signin/bankid/collect", key: key, body: map[string]any{"holder": holder, "locale": "sv"}}
}

// bankID signs somebody in with BankID and returns what they are answered.
func (w *town) bankID(number string) reply {
	w.tb.Helper()
	return w.do(collectOf(w.signed(number), "")).want(w.tb, http.StatusOK, "")
}

// session is the token and the kind of the session in an answer.
func (r reply) session(tb testing.TB) (token, kind string) {
	tb.Helper()
	var p struct{ Session *struct{ Token, Kind string } }
	must(tb, json.Unmarshal(r.body, &p))
	if p.Session == nil {
		tb.Fatalf("no session: %s", r.body)
	}
	return p.Session.Token, p.Session.Kind
}

// apply takes an applicant from the e-mail address to the account. That the mail must be answered is tested elsewhere.
func (w *town) apply(token, email string) (guardian string) {
	w.tb.Helper()
	a := w.do(call{method: http.MethodPut, path: "/v1/signin/application/email", token: token,
		body: map[string]any{"email": email, "locale": "sv"}}).want(w.tb, http.StatusAccepted, "")
	w.exec("update notify.endpoints set state = 'active', verified_at = $2 where address = $1", email, w.Clock.Now())
	w.do(call{method: http.MethodPost, path: "/v1/signin/application/terms", token: token,
		body: map[string]any{"version": a.text(w.tb, "termsVersion")}}).want(w.tb, http.StatusOK, "")
	done := w.do(call{method: http.MethodPost, path: "/v1/signin/application/submission", token: token}).want(w.tb, http.StatusCreated, "")
	return done.text(w.tb, "token")
}

// Working somewhere makes nobody a guardian: an account of the staff leads to a guardian's session only after an application, which takes a
// legal guardian, a confirmed address and the terms (H2, H3, H7, H11, H12). The account stays one.
func TestStaffApplyLikeEverybody(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	atWork := w.session("Leonorina", scope.Staff, 0)
	if status := w.bankID(w.numbers["Leonorina"].Digits()).text(t, "status"); status != "contact_institution" {
		t.Fatalf("a member of the staff who is nobody's guardian: %s", status)
	}
	w.exec(`insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at)
		select municipality_id, $1, child_id, $2, true, basis, created_at from app.guardianships where child_id = $3 limit 1`,
		newID(), w.person("Leonorina"), w.person("Alfhildis"))
	first := w.bankID(w.numbers["Leonorina"].Digits())
	applicant, kind := first.session(t)
	if first.text(t, "status") != "application" || kind != "applicant" {
		t.Fatalf("a member of the staff who is a guardian and never applied: %s", first.body)
	}
	w.do(call{path: "/v1/guardian/me", token: applicant}).want(t, http.StatusNotFound, "not_found")
	opened := w.apply(applicant, mailOf("Leonorina"))
	again := w.bankID(w.numbers["Leonorina"].Digits())
	token, kind := again.session(t)
	if again.text(t, "status") != "signed_in" || kind != "guardian" {
		t.Fatalf("after the application: %s", again.body)
	}
	for _, session := range []string{opened, token} {
		w.do(call{path: "/v1/guardian/me", token: session}).want(t, http.StatusOK, "")
	}
	w.do(call{path: "/v1/staff/institutions", token: atWork}).want(t, http.StatusOK, "")
	if n := one[int](w, "select count(*) from auth.accounts where person_id = $1", w.person("Leonorina")); n != 1 {
		t.Errorf("%d accounts, want one (H2)", n)
	}
	if n := one[int](w, "select count(distinct account_id) from auth.sessions where person_id = $1 and account_id is not null", w.person("Leonorina")); n != 1 {
		t.Errorf("sessions of %d accounts, want one (H2)", n)
	}
}

// Whoever cannot go on by themselves is answered the same, to the byte: nobody learns who is in a register or hidden in it (H7, H11).
func TestTurnedAwayAlike(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	unknown, err := nationalid.SyntheticBorn(nationalid.Sweden, 1976, 1998, 900)
	must(t, err)
	w.exec("update app.guardianships set legal = false where guardian_id = $1", w.person("Stenulvar"))
	w.exec("update app.persons set protected_identity = 'protected' where id = $1", w.person("Hildegunnar"))
	w.session("Heddavina", scope.Staff, 0)
	// A refusal takes at least this long, whoever it is about: the register is faster about those it does not know. Only the least can be
	// asserted; a slow machine makes it longer for all.
	const least = 150 * time.Millisecond
	began := time.Now()
	first := w.bankID(unknown.Digits())
	if took := time.Since(began); took < least {
		t.Errorf("somebody whom no register knows was turned away after %s, want %s at least", took, least)
	}
	if first.text(t, "status") != "contact_institution" || len(first.header) < 3 {
		t.Fatalf("somebody whom no register knows: %s", first.wire())
	}
	for name, given := range map[string]string{
		"a contact who is no legal guardian": "Stenulvar", "a guardian with a protected identity": "Hildegunnar",
		"a guardian of a child with a protected identity": "Petronellix", "a member of the staff who is no guardian": "Heddavina",
	} {
		began := time.Now()
		got := w.bankID(w.numbers[given].Digits())
		if took := time.Since(began); took < least {
			t.Errorf("%s was turned away after %s, want %s at least", name, took, least)
		}
		if got.status != first.status || got.wire() != first.wire() {
			t.Errorf("%s is answered\n%s\nand somebody unknown\n%s", name, got.wire(), first.wire())
		}
	}
	if n := one[int](w, "select count(*) from app.applications"); n != 0 {
		t.Errorf("%d applications were opened", n)
	}
}

// What BankID says once is never lost, however often an impatient phone asks at the same time with one key (B3, B6).
func TestCollectingAtTheSameTimeWithOneKey(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.session("Annelore", scope.Guardian, 0)
	for round := range 5 {
		before := one[int](w, "select count(*) from auth.sessions")
		request := collectOf(w.signed(w.numbers["Annelore"].Digits()), fmt.Sprintf("one-key-for-twenty-collects-%d", round))
		var answer *reply
		for _, r := range w.atOnce(t, 20, func(int) call { return request }) {
			switch status := r.text(t, "status"); {
			case r.status == http.StatusOK && status == "pending":
			case r.status != http.StatusOK || status != "signed_in":
				t.Errorf("answered %d %s", r.status, r.body)
			case answer == nil:
				answer = &r
			case r.wire() != answer.wire():
				t.Errorf("two answers:\n%s\nand\n%s", r.wire(), answer.wire())
			}
		}
		later := w.do(request)
		if answer == nil || !later.replayed() || later.wire() != answer.wire() {
			t.Fatalf("later the same request is answered %d %s", later.status, later.wire())
		}
		if n := one[int](w, "select count(*) from auth.sessions") - before; n != 1 {
			t.Errorf("%d sessions, want one", n)
		}
	}
}

// With a key of its own each of twenty collects is a request of its own: one signs in, the others are told to wait or that it is over.
func TestCollectingAtTheSameTimeWithManyKeys(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.session("Annelore", scope.Guardian, 0)
	for round := range 5 {
		before := one[int](w, "select count(*) from auth.sessions")
		holder := w.signed(w.numbers["Annelore"].Digits())
		key := func(i int) string { return fmt.Sprintf("a-key-for-every-collect-%d-%d", round, i) }
		winner, answer := -1, reply{}
		for i, r := range w.atOnce(t, 20, func(i int) call { return collectOf(holder, key(i)) }) {
			switch status := r.text(t, "status"); {
			case r.status == http.StatusNotFound, r.status == http.StatusOK && status == "pending":
			case r.status == http.StatusOK && status == "signed_in" && winner < 0:
				winner, answer = i, r
			default:
				t.Errorf("answered %d %s", r.status, r.body)
			}
		}
		if winner < 0 {
			t.Fatal("nobody was signed in")
		}
		if later := w.do(collectOf(holder, key(winner))); !later.replayed() || later.wire() != answer.wire() {
			t.Errorf("later the same request is answered %d %s", later.status, later.wire())
		}
		if n := one[int](w, "select count(*) from auth.sessions") - before; n != 1 {
			t.Errorf("%d sessions, want one", n)
		}
	}
}

// A member of the staff whose phone asks twice at once is signed in once; the code that was used by the very same request is no failure (B6).
func TestStaffSignInAtTheSameTimeWithOneKey(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.session("Heddavina", scope.Staff, 0)
	account := one[uuid.UUID](w, "select id from auth.accounts where person_id = $1", w.person("Heddavina"))
	enrolled, err := w.api.Password.Enrol(w.ctx, w.here, account, mailOf("Heddavina"), headPassword, "Budstikke")
	must(t, err)
	code, err := totp.Code(enrolled.Secret, totp.Step(w.Clock.Now()))
	must(t, err)
	before := one[int](w, "select count(*) from auth.sessions")
	request := call{method: http.MethodPost, path: "/v1/signin/staff", key: "one-key-for-three-sign-ins",
		body: map[string]any{"municipalityId": w.here, "username": mailOf("Heddavina"), "password": headPassword, "code": code}}
	var answer *reply
	for _, r := range w.atOnce(t, 3, func(int) call { return request }) {
		switch {
		case r.status == http.StatusConflict && r.code == "idempotency_key_in_flight":
		case r.status != http.StatusCreated:
			t.Errorf("answered %d %s", r.status, r.body)
		case answer == nil:
			answer = &r
		case r.wire() != answer.wire():
			t.Errorf("two answers:\n%s\nand\n%s", r.wire(), answer.wire())
		}
	}
	if n := one[int](w, "select count(*) from auth.sessions") - before; answer == nil || n != 1 {
		t.Errorf("%d sessions, want one", n)
	}
}

// applicantAt is an applicant and the request that registers one of their addresses.
func (w *town) applicantAt() (register func(email string) call) {
	w.tb.Helper()
	token, _ := w.bankID(w.numbers["Gretchenia"].Digits()).session(w.tb)
	return func(email string) call {
		return call{method: http.MethodPut, path: "/v1/signin/application/email", token: token, body: map[string]any{"email": email, "locale": "sv"}}
	}
}

func (w *town) mails() int {
	w.tb.Helper()
	return one[int](w, "select count(*) from notify.events where kind = 'email_registered'")
}

// tooMany fails unless the answer says when to try again, which is not later than within.
func (r reply) tooMany(tb testing.TB, within time.Duration) {
	tb.Helper()
	r.want(tb, http.StatusTooManyRequests, "too_many_attempts")
	seconds, err := strconv.Atoi(r.header.Get("Retry-After"))
	if wait := time.Duration(seconds) * time.Second; err != nil || wait <= 0 || wait > within {
		tb.Errorf("Retry-After: %q", r.header.Get("Retry-After"))
	}
}

// Nobody can flood a mailbox through an application (H3): five mails an hour, none twice within a minute, and a repetition counts nothing.
func TestMailsOfAnApplication(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	register := w.applicantAt()
	for n := range store.MostMails {
		request := register(fmt.Sprintf("address-%d@example.com", n))
		request.key = fmt.Sprintf("register-an-address-%d", n)
		for range 3 {
			w.do(request).want(t, http.StatusAccepted, "")
		}
		w.do(register(fmt.Sprintf("address-%d@example.com", n))).want(t, http.StatusAccepted, "") // a key of its own: the address waits already
		if got := w.mails(); got != n+1 {
			t.Fatalf("%d mails after address %d", got, n+1)
		}
	}
	w.do(register("one-more@example.com")).tooMany(t, store.MailWindow)
	if got, kept := w.mails(), one[int](w, "select count(*) from notify.endpoints where address = 'one-more@example.com'"); got != store.MostMails || kept != 0 {
		t.Errorf("%d mails; a refused address was kept %d times", got, kept)
	}
	w.Clock.Advance(2 * time.Minute)
	w.do(register("address-4@example.com")).tooMany(t, store.MailWindow)
	w.Clock.Advance(store.MailWindow - 3*time.Minute)
	register = w.applicantAt() // a new session does not begin a new count
	w.do(register("one-more@example.com")).tooMany(t, 2*time.Minute)
	w.Clock.Advance(time.Minute)
	w.do(register("one-more@example.com")).want(t, http.StatusAccepted, "")
}

func TestMailsOfAnApplicationAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	register := w.applicantAt()
	taken := 0
	for _, r := range w.atOnce(t, 20, func(i int) call { return register(fmt.Sprintf("address-%d@example.com", i%7)) }) {
		switch r.status {
		case http.StatusAccepted:
			taken++
		case http.StatusTooManyRequests:
		default:
			t.Errorf("answered %d %s", r.status, r.body)
		}
	}
	if got := w.mails(); got > store.MostMails || got == 0 || taken == 0 {
		t.Errorf("%d mails, %d requests were taken", got, taken)
	}
	if n := one[int](w, "select count(*) from notify.endpoints where state = 'unverified'"); n != 1 {
		t.Errorf("%d addresses wait to be confirmed, want the last one", n)
	}
}

// The address that was named last is the one that counts: a link in an earlier mail confirms nothing any more (H3).
func TestEarlierAddressCannotBeConfirmed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	register := w.applicantAt()
	for _, email := range []string{"mistyped@example.com", "right@example.com"} {
		w.do(register(email)).want(t, http.StatusAccepted, "")
	}
	confirm := func(email string) error {
		id := one[uuid.UUID](w, "select id from notify.endpoints where address = $1", email)
		return w.API.WithScope(w.ctx, scope.Of(w.here, scope.SignIn), func(tx *scope.Tx) error {
			_, err := outbox.Confirm(w.ctx, tx, id)
			return err
		})
	}
	if err := confirm("mistyped@example.com"); !errors.Is(err, outbox.ErrNoEndpoint) {
		t.Errorf("the earlier address: %v, want ErrNoEndpoint", err)
	}
	must(t, confirm("right@example.com"))
	w.do(register("another@example.com")).want(t, http.StatusAccepted, "")
	if state := one[string](w, "select state from notify.endpoints where address = 'right@example.com'"); state != "active" {
		t.Errorf("a confirmed address became %s when another was named", state)
	}
}

// One address cannot start sign-ins without end, and the others go on (B14).
func TestStartsFromOneAddress(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	must(t, w.API.WithScope(w.ctx, scope.Of(w.here, scope.SignIn), func(tx *scope.Tx) error {
		for n := range store.MostStarts {
			if err := store.ClaimStart(w.ctx, tx, w.keys, netip.MustParseAddr(fmt.Sprintf("2001:db8:7::%x", n+1))); err != nil {
				return err
			}
		}
		return nil
	}))
	start := func(from string) reply {
		return w.do(call{method: http.MethodPost, path: "/v1/signin/bankid", body: map[string]any{"municipalityId": w.here},
			header: map[string]string{"X-Forwarded-For": from}})
	}
	orders := one[int](w, "select count(*) from auth.bankid_orders")
	start("2001:db8:7::ffff").tooMany(t, store.StartWindow)
	if n := one[int](w, "select count(*) from auth.bankid_orders"); n != orders {
		t.Error("a refused sign-in was started")
	}
	start("2001:db8:8::1").want(t, http.StatusCreated, "")
	w.Clock.Advance(store.StartWindow)
	start("2001:db8:7::ffff").want(t, http.StatusCreated, "")
}

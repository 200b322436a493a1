package walk_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/nationalid"
	"budstikke.example/migrations/scope"
)

// fillIn does all steps of an application but the last one.
func (w *town) fillIn(token, email string) {
	w.tb.Helper()
	a := w.do(call{method: http.MethodPut, path: "/v1/signin/application/email", token: token,
		body: map[string]any{"email": email, "locale": "sv"}}).want(w.tb, http.StatusAccepted, "")
	w.exec("update notify.endpoints set state = 'active', verified_at = $2 where address = $1 and state <> 'retired'", email, w.Clock.Now())
	w.do(call{method: http.MethodPost, path: "/v1/signin/application/terms", token: token,
		body: map[string]any{"version": a.text(w.tb, "termsVersion")}}).want(w.tb, http.StatusOK, "")
}

func submission(token string) call {
	return call{method: http.MethodPost, path: "/v1/signin/application/submission", token: token}
}

// waiting is the case that a head sees.
type waiting struct {
	ID            uuid.UUID
	State         string
	ApplicantName string
	Children      []string
	Reasons       []string
	AgeDays       int
	Note          string
}

func (w *town) queue(head, place, query string) (items []waiting, next string) {
	w.tb.Helper()
	r := w.do(call{path: "/v1/office/institutions/" + w.institution(place).String() + "/applications" + query, token: head}).want(w.tb, http.StatusOK, "")
	var page struct {
		Items []waiting
		Next  string
	}
	must(w.tb, json.Unmarshal(r.body, &page))
	return page.Items, page.Next
}

func (w *town) decision(token string, id uuid.UUID, to, reason string) call {
	return call{method: http.MethodPost, token: token,
		path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/applications/" + id.String() + "/decision",
		body: map[string]any{"decision": to, "reason": reason}}
}

// manual lets a head decide every application, as the owner says.
func (w *town) manual() {
	w.tb.Helper()
	w.do(call{method: http.MethodPut, path: "/v1/office/application-policy", token: w.session("Kommunalia", scope.Staff, 0),
		body: map[string]any{"policy": "head_manual"}}).want(w.tb, http.StatusOK, "")
}

func (w *town) accounts(given string) int {
	w.tb.Helper()
	return one[int](w, "select count(*) from auth.accounts where person_id = $1 and ended_at is null", w.person(given))
}

func (w *town) told(kind, given string) int {
	w.tb.Helper()
	return one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.id = d.event_id
		where e.kind = $1 and d.person_id = $2 and d.channel = 'in_app'`, kind, w.person(given))
}

// H1, H11, V1: where a head decides, an application waits with its reasons and its age; an approval opens the account and no access.
func TestAHeadDecidesAnApplication(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.manual()
	boss := w.session("Heddavina", scope.Staff, 0)
	token, _ := w.bankID(w.numbers["Gretchenia"].Digits()).session(t)
	if list, _ := w.queue(boss, kindergarten, ""); len(list) != 0 {
		t.Fatalf("an application that is not handed in waits for the head: %+v", list)
	}
	w.fillIn(token, mailOf("Gretchenia"))
	handedIn := w.do(submission(token)).want(t, http.StatusAccepted, "")
	if state := handedIn.text(t, "state"); state != "queued" || w.accounts("Gretchenia") != 0 {
		t.Fatalf("handed in: %s, %d accounts", state, w.accounts("Gretchenia"))
	}
	w.do(submission(token)).want(t, http.StatusConflict, "application_closed")
	if w.told("applications_waiting", "Heddavina") != 1 || w.told("applications_waiting", "Rektorina")+w.told("applications_waiting", "Emelinda") != 0 {
		t.Error("who is told that an application waits: want the head of the kindergarten and nobody else")
	}
	w.Clock.Advance(50 * time.Hour)
	boss = w.session("Heddavina", scope.Staff, 0)
	list, _ := w.queue(boss, kindergarten, "")
	if len(list) != 1 || !slices.Equal(list[0].Reasons, []string{"head_decides"}) || list[0].AgeDays != 2 || len(list[0].Children) != 1 || list[0].ApplicantName == "" {
		t.Fatalf("the queue: %+v", list)
	}
	if elsewhere, _ := w.queue(w.session("Rektorina", scope.Staff, 0), school, ""); len(elsewhere) != 0 {
		t.Errorf("the head of another institution sees %+v", elsewhere)
	}
	// Signing in meanwhile leads to the application that waits, not to another one (H2).
	again := w.bankID(w.numbers["Gretchenia"].Digits())
	token, _ = again.session(t)
	if state := w.do(call{path: "/v1/signin/application", token: token}).text(t, "state"); again.text(t, "status") != "application" || state != "queued" {
		t.Errorf("signing in while it waits: %s, %s", again.text(t, "status"), state)
	}
	for _, c := range []call{
		w.decision(w.session("Rektorina", scope.Staff, 0), list[0].ID, "approved", ""), w.decision(w.session("Leonorina", scope.Staff, 0), list[0].ID, "approved", ""),
		w.decision(w.session("Utrikine", scope.Staff, 0), list[0].ID, "approved", ""), w.decision(boss, newID(), "approved", ""),
	} {
		w.do(c).want(t, http.StatusNotFound, "not_found")
	}
	w.do(w.decision(boss, list[0].ID, "declined", "")).want(t, http.StatusUnprocessableEntity, "reason_missing")
	w.do(w.decision(boss, list[0].ID, "approved", "")).want(t, http.StatusOK, "")
	w.do(w.decision(boss, list[0].ID, "declined", "no")).want(t, http.StatusConflict, "application_closed")
	signedIn := w.bankID(w.numbers["Gretchenia"].Digits())
	token, kind := signedIn.session(t)
	if kind != "guardian" || w.accounts("Gretchenia") != 1 || w.told("application_decided", "Gretchenia") != 1 {
		t.Errorf("after the approval: %s, %d accounts, told %d times", kind, w.accounts("Gretchenia"), w.told("application_decided", "Gretchenia"))
	}
	var children struct{ Items []any }
	must(t, json.Unmarshal(w.do(call{path: "/v1/guardian/children", token: token}).want(t, http.StatusOK, "").body, &children))
	if len(children.Items) != 0 {
		t.Error("an approval opened access to a child (V1)")
	}
	if list, _ := w.queue(boss, kindergarten, "?state=approved"); len(list) != 1 {
		t.Errorf("approved: %+v", list)
	}
}

// Declined, an applicant learns that, no reason, and may apply again; who withdraws may too (H1).
func TestApplyingAgain(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.manual()
	boss := w.session("Heddavina", scope.Staff, 0)
	number := w.numbers["Gretchenia"].Digits()
	token, _ := w.bankID(number).session(t)
	w.fillIn(token, mailOf("Gretchenia"))
	w.do(submission(token)).want(t, http.StatusAccepted, "")
	list, _ := w.queue(boss, kindergarten, "")
	w.do(w.decision(boss, list[0].ID, "declined", deactivationReason)).want(t, http.StatusOK, "")
	if got := w.do(call{path: "/v1/signin/application", token: token}); got.text(t, "state") != "declined" {
		t.Errorf("declined: %s", got.body)
	}
	token, kind := w.bankID(number).session(t)
	got := w.do(call{path: "/v1/signin/application", token: token})
	var a struct {
		State          string
		DeclinedBefore bool
	}
	must(t, json.Unmarshal(got.body, &a))
	if kind != "applicant" || a.State != "open" || !a.DeclinedBefore || w.accounts("Gretchenia") != 0 {
		t.Errorf("after a decline: %s, %s", kind, got.body)
	}
	w.fillIn(token, mailOf("Gretchenia"))
	w.do(submission(token)).want(t, http.StatusAccepted, "")
	w.do(call{method: http.MethodPost, path: "/v1/signin/application/withdrawal", token: token}).want(t, http.StatusOK, "")
	if list, _ := w.queue(boss, kindergarten, ""); len(list) != 0 {
		t.Errorf("withdrawn and still waiting: %+v", list)
	}
	list, _ = w.queue(boss, kindergarten, "?state=declined")
	if len(list) != 1 || list[0].Note != deactivationReason {
		t.Errorf("declined, for the head: %+v", list)
	}
	if n := one[int](w, "select count(*) from app.applications where person_id = $1", w.person("Gretchenia")); n != 2 {
		t.Errorf("%d applications, want two", n)
	}
}

// H7, H11, I18: what came to stand against an applicant after the sign-in leads to a head, with the same answer whatever it is, and no
// approval sets it aside.
func TestWhatStandsAgainstAnApplication(t *testing.T) {
	t.Parallel()
	for reason, happens := range map[string]string{
		"no_legal_guardianship": "update app.guardianships set legal = false where guardian_id = $1",
		"protected_identity":    "update app.persons set protected_identity = 'strict' where id = $1",
		"restricted": `insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
			select municipality_id, gen_random_uuid(), child_id, guardian_id, 'no_access', now() - interval '1 day', '\x01', 1, child_id, now()
			from app.guardianships where guardian_id = $1`,
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			boss := w.session("Heddavina", scope.Staff, 0)
			token, _ := w.bankID(w.numbers["Gretchenia"].Digits()).session(t)
			w.fillIn(token, mailOf("Gretchenia"))
			w.exec(happens, w.person("Gretchenia"))
			if got := w.do(submission(token)).want(t, http.StatusAccepted, ""); got.text(t, "state") != "queued" || w.accounts("Gretchenia") != 0 {
				t.Fatalf("handed in: %s", got.body)
			}
			list, _ := w.queue(boss, kindergarten, "")
			if len(list) != 1 || !slices.Equal(list[0].Reasons, []string{reason}) {
				t.Fatalf("the queue: %+v", list)
			}
			w.do(w.decision(boss, list[0].ID, "approved", "")).want(t, http.StatusConflict, "application_blocked")
			if w.accounts("Gretchenia") != 0 {
				t.Error("an account was opened")
			}
			// Whoever signs in now is answered as somebody whom nobody knows.
			unknown, err := nationalid.SyntheticBorn(nationalid.Sweden, 1976, 1998, 901)
			must(t, err)
			if got, nobody := w.bankID(w.numbers["Gretchenia"].Digits()), w.bankID(unknown.Digits()); got.wire() != nobody.wire() {
				t.Errorf("answered\n%s\nand somebody unknown\n%s", got.wire(), nobody.wire())
			}
			w.do(w.decision(boss, list[0].ID, "declined", "see the register")).want(t, http.StatusOK, "")
		})
	}
	t.Run("the guardianship is gone", func(t *testing.T) {
		t.Parallel()
		w := newTown(t)
		boss := w.session("Heddavina", scope.Staff, 0)
		token, _ := w.bankID(w.numbers["Gretchenia"].Digits()).session(t)
		w.fillIn(token, mailOf("Gretchenia"))
		w.exec("update app.guardianships set ended_at = now(), register_end = now() where guardian_id = $1", w.person("Gretchenia"))
		w.do(submission(token)).want(t, http.StatusAccepted, "")
		// The head to whom it was shown still decides it; who it was is not theirs to see any more.
		list, _ := w.queue(boss, kindergarten, "")
		if len(list) != 1 || list[0].ApplicantName != "" || len(list[0].Children) != 0 {
			t.Fatalf("the queue: %+v", list)
		}
		w.do(w.decision(boss, list[0].ID, "declined", "gone")).want(t, http.StatusOK, "")
	})
}

// H2: handed in twice at once there is one account or one case, decided twice at once there is one decision.
func TestApplicationsAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	token, _ := w.bankID(w.numbers["Gretchenia"].Digits()).session(t)
	w.fillIn(token, mailOf("Gretchenia"))
	count := func(replies []reply, status int) (n int) {
		for _, r := range replies {
			if r.status == status {
				n++
			} else if r.status != http.StatusConflict {
				t.Errorf("answered %d %s", r.status, r.body)
			}
		}
		return n
	}
	if n := count(w.atOnce(t, 8, func(int) call { return submission(token) }), http.StatusCreated); n != 1 || w.accounts("Gretchenia") != 1 {
		t.Errorf("%d accounts were opened, %d are there", n, w.accounts("Gretchenia"))
	}
	w.manual()
	token, _ = w.bankID(w.numbers["Stenulvar"].Digits()).session(t)
	w.fillIn(token, mailOf("Stenulvar"))
	if n := count(w.atOnce(t, 8, func(int) call { return submission(token) }), http.StatusAccepted); n != 1 {
		t.Errorf("handed in %d times", n)
	}
	boss := w.session("Heddavina", scope.Staff, 0)
	list, _ := w.queue(boss, kindergarten, "")
	if n := count(w.atOnce(t, 8, func(i int) call { return w.decision(boss, list[0].ID, []string{"approved", "declined"}[i%2], "x") }), http.StatusOK); n != 1 {
		t.Errorf("decided %d times", n)
	}
	if n := one[int](w, "select count(*) from app.application_decisions"); n != 1 {
		t.Errorf("%d decisions", n)
	}
}

// The queue is read page by page, the oldest first, and heads are told when it stops being empty and once a day, not with every application.
func TestTheQueueOfApplications(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.manual()
	var order []string
	for _, given := range []string{"Stenulvar", "Gretchenia", "Annelore", "Ceciliana"} {
		token, _ := w.bankID(w.numbers[given].Digits()).session(t)
		w.fillIn(token, mailOf(given))
		w.do(submission(token)).want(t, http.StatusAccepted, "")
		order = append(order, w.person(given).String())
		w.Clock.Advance(time.Minute)
	}
	if n := w.told("applications_waiting", "Heddavina"); n != 1 {
		t.Errorf("the head was told %d times, want once", n)
	}
	boss := w.session("Heddavina", scope.Staff, 0)
	var got []string
	for next := ""; ; {
		query := "?limit=1"
		if next != "" {
			query += "&cursor=" + next
		}
		var page []waiting
		page, next = w.queue(boss, kindergarten, query)
		for _, c := range page {
			got = append(got, one[string](w, "select person_id::text from app.applications where id = $1", c.ID))
		}
		if next == "" {
			break
		}
	}
	if !slices.Equal(got, order) {
		t.Errorf("page by page: %v, want %v", got, order)
	}
}

// Only who owns all that the municipality runs says how applications are decided; a self-governing institution's owner does not (L4, L5).
func TestWhoSetsThePolicy(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for _, given := range []string{"Heddavina", "Oddvarina", "Leonorina", "Utrikine"} {
		for _, c := range []call{
			{method: http.MethodPut, path: "/v1/office/application-policy", body: map[string]any{"policy": "head_manual"}},
			{path: "/v1/office/application-policy"},
		} {
			c.token = w.session(given, scope.Staff, 0)
			w.do(c).want(t, http.StatusNotFound, "not_found")
		}
	}
	w.manual()
	if n := one[int](w, "select count(*) from app.municipalities where application_policy = 'head_manual'"); n != 1 {
		t.Errorf("%d municipalities were changed", n)
	}
}

package walk_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// age lets somebody's last proof, and whatever was decided about their access, be so many days old. They were told when it was time to.
func (w *town) age(given string, days int) {
	w.tb.Helper()
	w.exec(`update auth.accounts set proved_at = $2, created_at = $2, proof_warned_at = case when $3 >= 335 then $2::timestamptz + interval '335 days' end
		where person_id = $1`, w.person(given), w.Clock.Now().AddDate(0, 0, -days), days)
	w.exec(`update app.guardianship_decisions set decided_at = decided_at - make_interval(days => 100)
		where guardianship_id in (select id from app.guardianships where guardian_id = $1)`, w.person(given))
}

// passOn lets a minute pass and does what is due by the calendar.
func (w *town) passOn() {
	w.tb.Helper()
	w.Clock.Advance(time.Minute)
	must(w.tb, w.api.Postgres.KeepCalendar(scope.ByProgram(w.ctx)))
}

func (w *town) accessOf(guardian, child string) string {
	w.tb.Helper()
	return one[string](w, "select status from app.guardianship_access where guardianship_id = $1", w.guardianship(guardian, child))
}

// H1, V15: access rests on a strong sign-in that is not older than a year. Its owner is told ahead, then it is suspended with everything that hangs on
// it, by a decision that names the rule, and the next strong sign-in opens it again by itself.
func TestProofOnceAYear(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.lookedAfter(is, "Annelore")
	w.lookedAfter(is, "Bodvaris")
	w.passOn()
	if n := w.told("proof_due", "Annelore"); n != 0 || w.accessOf("Annelore", "Alfhildis") != "active" {
		t.Fatalf("told %d times on the first day; %s", n, w.accessOf("Annelore", "Alfhildis"))
	}
	for i, days := range []int{336, 336, 359, 359} {
		w.age("Annelore", days)
		w.passOn()
		if n := w.told("proof_due", "Annelore"); n != i/2+1 || w.accessOf("Annelore", "Alfhildis") != "active" {
			t.Errorf("after %d days: told %d times, %s", days, n, w.accessOf("Annelore", "Alfhildis"))
		}
		w.exec("update auth.accounts set proof_told_at = proof_told_at - make_interval(days => $2) where person_id = $1", w.person("Annelore"), []int{0, 23, 0, 6}[i])
	}
	w.age("Annelore", 365)
	w.passOn()
	w.passOn()
	if n := w.told("proof_due", "Annelore"); n != 3 || w.accessOf("Annelore", "Alfhildis") != "suspended" {
		t.Fatalf("overdue: told %d times, %s", n, w.accessOf("Annelore", "Alfhildis"))
	}
	if w.accessOf("Bodvaris", "Alfhildis") != "active" || w.told("proof_due", "Bodvaris") != 0 {
		t.Error("somebody whose proof is not overdue was asked, or suspended")
	}
	w.do(call{path: "/v1/guardian/me", token: is[right].token}).want(t, http.StatusUnauthorized, "sign_in_required")
	if n := one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.id = d.event_id
		where d.person_id = $1 and d.state in ('pending', 'retry') and e.kind <> 'proof_due'`, w.person("Annelore")); n != 0 {
		t.Errorf("%d notices about the child are on their way", n)
	}
	for what, n := range map[string]int{
		"decisions that name the rule": one[int](w, `select count(*) from app.guardianship_decisions where rule = 'proof_overdue' and decided_by is null and status = 'suspended'`),
		"entries of the trail": one[int](w, `select count(*) from audit.entries where operation = 'proof_overdue' and caller = 'clock' and person_id = $1
			and children = array[$2::uuid]`, w.person("Annelore"), w.person("Alfhildis")),
		"accounts": w.accounts("Annelore"),
	} {
		if n != 1 {
			t.Errorf("%d %s, want one", n, what)
		}
	}

	token, kind := w.bankID(w.numbers["Annelore"].Digits()).session(t)
	children := w.do(call{path: "/v1/guardian/children", token: token}).want(t, http.StatusOK, "")
	if kind != "guardian" || !strings.Contains(string(children.body), "Alfhildis") || w.accessOf("Annelore", "Alfhildis") != "active" {
		t.Errorf("after the proof: %s, %s", kind, children.body)
	}
	w.passOn()
	if n := one[int](w, "select count(*) from app.guardianship_decisions where rule = 'proof_given'"); n != 1 || w.accessOf("Annelore", "Alfhildis") != "active" {
		t.Errorf("%d decisions say that it was given; %s", n, w.accessOf("Annelore", "Alfhildis"))
	}
}

// B8, V14, V15: what else stands against it keeps it closed, whatever is proved.
func TestAProofOpensNothingElse(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.lookedAfter(is, "Annelore")
	w.lookedAfter(is, "Bodvaris")
	door := w.guardianship("Annelore", "Alfhildis")
	path := "/v1/office/guardianships/" + door.String()
	late := func() {
		w.exec("update app.guardianship_access set status = 'active', until = null where guardianship_id = any ($1)", []uuid.UUID{door, w.guardianship("Bodvaris", "Alfhildis")})
		w.age("Annelore", 400)
		w.passOn()
		if got := w.accessOf("Annelore", "Alfhildis"); got != "suspended" {
			t.Fatalf("overdue: %s", got)
		}
	}
	late()
	w.session("Annelore", scope.Guardian, 0)
	if got := w.accessOf("Annelore", "Alfhildis"); got != "active" {
		t.Fatalf("when nothing stands against it: %s", got)
	}
	byHead := func(how string) func() {
		return func() {
			boss := w.session("Heddavina", scope.Staff, 0)
			w.do(call{method: http.MethodPost, path: path + "/" + how, token: boss, body: map[string]any{"reason": deactivationReason},
				ifMatch: w.do(call{path: path, token: boss}).header.Get("ETag")}).want(t, http.StatusOK, "")
		}
	}
	for name, happens := range map[string]func(){
		"a head suspended it":   byHead("suspension"),
		"a head made it closed": byHead("deactivation"),
		"the end has passed": func() {
			w.exec("update app.guardianship_access set until = now() - interval '1 hour' where guardianship_id = $1", door)
		},
		"the child left and came back": func() {
			w.exec("update app.enrolments set ended_at = now() - interval '1 minute' where child_id = $1", w.person("Alfhildis"))
			w.exec("update app.enrolments set ended_at = null where child_id = $1", w.person("Alfhildis"))
		},
		"the child came back by another enrolment": func() {
			w.exec(`insert into app.enrolments (municipality_id, id, child_id, institution_id, created_at)
				select municipality_id, $1, child_id, institution_id, now() from app.enrolments where child_id = $2 limit 1`, newID(), w.person("Alfhildis"))
		},
		"the custody has changed": func() {
			w.exec("update app.guardianships set legal = not legal where id = $1", door)
		},
		"a sign-in that proves little": nil,
	} {
		late()
		if happens != nil {
			happens()
			w.session("Annelore", scope.Guardian, 0)
		} else {
			w.exec(`insert into auth.sessions (municipality_id, id, kind, person_id, account_id, strong, assurance, created_at, expires_at)
				select municipality_id, $1, 'guardian', person_id, id, false, 'low', now(), now() + interval '1 hour' from auth.accounts where person_id = $2`, newID(), w.person("Annelore"))
		}
		if got := w.accessOf("Annelore", "Alfhildis"); got == "active" {
			t.Errorf("%s: it is %s", name, got)
		}
	}
	late()
	w.exec(`insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
		values ($1, $2, $3, $4, 'no_access', now() - interval '1 minute', '\x01', 1, $5, now())`, w.here, newID(), w.person("Alfhildis"), w.person("Annelore"), w.person("Heddavina"))
	w.session("Annelore", scope.Guardian, 0)
	if got := w.accessOf("Annelore", "Alfhildis"); got == "active" {
		t.Errorf("a block: it is %s", got)
	}
}

// B2: the last guardian whom an alert would reach goes on; what a head has opened in spite of it has the days that others are told ahead.
func TestWhoGoesOnWithoutAProof(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.lookedAfter(is, "Ceciliana")
	w.age("Ceciliana", 400)
	w.passOn()
	if got := w.accessOf("Ceciliana", "Caspianus"); got != "active" {
		t.Errorf("the only one whom an alert would reach: %s", got)
	}
	w.decide(is[head].token, "Stenulvar", "Caspianus", "active")
	w.session("Stenulvar", scope.Guardian, 0)
	w.lookedAfter(is, "Stenulvar")
	w.passOn()
	if got := w.accessOf("Ceciliana", "Caspianus"); got != "suspended" {
		t.Errorf("when another one is reached: %s", got)
	}
	w.decide(w.session("Heddavina", scope.Staff, 0), "Ceciliana", "Caspianus", "active")
	w.passOn()
	if got := w.accessOf("Ceciliana", "Caspianus"); got != "active" {
		t.Errorf("opened by the head a moment ago: %s", got)
	}
	w.age("Ceciliana", 400)
	w.passOn()
	if got := w.accessOf("Ceciliana", "Caspianus"); got != "suspended" {
		t.Errorf("opened by the head long ago: %s", got)
	}
	policy := func(body map[string]any) reply {
		return w.do(call{method: http.MethodPut, path: "/v1/office/application-policy", token: w.session("Kommunalia", scope.Staff, 0), body: body})
	}
	policy(map[string]any{"policy": "self_service_eid", "proofDays": 30}).want(t, http.StatusBadRequest, "request_invalid")
	policy(map[string]any{"policy": "self_service_eid", "proofDays": 0, "waitingDays": 3}).want(t, http.StatusOK, "")
	if got := policy(map[string]any{"policy": "head_manual"}).want(t, http.StatusOK, ""); !strings.Contains(string(got.body), `"proofDays":0`) ||
		!strings.Contains(string(got.body), `"waitingDays":3`) {
		t.Errorf("what is not named has changed: %s", got.body)
	}
	w.exec("update app.guardianship_access set status = 'active' where guardianship_id = $1", w.guardianship("Ceciliana", "Caspianus"))
	w.age("Ceciliana", 4000)
	w.passOn()
	if got := w.accessOf("Ceciliana", "Caspianus"); got != "active" {
		t.Errorf("where nobody is asked: %s", got)
	}
}

// H1, V15: nobody is suspended who was not told as many days before as the municipality says: neither when the owner shortens the time nor when the
// program has stood still. A proof meanwhile begins the time anew.
func TestNobodyIsSuspendedUntold(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.lookedAfter(is, "Annelore")
	w.lookedAfter(is, "Bodvaris")
	days := func(given string, days int) {
		w.age(given, days)
		w.exec("update auth.accounts set proof_warned_at = null, proof_told_at = null where person_id = $1", w.person(given))
	}
	pass := func(days int) { // time passes by the ages of everything, since the clock of the database stands
		w.exec("update auth.accounts set proved_at = proved_at - make_interval(days => $1), proof_warned_at = proof_warned_at - make_interval(days => $1), proof_told_at = proof_told_at - make_interval(days => $1)", days)
		w.passOn()
	}
	days("Annelore", 200)
	w.passOn()
	if w.told("proof_due", "Annelore") != 0 {
		t.Fatal("told before it is due")
	}
	shorten := func(proof, notice int) {
		w.do(call{method: http.MethodPut, path: "/v1/office/application-policy", token: w.session("Kommunalia", scope.Staff, 0),
			body: map[string]any{"policy": "self_service_eid", "proofDays": proof, "proofNoticeDays": notice}}).want(t, http.StatusOK, "")
	}
	shorten(100, 30)
	for _, step := range []struct {
		pass, told int
		status     string
	}{{0, 1, "active"}, {0, 1, "active"}, {20, 1, "active"}, {4, 2, "active"}, {5, 2, "active"}, {1, 3, "suspended"}} {
		pass(step.pass)
		if n, got := w.told("proof_due", "Annelore"), w.accessOf("Annelore", "Alfhildis"); n != step.told || got != step.status {
			t.Errorf("%d days on: told %d times, %s; want %d, %s", step.pass, n, got, step.told, step.status)
		}
	}
	w.session("Annelore", scope.Guardian, 0)
	if got := w.accessOf("Annelore", "Alfhildis"); got != "active" {
		t.Fatalf("after a proof: %s", got)
	}
	if one[bool](w, "select proof_warned_at is not null from auth.accounts where person_id = $1", w.person("Annelore")) {
		t.Error("what was told before the proof counts for the next one")
	}
	days("Annelore", 1000) // the program stood still
	w.passOn()
	shorten(90, 30)
	w.passOn()
	if got := w.accessOf("Annelore", "Alfhildis"); got != "active" {
		t.Errorf("told a moment ago: %s", got)
	}
	pass(30)
	if got := w.accessOf("Annelore", "Alfhildis"); got != "suspended" {
		t.Errorf("told a month ago: %s", got)
	}
}

// H1, B8, I18: a guardian sees until when to prove who they are and what they can do, and never why an institution keeps them out: the head does.
func TestGuardiansSeeWhatToDoNext(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.lookedAfter(is, "Annelore")
	w.lookedAfter(is, "Bodvaris")
	me := func() (due time.Time, next []string, all string) {
		t.Helper()
		got := w.do(call{path: "/v1/guardian/me", token: w.session("Annelore", scope.Guardian, 0)}).want(t, http.StatusOK, "")
		var m struct {
			ProofDue time.Time
			Next     []string `json:"nextSteps"`
		}
		must(t, json.Unmarshal(got.body, &m))
		return m.ProofDue, m.Next, string(got.body)
	}
	if due, next, _ := me(); len(next) != 0 || due.Sub(w.Clock.Now()).Round(time.Hour) != 365*24*time.Hour {
		t.Errorf("on the first day: %v, %v", due, next)
	}
	last := func() (d struct{ Status, Rule, Reason, DecidedBy string }) {
		t.Helper()
		var g struct {
			Decision *struct{ Status, Rule, Reason, DecidedBy string }
		}
		must(t, json.Unmarshal(w.do(call{path: "/v1/office/guardianships/" + w.guardianship("Annelore", "Alfhildis").String(),
			token: w.session("Heddavina", scope.Staff, 0)}).want(t, http.StatusOK, "").body, &g))
		if g.Decision != nil {
			d = *g.Decision
		}
		return d
	}
	token := w.session("Annelore", scope.Guardian, 0)
	w.exec("update auth.accounts set proved_at = proved_at - interval '340 days' where person_id = $1", w.person("Annelore"))
	if got := w.do(call{path: "/v1/guardian/me", token: token}); !strings.Contains(string(got.body), `"nextSteps":["prove_identity"]`) {
		t.Errorf("25 days before: %s", got.body)
	}
	w.age("Annelore", 400)
	w.passOn()
	if d := last(); d.Status != "suspended" || d.Rule != "proof_overdue" || d.DecidedBy != "" {
		t.Errorf("the head, about a proof that is overdue: %+v", d)
	}
	if _, next, _ := me(); len(next) != 0 {
		t.Errorf("after the proof: %v", next)
	}
	boss := w.session("Heddavina", scope.Staff, 0)
	path := "/v1/office/guardianships/" + w.guardianship("Annelore", "Alfhildis").String()
	w.do(call{method: http.MethodPost, path: path + "/suspension", token: boss, body: map[string]any{"reason": deactivationReason},
		ifMatch: w.do(call{path: path, token: boss}).header.Get("ETag")}).want(t, http.StatusOK, "")
	if _, next, all := me(); !slices.Equal(next, []string{"contact_institution"}) || strings.Contains(all, deactivationReason) || strings.Contains(all, "suspended") {
		t.Errorf("suspended by a head: %s", all)
	}
	if d := last(); d.Reason != deactivationReason || d.Status != "suspended" || !strings.Contains(d.DecidedBy, "Heddavina") || d.Rule != "" {
		t.Errorf("the head, about their own decision: %+v", d)
	}
	w.parent("Heddavina", "Alfhildis")
	if d := last(); d.Reason != "" || d.Status != "suspended" {
		t.Errorf("the head who is of the family: %+v", d)
	}
	for name, hidden := range map[string]string{
		"a protected child": "update app.persons set protected_identity = 'protected' where id = $1 and $2::uuid is not null",
		"a block": `insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
			select municipality_id, gen_random_uuid(), $1, $2, 'no_access', now() - interval '1 minute', '\x01', 1, $1, now() from app.persons where id = $1`,
	} {
		w.exec("update app.persons set protected_identity = 'none' where id = $1", w.person("Alfhildis"))
		w.exec(hidden, w.person("Alfhildis"), w.person("Annelore"))
		if _, next, all := me(); len(next) != 0 {
			t.Errorf("%s: %s", name, all)
		}
		w.exec("delete from app.restrictions")
	}
}

// B2, V10: who goes on without a proof, because an alert would reach nobody else, is asked again every month, and the review finds it.
func TestWhoGoesOnIsAskedAndFound(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.lookedAfter(is, "Ceciliana")
	w.lookedAfter(is, "Annelore")
	w.age("Ceciliana", 400)
	for i, back := range []int{0, 0, 29, 1, 0} {
		w.exec("update auth.accounts set proof_told_at = proof_told_at - make_interval(days => $2) where person_id = $1", w.person("Ceciliana"), back)
		w.passOn()
		if n, want := w.told("proof_due", "Ceciliana"), []int{1, 1, 1, 2, 2}[i]; n != want || w.accessOf("Ceciliana", "Caspianus") != "active" {
			t.Errorf("%d: asked %d times, want %d; %s", i, n, want, w.accessOf("Ceciliana", "Caspianus"))
		}
	}
	review := w.openMonth(t)
	for given, want := range map[string]bool{"Ceciliana": true, "Annelore": false} {
		if found := one[bool](w, "select 'proof_overdue' = any (findings) from app.review_rows where review_id = $1 and person_id = $2 and kind = 'guardian'", review, w.person(given)); found != want {
			t.Errorf("%s: found %t, want %t", given, found, want)
		}
	}
}

// H1: an application that waits for long is brought up to the heads once, and then to the owner; the applicant hears nothing of it.
func TestAnApplicationThatWaitsForLong(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.manual()
	w.handIn("Gretchenia").want(t, http.StatusAccepted, "")
	waits := func(days int) (head, owner int) {
		w.exec("update app.applications set submitted_at = $1", w.Clock.Now().AddDate(0, 0, -days))
		w.passOn()
		if w.told("applications_waiting", "Gretchenia")+w.told("applications_waiting", "Rektorina")+w.told("applications_waiting", "Leonorina") != 0 {
			t.Error("somebody was told who does not decide it")
		}
		return w.told("applications_waiting", "Heddavina"), w.told("applications_waiting", "Oddvarina")
	}
	for _, step := range []struct{ days, head, owner int }{{0, 1, 0}, {6, 1, 0}, {7, 2, 0}, {9, 2, 0}, {14, 2, 1}, {40, 2, 1}} {
		if h, o := waits(step.days); h != step.head || o != step.owner {
			t.Errorf("after %d days the head was told %d times and the owner %d, want %d and %d", step.days, h, o, step.head, step.owner)
		}
	}
}

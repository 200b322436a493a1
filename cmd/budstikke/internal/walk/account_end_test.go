package walk_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"budstikke.example/migrations/scope"
)

const ownAccount = "/v1/signin/account"

// lookedAfter gives a guardian an address, a telephone and a notice that waits.
func (w *town) lookedAfter(is map[who]actor, given string) {
	w.tb.Helper()
	for _, e := range [][3]string{{"email", "smtp", mailOf(given)}, {"push", "fcm", deviceOf(given)}} {
		w.exec(`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
			select municipality_id, $1, id, $2, $3, $4, 'sv', 'active', now(), now(), now() from app.persons where given_name = $5`,
			newID(), e[0], e[1], e[2], given)
	}
	w.exec(`insert into app.applications (municipality_id, id, person_id, state, locale, created_at, submitted_at, decided_at)
		values ($1, $2, $3, 'approved', 'sv', $4, $4, $4)`, w.here, newID(), w.person(given), w.Clock.Now())
	w.alert(is[head].token, w.institution(kindergarten), textOfAlert)
	if w.left(given)["notices"] == 0 {
		w.tb.Fatalf("%s has no notice that waits", given)
	}
}

// left counts what somebody still has as a guardian.
func (w *town) left(given string) map[string]int {
	w.tb.Helper()
	counts := map[string]int{}
	for what, query := range map[string]string{
		"accounts":     "select count(*) from auth.accounts where person_id = $1 and ended_at is null",
		"sessions":     "select count(*) from auth.sessions where person_id = $1 and ended_at is null and kind <> 'staff'",
		"endpoints":    "select count(*) from notify.endpoints where person_id = $1 and state <> 'retired'",
		"notices":      "select count(*) from notify.deliveries where person_id = $1 and state in ('pending', 'retry')",
		"access":       "select count(*) from app.guardianship_access where guardian_id = $1 and status = 'active'",
		"summaries":    "select count(*) from app.guardianships where guardian_id = $1 and status = 'active'",
		"applications": "select count(*) from app.applications where person_id = $1 and state not in ('ended', 'withdrawn', 'declined')",
	} {
		counts[what] = one[int](w, query, w.person(given))
	}
	return counts
}

// nothingIsLeft says what of somebody's has not ended.
func (w *town) nothingIsLeft(t *testing.T, given string) {
	t.Helper()
	for what, n := range w.left(given) {
		if n != 0 {
			t.Errorf("%s has %d %s left", given, n, what)
		}
	}
}

// H4, V15: a guardian ends the account after a fresh proof; everything ends with it, nothing of anybody else's, and applying again opens no access.
func TestEndAccount(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.lookedAfter(is, "Annelore")
	others := w.left("Bodvaris")
	phone := w.family("Annelore", scope.Guardian)
	end := func(token string) reply { return w.do(call{method: http.MethodDelete, path: ownAccount, token: token}) }

	w.Clock.Advance(15*time.Minute + time.Second)
	stale := w.refresh(t, phone.refresh, deviceSecret).want(t, http.StatusOK, "")
	end(stale.text(t, "token")).want(t, http.StatusUnauthorized, "step_up_required")
	if w.left("Annelore")["access"] == 0 {
		t.Fatal("something ended before the proof")
	}
	end(w.session("Heddavina", scope.Staff, 0)).want(t, http.StatusNotFound, "not_found")
	fresh := w.family("Annelore", scope.Guardian)
	end(fresh.access).want(t, http.StatusNoContent, "")

	w.nothingIsLeft(t, "Annelore")
	for _, token := range []string{fresh.access, stale.text(t, "token")} {
		w.do(call{path: "/v1/guardian/me", token: token}).want(t, http.StatusUnauthorized, "sign_in_required")
	}
	w.refresh(t, fresh.refresh, deviceSecret).want(t, http.StatusUnauthorized, "refresh_refused")
	end(fresh.access).want(t, http.StatusUnauthorized, "sign_in_required")
	if now := w.left("Bodvaris"); now["access"] != others["access"] || now["accounts"] != others["accounts"] || now["notices"] != others["notices"] {
		t.Errorf("the other guardian had %v and has %v", others, now)
	}
	if n := one[int](w, `select count(*) from app.guardianship_decisions d join app.guardianships g on g.id = d.guardianship_id
		where g.guardian_id = $1 and d.decided_by = $1 and d.status = 'inactive'`, w.person("Annelore")); n != 1 {
		t.Errorf("%d decisions say who closed the access, want one", n)
	}

	again := w.bankID(w.numbers["Annelore"].Digits())
	applicant, kind := again.session(t)
	if kind != "applicant" {
		t.Fatalf("after the end BankID leads to %s", again.body)
	}
	token := w.apply(applicant, mailOf("Annelore-anew"))
	if children := w.do(call{path: "/v1/guardian/children", token: token}).want(t, http.StatusOK, ""); strings.Contains(string(children.body), "Alfhildis") {
		t.Errorf("applying again opened %s (V1)", children.body)
	}
	if n := one[int](w, "select count(*) from auth.accounts where person_id = $1", w.person("Annelore")); n != 1 {
		t.Errorf("%d accounts, want the one (H2)", n)
	}
	w.decide(w.session("Heddavina", scope.Staff, 0), "Annelore", "Alfhildis", "active")
	if children := w.do(call{path: "/v1/guardian/children", token: token}).want(t, http.StatusOK, ""); !strings.Contains(string(children.body), "Alfhildis") {
		t.Errorf("the head's decision did not open %s (V6)", children.body)
	}
}

// H4: staff end a guardian's account on request, once and for all institutions; nobody else's matter, and nobody's own.
func TestEndGuardianAccount(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.lookedAfter(is, "Bodvaris")
	token := is[other].token
	end := func(boss string, guardian, child string) reply {
		return w.do(call{method: http.MethodPost, token: boss, path: "/v1/office/guardianships/" + w.guardianship(guardian, child).String() + "/account-end",
			body: map[string]any{"reason": deactivationReason}})
	}
	for name, boss := range map[string]string{"a school's head": is[rektor].token, "a leader": is[leader].token, "the guardian": token, "abroad": is[utrikine].token} {
		if got := end(boss, "Bodvaris", "Alfhildis"); got.status != http.StatusNotFound {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	w.do(call{path: "/v1/guardian/me", token: token}).want(t, http.StatusOK, "")
	end(is[head].token, "Bodvaris", "Alfhildis").want(t, http.StatusNoContent, "")
	w.nothingIsLeft(t, "Bodvaris")
	w.do(call{path: "/v1/guardian/me", token: token}).want(t, http.StatusUnauthorized, "sign_in_required")
	end(is[head].token, "Bodvaris", "Alfhildis").want(t, http.StatusNoContent, "") // changes nothing
	if n := one[int](w, `select count(*) from app.guardianship_decisions d join app.guardianships g on g.id = d.guardianship_id
		where g.guardian_id = $1 and d.decided_by = $2 and d.reason = $3`, w.person("Bodvaris"), w.person("Heddavina"), deactivationReason); n != 1 {
		t.Errorf("%d decisions say who closed the access and why, want one", n)
	}

	// Whoever works here keeps the account for that, and their own end takes a proof of who they are.
	w.exec("update app.guardianships set guardian_id = $1 where id = $2", w.person("Heddavina"), w.guardianship("Ceciliana", "Caspianus"))
	end(is[head].token, "Heddavina", "Caspianus").want(t, http.StatusConflict, "guardianship_not_yours")
	end(is[owner].token, "Heddavina", "Caspianus").want(t, http.StatusNoContent, "")
	w.do(call{path: "/v1/staff/institutions", token: is[head].token}).want(t, http.StatusOK, "")
	if left := w.left("Heddavina"); left["accounts"] != 1 || left["access"] != 0 {
		t.Errorf("a head who was a guardian has %v", left)
	}
}

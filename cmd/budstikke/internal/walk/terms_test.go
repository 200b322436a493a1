package walk_test

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"budstikke.example/auth/access"
	"budstikke.example/migrations/scope"
)

func publication(token, version string, body map[string]any) call {
	if body == nil {
		body = map[string]any{}
	}
	body["version"] = version
	if body["texts"] == nil {
		body["texts"] = []map[string]any{{"locale": "sv", "terms": "Villkor.", "privacy": "https://example.com/integritet"}}
	}
	return call{method: http.MethodPost, path: "/v1/office/terms", token: token, body: body}
}

func acceptance(token, version string) call {
	return call{method: http.MethodPost, path: "/v1/signin/terms/acceptance", token: token, body: map[string]any{"version": version}}
}

// standing is what a guardian sees of the terms.
type standing struct {
	Current, Upcoming *struct {
		Version  string
		Accepted bool
		Texts    []struct{ Locale, Terms, Privacy string }
	}
}

func (w *town) terms(token string) (s standing) {
	w.tb.Helper()
	must(w.tb, json.Unmarshal(w.do(call{path: "/v1/signin/terms", token: token}).want(w.tb, http.StatusOK, "").body, &s))
	return s
}

// decides tells whether this build has the policy: without it nobody owes anything.
func decides() bool {
	return !access.Decide(access.Subject{}, access.Policy{}, access.Facts{}, access.Env{}).Allow
}

// H12: after a new version a guardian accepts it before anything else, but for alerts and their own account; nothing else of them changes.
func TestNewTermsAreAccepted(t *testing.T) {
	t.Parallel()
	if !decides() {
		t.Skip("what somebody owes is asked by the policy")
	}
	w := newTown(t)
	is := w.people()
	child := w.person("Alfhildis").String()
	children := call{path: "/v1/guardian/children", token: is[right].token}
	w.do(children).want(t, http.StatusOK, "")
	if s := w.terms(is[right].token); s.Current != nil || s.Upcoming != nil {
		t.Fatalf("where nothing was published: %+v", s)
	}
	w.do(publication(is[topOwner].token, "2027-01", nil)).want(t, http.StatusCreated, "")

	w.do(children).want(t, http.StatusConflict, "terms_required")
	w.do(call{path: "/v1/guardian/children/" + child, token: is[right].token}).want(t, http.StatusConflict, "terms_required")
	w.do(call{path: "/v1/guardian/children/" + child, token: is[wrong].token}).want(t, http.StatusNotFound, "not_found") // an obligation tells nobody that something exists
	w.do(call{method: http.MethodPost, path: "/v1/guardian/conversations", token: is[right].token,
		body: map[string]any{"childId": child, "text": textOfGuardian, "locale": "sv"}}).want(t, http.StatusConflict, "terms_required")
	for _, path := range []string{"/v1/guardian/me", "/v1/signin/sessions", "/v1/signin/terms"} {
		w.do(call{path: path, token: is[right].token}).want(t, http.StatusOK, "")
	}
	w.do(call{path: "/v1/staff/institutions", token: is[employee].token}).want(t, http.StatusOK, "")
	w.do(call{path: "/v1/guardian/children", token: is[foreign].token}).want(t, http.StatusOK, "") // another municipality's are its own

	// Whoever has not accepted is warned like everybody (B2).
	alert := w.alert(is[head].token, w.institution(kindergarten), textOfAlert)
	w.do(call{path: "/v1/guardian/alerts/" + alert.String(), token: is[right].token}).want(t, http.StatusOK, "")
	if n := one[int](w, "select count(*) from notify.deliveries d join notify.events e on e.id = d.event_id where e.subject_id = $1 and d.person_id = $2",
		alert, w.person("Annelore")); n == 0 {
		t.Error("nobody warns a guardian who has not accepted the terms")
	}

	for _, version := range []string{"2026-01", "2027-02", "x"} {
		w.do(acceptance(is[right].token, version)).want(t, http.StatusConflict, "terms_outdated")
	}
	var wait sync.WaitGroup
	for range 6 {
		wait.Go(func() { w.do(acceptance(is[right].token, "2027-01")).want(t, http.StatusOK, "") })
	}
	wait.Wait()
	if n := one[int](w, "select count(*) from app.terms_acceptances where person_id = $1", w.person("Annelore")); n != 1 {
		t.Errorf("accepted six times at once: %d rows", n)
	}
	w.do(children).want(t, http.StatusOK, "")
	w.do(call{path: "/v1/guardian/children", token: is[other].token}).want(t, http.StatusConflict, "terms_required")
	if s := w.terms(is[right].token); s.Current == nil || !s.Current.Accepted || len(s.Current.Texts) != 1 || s.Current.Texts[0].Terms != "Villkor." {
		t.Errorf("accepted: %+v", s.Current)
	}
}

// Published ahead, a version is shown and can be accepted, and asks for nothing until it takes effect (H12).
func TestTermsPublishedAhead(t *testing.T) {
	t.Parallel()
	if !decides() {
		t.Skip("what somebody owes is asked by the policy")
	}
	w := newTown(t)
	w.people()
	top := w.session("Kommunalia", scope.Staff, 0)
	soon := map[string]any{"effectiveAt": w.Clock.Now().Add(48 * time.Hour).Format(time.RFC3339)}
	w.do(publication(top, "2027-01", soon)).want(t, http.StatusCreated, "")
	list := func(given string) call {
		return call{path: "/v1/guardian/children", token: w.session(given, scope.Guardian, 0)}
	}
	early := w.session("Annelore", scope.Guardian, 0)
	if s := w.terms(early); s.Current != nil || s.Upcoming == nil || s.Upcoming.Accepted {
		t.Fatalf("published ahead: %+v", s)
	}
	w.do(list("Annelore")).want(t, http.StatusOK, "")
	w.do(acceptance(early, "2027-01")).want(t, http.StatusOK, "")
	w.Clock.Advance(48 * time.Hour)
	w.do(list("Annelore")).want(t, http.StatusOK, "")
	w.do(list("Bodvaris")).want(t, http.StatusConflict, "terms_required")

	// An applicant accepts what is in force, and has accepted it as a guardian then.
	token, _ := w.bankID(w.numbers["Gretchenia"].Digits()).session(t)
	w.do(call{method: http.MethodPost, path: "/v1/signin/application/terms", token: token, body: map[string]any{"version": "2026-01"}}).
		want(t, http.StatusConflict, "terms_outdated")
	w.fillIn(token, mailOf("Gretchenia"))
	first := w.do(submission(token)).want(t, http.StatusCreated, "")
	w.do(call{path: "/v1/guardian/children", token: first.text(t, "token")}).want(t, http.StatusOK, "")
}

// What is published does not change, and takes effect in order.
func TestPublishingTerms(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	top := w.session("Kommunalia", scope.Staff, 0)
	at := func(ahead time.Duration) map[string]any {
		return map[string]any{"effectiveAt": w.Clock.Now().Add(ahead).Format(time.RFC3339)}
	}
	w.do(publication(top, "a", at(time.Hour))).want(t, http.StatusCreated, "")
	w.do(publication(top, "a", at(2*time.Hour))).want(t, http.StatusConflict, "terms_version_taken")
	w.do(publication(top, "b", at(time.Minute))).want(t, http.StatusConflict, "terms_out_of_order")
	w.do(publication(top, "b", at(-time.Minute))).want(t, http.StatusUnprocessableEntity, "effect_in_the_past")
	w.do(publication(top, "b c", at(2*time.Hour))).want(t, http.StatusBadRequest, "request_invalid")
	w.do(publication(top, "b", map[string]any{"texts": []map[string]any{}})).want(t, http.StatusBadRequest, "request_invalid")
	w.do(publication(w.session("Heddavina", scope.Staff, 0), "b", at(2*time.Hour))).want(t, http.StatusNotFound, "not_found")
	w.do(publication(w.session("Oddvarina", scope.Staff, 0), "b", at(2*time.Hour))).want(t, http.StatusNotFound, "not_found")
	if n := one[int](w, "select count(*) from app.terms"); n != 1 {
		t.Errorf("%d versions, want one", n)
	}
}

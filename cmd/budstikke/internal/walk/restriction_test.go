package walk_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// B8, V15: a restriction takes everything at once, beats the head's own activation, survives an import, and goes only when two people say so.
func TestRestrictionBeatsEverything(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child := "/v1/guardian/children/" + w.person("Alfhildis").String()
	w.do(call{path: child, token: is[right].token}).want(t, http.StatusOK, "")

	set := w.restrict(is[head].token, "Alfhildis", "Annelore", "no_access")
	w.do(call{path: child, token: is[right].token}).want(t, http.StatusUnauthorized, "sign_in_required") // it was her only child
	w.do(call{path: child, token: is[other].token}).want(t, http.StatusOK, "")
	w.decide(is[head].token, "Annelore", "Alfhildis", "inactive")
	w.decide(is[head].token, "Annelore", "Alfhildis", "active")
	w.importLists(w.here, admissions, employments)
	again := w.session("Annelore", scope.Guardian, 0)
	w.do(call{path: child, token: again}).want(t, http.StatusNotFound, "not_found")

	id, etag := set.id(t).String(), set.header.Get("ETag")
	w.do(liftOf(id, "lifting", is[head].token, etag)).want(t, http.StatusConflict, "lifting_not_proposed")
	proposed := w.do(liftOf(id, "lifting-proposal", is[head].token, etag)).want(t, http.StatusOK, "").header.Get("ETag")
	w.do(liftOf(id, "lifting", is[head].token, proposed)).want(t, http.StatusConflict, "lifting_needs_another_person")
	w.do(liftOf(id, "lifting", is[rektor].token, proposed)).want(t, http.StatusNotFound, "not_found")
	w.do(call{path: child, token: again}).want(t, http.StatusNotFound, "not_found")
	lifted := w.do(liftOf(id, "lifting", is[owner].token, proposed)).want(t, http.StatusOK, "").header.Get("ETag")
	w.do(call{path: child, token: again}).want(t, http.StatusOK, "")
	w.do(liftOf(id, "lifting-proposal", is[head].token, lifted)).want(t, http.StatusConflict, "restriction_over")
}

// B8: whoever is kept out of contact sees the child, and neither writes nor is written to about it.
func TestNoContactClosesTheThread(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	thread := w.thread(is[right].token, w.person("Alfhildis"), textOfGuardian)
	w.restrict(is[head].token, "Alfhildis", "Annelore", "no_contact")
	path := "/conversations/" + thread.String() + "/messages"
	before := w.fingerprint()
	w.do(call{method: http.MethodPost, path: "/v1/guardian" + path, token: is[right].token, body: map[string]any{"text": textOfGuardian}}).
		want(t, http.StatusConflict, "conversation_closed")
	w.do(call{method: http.MethodPost, path: "/v1/staff" + path, token: is[leader].token, body: map[string]any{"text": textOfStaff}}).
		want(t, http.StatusConflict, "guardian_inactive")
	w.unchanged(t, before, "by messages between people who are kept out of contact")
	w.do(call{path: "/v1/guardian/children/" + w.person("Alfhildis").String(), token: is[right].token}).want(t, http.StatusOK, "")
	w.absence(is[other].token, w.person("Alfhildis"), noteOfFamily)
	if n := one[int](w, "select count(*) from notify.deliveries where person_id = $1 and state <> 'suppressed'", w.person("Annelore")); n != 0 {
		t.Errorf("%d notices are on their way to whom nobody may contact", n)
	}
}

// B8: staff are restricted from a child as well: whatever their role, they do not meet it.
func TestStaffAreRestrictedToo(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	list := "/v1/staff/institutions/" + w.institution(kindergarten).String() + "/children?limit=100"
	if !contains(w.do(call{path: list, token: is[leader].token}).want(t, http.StatusOK, ""), "Alfhildis") {
		t.Fatal("the leader does not see the child in the first place")
	}
	w.restrict(is[head].token, "Alfhildis", "Leonorina", "no_access")
	got := w.do(call{path: list, token: is[leader].token}).want(t, http.StatusOK, "")
	if contains(got, "Alfhildis") || !contains(got, "Caspianus") {
		t.Errorf("the leader sees %s", got.body)
	}
}

// V6: a reviewed batch: each row is carried out or says why not, and what was not carried out is as it was.
func TestBatchOfActivations(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	good, open, nowhere := w.guardianship("Stenulvar", "Caspianus"), w.guardianship("Annelore", "Alfhildis"), newID()
	w.do(call{method: http.MethodPut, path: "/v1/office/guardianships/" + good.String() + "/wish", token: is[head].token,
		body: map[string]any{"wished": true}}).want(t, http.StatusOK, "")
	proposals := "/v1/office/institutions/" + w.institution(kindergarten).String() + "/proposed-activations"
	if got := w.do(call{path: proposals, token: is[head].token}).want(t, http.StatusOK, ""); !contains(got, good.String()) || contains(got, open.String()) {
		t.Errorf("proposed: %s", got.body)
	}
	version := func(g uuid.UUID) string {
		return fmt.Sprintf("%q", fmt.Sprint(one[int](w, "select version from app.guardianship_access where guardianship_id = $1", g)))
	}
	item := func(g uuid.UUID, etag string) any { return map[string]any{"guardianshipId": g, "etag": etag} }
	got := w.do(call{method: http.MethodPost, path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/activations", token: is[head].token,
		body: map[string]any{"items": []any{item(nowhere, `"1"`), item(good, `"77"`), item(good, version(good)), item(good, version(good)), item(open, version(open)),
			item(w.guardianship("Hildegunnar", "Hjalmarine"), `"1"`)}}}).want(t, http.StatusOK, "")
	var answer struct {
		Items []struct{ Outcome string }
	}
	must(t, json.Unmarshal(got.body, &answer))
	want := []string{"not_found", "version_outdated", "activated", "version_outdated", "already_in_that_status", "not_found"}
	for i, item := range answer.Items {
		if item.Outcome != want[i] {
			t.Errorf("row %d: %s, want %s", i, item.Outcome, want[i])
		}
	}
	if n := one[int](w, "select count(*) from app.guardianship_decisions where guardianship_id = $1", good); n != 1 || len(answer.Items) != len(want) {
		t.Errorf("%d decisions are on record, want one; %d answers", n, len(answer.Items))
	}
	if got := w.do(call{path: proposals, token: is[head].token}).want(t, http.StatusOK, ""); contains(got, good.String()) {
		t.Errorf("proposed again: %s", got.body)
	}
}

// V13: of a child with one guardian somebody says whether that is right; when its guardians change it is asked again.
func TestOneGuardianIsClarified(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.exec("update app.guardianships set ended_at = now() - interval '1 hour', register_end = null where child_id = $1 and guardian_id <> $2", w.person("Alfhildis"), w.person("Annelore"))
	list := "/v1/office/institutions/" + w.institution(kindergarten).String() + "/unclarified-children?limit=100"
	listed := func() bool {
		return contains(w.do(call{path: list, token: is[head].token}).want(t, http.StatusOK, ""), "Alfhildis")
	}
	if !listed() {
		t.Fatal("a child with one guardian is not listed")
	}
	path := "/v1/office/children/" + w.person("Alfhildis").String() + "/clarification"
	w.do(call{method: http.MethodPost, path: path, token: is[head].token, body: map[string]any{"answer": "only_this_one", "reason": "\n"}}).
		want(t, http.StatusUnprocessableEntity, "text_empty")
	w.do(call{method: http.MethodPost, path: path, token: is[rektor].token, body: map[string]any{"answer": "both", "reason": "x"}}).want(t, http.StatusNotFound, "not_found")
	w.do(call{method: http.MethodPost, path: path, token: is[head].token, body: map[string]any{"answer": "only_this_one", "reason": "x"}}).want(t, http.StatusOK, "")
	if listed() {
		t.Error("it is listed although somebody has clarified it")
	}
	w.exec("update app.guardianships set ended_at = now() + interval '1 minute' where child_id = $1", w.person("Alfhildis"))
	if !listed() {
		t.Error("its guardians changed, and nobody is asked again")
	}
}

// B8: the others who may confirm are told that a lifting waits, in words that say nothing of whom; the list says whose restriction it is, who set it and who
// proposes, and what waits is not proposed again.
func TestOthersAreToldThatALiftingWaits(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	const kind = "lifting_proposed"
	w.restrict(is[owner].token, "Alfhildis", "Kommunalia", "no_access")
	set := w.restrict(is[head].token, "Alfhildis", "Annelore", "no_access")
	id, etag := set.id(t).String(), set.header.Get("ETag")
	if !contains(set, `"childName":"Alfhildis `) || !contains(set, `"setByName":"Heddavina `) {
		t.Errorf("set: %s", set.body)
	}
	proposed := w.do(liftOf(id, "lifting-proposal", is[head].token, etag)).want(t, http.StatusOK, "")
	for given, want := range map[string]int{"Oddvarina": 1, "Heddavina": 0, "Kommunalia": 0, "Rektorina": 0, "Leonorina": 0, "Emelinda": 0, "Annelore": 0, "Bodvaris": 0} {
		if n := w.told(kind, given); n != want {
			t.Errorf("%s was told %d times, want %d", given, n, want)
		}
	}
	notices := w.noticesOf(is[owner].token)
	if !strings.Contains(notices, kind) || strings.Contains(notices, id) || strings.Contains(notices, w.person("Alfhildis").String()) {
		t.Errorf("what the owner is shown: %s", notices)
	}
	if list := w.do(call{path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/restrictions", token: is[owner].token}).want(t, http.StatusOK, ""); !contains(list, `"proposedByName":"Heddavina `) {
		t.Errorf("who proposes is not told: %s", list.body)
	}
	latest := proposed.header.Get("ETag")
	w.do(liftOf(id, "lifting-proposal", is[owner].token, latest)).want(t, http.StatusConflict, "lifting_already_proposed")
	w.do(liftOf(id, "lifting-proposal", is[head].token, latest)).want(t, http.StatusConflict, "lifting_already_proposed")
	w.do(liftOf(id, "lifting", is[owner].token, latest)).want(t, http.StatusOK, "")
}

// B8: what is set already for as long is not set twice, and lifted it can be set again; one that holds longer, or keeps from something else, is set beside it.
func TestRestrictionIsSetOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	set := func(kind, until string) reply {
		t.Helper()
		body := map[string]any{"personId": w.person("Annelore"), "kind": kind, "reason": "Dom."}
		if until != "" {
			body["until"] = until
		}
		return w.do(call{method: http.MethodPost, path: "/v1/office/children/" + w.person("Alfhildis").String() + "/restrictions", token: is[head].token, body: body})
	}
	soon, later := w.Clock.Now().AddDate(0, 1, 0).Format(time.RFC3339), w.Clock.Now().AddDate(0, 2, 0).Format(time.RFC3339)
	set("no_photo", soon).want(t, http.StatusCreated, "")
	set("no_photo", soon).want(t, http.StatusConflict, "restriction_exists")
	set("no_photo", later).want(t, http.StatusCreated, "")
	set("no_photo", "").want(t, http.StatusCreated, "")
	set("no_photo", "").want(t, http.StatusConflict, "restriction_exists")
	set("no_pickup", "").want(t, http.StatusCreated, "")
	w.exec("update app.restrictions set lifting_proposed_by = $1, lifting_proposed_at = now(), lifted_by = $2, lifted_at = now()", w.person("Heddavina"), w.person("Oddvarina"))
	set("no_photo", "").want(t, http.StatusCreated, "")
}

// B8: beside a restriction a protected child stands by its alias, and one that has none yet by nothing.
func TestRestrictionNamesAProtectedChildByItsAlias(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	if set := w.restrict(is[head].token, "Pernillus", "Petronellix", "no_photo"); !contains(set, `"childName":"Person `) || contains(set, "Pernillus") {
		t.Errorf("set: %s", set.body)
	}
	if list := w.do(call{path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/restrictions", token: is[head].token}).want(t, http.StatusOK, ""); !contains(list, `"childName":"Person `) || contains(list, "Pernillus") {
		t.Errorf("listed: %s", list.body)
	}
}

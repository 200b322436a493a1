package walk_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"
)

// isGuardianOf makes somebody a guardian of a child, without an access as one.
func (w *town) isGuardianOf(guardian, child string) {
	w.exec(`insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at)
		values ($1, gen_random_uuid(), $2, $3, true, 'own family', now())`, w.here, w.person(child), w.person(guardian))
}

// Nobody is one of the two who lower the protection of the other guardian of their own child, neither as the first nor as the second (B8, V13).
func TestNobodyLowersTheOtherGuardiansProtection(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"protection_lowered", "identity_changed", "identity_joined"} {
		w := newTown(t)
		is := w.people()
		w.strict("Annelore")
		w.isGuardianOf("Heddavina", "Alfhildis")
		id := w.heldAbout(kind, "Annelore")
		decide := func(by who, ifMatch string) reply {
			return w.do(call{method: http.MethodPost, token: is[by].token, ifMatch: ifMatch, body: map[string]any{"decision": "accept", "reason": "Registret."},
				path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/held-changes/" + id.String() + "/decision"})
		}
		decide(head, `"1"`).want(t, http.StatusConflict, "held_change_not_yours")
		decide(owner, `"1"`).want(t, http.StatusOK, "")
		decide(head, `"2"`).want(t, http.StatusConflict, "held_change_not_yours")
		if level := one[string](w, "select protected_identity from app.persons where id = $1", w.person("Annelore")); level != "strict" {
			t.Errorf("%s: the other guardian of the head's child is %s now", kind, level)
		}
	}
}

// A proposal counts no more once its proposer is found to be of the family (B8).
func TestAProposalOfTheFamilyDoesNotCount(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.strict("Annelore")
	id := w.heldAbout("protection_lowered", "Annelore")
	decide := func(by who, ifMatch string) reply {
		return w.do(call{method: http.MethodPost, token: is[by].token, ifMatch: ifMatch, body: map[string]any{"decision": "accept", "reason": "Registret."},
			path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/held-changes/" + id.String() + "/decision"})
	}
	decide(head, `"1"`).want(t, http.StatusOK, "")
	w.isGuardianOf("Heddavina", "Alfhildis")
	got := decide(owner, `"2"`)
	if level := one[string](w, "select protected_identity from app.persons where id = $1", w.person("Annelore")); level != "strict" {
		t.Errorf("what one of the family proposed was accepted: %d %s, %s", got.status, got.body, level)
	}
}

// strict protects somebody strictly.
func (w *town) strict(given string) {
	w.exec("update app.persons set protected_identity = 'strict' where id = $1", w.person(given))
}

// heldAbout is a change about a person that waits for two.
func (w *town) heldAbout(kind, given string) uuid.UUID {
	id := newID()
	w.exec(`insert into app.held_changes (municipality_id, id, kind, row_id, person_id, institutions, source, file_name, was, wants, since, seen_at, two_people)
		values ($1, $2, $3, $4, $4, array[$5::uuid], 'lists', 'lists.csv', 'strict', 'none', now(), now(), true)`, w.here, id, kind, w.person(given), w.institution(kindergarten))
	return id
}

// As staff, nobody meets what the other home writes about their own child: not by id and not in the list. Another child's thread they do meet (B11).
func TestStaffDoNotMeetTheOtherHomesThread(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	thread := w.thread(is[other].token, w.person("Alfhildis"), "Enskilt om den andra foraldern.")
	messages := call{path: "/v1/staff/conversations/" + thread.String() + "/messages", token: is[leader].token}
	list := call{path: "/v1/staff/institutions/" + w.institution(kindergarten).String() + "/conversations", token: is[leader].token}
	w.do(messages).want(t, http.StatusOK, "")
	if got := w.do(list); !contains(got, thread.String()) {
		t.Fatalf("before, it is not in the list: %d %s", got.status, got.body)
	}
	w.isGuardianOf("Leonorina", "Alfhildis")
	unknown := messages
	unknown.path = "/v1/staff/conversations/" + newID().String() + "/messages"
	if got, nowhere := w.do(messages), w.do(unknown); got.status != http.StatusNotFound || got.code != nowhere.code {
		t.Errorf("by id: %d %s", got.status, got.body)
	}
	write := messages
	write.method, write.body = http.MethodPost, map[string]any{"text": "Hej."}
	w.do(write).want(t, http.StatusNotFound, "not_found")
	if got := w.do(list); got.status != http.StatusOK || contains(got, thread.String()) {
		t.Errorf("in the list: %d %s", got.status, got.body)
	}
}

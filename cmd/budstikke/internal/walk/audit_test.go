package walk_test

import (
	"bytes"
	"net/http"
	"slices"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/app/web/contract"
	"budstikke.example/auth/access"
	"budstikke.example/migrations/trail"
)

// leavesAnEntry checks what the trail says of a call that was let through (B5, P14): whoever of staff was shown something of a child has left an
// entry that names that child, and so has whoever decided something. Guardians who look at their own children leave none.
func (w *walk) leavesAnEntry(t *testing.T, o *contract.Operation, caller who, got reply) {
	t.Helper()
	entries := one[int](w.town, "select count(*) from audit.entries where operation = $1 and outcome = 'done'", o.ID)
	if o.Tag != "staff" && o.Tag != "office" {
		if entries != 0 && o.ID != "EnrolTablet" { // which names the head whose code it was
			t.Errorf("%s as %s left an entry", o.ID, caller)
		}
		return
	}
	policy, _ := access.Of(o.ID)
	shown := w.childrenIn(got.body)
	if policy.Purpose == "" {
		if len(shown) > 0 {
			t.Errorf("%s as %s shows children %v and leaves no entry: %q", o.ID, caller, shown, policy.Unkept)
		}
		return
	}
	var entry struct {
		roles, class string
		session      *uuid.UUID
		children     []uuid.UUID
	}
	err := w.Admin.QueryRow(w.ctx, `select roles, class, session_id, children from audit.entries
		where operation = $1 and outcome = 'done' and actor_id = $2 and caller = 'staff' order by seq desc limit 1`, o.ID, w.person(w.is[caller].given)).
		Scan(&entry.roles, &entry.class, &entry.session, &entry.children)
	if err != nil {
		t.Errorf("%s as %s left no entry: %v", o.ID, caller, err)
		return
	}
	if entry.roles == "" || entry.session == nil || entry.class != string(policy.Purpose) {
		t.Errorf("%s as %s: the entry is of roles %q, session %v and purpose %q, want %q", o.ID, caller, entry.roles, entry.session, entry.class, policy.Purpose)
	}
	for _, child := range shown {
		if !slices.Contains(entry.children, child) {
			t.Errorf("%s as %s showed the child %s, whom the entry does not name", o.ID, caller, child)
		}
	}
}

// childrenIn are the children whom some bytes name, by id or by name.
func (w *walk) childrenIn(body []byte) (shown []uuid.UUID) {
	rows, err := w.Admin.Query(w.ctx, "select distinct p.id, p.given_name from app.persons p join app.enrolments e on e.municipality_id = p.municipality_id and e.child_id = p.id")
	must(w.tb, err)
	defer rows.Close()
	for rows.Next() {
		var id uuid.UUID
		var given string
		must(w.tb, rows.Scan(&id, &given))
		if bytes.Contains(body, []byte(id.String())) || len(given) > 4 && bytes.Contains(body, []byte(given)) {
			shown = append(shown, id)
		}
	}
	return shown
}

// onTheirOwn are operations that nobody is let into by the table: what their entries say, tests of their own hold.
var onTheirOwn = map[string]string{"GetRollCall": "TestTabletLooksAreTold", "ConfirmTablet": "TestTabletLooksAreTold"}

// everyKindIsThere checks that each operation of the registry that is to leave an entry has left one, so that none is sworn to and never tried.
func (w *walk) everyKindIsThere(t *testing.T, operations []*contract.Operation) {
	t.Helper()
	for _, o := range operations {
		policy, _ := access.Of(o.ID)
		if policy.Purpose == "" || onTheirOwn[o.ID] != "" {
			continue
		}
		if one[int](w.town, "select count(*) from audit.entries where operation = $1 and outcome = 'done' and class = $2 and caller = 'staff'", o.ID, string(policy.Purpose)) == 0 {
			t.Errorf("%s is to leave entries for the purpose %q, and nobody left one", o.ID, policy.Purpose)
		}
	}
}

// trailHolds checks the chains at the end of the walk, and that those who tried what is not theirs were seen.
func (w *walk) trailHolds(t *testing.T) {
	t.Helper()
	for _, m := range []uuid.UUID{w.here, w.there} {
		if state, err := trail.Verify(w.ctx, w.API, m, nil); err != nil || state.Entries < 2 {
			t.Errorf("%d entries, %v", state.Entries, err)
		}
	}
	for caller, operation := range map[who]string{wrong: "GetChild", teacher: "ListInstitutionChildren", employee: "GetGuardianship", inactive: "ListAbsences",
		hilde: "ListConversationMessages"} {
		if one[int](w.town, "select count(*) from audit.entries where operation = $1 and outcome = 'refused' and actor_id = $2",
			operation, w.person(w.is[caller].given)) == 0 {
			t.Errorf("%s tried %s and left no entry", caller, operation)
		}
	}
	if one[int](w.town, "select count(*) from audit.entries where outcome = 'refused' and operation = 'GetChild' and person_id = $1", w.real.Child) == 0 {
		t.Error("no entry says whose data somebody tried to open")
	}
}

// A password that is wrong leaves an entry with the person whose account it was tried at, and a thousand of them leave four (B5).
func TestFailedSignInsAreInTheTrail(t *testing.T) {
	t.Parallel()
	w := arrived(t)
	body, _ := w.login(w.here).(map[string]any)
	body["password"] = "inte det rätta"
	for range 3 {
		w.do(call{method: http.MethodPost, path: "/v1/signin/staff", body: body}).want(t, http.StatusUnauthorized, "sign_in_failed")
	}
	if n := one[int](w.town, `select count(*) from audit.entries where operation = 'StartStaffSession' and outcome = 'failed' and person_id = $1
		and actor_id is null`, w.person("Heddavina")); n != 1 {
		t.Errorf("%d entries, want one for three failures", n)
	}
	if n := one[int](w.town, "select times from audit.tallies where operation = 'StartStaffSession'"); n != 3 {
		t.Errorf("%d failures are counted, want 3", n)
	}
}

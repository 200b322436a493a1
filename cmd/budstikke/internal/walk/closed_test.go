package walk_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// A message that is accepted is one that somebody can read: where the child has left, or the guardian has lost access, it is refused and
// nothing is stored (V14, V15, B3).
func TestNobodyWritesIntoTheVoid(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child, leaves := w.person("Alfhildis"), w.person("Caspianus")
	open, closed := w.thread(is[right].token, child, textOfGuardian), w.thread(is[wrong].token, leaves, textOf("Ceciliana"))
	post := func(side string, thread uuid.UUID, token string) call {
		return call{method: http.MethodPost, path: "/v1/" + side + "/conversations/" + thread.String() + "/messages", token: token,
			body: map[string]any{"text": textOfStaff}}
	}
	w.do(post("staff", open, is[leader].token)).want(t, http.StatusCreated, "")
	w.do(post("staff", closed, is[leader].token)).want(t, http.StatusCreated, "")

	w.decide(is[head].token, "Annelore", "Alfhildis", "inactive")
	w.exec("update app.enrolments set institution_id = $1, group_id = null where child_id = $2", w.institution(school), leaves)
	// The new school's head opens it, and she signs in again: what she had open went with the kindergarten.
	w.exec("update app.guardianship_access set status = 'active' where child_id = $1 and status <> 'ended'", leaves)
	again := w.session("Ceciliana", scope.Guardian, 0)
	before := w.fingerprint()
	w.do(post("staff", open, is[leader].token)).want(t, http.StatusConflict, "guardian_inactive")
	// Whether the former institution still sees the thread is the policies' to say; nobody there writes in it.
	if got := w.do(post("staff", closed, is[leader].token)); got.code != "not_found" && got.code != "guardian_inactive" {
		t.Errorf("the former institution is answered %d %s", got.status, got.code)
	}
	w.do(post("guardian", closed, is[other].token)).want(t, http.StatusNotFound, "not_found")
	w.do(post("guardian", closed, again)).want(t, http.StatusConflict, "conversation_closed")
	w.unchanged(t, before, "by messages that nobody would read")

	moved := w.thread(again, leaves, textOf("Ceciliana")) // writing to where the child is now
	if moved == closed {
		t.Fatal("the new school answers in the old thread")
	}
	w.do(post("staff", moved, is[rektor].token)).want(t, http.StatusCreated, "")
	w.do(post("guardian", moved, again)).want(t, http.StatusCreated, "")
}

// Staff are told of a message: in their app, and on the device that they have registered (V8, V20).
func TestStaffAreTold(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	device := map[string]any{"provider": "fcm", "token": deviceOf("Leonorina"), "locale": "sv"}
	w.do(call{method: http.MethodPut, path: "/v1/staff/devices", token: is[leader].token, body: device}).want(t, http.StatusNoContent, "")
	w.do(call{method: http.MethodPut, path: "/v1/staff/devices", token: is[leader].token,
		body: map[string]any{"provider": "apns", "token": deviceOf("Leonorina"), "locale": "sv"}}).want(t, http.StatusBadRequest, "request_invalid")
	thread := w.thread(is[right].token, w.person("Alfhildis"), textOfGuardian)
	list := w.do(call{path: "/v1/staff/notices", token: is[leader].token}).want(t, http.StatusOK, "")
	if want := fmt.Sprintf(`"kind":"message_posted","subjectId":%q`, thread); !contains(list, want) {
		t.Errorf("the leader's notices are %s", list.body)
	}
	if n := one[int](w, `select count(*) from notify.deliveries d join notify.endpoints e on e.id = d.endpoint_id
		where e.address = $1 and d.channel = 'push' and d.grounds = 'staff'`, deviceOf("Leonorina")); n != 1 {
		t.Errorf("%d pushes for the leader's device, want one", n)
	}
	for _, caller := range []who{teacher, utrikine} {
		if p := w.page("/v1/staff/notices", is[caller].token); len(p.Items) != 0 {
			t.Errorf("%s has %d notices of another institution", caller, len(p.Items))
		}
	}
	// A role that has ended shows nothing of that institution any more, also while another role goes on (V11).
	w.exec(`insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at)
		select municipality_id, gen_random_uuid(), person_id, $1, role, created_at from app.staff_roles where person_id = $2`,
		w.institution(school), w.person("Leonorina"))
	w.exec("update app.staff_roles set ended_at = now() - interval '1 minute' where person_id = $1 and institution_id = $2",
		w.person("Leonorina"), w.institution(kindergarten))
	if p := w.page("/v1/staff/notices", is[leader].token); len(p.Items) != 0 {
		t.Errorf("%d notices of an institution where the role has ended", len(p.Items))
	}
}

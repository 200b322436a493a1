package walk_test

import (
	"net/http"
	"testing"
)

// V15, B8: what a head may do about a strictly protected child only by a clearance is not carried out when the clearance is taken away while the request
// waits; whoever keeps theirs is served when the lock is free.
func TestClearanceEndsWhileARequestWaits(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]struct {
		sql  string
		kept bool
	}{
		"nothing":           {"select $1::uuid", true},
		"revoked":           {"update app.clearances set revoked_at = now(), revoked_by = granted_by where staff_id = $1 and revoked_at is null", false},
		"suspended":         {"update app.clearances set suspended_at = now() where staff_id = $1 and revoked_at is null", false},
		"another's revoked": {"update app.clearances set revoked_at = now(), revoked_by = granted_by where staff_id <> $1 and revoked_at is null", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			is := w.people()
			child := w.person("Alfhildis")
			w.exec("update app.persons set protected_identity = 'strict' where id = $1", child)
			w.clear("Heddavina", child)
			w.clear("Leonorina", child)
			boss := is[head].token
			path := "/v1/office/guardianships/" + w.guardianship("Dagfinnor", "Alfhildis").String()
			before := w.accessOf("Dagfinnor", "Alfhildis")
			c := call{method: http.MethodPost, path: path + "/activation", token: boss, key: newID().String(), outage: true,
				ifMatch: w.do(call{path: path, token: boss}).header.Get("ETag")}
			got := w.meanwhile(t, "select from app.guardianship_access where municipality_id = $1 and child_id = $2 for update", c, e.sql, w.person("Heddavina"))
			after := w.accessOf("Dagfinnor", "Alfhildis")
			if e.kept {
				if got.status != http.StatusOK || after != "active" {
					t.Errorf("answered %d %s, and the access is %s", got.status, got.body, after)
				}
				return
			}
			if got.status != http.StatusServiceUnavailable || got.code != "unavailable" || after != before {
				t.Errorf("answered %d %s, and the access is %s", got.status, got.body, after)
			}
			if again := w.doIn(t, c); again.status != http.StatusNotFound {
				t.Errorf("again it is answered %d %s", again.status, again.body)
			}
		})
	}
}

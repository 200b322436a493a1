package walk_test

import (
	"maps"

	"github.com/google/uuid"
)

func init() {
	newcomer := map[string]any{"givenName": "Nyanställda", "familyName": "Testsson", "email": "nyanstallda@example.com"}
	maps.Copy(table, map[string]row{
		"ListStaffRoles": {allowed: heads, status: 200},
		"EnterStaffRole": {allowed: heads, status: 201, body: fixed(map[string]any{"newcomer": newcomer, "role": "leader"})},
		"EndStaffRole":   {allowed: heads, status: 200, arrange: (*walk).leaver, body: fixed(map[string]any{})},
		"AppointHead":    {allowed: []who{owner, topOwner}, status: 201, body: fixed(map[string]any{"newcomer": newcomer})},
		"SetLeave":       {allowed: heads, status: 200, arrange: (*walk).newcomer, body: fixed(map[string]any{})},
		"EndLeave":       {allowed: heads, status: 204, arrange: (*walk).onLeave},

		"ListInstitutionsWithoutHead": {allowed: []who{owner, topOwner}, status: 200},
	})
}

// leaver is somebody whose role can be ended.
func (w *walk) leaver(caller who) ids {
	x := w.newcomer(caller)
	x.StaffRole = w.roleOf(x.Staff)
	return x
}

// onLeave is somebody who is on leave since a minute ago.
func (w *walk) onLeave(caller who) ids {
	x := w.newcomer(caller)
	w.exec(`insert into app.staff_leaves (municipality_id, id, person_id, institution_id, starts_at, set_by, set_at)
		values ($1, $2, $3, $4, now() - interval '1 minute', $3, now())`, w.here, newID(), x.Staff, x.Institution)
	return x
}

// roleOf is somebody's only role.
func (w *town) roleOf(person uuid.UUID) uuid.UUID {
	w.tb.Helper()
	return one[uuid.UUID](w, "select id from app.staff_roles where person_id = $1", person)
}

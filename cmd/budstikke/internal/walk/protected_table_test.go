package walk_test

import (
	"cmp"
	"maps"
	"time"

	"github.com/google/uuid"
)

func init() {
	until := func(w *walk) string { return w.Clock.Now().AddDate(0, 3, 0).Format(time.RFC3339) }
	maps.Copy(table, map[string]row{
		"ListProtectedPersons": {allowed: heads, status: 200},
		"GrantClearance": {allowed: heads, status: 201, arrange: (*walk).protectedPerson, body: func(w *walk, x ids, _ who) any {
			return map[string]any{"staffId": cmp.Or(x.Staff, w.person("Leonorina")), "until": until(w), "reason": "Kontaktperson."}
		}},
		"RevokeClearance":    {allowed: heads, status: 204, arrange: (*walk).freshClearance},
		"SetAlias":           {allowed: heads, status: 200, arrange: (*walk).clearedPerson, body: fixed(map[string]any{"givenName": "Kim", "familyName": "Alm"})},
		"GetProtectedPerson": {allowed: staffHere, status: 200, arrange: (*walk).clearedPerson},
	})
}

// protectedPerson is the child of the kindergarten whose name is kept.
func (w *walk) protectedPerson(who) ids {
	x := w.real
	x.etag = one[string](w.town, `select '"' || version || '"' from app.protected_names where person_id = $1`, x.Protected)
	return x
}

// clearedPerson is the same, for somebody who is cleared.
func (w *walk) clearedPerson(caller who) ids {
	if a, known := w.is[caller]; known && a.given != "" && !one[bool](w.town, "select exists (select from app.clearances c where c.staff_id = $1 and c.revoked_at is null)", w.person(a.given)) {
		w.clear(a.given, w.real.Protected)
	}
	return w.protectedPerson(caller)
}

// freshClearance is one that somebody has, and nobody else takes away.
func (w *walk) freshClearance(caller who) ids {
	x := w.protectedPerson(caller)
	w.exec("update app.clearances set revoked_at = now() where staff_id = $1 and revoked_at is null", w.person("Emelinda"))
	x.Clearance = w.clear("Emelinda", x.Protected)
	return x
}

// clear clears a member of staff for somebody, as the head would.
func (w *town) clear(given string, person uuid.UUID) uuid.UUID {
	w.tb.Helper()
	return w.clearByID(w.person(given), person)
}

func (w *town) clearByID(staff, person uuid.UUID) uuid.UUID {
	w.tb.Helper()
	id := newID()
	w.exec(`insert into app.clearances (municipality_id, id, person_id, staff_id, granted_by, granted_at, until, reason)
		select p.municipality_id, $1, $2, p.id, p.id, now() - interval '1 minute', now() + interval '30 days', 'Kontaktperson.' from app.persons p where p.id = $3`,
		id, person, staff)
	return id
}

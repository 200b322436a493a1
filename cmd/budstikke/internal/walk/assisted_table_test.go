package walk_test

import "maps"

func init() {
	maps.Copy(table, map[string]row{
		"OpenAssistedCase": {allowed: staffHere, status: 201, arrange: (*walk).noCases, body: func(_ *walk, x ids, _ who) any {
			return map[string]any{"guardianshipId": x.Guardianship, "shown": "passport", "username": "gast-ett@example.com", "note": "Kom med tolk."}
		}},
		"ListAssistedCases":  {allowed: heads, status: 200},
		"DecideAssistedCase": {allowed: heads, status: 200, arrange: (*walk).seen, body: fixed(map[string]any{"decision": "confirmed"})},
	})
}

// noCases forgets that anybody was seen: five in a week are enough for a guardian, and not for a walk.
func (w *walk) noCases(who) ids {
	w.exec("delete from app.assisted_cases")
	return w.real
}

// seen is a guardian whom an employee had before them, and who waits for somebody else's word.
func (w *walk) seen(who) ids {
	x := w.noCases("")
	x.Case = newID()
	w.exec(`insert into app.assisted_cases (municipality_id, id, institution_id, guardianship_id, person_id, child_id, shown, note, username, state, opened_by, opened_at, expires_at)
		select g.municipality_id, $1, $2, g.id, g.guardian_id, g.child_id, 'passport', '', 'gast-ett@example.com', 'waiting', $3, $4::timestamptz, $4::timestamptz + interval '1 hour'
		from app.guardianships g where g.id = $5`, x.Case, x.Institution, w.person("Emelinda"), w.Clock.Now(), x.Guardianship)
	return x
}

package walk_test

import "maps"

func init() {
	maps.Copy(table, map[string]row{
		"ListHeldChanges":  {allowed: heads, status: 200, query: "?which=everything"},
		"DecideHeldChange": {allowed: heads, status: 200, arrange: (*walk).freshHeld, body: fixed(map[string]any{"decision": "refuse", "reason": "Registret ligger efter."})},
		"DecideHeldChanges": {allowed: heads, status: 200, arrange: (*walk).freshHeld, body: func(_ *walk, x ids, _ who) any {
			return map[string]any{"decision": "refuse", "reason": "Registret ligger efter.", "items": []any{map[string]any{"heldChangeId": x.HeldChange, "etag": x.etag}}}
		}},
	})
}

// freshHeld is a guardianship that a register names again and that waits for the heads of the kindergarten (B8).
func (w *walk) freshHeld(who) ids {
	x := w.real
	x.HeldChange, x.etag = newID(), `"1"`
	w.exec(`insert into app.held_changes (municipality_id, id, kind, row_id, person_id, child_id, institutions, source, file_name, was, wants, since, seen_at, two_people)
		values ($1, $2, 'guardianship_returns', $3, $4, $5, array[$6::uuid], 'lists', 'lists.csv', 'ended', 'in_force', $7, $7, false)`,
		w.here, x.HeldChange, newID(), w.person("Dagfinnor"), x.Child, x.Institution, w.Clock.Now())
	return x
}

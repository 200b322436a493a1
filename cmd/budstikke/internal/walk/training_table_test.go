package walk_test

import "maps"

func init() {
	maps.Copy(table, map[string]row{
		"ListTraining": {allowed: heads, status: 200},
		"RecordTraining": {allowed: heads, status: 200, body: func(w *walk, _ ids, _ who) any {
			return map[string]any{"personId": w.person("Leonorina"), "routines": []string{"messages", "privacy"}, "day": w.day(0)}
		}},
		"CorrectTraining": {allowed: heads, status: 200, arrange: func(w *walk, _ who) ids {
			w.trained("Leonorina", "messages", w.day(-3))
			return w.real
		}, body: func(w *walk, _ ids, _ who) any {
			return map[string]any{"personId": w.person("Leonorina"), "routine": "messages", "day": w.day(-3), "reason": "Fel person."}
		}},
	})
}

// trained records a training of somebody at the kindergarten, by its head, unless it is on record.
func (w *town) trained(given, routine, day string) {
	w.tb.Helper()
	w.exec(`insert into app.trainings (municipality_id, id, institution_id, person_id, routine, trained_on, recorded_by, recorded_at)
		values ($1, $2, $3, $4, $5, $6, $7, now()) on conflict do nothing`,
		w.here, newID(), w.institution(kindergarten), w.person(given), routine, day, w.person("Heddavina"))
}

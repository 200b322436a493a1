package walk_test

import "maps"

func init() {
	maps.Copy(table, map[string]row{
		"WithdrawApplication":  {allowed: []who{applicant}, status: 200, arrange: (*walk).openAgain},
		"ListApplications":     {allowed: heads, status: 200},
		"DecideApplication":    {allowed: heads, status: 200, arrange: (*walk).queued, body: fixed(map[string]any{"decision": "declined", "reason": deactivationReason})},
		"GetApplicationPolicy": {allowed: []who{topOwner}, status: 200},
		"SetApplicationPolicy": {allowed: []who{topOwner}, status: 200, body: fixed(map[string]any{"policy": "self_service_eid"})},
	})
}

// openAgain lets the applicant apply once more.
func (w *walk) openAgain(who) ids {
	w.exec("update app.applications set state = 'ended' where person_id = $1", w.person("Gretchenia"))
	w.exec(`insert into app.applications (municipality_id, id, person_id, locale, created_at) values ($1, $2, $3, 'sv', $4)`,
		w.here, newID(), w.person("Gretchenia"), w.Clock.Now())
	return w.real
}

// queued is an application that waits for the heads of the kindergarten.
func (w *walk) queued(who) ids {
	x := w.real
	x.Application = newID()
	w.exec(`insert into app.applications (municipality_id, id, person_id, state, locale, created_at, submitted_at)
		values ($1, $2, $3, 'queued', 'sv', $4, $4)`, w.here, x.Application, w.person("Stenulvar"), w.Clock.Now())
	w.exec("insert into app.application_places values ($1, $2, $3)", w.here, x.Application, x.Institution)
	return x
}

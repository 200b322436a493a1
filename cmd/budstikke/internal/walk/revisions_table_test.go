package walk_test

import "maps"

func init() {
	heads := table["ListReviews"].allowed
	maps.Copy(table, map[string]row{
		"ListRevisions":        {allowed: heads, status: 200, arrange: (*walk).freshRevision},
		"ListOverdueRevisions": {allowed: everyHead, status: 200},
		"GetRevision":          {allowed: heads, status: 200, arrange: (*walk).freshRevision},
		"ConfirmRevisionPoint": {allowed: heads, status: 200, arrange: (*walk).freshRevision, body: func(*walk, ids, who) any {
			return map[string]any{"remark": "Alla roller stämmer, Vindruvsklase."}
		}},
		"CompleteRevision": {allowed: heads, status: 200, arrange: (*walk).confirmedRevision},
	})
}

// freshRevision is an open revision of the kindergarten, of a January of its own, with one point.
func (w *walk) freshRevision(who) ids {
	w.tb.Helper()
	x := w.real
	id := newID()
	w.exec(`insert into app.revisions (municipality_id, id, institution_id, month, opened_at, due_on)
		select $1, $2, $3, make_date(2100 + count(*)::int, 1, 1), now(), current_date + 7 from app.revisions`, w.here, id, x.Institution)
	w.exec(`insert into app.revision_points (municipality_id, revision_id, point, institution_id, position) values ($1, $2, 'roles', $3, 1)`,
		w.here, id, x.Institution)
	x.Month = one[string](w.town, "select to_char(month, 'YYYY-MM') from app.revisions where id = $1", id)
	return x
}

// confirmedRevision is one with nothing left to confirm.
func (w *walk) confirmedRevision(caller who) ids {
	x := w.freshRevision(caller)
	w.exec("update app.revision_points set confirmed_by = $1, confirmed_at = now() where confirmed_at is null", w.person("Leonorina"))
	return x
}

package walk_test

import (
	"maps"
	"time"

	"github.com/google/uuid"
)

func init() {
	maps.Copy(table, map[string]row{
		"ListProfessionals": {allowed: heads, status: 200},
		"EnterProfessional": {allowed: []who{owner, topOwner}, status: 201, body: func(w *walk, x ids, _ who) any {
			return w.entry(x.Child, 30*24*time.Hour)
		}},
		"ChangeProfessional": {allowed: []who{owner, topOwner}, status: 200, arrange: (*walk).freshProfessional, body: func(w *walk, x ids, _ who) any {
			return map[string]any{"childIds": []uuid.UUID{x.Child}, "until": w.Clock.Now().Add(24 * time.Hour)}
		}},
		"EndProfessional": {allowed: heads, status: 204, arrange: (*walk).freshProfessional},
	})
}

// entry is of a professional, for one child.
func (w *town) entry(child uuid.UUID, ahead time.Duration) map[string]any {
	body := w.invitation(child, ahead)
	delete(body, "sponsorId")
	body["givenName"] = "Fackvera"
	return body
}

// freshProfessional is one at the kindergarten who began a moment ago.
func (w *walk) freshProfessional(who) ids {
	x := w.real
	x.Partnership, x.etag = w.professionalAt(kindergarten, w.person("Heddavina"), x.Child), `"1"`
	return x
}

// professionalAt makes somebody a professional with named children at an institution for a month.
func (w *town) professionalAt(place string, by uuid.UUID, children ...uuid.UUID) uuid.UUID {
	w.tb.Helper()
	role := w.partnershipAt(place, "Fackvera", by, by, children...)
	w.exec("update app.staff_roles set role = 'municipal_professional' where id = $1", role)
	w.exec("update app.partnerships set sponsor_id = null, version = 1 where role_id = $1", role)
	return role
}

// newProfessional knows of the child of a target.
func (m *matrix) newProfessional(x *target, i *ids) {
	i.Partnership = m.professionalAt(x.place, m.person(m.is[bosses[x.place]].given), i.Child)
}

// professionalOf is an entry at the child's institution.
func professionalOf(x *target, w *walk, caller who) any {
	body, _ := partnerOf(x, w, caller).(map[string]any)
	delete(body, "sponsorId")
	return body
}

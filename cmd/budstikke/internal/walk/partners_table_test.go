package walk_test

import (
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

func init() {
	maps.Copy(table, map[string]row{
		"ListExternalPartners": {allowed: heads, status: 200},
		"InviteExternalPartner": {allowed: heads, status: 201, body: func(w *walk, x ids, _ who) any {
			return w.invitation(x.Child, 30*24*time.Hour)
		}},
		"ChangeExternalPartner": {allowed: heads, status: 200, arrange: (*walk).freshPartner, body: func(w *walk, x ids, _ who) any {
			return map[string]any{"childIds": []uuid.UUID{x.Child}, "until": w.Clock.Now().Add(24 * time.Hour)}
		}},
		"EndExternalPartner":  {allowed: heads, status: 204, arrange: (*walk).freshPartner},
		"ListPartnerChildren": {allowed: []who{liaison}, status: 200},
	})
}

// invitation is for somebody from outside, for one child, with an employee of the kindergarten as sponsor.
func (w *town) invitation(child uuid.UUID, ahead time.Duration) map[string]any {
	return map[string]any{
		"username": strings.ReplaceAll(newID().String(), "-", "") + "@example.com", "givenName": "Utifrån", "familyName": "Testsson", "sponsorId": w.person("Emelinda"),
		"childIds": []uuid.UUID{child}, "until": w.Clock.Now().Add(ahead),
	}
}

// freshPartner is a partnership at the kindergarten that began a moment ago.
func (w *walk) freshPartner(who) ids {
	x := w.real
	x.Partnership, x.etag = w.partnership("Utifrån", x.Child), `"1"`
	return x
}

// partnership makes somebody from outside a partner of the kindergarten for a month, sponsored by an employee, for some children.
func (w *town) partnership(given string, children ...uuid.UUID) uuid.UUID {
	w.tb.Helper()
	return w.partnershipAt(kindergarten, given, w.person("Emelinda"), w.person("Heddavina"), children...)
}

// partnershipAt makes one at an institution.
func (w *town) partnershipAt(place, given string, sponsor, head uuid.UUID, children ...uuid.UUID) uuid.UUID {
	w.tb.Helper()
	person, role, here := newID(), newID(), one[uuid.UUID](w, "select municipality_id from app.persons where id = $1", head)
	w.exec(`insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, $3, 'Testsson', now())`, here, person, given)
	w.exec(`insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at, starts_at, ended_at)
		values ($1, $2, $3, $4, 'external_partner', now(), now(), now() + interval '30 days')`, here, role, person, w.institution(place))
	w.exec("insert into app.partnerships values ($1, $2, $3, $4, 1)", here, role, sponsor, head)
	w.exec(`insert into app.partner_children select municipality_id, $2, id, protected_identity, $3, now() from app.persons where municipality_id = $1 and id = any ($4)`,
		here, role, head, children)
	return role
}

// bound gives the matrix an external partner whose children are named and whose time has an end (U8, B12).
func (m *matrix) bound() {
	var children []uuid.UUID
	for _, x := range m.targets {
		for _, r := range named {
			if x.relation == r {
				children = append(children, m.person(x.given))
			}
		}
	}
	m.partnership("Bundina", children...)
	m.is[bounded] = m.arrive("Bundina", scope.Staff, true)
}

// partnerOf is an invitation to the child's institution, sponsored by its head; a child that has left cannot be named there, so another one is.
func partnerOf(x *target, w *walk, _ who) any {
	child := x.ids.Child
	if x.relation == departed {
		child = w.person("Caspianus")
	}
	body := w.invitation(child, 30*24*time.Hour)
	if boss, known := map[string]string{kindergarten: "Heddavina", school: "Rektorina", abroad: "Utrikine"}[x.place]; known {
		body["sponsorId"] = w.person(boss)
	}
	return body
}

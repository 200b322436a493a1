package walk_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// strays are those whom something else than a role or a relation keeps out: what they owe, what ran out, what was taken from them, and secrets
// of ours that open one door and are no session.
func (m *matrix) strays(t *testing.T) {
	t.Helper()
	m.owe()
	m.runOut()
	m.takeTablets(t)
	boss := m.is[head].token
	enrolment, _ := m.enrolmentBy(boss, m.here, m.groupOf("Alfhildis"))
	code, _ := enrolment["code"].(string)
	for caller, secret := range map[who]string{
		byLetter: m.letter(boss, m.hire(kindergarten, "substitute"), ""), byCode: code, byEntry: m.link(nil),
	} {
		m.is[caller] = actor{token: secret}
	}
}

// anotherGuardian is somebody who has access to the right guardian's child, beside everybody else of the town.
func (m *matrix) anotherGuardian(given string) actor {
	m.tb.Helper()
	person, guardianship := newID(), newID()
	m.exec("insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, $3, $4, now())", m.here, person, given, surname(given))
	m.exec(`insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at)
		select municipality_id, $1, id, $2, true, '', now() from app.persons where id = $3`, guardianship, person, m.person("Alfhildis"))
	m.exec("update app.guardianship_access set status = 'active', version = version + 1, changed_at = now() where guardianship_id = $1", guardianship)
	return actor{given: given, kind: scope.Guardian, token: m.session(given, scope.Guardian, 0)}
}

// owe publishes terms that every guardian of the municipality has accepted but one (H12).
func (m *matrix) owe() {
	m.tb.Helper()
	m.is[owing] = m.anotherGuardian("Skuldebrita")
	m.exec("insert into app.terms (municipality_id, version, effective_at, published_at) values ($1, '2026-01', now() - interval '1 hour', now())", m.here)
	m.exec(`insert into app.terms_acceptances (municipality_id, person_id, version, accepted_at)
		select distinct municipality_id, guardian_id, '2026-01', now() from app.guardianships where municipality_id = $1 and guardian_id <> $2`,
		m.here, m.person("Skuldebrita"))
}

// runOut lets somebody's last proof be older than a year, and the rule suspend what rests on it (H1, V15).
func (m *matrix) runOut() {
	m.tb.Helper()
	m.is[overdue] = m.anotherGuardian("Förfallina")
	m.age("Förfallina", 366)
	must(m.tb, m.API.WithScope(m.ctx, scope.Of(m.here, scope.Clock), func(tx *scope.Tx) error {
		rows, err := tx.Query(m.ctx, "select person from app.suspend_unproved($1)", m.Clock.Now())
		if err != nil {
			return err
		}
		var late []uuid.UUID
		for rows.Next() {
			var person uuid.UUID
			if err := rows.Scan(&person); err != nil {
				return err
			}
			late = append(late, person)
		}
		if len(late) != 1 || late[0] != m.person("Förfallina") {
			m.tb.Errorf("%v were suspended", late)
		}
		return rows.Err()
	}))
}

// takeTablets is a tablet of another municipality, one that the head has removed, and one on which a colleague took over (V7).
func (m *matrix) takeTablets(t *testing.T) {
	t.Helper()
	boss, group := m.is[head].token, m.groupOf("Alfhildis")
	m.is[tabletAbroad] = actor{token: m.tabletBy(m.is[utrikine].token, m.there, m.groupOf("Mosebackus")).token}
	gone := m.tabletBy(boss, m.here, group)
	m.do(call{method: http.MethodPost, path: "/v1/office/tablets/" + gone.id.String() + "/removal", token: boss, body: map[string]any{"lost": false}}).want(t, http.StatusNoContent, "")
	m.is[tabletGone] = actor{token: gone.token}
	taken := m.tabletBy(boss, m.here, group)
	m.setPIN(t, "Emelinda", goodPIN)
	m.is[workOver] = actor{token: m.unlock(t, taken, "Emelinda", goodPIN).want(t, http.StatusCreated, "").text(t, "token")}
	m.unlock(t, taken, m.is[atWork].given, goodPIN).want(t, http.StatusCreated, "")
}

package walk_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/auth/access"
	"budstikke.example/migrations/scope"
)

// explained is somebody in an answer of ExplainAccess.
type explained struct {
	PersonID     uuid.UUID `json:"personId"`
	Name         string    `json:"name"`
	Caller       string    `json:"caller"`
	Sees         bool      `json:"sees"`
	Reason       string    `json:"reason"`
	HasAccount   bool      `json:"hasAccount"`
	Restrictions []string  `json:"restrictions"`
	ReadsNote    *bool     `json:"readsNote"`
	Writes       bool      `json:"writes"`
	WritesReason string    `json:"writesReason"`
	Grounds      []struct {
		Role, Status, DecidedByName string
		Until                       *time.Time
	} `json:"grounds"`
}

func (w *town) explain(t *testing.T, token string, child uuid.UUID, query string) (people []explained, got reply) {
	t.Helper()
	got = w.do(call{path: "/v1/office/children/" + child.String() + "/access" + query, token: token})
	var answer struct{ People []explained }
	if got.status == http.StatusOK {
		must(t, json.Unmarshal(got.body, &answer))
	}
	return answer.People, got
}

// inTheDark tells whether this build has no policy, and so nothing to explain.
func inTheDark() bool {
	return access.Decide(access.Subject{}, access.Policy{}, access.Facts{}, access.Env{}).Allow
}

// B9: in towns where everything that decides access was thrown about, whoever is said to see a child, an absence or a conversation is shown it by
// the API, and nobody else is.
func TestExplainSaysWhatTheOperationsDo(t *testing.T) {
	t.Parallel()
	if inTheDark() {
		t.Skip("nothing is decided here, so there is nothing to explain")
	}
	m := newMatrix(t)
	// What is explained is who may see, and not what they have to do first: everybody accepts the terms (H12).
	m.exec(`insert into app.terms_acceptances (municipality_id, person_id, version, accepted_at)
		select distinct g.municipality_id, g.guardian_id, t.version, now() from app.guardianships g join app.terms t using (municipality_id)
		where g.municipality_id = $1 on conflict do nothing`, m.here)
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // any bits will do
	random := rand.New(rand.NewPCG(seed, 0))
	compared, sees := 0, 0
	for round := range 3 {
		if round > 0 {
			m.tumble(random)
		}
		m.clearAll("Kommunalia") // else what concerns a strictly protected child is not explained
		people := slices.DeleteFunc(m.everybodyOf(m.here), func(p somebodyHere) bool {
			return p.id == m.person("Skuldebrita") || p.id == m.person("Förfallina") // who see it once they have done what they owe
		})
		asking := m.session("Kommunalia", scope.Staff, 0)
		for _, x := range m.targets {
			if x.place != kindergarten && x.place != school {
				continue
			}
			for _, v := range []struct{ noun, query, asGuardian, asStaff, id string }{
				{"child", "", "/v1/guardian/children/" + x.ids.Child.String(), "/v1/staff/institutions/%s/children?limit=100", x.ids.Child.String()},
				{"absence", "?absenceId=" + x.ids.Absence.String(), "/v1/guardian/absences/" + x.ids.Absence.String(),
					"/v1/staff/institutions/%s/absences?limit=100&date=" + m.starts(x.ids.Absence), x.ids.Absence.String()},
				{"conversation", "?conversationId=" + x.ids.Conversation.String(), "/v1/guardian/conversations/" + x.ids.Conversation.String() + "/messages",
					"/v1/staff/conversations/" + x.ids.Conversation.String() + "/messages", ""},
			} {
				said, got := m.explain(t, asking, x.ids.Child, v.query)
				if got.status != http.StatusOK {
					if shown := m.shown(v.asStaff, asking, v.id); shown {
						t.Errorf("seed %d round %d: the %s of %s is not explained (%d) to somebody who sees it", seed, round, v.noun, x.relation, got.status)
					}
					continue
				}
				for _, p := range people {
					path := v.asGuardian
					if p.kind == scope.Staff {
						path = v.asStaff
					}
					at := slices.IndexFunc(said, func(e explained) bool { return e.PersonID == p.id && e.Caller == string(p.kind) })
					should, reason := false, "nothing"
					if at >= 0 {
						should, reason = said[at].Sees, said[at].Reason
					}
					compared++
					shown := m.shown(path, p.token, v.id)
					if v.noun == "child" && p.kind == scope.Staff && !shown {
						shown = m.named(p.token, v.id) // to somebody from outside (U8)
					}
					if shown {
						sees++
					}
					if shown != should {
						t.Errorf("seed %d round %d: the %s of %s (%s) is shown to %s %s: %t, and explained: %t because of %s",
							seed, round, v.noun, x.relation, x.given, p.kind, p.given, shown, should, reason)
					}
				}
			}
		}
	}
	t.Logf("seed %d: %d comparisons, %d saw it", seed, compared, sees)
	if compared < 1500 || sees < 150 {
		t.Errorf("only %d comparisons, and %d saw anything", compared, sees)
	}
}

// somebodyHere is a person with a session of their own.
type somebodyHere struct {
	id    uuid.UUID
	given string
	kind  scope.Caller
	token string
}

// everybodyOf gives every guardian and every member of the staff of a municipality a fresh session.
func (w *town) everybodyOf(municipality uuid.UUID) []somebodyHere {
	w.tb.Helper()
	rows, err := w.Admin.Query(w.ctx, `select distinct p.id, p.given_name, k.kind from app.persons p
		join (select municipality_id, guardian_id as id, 'guardian' as kind from app.guardianships
			union select municipality_id, person_id, 'staff' from app.staff_roles) k on k.municipality_id = p.municipality_id and k.id = p.id
		where p.municipality_id = $1 order by 1`, municipality)
	must(w.tb, err)
	people, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p somebodyHere, err error) {
		return p, row.Scan(&p.id, &p.given, &p.kind)
	})
	must(w.tb, err)
	for i := range people {
		people[i].token = w.sessionOf(people[i].id, people[i].kind, 0)
	}
	return people
}

// starts is the first day of an absence.
func (m *matrix) starts(absence uuid.UUID) string {
	return one[time.Time](m.town, "select starts_on from app.absences where id = $1", absence).Format(time.DateOnly)
}

// shown tells whether a request shows something: by an id in a list, or by being answered at all when there is none.
func (m *matrix) shown(path, token, id string) bool {
	if !strings.Contains(path, "%s") {
		return m.do(call{path: path, token: token}).status == http.StatusOK
	}
	for _, place := range []string{kindergarten, school} {
		got := m.do(call{path: fmt.Sprintf(path, m.institution(place)), token: token})
		if got.status == http.StatusOK && strings.Contains(string(got.body), id) {
			return true
		}
	}
	return false
}

// named tells whether somebody from outside is shown a child (U8).
func (m *matrix) named(token, child string) bool {
	return strings.Contains(string(m.do(call{path: "/v1/staff/partner-children", token: token}).body), child)
}

// clearAll clears somebody for everybody whose name is kept (B8).
func (m *matrix) clearAll(given string) {
	m.exec(`insert into app.clearances (municipality_id, id, person_id, staff_id, granted_by, granted_at, until, reason)
		select n.municipality_id, gen_random_uuid(), n.person_id, p.id, p.id, now(), now() + interval '1 hour', 'x'
		from app.protected_names n join app.persons p on p.municipality_id = n.municipality_id and p.id = $1 and p.id <> n.person_id on conflict do nothing`, m.person(given))
}

// tumble changes whatever decides access, at random: statuses, ends, restrictions, leaves, groups and protection.
func (m *matrix) tumble(random *rand.Rand) {
	m.tb.Helper()
	var children []uuid.UUID
	for _, x := range m.targets {
		if x.place == kindergarten || x.place == school {
			children = append(children, x.ids.Child)
		}
	}
	some := func(list []uuid.UUID, share float64) (picked []uuid.UUID) {
		for _, id := range list {
			if random.Float64() < share {
				picked = append(picked, id)
			}
		}
		return picked
	}
	adults := one[[]uuid.UUID](m.town, `select array_agg(distinct x.id order by x.id) from (
		select guardian_id as id from app.guardianships where municipality_id = $1
		union select person_id from app.staff_roles where municipality_id = $1 and institution_id is not null) x`, m.here)
	for _, status := range []string{"inactive", "active", "suspended", "active"} {
		m.exec(`update app.guardianship_access set status = $2, until = null, version = version + 1, changed_at = now()
			where child_id = any($1) and guardian_id = any($3) and status <> 'ended'`, some(children, .4), status, some(adults, .5))
	}
	m.exec("update app.guardianship_access set until = now() - interval '1 second' where child_id = any($1) and status = 'active'", some(children, .1))
	m.exec("update app.enrolments set ended_at = now() - interval '1 second' where child_id = any($1) and ended_at is null", some(children, .1))
	m.exec("update app.staff_roles set ended_at = now() - interval '1 second' where person_id = any($1) and ended_at is null", some(adults, .1))
	m.exec("update app.staff_roles set ended_at = null where person_id = any($1)", some(adults, .2))
	m.exec(`insert into app.staff_leaves (municipality_id, id, person_id, institution_id, starts_at, set_by, set_at)
		select municipality_id, gen_random_uuid(), person_id, institution_id, now() - interval '1 minute', person_id, now() from app.staff_roles
		where person_id = any($1) and institution_id is not null`, some(adults, .15))
	m.exec("update app.staff_roles set group_id = (select g.id from app.groups g where g.municipality_id = staff_roles.municipality_id and g.institution_id = staff_roles.institution_id order by random() limit 1) where person_id = any($1) and institution_id is not null", some(adults, .3))
	m.exec("update app.persons set protected_identity = (array['none', 'marked', 'protected', 'strict'])[1 + floor(random() * 4)::int] where id = any($1)", some(children, .3))
	m.exec("update app.clearances set revoked_at = now() where revoked_at is null")
	m.exec(`insert into app.clearances (municipality_id, id, person_id, staff_id, granted_by, granted_at, until, reason)
		select distinct on (n.person_id, r.person_id) n.municipality_id, gen_random_uuid(), n.person_id, r.person_id, r.person_id, now(), now() + interval '1 hour', 'x'
		from app.protected_names n join app.staff_roles r on r.municipality_id = n.municipality_id and r.person_id = any ($1) and r.person_id <> n.person_id`, some(adults, .4))
	for _, child := range some(children, .4) {
		for _, adult := range some(adults, .15) {
			kind := []string{"no_access", "no_contact", "no_photo", "no_location"}[random.IntN(4)]
			m.exec(`insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
				values ($1, gen_random_uuid(), $2, $3, $4, now() - interval '1 minute', '\x00', 1, $3, now())`, m.here, child, adult, kind)
		}
	}
}

// B9, B8: what is told of each person: why not, with the reasons of restrictions sealed; who decided, and nothing to anybody who does not answer
// for the child. Every look is in the trail.
func TestExplainTellsWhyAndWhoDecided(t *testing.T) {
	t.Parallel()
	if inTheDark() {
		t.Skip("nothing is decided here, so there is nothing to explain")
	}
	w := arrived(t)
	w.settle()
	boss := w.is[head].token
	w.restrict(boss, "Alfhildis", "Bodvaris", "no_access")
	people, got := w.explain(t, boss, w.real.Child, "")
	got.want(t, http.StatusOK, "")
	if strings.Contains(string(got.body), "Kvistbräda") || strings.Contains(string(got.body), "Zzordinarium") {
		t.Errorf("a sealed reason is told: %s", got.body)
	}
	for _, want := range []struct {
		given  string
		sees   bool
		reason access.Reason
	}{
		{"Annelore", true, access.GuardianOfChild}, {"Bodvaris", false, access.Restricted}, {"Dagfinnor", false, access.RelationInactive},
		{"Emelinda", true, access.RoleHere}, {"Xeniador", false, access.NoRoleHere}, {"Kommunalia", true, access.RoleHere},
	} {
		at := slices.IndexFunc(people, func(e explained) bool { return e.PersonID == w.person(want.given) })
		if at < 0 || people[at].Sees != want.sees || people[at].Reason != string(want.reason) || len(people[at].Grounds) == 0 {
			t.Errorf("%s is explained as %+v, want %t %s", want.given, people[max(at, 0)], want.sees, want.reason)
			continue
		}
		if want.given == "Annelore" && (people[at].Grounds[0].DecidedByName != "Heddavina "+surname("Heddavina") || people[at].Name == "") {
			t.Errorf("who decided about %s: %+v", want.given, people[at])
		}
		if want.given == "Bodvaris" && !slices.Equal(people[at].Restrictions, []string{"no_access"}) {
			t.Errorf("what keeps %s away: %+v", want.given, people[at])
		}
	}
	entries := one[int](w.town, "select count(*) from audit.entries where operation = 'ExplainAccess' and children @> array[$1::uuid] and outcome = 'done'", w.real.Child)
	if entries != 1 {
		t.Errorf("%d entries in the trail, want 1", entries)
	}

	other := w.person("Caspianus")
	absence := one[uuid.UUID](w.town, "select id from app.absences where child_id = $1 limit 1", w.real.Child)
	nothing := w.do(call{path: "/v1/nowhere", token: boss}).want(t, http.StatusNotFound, "not_found").wire()
	for name, query := range map[string]string{
		"another child's absence": other.String() + "/access?absenceId=" + absence.String(),
		"nobody's absence":        w.real.Child.String() + "/access?absenceId=" + newID().String(),
		"an absence as a thread":  w.real.Child.String() + "/access?conversationId=" + absence.String(),
		"nobody":                  newID().String() + "/access",
		"a guardian as a child":   w.person("Annelore").String() + "/access",
		"a child far away":        w.person("Mosebackus").String() + "/access",
	} {
		if got := w.do(call{path: "/v1/office/children/" + query, token: boss}); got.wire() != nothing {
			t.Errorf("%s answered %d: %s", name, got.status, got.body)
		}
	}
	w.do(call{path: "/v1/office/children/" + w.real.Child.String() + "/access?absenceId=" + absence.String() + "&conversationId=" + newID().String(), token: boss}).
		want(t, http.StatusBadRequest, "request_invalid")

	// A head whom a restriction keeps from the child is told nothing at all about it.
	w.exec(`insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
		values ($1, gen_random_uuid(), $2, $3, 'no_access', now() - interval '1 minute', '\x00', 1, $3, now())`, w.here, w.real.Child, w.person("Heddavina"))
	again := w.session("Heddavina", scope.Staff, 0)
	if _, got := w.explain(t, again, w.real.Child, ""); got.wire() != nothing {
		t.Errorf("a head who is kept from the child was answered %d: %s", got.status, got.body)
	}
}

// B9: a guardian is told roles and how many, of those who can see the child now, and nobody's name or id.
func TestGuardianIsToldRolesAndNoNames(t *testing.T) {
	t.Parallel()
	if inTheDark() {
		t.Skip("nothing is decided here, so there is nothing to explain")
	}
	w := arrived(t)
	w.settle()
	path := "/v1/guardian/children/" + w.real.Child.String() + "/viewers"
	count := func() (map[string]int, string) {
		got := w.do(call{path: path, token: w.is[right].token}).want(t, http.StatusOK, "")
		var answer struct {
			Items []struct {
				InstitutionName, Role string
				People                int
			}
		}
		must(t, json.Unmarshal(got.body, &answer))
		roles := map[string]int{}
		for _, item := range answer.Items {
			if item.InstitutionName != kindergarten {
				t.Errorf("of another place: %+v", item)
			}
			roles[item.Role] += item.People
		}
		return roles, string(got.body)
	}
	before, body := count()
	if before["head"] != 1 || before["owner"] != 2 || before["employee"] < 1 || before["leader"] < 1 {
		t.Errorf("%v", before)
	}
	for _, given := range []string{"Heddavina", "Emelinda", "Annelore", "Bodvaris"} {
		if strings.Contains(body, given) || strings.Contains(body, w.person(given).String()) {
			t.Errorf("%s is named: %s", given, body)
		}
	}
	w.exec("update app.staff_roles set ended_at = now() - interval '1 minute' where person_id = $1", w.person("Emelinda"))
	w.exec("update app.persons set protected_identity = 'strict' where id = $1", w.real.Child)
	if after, _ := count(); after["employee"] != 0 || after["leader"] != 0 || after["head"] != 1 {
		t.Errorf("of a protected child, after the employee has left: %v", after)
	}
}

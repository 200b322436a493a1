package walk_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// relation is what a child is to the right guardian, from whom the matrix looks.
type relation string

const (
	ownChild          relation = "own child"
	ownAtSchool       relation = "own child at another institution"
	ownProtected      relation = "own child, protected"
	halfSibling       relation = "half sibling"
	classmate         relation = "classmate"
	otherGroup        relation = "child of another group"
	atOtherPlace      relation = "child at another institution"
	otherMunicipality relation = "child in another municipality"
	endedRelation     relation = "own child until the guardianship ended"
	suspendedRelation relation = "own child, suspended"
	inactiveRelation  relation = "own child, not activated any more"
	restrictedChild   relation = "own child, restricted"
	timeIsUp          relation = "own child until a moment ago"
	departed          relation = "own child, who has left the institution"
	protectedChild    relation = "protected child of somebody else"
	unknownChild      relation = "nothing at all"
)

// target is a child with everything that an operation can name about it.
type target struct {
	relation relation
	given    string
	place    string // the institution
	rightful who    // a guardian with access, who wrote what is there; the right guardian wrote about their own children while they could
	ids      ids
	none     ids       // of the same kind, that nobody ever gave out
	report   uuid.UUID // a completed review of the institution
}

// The groups of the kindergarten.
const (
	firstGroup  = "Blomsterglänta"
	secondGroup = "Skogsbrynet"
)

// group is the name of the group that the child is in.
func (x *target) group() string {
	if x.relation == otherGroup || x.relation == protectedChild {
		return secondGroup
	}
	return firstGroup
}

// targets are the columns of the matrix. Fields of ids are filled in by newMatrix.
func targets() []*target {
	return []*target{
		{relation: ownChild, given: "Alfhildis", place: kindergarten, rightful: right},
		{relation: ownAtSchool, given: "Skolbarnia", place: school, rightful: right},
		{relation: ownProtected, given: "Egenskyddis", place: kindergarten, rightful: right},
		{relation: halfSibling, given: "Sibyllanda", place: kindergarten, rightful: stepmother},
		{relation: classmate, given: "Caspianus", place: kindergarten, rightful: wrong},
		{relation: otherGroup, given: "Grupphilda", place: kindergarten, rightful: neighbour},
		{relation: atOtherPlace, given: "Hjalmarine", place: school, rightful: hilde},
		{relation: otherMunicipality, given: "Mosebackus", place: abroad, rightful: foreign},
		{relation: endedRelation, given: "Endelina", place: kindergarten, rightful: right},
		{relation: suspendedRelation, given: "Suspendrik", place: kindergarten, rightful: right},
		{relation: inactiveRelation, given: "Vilandina", place: kindergarten, rightful: right},
		{relation: restrictedChild, given: "Restrikta", place: kindergarten, rightful: right},
		{relation: timeIsUp, given: "Tidsbundis", place: kindergarten, rightful: right},
		{relation: departed, given: "Departina", place: kindergarten, rightful: right},
		{relation: protectedChild, given: "Skyddalena", place: kindergarten, rightful: hiding},
		{relation: unknownChild},
	}
}

const matrixMapping = `kind: admission
country: SE
encoding: utf-8
delimiter: ";"
covers: full
dates: YYYY-MM-DD
columns: {child.national_id: id, child.given_name: given, child.family_name: family, child.protected: hidden, institution.name: place,
  institution.number: number, group.name: group, guardian1.national_id: id1, guardian1.given_name: given1, guardian1.family_name: family1,
  guardian1.legal: legal1, guardian1.relation: relation1}
defaults: {institution.kind: kindergarten, institution.ownership: municipal}
words:
  yes_no: {"yes": [ja], "no": [nej]}
  protected: {protected: [ja], none: [nej]}
`

// newMatrix is a town in which one guardian stands in every relation to some child, and every child has an absence, a conversation and a
// review of its institution.
func newMatrix(t *testing.T) *matrix {
	t.Helper()
	w := arrived(t)
	w.settle()
	w.alert(w.is[rektor].token, w.institution(school), textOf("Rektorina"))
	w.alert(w.is[utrikine].token, w.institution(abroad), textOf("Utrikine"))
	m := &matrix{walk: w, targets: targets()}
	m.enrol()
	m.employ()
	w.exec("update app.guardianship_access set status = 'active', version = version + 1, changed_at = now() where guardian_id = any($1)",
		[]uuid.UUID{w.person("Annelore"), w.person("Stefanora"), w.person("Gustafanna"), w.person("Skyddmora")})
	for _, caller := range []who{stepmother, neighbour, hiding} {
		a := actor{given: map[who]string{stepmother: "Stefanora", neighbour: "Gustafanna", hiding: "Skyddmora"}[caller], kind: scope.Guardian}
		a.token = w.session(a.given, a.kind, 0)
		w.is[caller] = a
	}
	m.things()
	m.share(t)
	m.secrets()
	m.strays(t)
	m.estrange()
	w.cut(w.is)
	m.lapse()
	m.sights()
	return m
}

// enrol brings the children in by a list of their own.
func (m *matrix) enrol() {
	number := map[string]string{kindergarten: "T-1", school: "T-2"}
	guardian := map[relation]string{halfSibling: "Stefanora", otherGroup: "Gustafanna", protectedChild: "Skyddmora"}
	lines := []string{"id;given;family;hidden;place;number;group;id1;given1;family1;legal1;relation1"}
	for _, x := range m.targets {
		if number[x.place] == "" || x.relation == ownChild || x.relation == classmate || x.relation == atOtherPlace {
			continue // in the town's own lists
		}
		hidden, by := "nej", guardian[x.relation]
		if x.relation == ownProtected || x.relation == protectedChild {
			hidden = "ja"
		}
		if by == "" {
			by = "Annelore"
		}
		lines = append(lines, strings.Join([]string{m.number(x.given, true).Digits(), x.given, surname(x.given), hidden, x.place, number[x.place], x.group(),
			m.number(by, false).Digits(), by, surname(by), "ja", "förälder"}, ";"))
	}
	m.importList(m.here, "matrix", strings.Join(lines, "\n")+"\n", matrixMapping)
}

// employ gives the kindergarten the roles that the town has nobody in.
func (m *matrix) employ() {
	people := map[who]employment{
		onLeave: {"Ledigella", kindergarten, "employee"}, notBegun: {"Imorgonia", kindergarten, "employee"}, dayPassed: {"Igårdis", kindergarten, "substitute"},
		pending: {"Väntolina", kindergarten, "leader"}, atWork: {"Tavlanna", kindergarten, "employee"}, headAtWork: {"Tavelhedda", kindergarten, "head"},
		weakHead:   {"Svagalena", kindergarten, "head"},
		substitute: {"Vikariella", kindergarten, "substitute"}, ofGroup: {"Gruppanna", kindergarten, "employee"},
		professional: {"Fackmanna", kindergarten, "municipal_professional"}, partner: {"Externina", kindergarten, "external_partner"},
	}
	lines := []string{"id;given;family;role;place;number"}
	for _, e := range people {
		lines = append(lines, strings.Join([]string{m.number(e.who, false).Digits(), e.who, surname(e.who), "employee", e.place, "T-1"}, ";"))
	}
	m.importList(m.here, "matrix-staff", strings.Join(lines, "\n")+"\n", staffMapping)
	for caller, e := range people {
		m.is[caller] = m.arrive(e.who, scope.Staff, true)
		m.exec("update app.staff_roles set role = $2 where person_id = $1", m.person(e.who), e.role)
	}
	m.bound()
	m.exec("update app.staff_roles set group_id = (select id from app.groups where name = $2 limit 1) where person_id = $1", m.person("Gruppanna"), secondGroup)
	m.is[pending], m.is[weakHead] = m.arrive("Väntolina", scope.SecondFactor, false), m.arrive("Svagalena", scope.Staff, false)
}

// arrive begins a session of one of the staff.
func (m *matrix) arrive(given string, kind scope.Caller, strong bool) actor {
	m.tb.Helper()
	a := actor{given: given, kind: kind}
	must(m.tb, m.API.WithScope(m.ctx, scope.Of(m.here, scope.SignIn), func(tx *scope.Tx) error {
		person := m.person(given)
		account, err := store.OpenAccount(m.ctx, tx, person, scope.Staff)
		if err != nil {
			return err
		}
		token, _, err := store.StartSession(m.ctx, tx, store.NewSession{Kind: kind, Person: person, Account: account.ID, Strong: strong})
		a.token = token.Reveal()
		return err
	}))
	return a
}

// share puts tablets up, and two people to work on them.
func (m *matrix) share(t *testing.T) {
	t.Helper()
	boss, chief := m.is[head].token, m.is[rektor].token
	here, there := m.groupOf("Alfhildis"), m.groupOf("Hjalmarine")
	m.is[tabletHere], m.is[tabletThere] = actor{token: m.tabletBy(boss, m.here, here).token}, actor{token: m.tabletBy(chief, m.here, there).token}
	for _, caller := range []who{atWork, headAtWork} {
		a := m.is[caller]
		m.setPIN(t, a.given, goodPIN)
		a.token = m.unlock(t, m.tabletBy(boss, m.here, here), a.given, goodPIN).want(t, http.StatusCreated, "").text(t, "token")
		m.is[caller] = a
	}
}

// lapse lets time pass for staff: nothing is written at that moment, so nothing but the rule of access can notice (V11, B12).
func (m *matrix) lapse() {
	m.tb.Helper()
	tx, err := m.Admin.Begin(m.ctx)
	must(m.tb, err)
	for _, sql := range []string{
		"set local session_replication_role = replica", // without the triggers that end sessions
		"update app.staff_roles set starts_at = now() + interval '1 day' where person_id = (select id from app.persons where given_name = 'Imorgonia')",
		"update app.staff_roles set ended_at = now() - interval '1 s' where person_id = (select id from app.persons where given_name = 'Igårdis')",
		`insert into app.staff_leaves (municipality_id, id, person_id, institution_id, starts_at, set_by, set_at)
			select municipality_id, id, person_id, institution_id, now() - interval '1 s', person_id, now() from app.staff_roles
			where person_id = (select id from app.persons where given_name = 'Ledigella')`,
	} {
		_, err := tx.Exec(m.ctx, sql)
		must(m.tb, err)
	}
	must(m.tb, tx.Commit(m.ctx))
}

// estrange takes the right guardian's children away, each in another way, after everything about them was written.
func (m *matrix) estrange() {
	anna := m.person("Annelore")
	access := "update app.guardianship_access set %s, version = version + 1, changed_at = now() where guardian_id = $1 and child_id = $2"
	for _, given := range []string{"Annelore", "Emelinda"} {
		m.restrict(m.is[head].token, "Restrikta", given, "no_access")
	}
	for at, sql := range map[relation]string{
		endedRelation:     "update app.guardianships set ended_at = now() - interval '1 minute' where guardian_id = $1 and child_id = $2",
		suspendedRelation: fmt.Sprintf(access, "status = 'suspended'"),
		inactiveRelation:  fmt.Sprintf(access, "status = 'inactive'"),
		timeIsUp:          fmt.Sprintf(access, "until = now() - interval '1 minute'"),
		departed:          "update app.enrolments set ended_at = now() - interval '1 minute' where child_id = $2 and $1::uuid is not null",
	} {
		for _, x := range m.targets {
			if x.relation == at {
				m.exec(sql, anna, x.ids.Child)
			}
		}
	}
}

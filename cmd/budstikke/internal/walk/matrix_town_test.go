package walk_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// Callers that only the matrix has.
const (
	substitute   who = "a substitute at the institution"
	ofGroup      who = "an employee of the protected child's group"
	professional who = "a municipal professional whose access nobody has bounded"
	partner      who = "an external partner whose access nobody has bounded"
	bounded      who = "an external partner for a classmate and a protected child"
	stepmother   who = "the guardian of the half sibling only"
	neighbour    who = "the guardian of a child of another group"
	hiding       who = "the guardian of the protected child"
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
	m := &matrix{walk: w, targets: targets(), reports: map[uuid.UUID]uuid.UUID{}}
	m.enrol()
	m.employ()
	w.exec("update app.guardianship_access set status = 'active', version = version + 1, changed_at = now() where guardian_id = any($1)",
		[]uuid.UUID{w.person("Annelore"), w.person("Stefanora"), w.person("Gustafanna"), w.person("Skyddmora")})
	for _, caller := range []who{stepmother, neighbour, hiding} {
		a := actor{given: map[who]string{stepmother: "Stefanora", neighbour: "Gustafanna", hiding: "Skyddmora"}[caller], kind: scope.Guardian}
		a.token = w.session(a.given, a.kind, 0)
		w.is[caller] = a
	}
	reviews := m.reviews()
	for _, x := range m.targets {
		if x.relation == unknownChild {
			x.ids = nothing()
			continue
		}
		token := w.is[x.rightful].token
		x.ids = nothing()
		x.ids.Child, x.ids.Institution = w.person(x.given), w.institution(x.place)
		x.ids.Guardianship = w.guardianship(w.is[x.rightful].given, x.given)
		x.ids.Municipality = one[uuid.UUID](w.town, "select municipality_id from app.persons where id = $1", x.ids.Child)
		x.ids.Absence, _ = w.absence(token, x.ids.Child, noteOf(x.given))
		x.ids.Conversation = w.thread(token, x.ids.Child, textOf(x.given))
		x.ids.Alert = one[uuid.UUID](w.town, "select id from app.alerts where institution_id = $1 limit 1", x.ids.Institution)
		x.ids.Review, x.ids.ReviewRow = reviews[x.place][0], reviews[x.place][1]
		x.ids.Session = uuid.MustParse(w.family(w.is[x.rightful].given, scope.Guardian).session)
		x.ids.etag = `"1"`
	}
	m.estrange()
	w.cut(w.is)
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
		hidden, group, by := "nej", "Blomsterglänta", guardian[x.relation]
		if x.relation == ownProtected || x.relation == protectedChild {
			hidden = "ja"
		}
		if x.relation == otherGroup || x.relation == protectedChild {
			group = "Skogsbrynet"
		}
		if by == "" {
			by = "Annelore"
		}
		lines = append(lines, strings.Join([]string{m.number(x.given, true).Digits(), x.given, surname(x.given), hidden, x.place, number[x.place], group,
			m.number(by, false).Digits(), by, surname(by), "ja", "förälder"}, ";"))
	}
	m.importList(m.here, "matrix", strings.Join(lines, "\n")+"\n", matrixMapping)
}

// employ gives the kindergarten the roles that the town has nobody in.
func (m *matrix) employ() {
	people := map[who]employment{
		substitute: {"Vikariella", kindergarten, "substitute"}, ofGroup: {"Gruppanna", kindergarten, "employee"},
		professional: {"Fackmanna", kindergarten, "municipal_professional"}, partner: {"Externina", kindergarten, "external_partner"},
	}
	lines := []string{"id;given;family;role;place;number"}
	for _, e := range people {
		lines = append(lines, strings.Join([]string{m.number(e.who, false).Digits(), e.who, surname(e.who), "employee", e.place, "T-1"}, ";"))
	}
	m.importList(m.here, "matrix-staff", strings.Join(lines, "\n")+"\n", staffMapping)
	for caller, e := range people {
		a := actor{given: e.who, kind: scope.Staff}
		a.token = m.session(a.given, a.kind, 0)
		m.is[caller] = a
		m.exec("update app.staff_roles set role = $2 where person_id = $1", m.person(e.who), e.role)
	}
	m.bound()
	m.exec("update app.staff_roles set group_id = (select id from app.groups where name = 'Skogsbrynet' limit 1) where person_id = $1", m.person("Gruppanna"))
}

// reviews opens a review at every institution, with one row, of a role, and completes another one.
func (m *matrix) reviews() map[string][2]uuid.UUID {
	made := map[string][2]uuid.UUID{}
	for place, of := range map[string]string{kindergarten: "Leonorina", school: "Torunnara", abroad: "Utrikine"} {
		review, item := newID(), newID()
		m.exec(`insert into app.reviews (municipality_id, id, institution_id, month, opened_at, due_on, quiet_days)
			select municipality_id, $1, id, date '2019-01-01', now(), current_date + 7, 60 from app.institutions where name = $2`, review, place)
		m.exec(`insert into app.review_rows (municipality_id, review_id, id, institution_id, position, kind, grant_id, person_id, role, granted_at, findings)
			select municipality_id, $1, $2, institution_id, 1, 'staff', id, person_id, role, created_at, '{}' from app.staff_roles where person_id = $3`,
			review, item, m.person(of))
		made[place] = [2]uuid.UUID{review, item}
		report := newID()
		m.exec(`insert into app.reviews (municipality_id, id, institution_id, month, opened_at, due_on, quiet_days)
			select municipality_id, $1, id, date '2019-02-01', now(), current_date + 7, 60 from app.institutions where name = $2`, report, place)
		m.complete(report, m.is[map[string]who{kindergarten: head, school: rektor, abroad: utrikine}[place]].token)
		m.reports[m.institution(place)] = report
	}
	return made
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

package demodata

import (
	"fmt"
	"math/rand/v2"

	"budstikke.example/app/nationalid"
)

const (
	childrenPerGroup = 12
	pupilsPerClass   = 20
	childrenPerScale = 36
	pupilsPerScale   = 60
)

// person is anybody in the files.
type person struct {
	id            string // sourcedId in the OneRoster export
	given, family string
	number        nationalid.Number
	email, mobile string
	protected     bool
}

// relation is an adult of a child.
type relation struct {
	adult *person
	legal bool
	word  string // the list's word; OneRoster says parent or relative
}

type child struct {
	person
	institution, group string
	adults             []relation
}

type colleague struct {
	*person
	role, group, until string
}

// town is the municipality while it is made.
type town struct {
	country   nationalid.Country
	random    *rand.Rand
	serials   map[[2]int]int // next synthetic number per span of birth years
	addresses map[string]int
	mobiles   int
	people    int
	err       error

	children    []*child // of the kindergarten
	pupils      []*child
	listStaff   []colleague
	schoolStaff []colleague
	cast        Cast
}

// Spans of birth years. The series of Swedish test numbers begins in 1976 and ends in 2023.
var (
	adults    = [2]int{1976, 1998}
	preschool = [2]int{2019, 2023}
	school    = [2]int{2014, 2018}
)

func (t *town) person(given, family string, born [2]int) *person {
	number, err := nationalid.SyntheticBorn(t.country, born[0], born[1], t.serials[born])
	if err != nil && t.err == nil {
		t.err = err
	}
	t.serials[born]++
	t.people++
	return &person{id: fmt.Sprintf("u-%05d", t.people), given: given, family: family, number: number}
}

func (t *town) adult(given, family string) *person {
	p := t.person(given, family, adults)
	p.email, p.mobile = t.address(given, family), t.mobile()
	return p
}

func (t *town) child(given, family string, adults []relation) *child {
	c := &child{person: *t.person(given, family, preschool), institution: KindergartenName, adults: adults,
		group: groupName(len(t.children) / childrenPerGroup)}
	t.children = append(t.children, c)
	return c
}

func (t *town) pupil(given, family string, adults []relation) *child {
	c := &child{person: *t.person(given, family, school), institution: SchoolName, adults: adults, group: className(len(t.pupils) / pupilsPerClass)}
	t.pupils = append(t.pupils, c)
	return c
}

// groupName gives Blåbär, Lingon, Hjortron, then Blåbär 2 and so on.
func groupName(n int) string {
	name := []string{"Blåbär", "Lingon", "Hjortron"}[n%3]
	if n >= 3 {
		name = fmt.Sprintf("%s %d", name, n/3+1)
	}
	return name
}

// className gives 1A, 2A, 3A, then 1B and so on; after the alphabet 1A2.
func className(n int) string {
	name := fmt.Sprintf("%d%c", n%3+1, 'A'+rune(n/3%26))
	if round := n / 78; round > 0 {
		name += fmt.Sprint(round + 1)
	}
	return name
}

// populate makes the cast first and then families until both institutions are full.
func (t *town) populate(scale int) {
	t.castFamilies()
	for t.err == nil && len(t.children) < childrenPerScale*scale {
		family := t.family()
		adults := t.guardians(family)
		t.child(t.given(), family, adults)
		if t.random.IntN(6) == 0 && len(t.children) < childrenPerScale*scale { // twins and younger siblings
			t.child(t.given(), family, adults)
		}
		if t.random.IntN(4) == 0 && len(t.pupils) < pupilsPerScale*scale { // an older sibling at school
			t.pupil(t.given(), family, adults)
		}
	}
	for t.err == nil && len(t.pupils) < pupilsPerScale*scale {
		family := t.family()
		adults := t.guardians(family)
		t.pupil(t.given(), family, adults)
		if t.random.IntN(6) == 0 && len(t.pupils) < pupilsPerScale*scale {
			t.pupil(t.given(), family, adults)
		}
	}
	t.employ(scale)
}

// guardians makes two legal guardians, or one in every fifth family.
func (t *town) guardians(family string) []relation {
	first := relation{t.adult(t.given(), family), true, "mamma"}
	if t.random.IntN(5) == 0 {
		return []relation{first}
	}
	return []relation{first, {t.adult(t.given(), t.family()), true, "pappa"}}
}

// castFamilies makes the families of the story: two guardians with children in both institutions, a single guardian with
// a contact person, and a family with a protected identity.
func (t *town) castFamilies() {
	sara, amir := t.adult("Sara", "Lindqvist"), t.adult("Amir", "Karimi")
	both := []relation{{sara, true, "mamma"}, {amir, true, "pappa"}}
	elsa, nils := t.child("Elsa", "Lindqvist", both), t.pupil("Nils", "Lindqvist", both)

	tomas, gunvor := t.adult("Tomas", "Hedlund"), t.adult("Gunvor", "Hedlund")
	wilma := t.child("Wilma", "Hedlund", []relation{{tomas, true, "pappa"}, {gunvor, false, "farmor"}})

	mira := t.adult("Mira", "Stålnacke")
	mira.protected, mira.email, mira.mobile = true, "", ""
	leo := t.child("Leo", "Stålnacke", []relation{{mira, true, "mamma"}})
	leo.protected = true

	t.cast.Applicant = sara.member().with(elsa, nils)
	t.cast.SecondGuardian = amir.member().with(elsa, nils)
	t.cast.Contact = gunvor.member().with(wilma)
	t.cast.Protected = mira.member().with(leo)
	t.cast.Stranger = t.adult("Kim", "Utterström").member()
}

// employ makes the staff: of the kindergarten in the staff list, with the owner, and of the school in the export.
func (t *town) employ(scale int) {
	owner, head, rektor := t.adult("Birgitta", "Wallander"), t.adult("Fatima", "Nordin"), t.adult("Jan", "Rosengren")
	t.listStaff = []colleague{{owner, "huvudman", "", ""}, {head, "rektor", "", ""}}
	t.schoolStaff = []colleague{{rektor, "principal", "", ""}}
	t.cast.Owner, t.cast.KindergartenHead, t.cast.SchoolHead = owner.member(), head.member().at(KindergartenName), rektor.member().at(SchoolName)
	for n := range childrenPerScale * scale / childrenPerGroup {
		leader := t.adult(t.given(), t.family())
		if n == 0 {
			leader = t.adult("Lisbet", "Grönvall")
			t.cast.KindergartenLeader = leader.member().at(KindergartenName)
		}
		t.listStaff = append(t.listStaff, colleague{leader, "förskollärare", groupName(n), ""})
		t.listStaff = append(t.listStaff, colleague{t.adult(t.given(), t.family()), "barnskötare", groupName(n), ""})
	}
	t.listStaff = append(t.listStaff, colleague{t.adult(t.given(), t.family()), "vikarie", "Blåbär, Lingon", "2030-06-14"})
	for n := range pupilsPerScale * scale / pupilsPerClass {
		t.schoolStaff = append(t.schoolStaff, colleague{t.adult(t.given(), t.family()), "teacher", className(n), ""})
	}
	t.schoolStaff = append(t.schoolStaff, colleague{t.adult(t.given(), t.family()), "aide", "1A", ""})
}

func (t *town) counts() Counts {
	kindergarten, guardianships := adultsOf(t.children)
	school, schoolGuardianships := adultsOf(t.pupils)
	return Counts{
		Children: len(t.children), KindergartenGroups: len(t.children) / childrenPerGroup, KindergartenAdults: len(kindergarten), KindergartenGuardianships: guardianships,
		Pupils: len(t.pupils), Classes: len(t.pupils) / pupilsPerClass, SchoolAdults: len(school), SchoolGuardianships: schoolGuardianships,
		ListStaff: len(t.listStaff), SchoolStaff: len(t.schoolStaff),
	}
}

// adultsOf lists the adults of the children, each once, in the order of the children.
func adultsOf(children []*child) (people []*person, relations int) {
	seen := map[*person]bool{}
	for _, c := range children {
		for _, r := range c.adults {
			relations++
			if !seen[r.adult] {
				seen[r.adult] = true
				people = append(people, r.adult)
			}
		}
	}
	return people, relations
}

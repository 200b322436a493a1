package postgres_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/register"
)

// brings is something that an import brings about a child c0 and an adult g0 whom a restriction keeps apart, and what becomes of it for each kind:
// "held" with the kinds of what waits, or "comes in" without widening anything. opens says that g0 had been let in before, where the restriction allows it.
type brings struct {
	opens  bool
	first  func(t *testing.T, file *register.Roster)
	then   []func(t *testing.T, file *register.Roster) // one import each
	source string                                      // of the last import; "" is the first one's
	want   map[string]string                           // by kind; "*" for the others
}

const comesIn = "comes in"

// everything that an import may bring which could widen an access (B8).
var restrictedImports = map[string]brings{
	"a new guardianship": {
		first: func(_ *testing.T, f *register.Roster) { f.Guardianships = f.Guardianships[1:] },
		then:  []func(*testing.T, *register.Roster){asItIs},
		want:  map[string]string{"no_access": "guardianship_returns", "no_contact": "guardianship_returns", "*": comesIn},
	},
	"custody is added": {
		first: func(_ *testing.T, f *register.Roster) { f.Guardianships[0].Legal = false },
		then:  []func(*testing.T, *register.Roster){asItIs},
		want:  map[string]string{"*": "custody_rises"},
	},
	"a guardianship that a register ended returns": {
		then: []func(*testing.T, *register.Roster){func(_ *testing.T, f *register.Roster) { f.Guardianships = f.Guardianships[1:] }, asItIs},
		want: map[string]string{"no_access": "guardianship_returns", "no_contact": "guardianship_returns", "*": comesIn},
	},
	"a guardianship that was open, ended and returns": {
		opens: true,
		then:  []func(*testing.T, *register.Roster){func(_ *testing.T, f *register.Roster) { f.Guardianships = f.Guardianships[1:] }, asItIs},
		want:  map[string]string{"no_access": "guardianship_returns", "no_contact": "guardianship_returns", "*": comesIn},
	},
	"the adult gets another number, and their own comes anew": {
		then: []func(*testing.T, *register.Roster){
			func(t *testing.T, f *register.Roster) { f.Persons[1].NationalID = number(t, 1986, 1986, 77) },
			func(t *testing.T, f *register.Roster) {
				f.Persons[1].NationalID = number(t, 1986, 1986, 77)
				f.Persons = append(f.Persons, register.Person{SourceID: "again", GivenName: "Vuxen", FamilyName: "Ek0", NationalID: number(t, 1985, 1985, 0)})
				f.Guardianships = append(f.Guardianships, register.Guardianship{ChildSourceID: "c0", GuardianSourceID: "again", Legal: true, LegalStated: true, Basis: "mor"})
			},
		},
		want: map[string]string{"*": "identity_changed"},
	},
	"the child gets another number, and its own comes anew": {
		then: []func(*testing.T, *register.Roster){
			func(t *testing.T, f *register.Roster) { f.Persons[0].NationalID = number(t, 2018, 2018, 77) },
			func(t *testing.T, f *register.Roster) {
				f.Persons[0].NationalID = number(t, 2018, 2018, 77)
				f.Persons = append(f.Persons, register.Person{SourceID: "again", GivenName: "Barn", FamilyName: "Ek0", NationalID: number(t, 2019, 2019, 0)})
				f.Enrolments = append(f.Enrolments, register.Enrolment{PersonSourceID: "again", InstitutionSourceID: "ekorren", GroupSourceID: "kotten"})
				f.Guardianships = append(f.Guardianships, register.Guardianship{ChildSourceID: "again", GuardianSourceID: "g0", Legal: true, LegalStated: true, Basis: "mor"})
			},
		},
		want: map[string]string{"*": "identity_changed"},
	},
	"somebody else's record gets the adult's number": {
		then: []func(*testing.T, *register.Roster){func(_ *testing.T, f *register.Roster) { f.Persons[3].NationalID = f.Persons[1].NationalID }},
		want: map[string]string{"*": "identity_taken"},
	},
	"another register names both, the adult under another name": {
		source: "school",
		then: []func(*testing.T, *register.Roster){func(t *testing.T, f *register.Roster) {
			other := village(t, "school", "x-", 0)
			other.Persons[1].GivenName, other.Persons[1].FamilyName = "Någon", "Annan"
			*f = other
		}},
		want: map[string]string{"*": "identity_joined"},
	},
	"another register names both": {
		source: "school",
		then:   []func(*testing.T, *register.Roster){func(t *testing.T, f *register.Roster) { *f = village(t, "school", "x-", 0) }},
		want:   map[string]string{"*": comesIn},
	},
	"the child moves to another institution": {
		opens: true,
		then: []func(*testing.T, *register.Roster){func(_ *testing.T, f *register.Roster) {
			f.Institutions = append(f.Institutions, register.Institution{SourceID: "gran", Kind: register.Kindergarten, Ownership: register.Municipal, NationalNumber: "BK-102", Name: "Granen"})
			f.Groups = append(f.Groups, register.Group{SourceID: "barr", InstitutionSourceID: "gran", Name: "Barret", Kind: register.Department})
			f.Enrolments[0].InstitutionSourceID, f.Enrolments[0].GroupSourceID = "gran", "barr"
		}},
		want: map[string]string{"*": comesIn},
	},
	"the child moves to another group": {
		opens: true,
		then: []func(*testing.T, *register.Roster){func(_ *testing.T, f *register.Roster) {
			f.Groups = append(f.Groups, register.Group{SourceID: "barr", InstitutionSourceID: "ekorren", Name: "Barret", Kind: register.Department})
			f.Enrolments[0].GroupSourceID = "barr"
		}},
		want: map[string]string{"*": comesIn},
	},
	"new contact points": {
		opens: true,
		then: []func(*testing.T, *register.Roster){func(_ *testing.T, f *register.Roster) {
			f.Persons[1].Email, f.Persons[1].Mobile = "ny@example.com", "+46701740651"
		}},
		want: map[string]string{"*": comesIn},
	},
	"the place is to last longer": {
		opens: true,
		first: func(_ *testing.T, f *register.Roster) {
			f.Enrolments[0].Until = time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 30)
		},
		then: []func(*testing.T, *register.Roster){func(_ *testing.T, f *register.Roster) {
			f.Enrolments[0].Until = time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 90)
		}},
		want: map[string]string{"*": "enrolment_longer"},
	},
	"the place is to last for ever": {
		opens: true,
		first: func(_ *testing.T, f *register.Roster) {
			f.Enrolments[0].Until = time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 30)
		},
		then: []func(*testing.T, *register.Roster){asItIs},
		want: map[string]string{"*": "enrolment_longer"},
	},
	"a protection is lowered": {
		first: func(_ *testing.T, f *register.Roster) {
			f.Persons[0].Protected, f.Persons[0].ProtectionStated = register.ProtectionStrict, true
		},
		then: []func(*testing.T, *register.Roster){func(_ *testing.T, f *register.Roster) { f.Persons[0].ProtectionStated = true }},
		want: map[string]string{"*": "protection_lowered"},
	},
}

func asItIs(*testing.T, *register.Roster) {}

// B8, V1, case by case: for every kind of restriction and everything that a register may bring about the two, the import never opens anything, never
// takes the restriction away and never writes to anybody; what would widen waits for people, and the table says as what.
func TestImportsAboutWhomARestrictionKeepsApart(t *testing.T) {
	t.Parallel()
	kinds := []string{"no_access", "no_contact", "no_location", "no_photo", "no_pickup"}
	for name, c := range restrictedImports {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRegistry(t)
			for _, kind := range kinds {
				r.found(t, strings.ReplaceAll(kind, "_", "-"))
				file := village(t, "autumn", "", 0, 1)
				if c.first != nil {
					c.first(t, &file)
				}
				r.take(t, "lists", file)
				child, adult := r.person(t, "lists", "c0"), r.person(t, "lists", "g0")
				if c.opens {
					r.activate(t, adult)
				}
				r.exec(t, `insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
					values ($1, gen_random_uuid(), $2, $3, $4, now() - interval '1 second', '\x01', 1, $2, now())`, r.here, child, adult, kind)
				before, numbers := r.relations(t), r.numbersOf(t, child, adult)
				for i, change := range c.then {
					next, source := village(t, "winter", "", 0, 1), "lists"
					change(t, &next)
					if i == len(c.then)-1 && c.source != "" {
						source = c.source
					}
					r.take(t, source, next)
				}
				for at, now := range r.relations(t) {
					if now.access && !before[at].access {
						t.Errorf("%s: an import opened %+v", kind, now)
					}
					if now.access && now.restricted && kind == "no_access" {
						t.Errorf("%s: an import let in somebody whom it keeps out", kind)
					}
				}
				waits := one[string](t, r, "select coalesce(string_agg(distinct kind, ' ' order by kind), '') from app.held_changes where municipality_id = $1 and state = 'waiting'", r.here)
				want, own := c.want[kind]
				if !own {
					want = c.want["*"]
				}
				if waits != want && (waits != "" || want != comesIn) {
					t.Errorf("%s: %q waits, want %q", kind, waits, want)
				}
				if n := one[int](t, r, "select count(*) from app.restrictions_now where municipality_id = $1 and child_id = $2 and person_id = $3 and kind = $4", r.here, child, adult, kind); n != 1 {
					t.Errorf("%s: %d restrictions stand", kind, n)
				}
				if now := r.numbersOf(t, child, adult); now != numbers { // whoever signed in with one of them would be without the restriction (H11)
					t.Errorf("%s: somebody got another number", kind)
				}
			}
			if n := r.count(t, "notify.events") + r.count(t, "notify.deliveries") + r.count(t, "notify.endpoints"); n != 0 {
				t.Errorf("imports wrote %d rows of the gateway's tables", n)
			}
		})
	}
}

// numbersOf are the identity numbers of people, as they are looked up.
func (r *registry) numbersOf(t *testing.T, people ...uuid.UUID) string {
	t.Helper()
	return one[string](t, r, "select string_agg(encode(national_id_index, 'hex'), ' ' order by id) from app.persons where municipality_id = $1 and id = any ($2)", r.here, people)
}

package postgres_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/register"
)

var importSeed = flag.Uint64("import-seed", 0, "repeat the random imports of a failed test with the seed it printed")

// What people here decided survives whatever the registers send (P6, B8): 200 municipalities, each with its own random sequence of imports from
// two registers, complete and partial, with people coming, leaving, being renamed and renumbered, and with heads who decide in between. After
// every import, for every institution of every guardianship: nobody has access who had none before; what was open is open or has ended, what
// was suspended is suspended, what has ended and come back is inactive; what a person ended is as they left it; whom a restriction keeps out is
// out; nobody was written to.
func TestDecisionsSurviveRandomImports(t *testing.T) {
	t.Parallel()
	seed := *importSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("go test -run %s -import-seed=%d repeats this", t.Name(), seed)
	r := newRegistry(t)
	random := rand.New(rand.NewPCG(seed, 6))
	tally := map[string]int{}
	for sequence := range 200 {
		r.found(t, fmt.Sprintf("by-%d", sequence))
		for step := range 4 {
			before := r.relations(t)
			r.randomImport(t, random, step)
			after := r.relations(t)
			for id, was := range before {
				now := after[id]
				tally[was.status+" "+now.status]++
				if !now.follows(was) {
					t.Fatalf("sequence %d, import %d: an import changed what was decided: %+v, now %+v", sequence, step, was, now)
				}
				if was.decided {
					tally["decided"]++
				}
			}
			for id, now := range after {
				if _, old := before[id]; !old && (now.access || now.status != "imported") {
					t.Fatalf("sequence %d, import %d: a guardianship came in %+v", sequence, step, now)
				}
				if now.restricted {
					tally["restricted"]++
				}
			}
			r.randomDecisions(t, random)
		}
	}
	if n := r.count(t, "notify.events") + r.count(t, "notify.deliveries") + r.count(t, "notify.endpoints"); n != 0 {
		t.Errorf("imports wrote %d rows of the gateway's tables (V1)", n)
	}
	for _, what := range []string{"active active", "active ended", "ended inactive", "suspended suspended", "imported imported", "decided", "restricted"} {
		if tally[what] == 0 {
			t.Errorf("the sequences did not try %q: %v", what, tally)
		}
	}
	t.Logf("what became of the access at each import: %v", tally)
}

// place is a guardianship at an institution.
type place struct{ guardianship, institution uuid.UUID }

type decided struct {
	pair
	status     string
	ended      bool // the guardianship
	decided    bool // its end is a person's
	access     bool // by the rule of access
	restricted bool
}

// follows tells whether an import may leave now behind where it found was.
func (now decided) follows(was decided) bool {
	if now.access && (!was.access || now.restricted) || was.decided && now.ended != was.ended || now.restricted != was.restricted {
		return false
	}
	switch was.status {
	case "suspended":
		return now.status == "suspended"
	case "ended":
		return now.status == "ended" || now.status == "inactive"
	default: // also ended and back again by one and the same import
		return now.status == was.status || now.status == "ended" || now.status == "inactive"
	}
}

func (r *registry) relations(t testing.TB) map[place]decided {
	t.Helper()
	rows, err := r.Admin.Query(r.ctx, `select a.child_id, a.guardian_id, a.guardianship_id, a.institution_id, a.status, g.ended_at is not null,
			g.ended_at is not null and g.ended_at is distinct from g.register_end,
			exists (select from app.guardian_access v where v.municipality_id = a.municipality_id and v.guardianship_id = a.guardianship_id
				and v.institution_id = a.institution_id),
			exists (select from app.restrictions_now x where x.municipality_id = a.municipality_id and x.child_id = a.child_id and x.person_id = a.guardian_id)
		from app.guardianship_access a join app.guardianships g on g.municipality_id = a.municipality_id and g.id = a.guardianship_id
		where a.municipality_id = $1`, r.here)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := map[place]decided{}
	for rows.Next() {
		var at place
		var d decided
		if err := rows.Scan(&d.child, &d.guardian, &at.guardianship, &at.institution, &d.status, &d.ended, &d.decided, &d.access, &d.restricted); err != nil {
			t.Fatal(err)
		}
		all[at] = d
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// randomImport sends one file of one of two registers.
func (r *registry) randomImport(t testing.TB, random *rand.Rand, step int) {
	t.Helper()
	var children []int
	for n := range 5 {
		if random.IntN(3) > 0 {
			children = append(children, n)
		}
	}
	source := []string{"lists", "school"}[random.IntN(2)]
	file := village(t, fmt.Sprint("file ", step), map[string]string{"lists": "", "school": "x-"}[source], children...)
	for i := range file.Guardianships {
		if random.IntN(4) == 0 {
			file.Guardianships[i].Legal = false
		}
	}
	for i := range file.Persons {
		switch random.IntN(6) {
		case 0:
			file.Persons[i].FamilyName = "Ekman"
		case 1:
			file.Persons[i].Protected, file.Persons[i].ProtectionStated = register.Protection(random.IntN(3)), true
		case 2:
			file.Persons[i].NationalID = number(t, 1990, 1990, 10*step+i)
		}
	}
	if random.IntN(3) == 0 {
		for noun := range file.Coverage {
			file.Coverage[noun] = register.CoveragePartial
		}
	}
	if random.IntN(5) == 0 && len(file.Guardianships) > 0 {
		file.Guardianships = file.Guardianships[1:]
	}
	r.take(t, source, file)
}

// randomDecisions does what heads and staff do in between.
func (r *registry) randomDecisions(t testing.TB, random *rand.Rand) {
	t.Helper()
	for _, sql := range []string{
		"update app.guardianship_access set status = 'active' where municipality_id = $1 and status <> 'ended' and abs(hashtext(guardianship_id::text || $2)) % 2 = 0 and guardianship_id in (select id from app.guardianships where ended_at is null)",
		"update app.guardianship_access set status = 'inactive' where municipality_id = $1 and status <> 'ended' and abs(hashtext(guardianship_id::text || $2)) % 5 = 1",
		"update app.guardianship_access set status = 'suspended' where municipality_id = $1 and status <> 'ended' and abs(hashtext(guardianship_id::text || $2)) % 7 = 1",
		`insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
			select municipality_id, gen_random_uuid(), child_id, guardian_id, 'no_access', now(), '\x01', 1, guardian_id, now()
			from app.guardianships where municipality_id = $1 and abs(hashtext(id::text || $2)) % 11 = 1`,
		"update app.guardianships set ended_at = now() - interval '1 hour' where municipality_id = $1 and ended_at is null and abs(hashtext(id::text || $2)) % 9 = 2",
		"update app.enrolments set ended_at = now() - interval '1 hour' where municipality_id = $1 and ended_at is null and abs(hashtext(id::text || $2)) % 9 = 3",
	} {
		r.exec(t, sql, r.here, fmt.Sprint(random.Uint32()))
	}
}

// A whole municipality comes in within one transaction; how long it took is printed, for people to judge.
func TestLargeMunicipalityImports(t *testing.T) {
	if testing.Short() {
		t.Skip("about 3,000 guardians")
	}
	t.Parallel()
	r := newRegistry(t)
	started := time.Now()
	demo, rosters := r.demo(t, 20)
	t.Logf("%d persons and %d guardianships were read and imported in %s", r.count(t, "app.persons"), r.count(t, "app.guardianships"), time.Since(started).Round(time.Millisecond))
	if got, want := r.count(t, "app.guardianships where status = 'inactive'"), demo.Counts.KindergartenGuardianships+demo.Counts.SchoolGuardianships; got != want {
		t.Errorf("%d inactive guardianships, want %d", got, want)
	}
	started = time.Now()
	if plan := r.take(t, "school", rosters["school"][0]); !plan.Empty() {
		t.Error("the second import is not a no-op")
	}
	t.Logf("importing the school again took %s", time.Since(started).Round(time.Millisecond))
}

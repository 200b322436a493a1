package postgres_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/register"
)

var importSeed = flag.Uint64("import-seed", 0, "repeat the random imports of a failed test with the seed it printed")

// What people here decided survives whatever the registers send (P6): 200 municipalities, each with its own random sequence of imports from
// two registers, complete and partial, with people coming, leaving, being renamed and renumbered, and with heads who decide in between. After
// every import: no status but that of a guardianship which ended and came back has changed, and that one is inactive; what a person ended is
// as they left it; nobody was written to.
func TestDecisionsSurviveRandomImports(t *testing.T) {
	t.Parallel()
	seed := *importSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("go test -run %s -import-seed=%d repeats this", t.Name(), seed)
	r := newRegistry(t)
	random := rand.New(rand.NewPCG(seed, 6))
	survived, returned, kept := 0, 0, 0
	for sequence := range 200 {
		r.found(t, fmt.Sprintf("by-%d", sequence))
		for step := range 4 {
			before := r.relations(t)
			r.randomImport(t, random, step)
			after := r.relations(t)
			for id, was := range before {
				now := after[id]
				switch {
				case was.decided && (now.ended != was.ended || now.status != was.status):
					t.Fatalf("sequence %d, import %d: what a person ended was changed: %+v, now %+v", sequence, step, was, now)
				case was.ended && !now.ended:
					returned++
					if now.status != "inactive" {
						t.Fatalf("sequence %d, import %d: a guardianship returned %s", sequence, step, now.status)
					}
				case was.status != now.status:
					t.Fatalf("sequence %d, import %d: an import changed a status: %+v, now %+v", sequence, step, was, now)
				case was.status == "active" && !now.ended:
					survived++
				case was.decided:
					kept++
				}
			}
			for id, now := range after {
				if _, old := before[id]; !old && now.status != "inactive" {
					t.Fatalf("sequence %d, import %d: a guardianship came in %s", sequence, step, now.status)
				}
			}
			r.randomDecisions(t, random)
		}
	}
	if n := r.count(t, "notify.events") + r.count(t, "notify.deliveries") + r.count(t, "notify.endpoints"); n != 0 {
		t.Errorf("imports wrote %d rows of the gateway's tables (V1)", n)
	}
	if survived == 0 || returned == 0 || kept == 0 {
		t.Errorf("the sequences did not try it: %d active ones survived, %d returned, %d ended ones were kept", survived, returned, kept)
	}
	t.Logf("%d active ones survived, %d returned inactive, %d ended ones were kept", survived, returned, kept)
}

type decided struct {
	status  string
	ended   bool
	decided bool // the end is a person's
}

func (r *registry) relations(t testing.TB) map[uuid.UUID]decided {
	t.Helper()
	rows, err := r.Admin.Query(r.ctx, `select id, status, ended_at is not null, ended_at is not null and ended_at is distinct from register_end
		from app.guardianships where municipality_id = $1`, r.here)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := map[uuid.UUID]decided{}
	for rows.Next() {
		var id uuid.UUID
		var d decided
		if err := rows.Scan(&id, &d.status, &d.ended, &d.decided); err != nil {
			t.Fatal(err)
		}
		all[id] = d
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return maps.Clone(all)
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
		"update app.guardianships set status = 'active' where municipality_id = $1 and ended_at is null and abs(hashtext(id::text || $2)) % 2 = 0",
		"update app.guardianships set status = 'inactive' where municipality_id = $1 and ended_at is null and abs(hashtext(id::text || $2)) % 5 = 1",
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

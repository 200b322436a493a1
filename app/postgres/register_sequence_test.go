package postgres_test

import (
	"flag"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"budstikke.example/app/register"
)

// sequenceRounds is how often -rapid.checks sequences are tried.
var sequenceRounds = flag.Int("sequence-rounds", 1, "how many rounds of -rapid.checks random sequences are held against the model")

// model is what people have decided in one municipality: the only thing that opens an access. Imports and departures take away from it, and
// nothing that a register says adds to it.
type model struct {
	open       map[place]bool     // people opened it, and nothing has closed it since
	suspended  map[place]bool     //
	ended      map[uuid.UUID]bool // guardianships that people ended
	apart      map[pair]bool      // whom a restriction keeps apart
	lifted     map[pair]bool      // whom one kept apart until people lifted it
	gone       map[place]bool     // what had ended before the import
	home       map[string]string  // where each register said last that a child is
	legal      map[uuid.UUID]bool // guardianships with custody before the import
	protection map[uuid.UUID]int  // the level of each person before the import
}

// pair is a child and a guardian.
type pair struct{ child, guardian uuid.UUID }

// Random sequences of imports from two registers, activations, suspensions, blocks and their liftings, protections, endings, departures, returns and
// moves, held against a model: an import never grants, never un-blocks, never lowers a protection, never renumbers who was let in and never writes to anybody (V1, P6, B8). make sequences runs 10,000 of them, in rounds with a
// database each, so that several run side by side and the last is as quick as the first; a failure prints what repeats it, and rapid makes it as short as it can.
func TestImportsFollowTheModel(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	all, towns := map[string]int{}, 0
	t.Cleanup(func() { // when all rounds are over; what is rare does not come in a hundred sequences
		for _, what := range []string{"closed", "lifted", "returned", "moved", "renumbered"} {
			if towns >= 2500 && all[what] == 0 {
				t.Errorf("none of %d sequences came to %q", towns, what)
			}
		}
	})
	for n := range *sequenceRounds {
		t.Run(fmt.Sprint("round ", n+1), func(t *testing.T) {
			t.Parallel()
			tried, town := importsFollowTheModel(t)
			mu.Lock()
			defer mu.Unlock()
			towns += town
			for what, n := range tried {
				all[what] += n
			}
		})
	}
}

func importsFollowTheModel(t *testing.T) (tried map[string]int, town int) {
	t.Helper()
	r := newRegistry(t)
	tried = map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		town++
		r.found(t, fmt.Sprintf("ort-%d", town))
		m := model{
			open: map[place]bool{}, suspended: map[place]bool{}, ended: map[uuid.UUID]bool{}, apart: map[pair]bool{}, lifted: map[pair]bool{},
			gone: map[place]bool{}, home: map[string]string{}, legal: map[uuid.UUID]bool{}, protection: map[uuid.UUID]int{},
		}
		steps := rapid.SliceOfN(rapid.SampledFrom([]string{"import", "import", "import", "activate", "suspend", "block", "lift", "end", "protect"}), 3, 8).Draw(rt, "steps")
		for _, step := range slices.Insert(steps, 0, "import") {
			tried[step]++
			if step == "import" {
				had := r.letIn(t)
				r.drawnImport(t, rt, &m, tried)
				m.holds(t, rt, r, tried)
				now := r.letIn(t)
				for person, number := range had {
					if other, still := now[person]; still && other != number {
						rt.Fatal("an import gave another identity number to somebody who had been let in (H11)")
					}
				}
			} else {
				r.drawnDecision(t, rt, step, &m, tried)
			}
		}
	})
	if n := r.count(t, "notify.events") + r.count(t, "notify.deliveries") + r.count(t, "notify.endpoints"); n != 0 {
		t.Errorf("imports wrote %d rows of the gateway's tables (V1)", n)
	}
	t.Logf("%d sequences: %v", town, tried)
	for _, what := range []string{"activate", "suspend", "block", "lift", "end", "protect", "open", "blocked", "held"} {
		if town >= 100 && tried[what] == 0 {
			t.Errorf("no sequence came to %q", what)
		}
	}
	return tried, town
}

// drawnImport sends one file: of one of two registers, complete or partial, with people missing, protected more or less, with custody or without.
func (r *registry) drawnImport(t *testing.T, rt *rapid.T, m *model, tried map[string]int) {
	source := rapid.SampledFrom([]string{"lists", "school"}).Draw(rt, "register")
	children := rapid.SliceOfNDistinct(rapid.IntRange(0, 2), 0, 3, rapid.ID[int]).Draw(rt, "children")
	file := village(t, "file", map[string]string{"lists": "", "school": "x-"}[source], children...)
	id := file.Institutions[0].SourceID
	file.Institutions = append(file.Institutions, register.Institution{
		SourceID: id + "-2", Kind: register.Kindergarten, Ownership: register.Municipal, NationalNumber: "BK-102", Name: "Granen",
	})
	for i, e := range file.Enrolments {
		if rapid.IntRange(0, 3).Draw(rt, "moves") == 0 {
			e.InstitutionSourceID, e.GroupSourceID = id+"-2", ""
			file.Enrolments[i] = e
		}
		if was := m.home[e.PersonSourceID]; was != "" && was != e.InstitutionSourceID {
			tried["moved"]++
		}
		m.home[e.PersonSourceID] = e.InstitutionSourceID
	}
	for i := range file.Guardianships {
		file.Guardianships[i].Legal = rapid.Bool().Draw(rt, "custody")
	}
	for i := range file.Persons {
		if rapid.Bool().Draw(rt, "speaks") {
			file.Persons[i].Protected, file.Persons[i].ProtectionStated = register.Protection(rapid.IntRange(0, 2).Draw(rt, "level")), true
		}
		if rapid.IntRange(0, 5).Draw(rt, "renumbered") == 0 {
			file.Persons[i].NationalID = number(t, 1992, 1992, i)
			tried["renumbered"]++
		}
	}
	if rapid.IntRange(0, 3).Draw(rt, "partial") == 0 {
		for noun := range file.Coverage {
			file.Coverage[noun] = register.CoveragePartial
		}
	}
	if len(file.Guardianships) > 0 && rapid.IntRange(0, 3).Draw(rt, "departs") == 0 {
		file.Guardianships = file.Guardianships[1:]
	}
	if _, err := r.Apply(r.ctx, importOf(source, file, true)); err != nil {
		rt.Fatalf("import: %v", err)
	}
}

// letIn are the identity numbers of those who have been let in, as they are looked up.
func (r *registry) letIn(t *testing.T) map[uuid.UUID]string {
	t.Helper()
	rows, err := r.Admin.Query(r.ctx, `select distinct p.id, encode(p.national_id_index, 'hex') from app.persons p
		join app.guardianship_access a on a.municipality_id = p.municipality_id and a.guardian_id = p.id and a.status in ('active', 'suspended')
		where p.municipality_id = $1`, r.here)
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[uuid.UUID]string{}
	for rows.Next() {
		var person uuid.UUID
		var number string
		if err := rows.Scan(&person, &number); err != nil {
			t.Fatal(err)
		}
		numbers[person] = number
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return numbers
}

// drawnDecision lets people decide about one guardianship, and the model know of it.
func (r *registry) drawnDecision(t *testing.T, rt *rapid.T, step string, m *model, tried map[string]int) {
	all := r.relations(t)
	places := make([]place, 0, len(all))
	for at := range all {
		places = append(places, at)
	}
	slices.SortFunc(places, func(a, b place) int { return slices.Compare(a.guardianship[:], b.guardianship[:]) })
	if step == "lift" {
		places = slices.DeleteFunc(places, func(at place) bool { return !m.apart[all[at].pair] })
	}
	if len(places) == 0 {
		return
	}
	at := places[rapid.IntRange(0, len(places)-1).Draw(rt, "whose")]
	was := all[at]
	switch step {
	case "activate":
		if was.status == "ended" || was.ended {
			return
		}
		r.exec(t, "update app.guardianship_access set status = 'active' where municipality_id = $1 and guardianship_id = $2 and institution_id = $3", r.here, at.guardianship, at.institution)
		m.open[at], m.suspended[at] = true, false
	case "suspend":
		if was.status == "ended" {
			return
		}
		r.exec(t, "update app.guardianship_access set status = 'suspended' where municipality_id = $1 and guardianship_id = $2 and institution_id = $3", r.here, at.guardianship, at.institution)
		m.open[at], m.suspended[at] = false, true
	case "block":
		r.exec(t, `insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
			select municipality_id, gen_random_uuid(), child_id, guardian_id, 'no_access', now(), '\x01', 1, guardian_id, now()
			from app.guardianships where municipality_id = $1 and id = $2`, r.here, at.guardianship)
		m.apart[was.pair], m.lifted[was.pair] = true, false
	case "lift":
		r.exec(t, `update app.restrictions set lifting_proposed_by = child_id, lifting_proposed_at = now(), lifted_by = person_id, lifted_at = now()
			where municipality_id = $1 and child_id = $2 and person_id = $3 and lifted_at is null`, r.here, was.child, was.guardian)
		m.lifted[was.pair], m.apart[was.pair] = m.lifted[was.pair] || m.apart[was.pair], false
	case "protect":
		person := rapid.SampledFrom([]uuid.UUID{was.child, was.guardian}).Draw(rt, "whom")
		level := rapid.SampledFrom([]string{"marked", "protected", "strict"}).Draw(rt, "how much")
		r.exec(t, `update app.persons set protected_identity = $3 where municipality_id = $1 and id = $2
			and app.protection_rank(protected_identity) < app.protection_rank($3)`, r.here, person, level)
		m.protection[person] = one[int](t, r, "select app.protection_rank(protected_identity) from app.persons where municipality_id = $1 and id = $2", r.here, person)
	case "end":
		r.exec(t, "update app.guardianships set ended_at = now() - interval '1 hour' where municipality_id = $1 and id = $2 and ended_at is null", r.here, at.guardianship)
		if !was.ended {
			m.ended[at.guardianship], m.open[at] = true, false
		}
	}
}

// holds compares what an import left behind with the model, and takes note of what it closed.
func (m *model) holds(t *testing.T, rt *rapid.T, r *registry, tried map[string]int) {
	for at, now := range r.relations(t) {
		switch {
		case now.access && !m.open[at]:
			rt.Fatalf("an import opened what nobody had opened: %+v", now)
		case now.access && m.apart[now.pair]:
			rt.Fatalf("an import let in somebody whom a restriction keeps out: %+v", now)
		case m.suspended[at] && now.status != "suspended":
			rt.Fatalf("an import took a suspension away: %+v", now)
		case m.ended[at.guardianship] && !now.ended:
			rt.Fatalf("an import brought back what a person ended: %+v", now)
		}
		switch {
		case now.access:
			tried["open"]++
			if m.lifted[now.pair] {
				tried["lifted"]++
			}
		case m.apart[now.pair]:
			tried["blocked"]++
		case m.open[at]:
			tried["closed"]++
		}
		if m.gone[at] && now.status != "ended" {
			tried["returned"]++
		}
		m.gone[at] = now.status == "ended"
		m.open[at] = m.open[at] && now.status == "active" // what an import closed, it does not open again
	}
	rows, err := r.Admin.Query(r.ctx, `select g.id, g.child_id, g.guardian_id, g.legal, p.id, app.protection_rank(p.protected_identity), exists (
			select from app.held_changes h where h.municipality_id = g.municipality_id and h.row_id in (g.id, p.id) and h.state = 'waiting')
		from app.guardianships g join app.persons p on p.municipality_id = g.municipality_id and p.id in (g.child_id, g.guardian_id)
		where g.municipality_id = $1`, r.here)
	if err != nil {
		rt.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var guardianship, person uuid.UUID
		var between pair
		var legal, waits bool
		var level int
		if err := rows.Scan(&guardianship, &between.child, &between.guardian, &legal, &person, &level, &waits); err != nil {
			rt.Fatal(err)
		}
		if had, known := m.legal[guardianship]; known && legal && !had && m.apart[between] {
			rt.Fatalf("an import gave custody to somebody whom a restriction keeps out")
		}
		if had := m.protection[person]; level < had {
			rt.Fatalf("an import lowered a protection from %d to %d", had, level)
		}
		m.legal[guardianship], m.protection[person] = legal, level
		if waits {
			tried["held"]++
		}
	}
	if err := rows.Err(); err != nil {
		rt.Fatal(err)
	}
}

package postgres

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/app/register"
)

// acceptedFor is how long what people have accepted waits for the import that brings it.
const acceptedFor = 60 * 24 * time.Hour

// hold holds what the import would widen, before the ends of rows are settled (B8). What it holds is worked out by the database from what all
// registers say together; here it is only told which rows are meant. A protection that falls is held where the persons are written.
func (d *draft) hold(ctx context.Context, all []*writing) error {
	touched := map[register.Noun][]uuid.UUID{}
	for _, w := range all {
		touched[w.noun] = w.touched
		if w.noun == register.NounEnrolment || w.noun == register.NounStaffRole { // what comes in now is not made longer by its own last day
			touched[w.noun] = slices.DeleteFunc(slices.Clone(w.touched), func(row uuid.UUID) bool { return d.fresh[row] })
		}
	}
	q, source, file := db.New(), d.in.Source, d.in.FileName
	if anew := d.namedAnew(); len(anew) > 0 {
		if err := q.HoldGuardianships(ctx, d.Tx, db.HoldGuardianshipsParams{Source: source, FileName: file, Anew: anew, Moment: d.Now}); err != nil {
			return err
		}
	}
	if rows := touched[register.NounGuardianship]; len(rows) > 0 {
		err := q.HoldCustody(ctx, d.Tx, db.HoldCustodyParams{Source: source, FileName: file, Touched: rows, Denied: d.denied(), Moment: d.Now})
		if err != nil {
			return err
		}
	}
	for _, noun := range []register.Noun{register.NounEnrolment, register.NounStaffRole} {
		if len(touched[noun]) == 0 {
			continue
		}
		err := q.HoldEnds(ctx, d.Tx, db.HoldEndsParams{Noun: string(noun), Source: source, FileName: file, Touched: touched[noun], Moment: d.Now})
		if err != nil {
			return err
		}
	}
	if err := d.holdNumbersHere(ctx); err != nil || len(d.takenFrom) == 0 {
		return err
	}
	persons := slices.SortedFunc(maps.Keys(d.takenFrom), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	holders := make([]uuid.UUID, len(persons))
	for i, person := range persons {
		holders[i] = d.takenFrom[person]
	}
	return q.HoldIdentities(ctx, d.Tx, db.HoldIdentitiesParams{Source: source, FileName: file, Persons: persons, Holders: holders, Moment: d.Now})
}

// holdNumbersHere notes the numbers that wait for a person, and the new records that have the number of somebody else's name. Several of one person wait
// beside each other. Records that were accepted count once.
func (d *draft) holdNumbersHere(ctx context.Context) error {
	if persons, wants := pairs(d.joined); len(persons) > 0 {
		if err := db.New().UseJoins(ctx, d.Tx, db.UseJoinsParams{Persons: persons, Wants: wants, Moment: d.Now}); err != nil {
			return err
		}
	}
	if persons, wants := pairs(d.joinsHeld); len(persons) > 0 {
		p := db.HoldJoinsParams{Source: d.in.Source, FileName: d.in.FileName, Persons: persons, Wants: wants, Moment: d.Now}
		if err := db.New().HoldJoins(ctx, d.Tx, p); err != nil {
			return err
		}
	}
	persons, wants := pairs(d.numbersHeld)
	if len(persons) == 0 {
		return nil
	}
	p := db.HoldNumbersParams{Source: d.in.Source, FileName: d.in.FileName, Persons: persons, Wants: wants, Moment: d.Now}
	return db.New().HoldNumbers(ctx, d.Tx, p)
}

// pairs lists what several people want, or are wanted for, one by one.
func pairs(of map[uuid.UUID][]string) (persons []uuid.UUID, wants []string) {
	for _, person := range slices.SortedFunc(maps.Keys(of), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }) {
		for _, want := range of[person] {
			persons, wants = append(persons, person), append(wants, want)
		}
	}
	return persons, wants
}

// namedAnew are the guardianships that this register did not name until now.
func (d *draft) namedAnew() []uuid.UUID {
	var rows []uuid.UUID
	for _, c := range d.plan.Guardianships.Creates {
		rows = append(rows, d.rowOf(register.NounGuardianship, c.Key))
	}
	return rows
}

// denied are the guardianships of which this register said until now that there is no custody.
func (d *draft) denied() []uuid.UUID {
	var rows []uuid.UUID
	for _, known := range d.known.state.Guardianships {
		if known.Value.LegalStated && !known.Value.Legal {
			rows = append(rows, d.rowOf(register.NounGuardianship, known.Value.Key()))
		}
	}
	return rows
}

// forgotten are the guardianships that a person here ended and that a complete file does not name any more. Nothing ends by it; but when the
// register names one again, it wants it back (B8).
func (d *draft) forgotten() []string {
	if d.in.Roster.Coverage[register.NounGuardianship] != register.CoverageFull {
		return nil
	}
	named := map[string]bool{}
	for _, g := range d.in.Roster.Guardianships {
		named[g.Key()] = true
	}
	var keys []string
	for _, known := range d.known.state.Guardianships {
		if key := known.Value.Key(); known.Ended == register.EndedByPerson && !named[key] {
			keys = append(keys, key)
		}
	}
	return keys
}

package postgres

import (
	"context"
	"encoding/hex"
	"maps"
	"slices"

	"github.com/google/uuid"

	"budstikke.example/app/nationalid"
	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/app/register"
	"budstikke.example/migrations/seal"
)

// pseudonymPurpose keeps pseudonyms apart from the blind index, so that a source id says nothing about an index.
const pseudonymPurpose = "register_pseudonym"

// Pseudonym gives the source id of a person whom a list names by identity number only; it is a register.Pseudonym. It is made with the oldest
// index key there is, so that a new key does not change it. When the oldest key is taken away the pseudonyms change; the people are then
// recognised by their numbers all the same, in an import that is held until somebody allows it.
func (r Register) Pseudonym(n nationalid.Number) string {
	digests := r.keys.IndexVersions(pseudonymPurpose, r.municipality, canonical(n))
	oldest := slices.MinFunc(digests, func(a, b seal.Digest) int { return int(a.Version) - int(b.Version) })
	return "p-" + hex.EncodeToString(oldest.Sum[:16])
}

// holder is who has an identity number here.
type holder struct {
	row           uuid.UUID
	level         register.Protection
	given, family string
}

// matchPersons finds the persons by their records, else by identity number (H11).
func (d *draft) matchPersons(ctx context.Context) error {
	holders, err := d.holders(ctx)
	if err != nil {
		return err
	}
	for _, held := range d.known.persons {
		d.level[d.rowOf(register.NounPerson, held.said.SourceID)] = held.level
	}
	if err := d.holdNumbers(ctx); err != nil {
		return err
	}
	d.settleNumbers(holders)
	if err := d.holdJoins(ctx, holders); err != nil {
		return err
	}
	for _, p := range unmatched(d, register.NounPerson, d.plan.Persons) {
		same := holders[p.NationalID]
		if p.NationalID.IsZero() || d.renumber[same.row] {
			same = holder{}
		}
		if same.row != uuid.Nil {
			d.level[same.row] = max(d.level[same.row], same.level)
		}
		d.place(register.NounPerson, p.Key(), same.row)
	}
	return d.protectionElsewhere(ctx)
}

// holders looks up who has the numbers that the plan writes.
func (d *draft) holders(ctx context.Context) (map[nationalid.Number]holder, error) {
	var params db.PersonsByIdentityParams
	numbers := map[string]nationalid.Number{}
	for _, change := range slices.Concat(d.plan.Persons.Creates, d.plan.Persons.Updates) {
		n := change.Item.NationalID
		if n.IsZero() || d.known.persons[change.Key].said.NationalID == n {
			continue
		}
		for _, digest := range IdentityIndex(d.keys, d.Tx.Municipality(), n) {
			params.Keys, params.Digests = append(params.Keys, digest.Version), append(params.Digests, digest.Sum)
			numbers[string(digest.Sum)] = n
		}
	}
	holders := map[nationalid.Number]holder{}
	if len(numbers) == 0 {
		return holders, nil
	}
	rows, err := db.New().PersonsByIdentity(ctx, d.Tx, params)
	for _, row := range rows {
		holders[numbers[string(row.Digest)]] = holder{row.ID, level(row.ProtectedIdentity), row.GivenName, row.FamilyName}
	}
	return holders, err
}

// settleNumbers decides about the numbers of known people. One that belongs to somebody else here is left out until a person has looked;
// unless that somebody gets another number in the same import, because then the register has only sorted out who is who.
func (d *draft) settleNumbers(holders map[nationalid.Number]holder) {
	wanted := map[string]register.Change[register.Person]{}
	for _, change := range slices.Concat(d.plan.Persons.Creates, d.plan.Persons.Updates) {
		held, known := d.known.persons[change.Key]
		if n := change.Item.NationalID; known && !n.IsZero() && n != held.said.NationalID && len(d.numbersHeld[d.rowOf(register.NounPerson, change.Key)]) == 0 {
			wanted[change.Key] = change
			d.renumber[d.rowOf(register.NounPerson, change.Key)] = !held.said.NationalID.IsZero()
		}
	}
	for again := true; again; {
		again = false
		for _, key := range slices.Sorted(maps.Keys(wanted)) {
			change := wanted[key]
			row, other := d.rowOf(register.NounPerson, key), holders[change.Item.NationalID].row
			if other == uuid.Nil || other == row || d.renumber[other] {
				continue
			}
			delete(wanted, key)
			d.renumber[row] = false
			d.leaveNumberOut(change, "the identity number belongs to somebody else here; it is left out until the register or the other person is corrected")
			d.takenFrom[row] = other
			again = true
		}
	}
}

// holdNumbers finds the people who have been let in here and whom the register gives another number: whoever has that number would sign in as them.
// It is left out until a person has accepted it (B8).
func (d *draft) holdNumbers(ctx context.Context) error {
	var renumbered []register.Change[register.Person] // two records may stand for one person
	for _, change := range slices.Concat(d.plan.Persons.Creates, d.plan.Persons.Updates) {
		held, known := d.known.persons[change.Key]
		if n := change.Item.NationalID; known && !n.IsZero() && n != held.said.NationalID {
			renumbered = append(renumbered, change)
		}
	}
	if len(renumbered) == 0 {
		return nil
	}
	rows := make([]uuid.UUID, len(renumbered))
	for i, change := range renumbered {
		rows[i] = d.rowOf(register.NounPerson, change.Key)
	}
	entrusted, err := db.New().Entrusted(ctx, d.Tx, rows)
	if err != nil {
		return err
	}
	accepted, err := db.New().AcceptedNumbers(ctx, d.Tx, db.AcceptedNumbersParams{Persons: rows, Since: new(d.Now.Add(-acceptedFor))})
	if err != nil {
		return err
	}
	for i, change := range renumbered {
		row := rows[i]
		if !slices.Contains(entrusted, row) {
			continue
		}
		names := d.nameOfNumber(change.Item.NationalID)
		if slices.ContainsFunc(accepted, func(a db.AcceptedNumbersRow) bool { return a.RowID == row && slices.Contains(names, a.Wants) }) {
			continue
		}
		d.numbersHeld[row] = append(d.numbersHeld[row], names[0])
		d.leaveNumberOut(change, "another identity number for somebody who has been let in here; it waits until a person has accepted it")
	}
	return nil
}

// nameOfNumber names an identity number without telling it, by each index key there is: the newest first.
func (d *draft) nameOfNumber(n nationalid.Number) []string {
	var names []string
	for _, digest := range IdentityIndex(d.keys, d.Tx.Municipality(), n) {
		names = append(names, "number "+hex.EncodeToString(digest.Sum[:8]))
	}
	return names
}

// leaveNumberOut keeps the number that a person has and says so in the plan.
func (d *draft) leaveNumberOut(change register.Change[register.Person], reason string) {
	keep := d.known.persons[change.Key].said.NationalID
	for i, c := range d.plan.Persons.Creates {
		if c.Key == change.Key {
			d.plan.Persons.Creates[i].Item.NationalID = keep
		}
	}
	before := len(d.plan.Persons.Updates)
	d.plan.Persons.Updates = slices.DeleteFunc(d.plan.Persons.Updates, func(c register.Change[register.Person]) bool {
		return c.Key == change.Key && len(c.Fields) == 1
	})
	d.plan.Persons.Unchanged += before - len(d.plan.Persons.Updates)
	for i, c := range d.plan.Persons.Updates {
		if c.Key == change.Key {
			d.plan.Persons.Updates[i].Item.NationalID = keep
			d.plan.Persons.Updates[i].Fields = slices.DeleteFunc(slices.Clone(c.Fields), func(f register.FieldChange) bool { return f.Field == "national_id" })
		}
	}
	d.plan.Unresolved = append(d.plan.Unresolved, register.Unresolved{Noun: register.NounPerson, Key: change.Key, Label: change.Label,
		Reason: reason})
}

// protectionElsewhere asks what the other registers say where this one lowers a protection.
func (d *draft) protectionElsewhere(ctx context.Context) error {
	var lowered []uuid.UUID
	for _, change := range d.plan.Persons.Updates {
		if change.Item.Protected < d.known.persons[change.Key].said.Protected {
			lowered = append(lowered, d.rowOf(register.NounPerson, change.Key))
		}
	}
	if len(lowered) == 0 {
		return nil
	}
	rows, err := db.New().ProtectionElsewhere(ctx, d.Tx, db.ProtectionElsewhereParams{Source: d.in.Source, Persons: lowered})
	for _, row := range rows {
		d.elsewhere[row.RowID] = max(d.elsewhere[row.RowID], level(row.Protected))
	}
	return err
}

// protection is the level that the registers want for a person's row. It rises at once. It falls only when the register that gave it says so in
// as many words, and no further than the other registers allow; what was raised by anybody else stays (P6). One that falls is held: the row keeps
// its level until two people have decided (B8).
func (d *draft) protection(change register.Change[register.Person], row uuid.UUID) register.Protection {
	now, here := change.Item.Protected, d.level[row]
	held, known := d.known.persons[change.Key]
	if known && !change.Returns && now < held.said.Protected && here == held.said.Protected {
		return max(now, d.elsewhere[row])
	}
	return max(now, here)
}

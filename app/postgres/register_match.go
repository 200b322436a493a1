package postgres

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/app/register"
)

// match finds the row of every record that the plan writes. A record that was here before keeps its row. A new one gets the row of what is
// the same: a person with the same identity number, an institution with the same national number, a group of the same name, the same
// relation of the same people; so that two registers do not make two of one. What cannot be placed is moved to Unresolved.
func (d *draft) match(ctx context.Context) error {
	for ref, known := range d.known.records {
		d.rows[ref] = known.row
	}
	for _, find := range []func(context.Context) error{d.matchInstitutions, d.matchGroups, d.matchPersons, d.matchEnrolments,
		d.matchGuardianships, d.matchStaffRoles} {
		if err := find(ctx); err != nil {
			return err
		}
	}
	return nil
}

// rowOf returns the row of a record, and uuid.Nil for an empty key: no group.
func (d *draft) rowOf(noun register.Noun, key string) uuid.UUID {
	return d.rows[register.Ref{Noun: noun, Key: keyed(key)}]
}

// place gives a record its row: found, or a new one when it is uuid.Nil.
func (d *draft) place(noun register.Noun, key string, found uuid.UUID) uuid.UUID {
	if found == uuid.Nil {
		found = uuid.Must(uuid.NewV7()) // fails only without randomness
		d.fresh[found] = true
	}
	d.rows[register.Ref{Noun: noun, Key: keyed(key)}] = found
	return found
}

// unmatched lists the creates whose records are not here yet.
func unmatched[T interface{ Key() string }](d *draft, noun register.Noun, section register.Section[T]) []T {
	var items []T
	for _, change := range section.Creates {
		if _, known := d.known.records[register.Ref{Noun: noun, Key: keyed(change.Key)}]; !known {
			items = append(items, change.Item)
		}
	}
	return items
}

// taken are the rows that other records of this very source stand for and go on standing for.
func taken[T interface{ Key() string }](d *draft, noun register.Noun, list []register.Known[T], section register.Section[T]) map[uuid.UUID]bool {
	rows := map[uuid.UUID]bool{}
	for _, known := range list {
		ending := slices.ContainsFunc(section.Ends, func(c register.Change[T]) bool { return c.Key == known.Value.Key() })
		if known.Ended == register.NotEnded && !ending {
			rows[d.rowOf(noun, known.Value.Key())] = true
		}
	}
	return rows
}

func (d *draft) matchInstitutions(ctx context.Context) error {
	created := unmatched(d, register.NounInstitution, d.plan.Institutions)
	if len(created) == 0 {
		return nil
	}
	here, err := db.New().NumberedInstitutions(ctx, d.Tx)
	if err != nil {
		return err
	}
	used := taken(d, register.NounInstitution, d.known.state.Institutions, d.plan.Institutions)
	for _, institution := range created {
		same := uuid.Nil
		for _, row := range here {
			if row.NationalNumber == institution.NationalNumber && !used[row.ID] {
				same = row.ID
				break
			}
		}
		used[d.place(register.NounInstitution, institution.Key(), same)] = true
	}
	return nil
}

func (d *draft) matchGroups(ctx context.Context) error {
	created := unmatched(d, register.NounGroup, d.plan.Groups)
	var institutions []uuid.UUID
	for _, group := range created {
		institutions = append(institutions, d.rowOf(register.NounInstitution, group.InstitutionSourceID))
	}
	if len(created) == 0 {
		return nil
	}
	here, err := db.New().OpenGroups(ctx, d.Tx, institutions)
	if err != nil {
		return err
	}
	used := taken(d, register.NounGroup, d.known.state.Groups, d.plan.Groups)
	for i, group := range created {
		same := uuid.Nil
		for _, row := range here {
			if row.InstitutionID == institutions[i] && strings.EqualFold(row.Name, group.Name) && !used[row.ID] {
				same = row.ID
				break
			}
		}
		used[d.place(register.NounGroup, group.Key(), same)] = true
	}
	return nil
}

// relation is what makes two rows the same enrolment, guardianship or staff role.
type relation struct {
	person, other, group uuid.UUID
	role                 string
}

// matchRelation places the records of one noun by what they relate. Of several equal rows the first one listed is meant.
func (d *draft) matchRelation(noun register.Noun, keys []string, relations []relation, here map[relation]uuid.UUID) {
	for i, key := range keys {
		row := d.place(noun, key, here[relations[i]])
		here[relations[i]] = row // a second record of the same relation
	}
}

func (d *draft) matchEnrolments(ctx context.Context) error {
	var keys []string
	var relations []relation
	for _, e := range unmatched(d, register.NounEnrolment, d.plan.Enrolments) {
		keys = append(keys, e.Key())
		relations = append(relations, relation{person: d.rowOf(register.NounPerson, e.PersonSourceID),
			other: d.rowOf(register.NounInstitution, e.InstitutionSourceID), group: d.rowOf(register.NounGroup, e.GroupSourceID)})
	}
	here := map[relation]uuid.UUID{}
	if persons := d.old(relations); len(persons) > 0 {
		rows, err := db.New().EnrolmentsOfChildren(ctx, d.Tx, persons)
		if err != nil {
			return err
		}
		for _, row := range slices.Backward(rows) {
			here[relation{person: row.ChildID, other: row.InstitutionID, group: orNil(row.GroupID)}] = row.ID
		}
	}
	d.matchRelation(register.NounEnrolment, keys, relations, here)
	return nil
}

func (d *draft) matchGuardianships(ctx context.Context) error {
	d.leaveOutSelves()
	var keys []string
	var relations []relation
	for _, g := range unmatched(d, register.NounGuardianship, d.plan.Guardianships) {
		keys = append(keys, g.Key())
		relations = append(relations, relation{person: d.rowOf(register.NounPerson, g.ChildSourceID), other: d.rowOf(register.NounPerson, g.GuardianSourceID)})
	}
	here := map[relation]uuid.UUID{}
	if persons := d.old(relations); len(persons) > 0 {
		rows, err := db.New().GuardianshipsOfChildren(ctx, d.Tx, persons)
		if err != nil {
			return err
		}
		for _, row := range rows {
			here[relation{person: row.ChildID, other: row.GuardianID}] = row.ID
		}
	}
	d.matchRelation(register.NounGuardianship, keys, relations, here)
	return nil
}

// leaveOutSelves moves guardianships whose two records stand for one person here to Unresolved.
func (d *draft) leaveOutSelves() {
	section := &d.plan.Guardianships
	section.Creates = slices.DeleteFunc(section.Creates, func(c register.Change[register.Guardianship]) bool {
		if d.rowOf(register.NounPerson, c.Item.ChildSourceID) != d.rowOf(register.NounPerson, c.Item.GuardianSourceID) {
			return false
		}
		d.plan.Unresolved = append(d.plan.Unresolved, register.Unresolved{Noun: register.NounGuardianship, Key: c.Key, Label: c.Label,
			Reason: "the guardian and the child have the same identity number here"})
		return true
	})
}

func (d *draft) matchStaffRoles(ctx context.Context) error {
	var keys []string
	var relations []relation
	for _, said := range d.rolesSaid() {
		if _, known := d.known.records[register.Ref{Noun: register.NounStaffRole, Key: keyed(roleKey(said))}]; known {
			continue
		}
		keys = append(keys, roleKey(said))
		relations = append(relations, relation{person: d.rowOf(register.NounPerson, said.Person), role: string(said.Role),
			other: d.rowOf(register.NounInstitution, said.Institution), group: d.rowOf(register.NounGroup, said.Group)})
	}
	here := map[relation]uuid.UUID{}
	if persons := d.old(relations); len(persons) > 0 {
		rows, err := db.New().StaffRolesOfPersons(ctx, d.Tx, persons)
		if err != nil {
			return err
		}
		for _, row := range slices.Backward(rows) {
			here[relation{person: row.PersonID, other: orNil(row.InstitutionID), group: orNil(row.GroupID), role: row.Role}] = row.ID
		}
	}
	d.matchRelation(register.NounStaffRole, keys, relations, here)
	return nil
}

// rolesSaid lists what is written of the roles that are new or changed: one record for every group, or one without a group.
func (d *draft) rolesSaid() []staffRoleFields {
	var said []staffRoleFields
	for _, changes := range [][]register.Change[register.StaffRole]{d.plan.StaffRoles.Creates, d.plan.StaffRoles.Updates} {
		for _, change := range changes {
			s := change.Item
			f := staffRoleFields{Person: s.PersonSourceID, Institution: s.InstitutionSourceID, Role: s.Role, period: periodOf(s.From, s.Until, d.zone)}
			if len(s.GroupSourceIDs) == 0 {
				said = append(said, f)
			}
			for _, group := range s.GroupSourceIDs {
				f.Group = group
				said = append(said, f)
			}
		}
	}
	return said
}

// roleKey names the record of a role in one group. The parts of a role's own key cannot hold the separator, so no two are alike.
func roleKey(f staffRoleFields) string {
	key := f.value().Key()
	if f.Group != "" {
		key += "||" + f.Group
	}
	return key
}

// old are the persons of the relations that were here before this import.
func (d *draft) old(relations []relation) []uuid.UUID {
	var persons []uuid.UUID
	for _, r := range relations {
		if !d.fresh[r.person] {
			persons = append(persons, r.person)
		}
	}
	return persons
}

func orNil(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}

package postgres

import (
	"context"
	"encoding/hex"
	"slices"

	"github.com/google/uuid"

	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/app/register"
)

// personRow is a person as the queries take it. Binary columns are written as Postgres reads them: \x and hexadecimal digits.
type personRow struct {
	ID           uuid.UUID `json:"id"`
	GivenName    string    `json:"given_name"`
	FamilyName   string    `json:"family_name"`
	BirthDate    *string   `json:"birth_date"`
	Sealed       *string   `json:"national_id_sealed"`
	SealedKey    *int16    `json:"national_id_key"`
	Index        *string   `json:"national_id_index"`
	IndexKey     *int16    `json:"national_id_index_key"`
	Protected    string    `json:"protected_identity"`
	ContactEmail *string   `json:"contact_email"`
	Mobile       *string   `json:"contact_mobile"`
	Username     *string   `json:"username"`
}

func (d *draft) institutions() *writing {
	w := &writing{noun: register.NounInstitution,
		insert: func(ctx context.Context, rows []byte) error {
			return db.New().InsertInstitutions(ctx, d.Tx, db.InsertInstitutionsParams{Now: d.Now, Rows: rows})
		},
		replace: func(ctx context.Context, rows []byte) error { return db.New().UpdateInstitutions(ctx, d.Tx, rows) },
		settle: func(ctx context.Context, rows []uuid.UUID) error {
			return db.New().SettleInstitutions(ctx, d.Tx, db.SettleInstitutionsParams{Moment: d.Now, Ids: rows})
		}}
	for _, c := range said(d.plan.Institutions) {
		i, row := c.Item, d.rowOf(w.noun, c.Key)
		w.keep(d, c.Key, row, institutionRow{row, i.Kind, i.Ownership, textOrNull(i.NationalNumber), i.Name},
			institutionFields{i.SourceID, i.Kind, i.Ownership, i.NationalNumber, i.Name}, false)
	}
	for _, c := range d.plan.Institutions.Ends {
		w.miss(d, c.Key)
	}
	return w
}

func (d *draft) groups() *writing {
	w := &writing{noun: register.NounGroup,
		insert: func(ctx context.Context, rows []byte) error {
			return db.New().InsertGroups(ctx, d.Tx, db.InsertGroupsParams{Now: d.Now, Rows: rows})
		},
		replace: func(ctx context.Context, rows []byte) error { return db.New().UpdateGroups(ctx, d.Tx, rows) },
		settle: func(ctx context.Context, rows []uuid.UUID) error {
			return db.New().SettleGroups(ctx, d.Tx, db.SettleGroupsParams{Moment: d.Now, Ids: rows})
		}}
	for _, c := range said(d.plan.Groups) {
		g, row := c.Item, d.rowOf(w.noun, c.Key)
		w.keep(d, c.Key, row, groupRow{row, d.rowOf(register.NounInstitution, g.InstitutionSourceID), g.Name},
			groupFields{g.SourceID, g.InstitutionSourceID, g.Name, g.Kind}, false)
	}
	for _, c := range d.plan.Groups.Ends {
		w.miss(d, c.Key)
	}
	return w
}

// persons have no end of their own: what ends is what they are enrolled in, guardians of, or employed at.
func (d *draft) persons() (*writing, error) {
	w := &writing{noun: register.NounPerson,
		insert: func(ctx context.Context, rows []byte) error {
			return db.New().InsertPersons(ctx, d.Tx, db.InsertPersonsParams{Now: d.Now, Rows: rows})
		},
		replace: func(ctx context.Context, rows []byte) error {
			err := db.New().HoldProtection(ctx, d.Tx, db.HoldProtectionParams{Source: d.in.Source, FileName: d.in.FileName, Rows: rows, Moment: d.Now})
			if err != nil {
				return err
			}
			return db.New().UpdatePersons(ctx, d.Tx, rows)
		}}
	for _, c := range said(d.plan.Persons) {
		row := d.rowOf(w.noun, c.Key)
		columns, err := d.personRow(c, row)
		if err != nil {
			return nil, err
		}
		w.keep(d, c.Key, row, columns, personSaid(c.Item), false)
	}
	for _, c := range d.plan.Persons.Ends {
		w.miss(d, c.Key)
	}
	return w, nil
}

// personRow seals the number for the row it goes into. A number that is on file already is not sealed again.
func (d *draft) personRow(c register.Change[register.Person], row uuid.UUID) (personRow, error) {
	p, protection := c.Item, d.protection(c, row)
	columns := personRow{ID: row, GivenName: p.GivenName, FamilyName: p.FamilyName, BirthDate: textOrNull(dayText(p.BirthDate)),
		Protected: protection.String(), ContactEmail: textOrNull(p.Email), Mobile: textOrNull(p.Mobile), Username: textOrNull(p.Username)}
	if protection == register.ProtectionStrict {
		columns.ContactEmail, columns.Mobile = nil, nil
	}
	_, known := d.known.persons[c.Key]
	if p.NationalID.IsZero() || !d.fresh[row] && (!known || p.NationalID == d.known.persons[c.Key].said.NationalID) {
		return columns, nil
	}
	sealed, version, err := d.keys.Seal([]byte(canonical(p.NationalID)), d.boundTo(row)...)
	if err != nil {
		return columns, err
	}
	index := IdentityIndex(d.keys, d.Tx.Municipality(), p.NationalID)[0] // the current key's
	columns.Sealed, columns.SealedKey = bytea(sealed), &version
	columns.Index, columns.IndexKey = bytea(index.Sum), &index.Version
	return columns, nil
}

func bytea(data []byte) *string {
	text := `\x` + hex.EncodeToString(data)
	return &text
}

// renumbered lists the persons whose number is replaced by another.
func (d *draft) renumbered() []uuid.UUID {
	var rows []uuid.UUID
	for row, replaced := range d.renumber {
		if replaced {
			rows = append(rows, row)
		}
	}
	return rows
}

func (d *draft) enrolments() *writing {
	w := &writing{noun: register.NounEnrolment,
		insert: func(ctx context.Context, rows []byte) error {
			return db.New().InsertEnrolments(ctx, d.Tx, db.InsertEnrolmentsParams{Now: d.Now, Rows: rows})
		},
		settle: func(ctx context.Context, rows []uuid.UUID) error {
			return db.New().SettleEnrolments(ctx, d.Tx, db.SettleEnrolmentsParams{Moment: d.Now, Ids: rows})
		}}
	for _, c := range said(d.plan.Enrolments) {
		e, row := c.Item, d.rowOf(w.noun, c.Key)
		days := periodOf(e.From, e.Until, d.zone)
		w.keep(d, c.Key, row, enrolmentRow{row, d.rowOf(register.NounPerson, e.PersonSourceID),
			d.rowOf(register.NounInstitution, e.InstitutionSourceID), orNull(d.rowOf(register.NounGroup, e.GroupSourceID))},
			enrolmentFields{e.PersonSourceID, e.InstitutionSourceID, e.GroupSourceID, days}, days.limited())
	}
	for _, c := range d.plan.Enrolments.Ends {
		w.miss(d, c.Key)
	}
	return w
}

func (d *draft) guardianships() *writing {
	w := &writing{noun: register.NounGuardianship,
		insert: func(ctx context.Context, rows []byte) error {
			return db.New().InsertGuardianships(ctx, d.Tx, db.InsertGuardianshipsParams{Now: d.Now, Rows: rows})
		},
		replace: func(ctx context.Context, rows []byte) error { return db.New().UpdateGuardianships(ctx, d.Tx, rows) },
		settle: func(ctx context.Context, rows []uuid.UUID) error {
			return db.New().SettleGuardianships(ctx, d.Tx, db.SettleGuardianshipsParams{Moment: d.Now, Ids: rows})
		}}
	stated := map[string]bool{} // what a register stated it has stated, also when a later file is silent
	for _, known := range d.known.state.Guardianships {
		stated[known.Value.Key()] = known.Value.LegalStated
	}
	for _, c := range said(d.plan.Guardianships) {
		g, row := c.Item, d.rowOf(w.noun, c.Key)
		w.keep(d, c.Key, row, guardianshipRow{row, d.rowOf(register.NounPerson, g.ChildSourceID),
			d.rowOf(register.NounPerson, g.GuardianSourceID), g.Legal, g.Basis},
			guardianshipFields{g.ChildSourceID, g.GuardianSourceID, g.Legal, g.LegalStated || !c.Returns && stated[c.Key], g.Basis}, false)
	}
	for _, c := range d.plan.Guardianships.Ends {
		w.miss(d, c.Key)
	}
	for _, key := range d.forgotten() {
		w.missing = append(w.missing, keyed(key))
	}
	return w
}

func (d *draft) staffRoles() *writing {
	w := &writing{noun: register.NounStaffRole,
		insert: func(ctx context.Context, rows []byte) error {
			return db.New().InsertStaffRoles(ctx, d.Tx, db.InsertStaffRolesParams{Now: d.Now, Rows: rows})
		},
		settle: func(ctx context.Context, rows []uuid.UUID) error {
			return db.New().SettleStaffRoles(ctx, d.Tx, db.SettleStaffRolesParams{Moment: d.Now, Ids: rows})
		}}
	still := map[string]bool{}
	for _, f := range d.rolesSaid() {
		key := roleKey(f)
		still[keyed(key)] = true
		row := d.rowOf(w.noun, key)
		w.keep(d, key, row, staffRoleRow{row, d.rowOf(register.NounPerson, f.Person), orNull(d.rowOf(register.NounInstitution, f.Institution)),
			orNull(d.rowOf(register.NounGroup, f.Group)), f.Role, f.Start}, f, f.limited())
	}
	// A role that ends, and a group that a role is no longer held in.
	for _, c := range slices.Concat(d.plan.StaffRoles.Ends, d.plan.StaffRoles.Updates) {
		for _, r := range d.known.roles[c.Key] {
			if r.ended != register.EndedByImport && !still[r.key] {
				w.miss(d, r.key)
			}
		}
	}
	return w
}

package postgres

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/app/register"
)

// The rows as the queries take them: JSON objects whose names are the columns'.
type (
	institutionRow struct {
		ID             uuid.UUID                `json:"id"`
		Kind           register.InstitutionKind `json:"kind"`
		Ownership      register.Ownership       `json:"ownership"`
		NationalNumber *string                  `json:"national_number"`
		Name           string                   `json:"name"`
	}
	groupRow struct {
		ID          uuid.UUID `json:"id"`
		Institution uuid.UUID `json:"institution_id"`
		Name        string    `json:"name"`
	}
	enrolmentRow struct {
		ID          uuid.UUID  `json:"id"`
		Child       uuid.UUID  `json:"child_id"`
		Institution uuid.UUID  `json:"institution_id"`
		Group       *uuid.UUID `json:"group_id"`
	}
	guardianshipRow struct {
		ID       uuid.UUID `json:"id"`
		Child    uuid.UUID `json:"child_id"`
		Guardian uuid.UUID `json:"guardian_id"`
		Legal    bool      `json:"legal"`
		Basis    string    `json:"basis"`
	}
	staffRoleRow struct {
		ID          uuid.UUID     `json:"id"`
		Person      uuid.UUID     `json:"person_id"`
		Institution *uuid.UUID    `json:"institution_id"`
		Group       *uuid.UUID    `json:"group_id"`
		Role        register.Role `json:"role"`
		Start       *time.Time    `json:"starts_at"`
	}
	recordRow struct {
		Noun     register.Noun `json:"noun"`
		SourceID string        `json:"source_id"`
		Row      uuid.UUID     `json:"row_id"`
		Fields   any           `json:"fields"`
	}
)

// writing collects the rows of one noun until they are written, each kind by one statement.
type writing struct {
	noun            register.Noun
	created, known  []any
	records         []recordRow
	missing         []string    // records that the register no longer has
	touched         []uuid.UUID // rows whose end has to be worked out anew
	insert, replace func(ctx context.Context, rows []byte) error
	settle          func(ctx context.Context, rows []uuid.UUID) error
}

// write carries the draft out, the nouns in the order of their creation. Ends come after everything is there, so that a child who moves from
// one group to another is never without an enrolment in between.
func (d *draft) write(ctx context.Context) error {
	all := []*writing{d.institutions(), d.groups(), d.enrolments(), d.guardianships(), d.staffRoles()}
	persons, err := d.persons()
	if err != nil {
		return err
	}
	all = slices.Insert(all, 2, persons)
	if forgotten := d.renumbered(); len(forgotten) > 0 {
		if err := db.New().ForgetNumbers(ctx, d.Tx, forgotten); err != nil {
			return err
		}
	}
	total, done := 0, 0
	for _, w := range all {
		total += len(w.records) + len(w.missing)
	}
	for _, w := range all {
		if err := d.writeRows(ctx, w); err != nil {
			return err
		}
		if done += len(w.records) + len(w.missing); d.in.Progress != nil {
			d.in.Progress(done, total)
		}
	}
	if err := d.hold(ctx, all); err != nil {
		return err
	}
	for _, w := range all {
		if len(w.touched) == 0 || w.settle == nil {
			continue
		}
		if err := w.settle(ctx, w.touched); err != nil {
			return err
		}
	}
	if err := db.New().WithdrawHeld(ctx, d.Tx, db.WithdrawHeldParams{Source: d.in.Source, Moment: d.Now}); err != nil {
		return err
	}
	return d.record(ctx)
}

func (d *draft) writeRows(ctx context.Context, w *writing) error {
	for _, step := range []struct {
		rows  []any
		write func(context.Context, []byte) error
	}{{w.known, w.replace}, {w.created, w.insert}} {
		if len(step.rows) == 0 || step.write == nil {
			continue
		}
		rows, err := json.Marshal(step.rows)
		if err != nil {
			return err
		}
		if err := step.write(ctx, rows); err != nil {
			return err
		}
	}
	if len(w.records) > 0 {
		rows, err := json.Marshal(w.records)
		if err != nil {
			return err
		}
		if err := db.New().KeepRecords(ctx, d.Tx, db.KeepRecordsParams{Source: d.in.Source, Now: d.Now, Rows: rows}); err != nil {
			return err
		}
	}
	if len(w.missing) == 0 {
		return nil
	}
	return db.New().MissRecords(ctx, d.Tx, db.MissRecordsParams{Source: d.in.Source, Noun: string(w.noun), SourceIds: w.missing, Now: &d.Now})
}

// keep adds a record and its row. A row that several records of this import stand for is written once; one that was here before, or whose
// period is limited, gets its end worked out.
func (w *writing) keep(d *draft, key string, row uuid.UUID, columns, said any, limited bool) {
	w.records = append(w.records, recordRow{w.noun, keyed(key), row, said})
	fresh := d.fresh[row]
	if !fresh || limited {
		w.touched = append(w.touched, row)
	}
	if d.written[row] {
		return
	}
	d.written[row] = true
	if fresh {
		w.created = append(w.created, columns)
	} else {
		w.known = append(w.known, columns)
	}
}

// miss notes a record that the register no longer has.
func (w *writing) miss(d *draft, key string) {
	w.missing = append(w.missing, keyed(key))
	w.touched = append(w.touched, d.rowOf(w.noun, key))
}

// said is every row of a section that is written.
func said[T interface{ Key() string }](section register.Section[T]) []register.Change[T] {
	return slices.Concat(section.Creates, section.Updates)
}

func orNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func textOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// tally is what is kept of a section: numbers, and nobody's name (L8).
type tally struct {
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Ended     int `json:"ended"`
	Kept      int `json:"kept"`
	Unchanged int `json:"unchanged"`
}

func tallyOf[T interface{ Key() string }](s register.Section[T]) tally {
	return tally{len(s.Creates), len(s.Updates), len(s.Ends), len(s.Kept), s.Unchanged}
}

// record notes that the import was made, from which file and with what numbers.
func (d *draft) record(ctx context.Context) error {
	held, err := db.New().CountHeld(ctx, d.Tx, db.CountHeldParams{Source: d.in.Source, Moment: d.Now})
	if err != nil {
		return err
	}
	summary, err := json.Marshal(map[string]any{
		"institutions": tallyOf(d.plan.Institutions), "groups": tallyOf(d.plan.Groups), "persons": tallyOf(d.plan.Persons),
		"enrolments": tallyOf(d.plan.Enrolments), "guardianships": tallyOf(d.plan.Guardianships), "staff_roles": tallyOf(d.plan.StaffRoles),
		"departures": len(d.plan.Departures), "attention": len(d.plan.Attention), "unresolved": len(d.plan.Unresolved), "holds": len(d.plan.Holds), "held": held,
	})
	if err != nil {
		return err
	}
	return db.New().InsertImport(ctx, d.Tx, db.InsertImportParams{ID: uuid.Must(uuid.NewV7()), Source: d.in.Source, FileName: d.in.FileName,
		FileHash: d.in.FileHash, Summary: summary, Now: d.Now})
}

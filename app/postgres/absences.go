package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// SaveAbsence stores a new absence and tells the child's other guardians with access at that institution that the day has changed (B11, P5), in
// the same commit.
func (t *FamilyTx) SaveAbsence(ctx context.Context, a app.Absence) error {
	note, err := t.sealNote(a.ID, a.Note)
	if err != nil {
		return err
	}
	err = db.New().InsertAbsence(ctx, t.Later(), db.InsertAbsenceParams{
		ID: a.ID, ChildID: a.Child, InstitutionID: a.Institution, StartsOn: a.Period.From.Time(), EndsOn: a.Period.To.Time(),
		Reason: string(a.Reason), Note: note, NoteSensitive: a.NoteSensitive, ReportedBy: a.ReportedBy, Version: int32(a.Version), //nolint:gosec // a small count
		CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt,
	})
	if err != nil {
		return err
	}
	t.about.child, t.about.resource = a.Child, a.ID
	others, err := db.New().OtherGuardians(ctx, t.Tx, db.OtherGuardiansParams{ChildID: a.Child, InstitutionID: a.Institution})
	if err != nil || len(others) == 0 {
		return err
	}
	to := make([]outbox.Recipient, len(others))
	for i, person := range others {
		to[i] = outbox.Recipient{Person: person, Grounds: outbox.GroundsChild, Child: a.Child, Institution: a.Institution}
	}
	e := notify.AbsenceReported{Absence: a.ID}
	return t.announce(outbox.Announce(ctx, t.Tx, e, to, notify.RoutineChannelsOf(e)))
}

// DaysAreFree refuses an absence whose days touch those of another absence of the same child, whoever reported that. Until the transaction ends
// nobody else reports one of this child, so that of two parents at the same moment one is told. Fault: absence_overlaps.
func (t *FamilyTx) DaysAreFree(ctx context.Context, a app.Absence) error {
	if err := db.New().OneReportAtATime(ctx, t.Later(), a.Child.String()); err != nil {
		return err
	}
	rows, err := db.New().AbsencesWithin(ctx, t.Tx, db.AbsencesWithinParams{
		ChildID: a.Child, But: a.ID, StartsOn: a.Period.From.Time(), EndsOn: a.Period.To.Time(),
	})
	if err != nil || len(rows) == 0 {
		return err
	}
	reported := make([]app.Period, len(rows))
	for i, r := range rows {
		reported[i] = app.Period{From: app.DayOf(r.StartsOn), To: app.DayOf(r.EndsOn)}
	}
	return app.Overlapping(reported)
}

// WithdrawAbsence takes an absence back: its row goes, and with it what was answered about it (V17). Fault: version_outdated when somebody
// changed it first.
func (t *FamilyTx) WithdrawAbsence(ctx context.Context, a app.Absence) error {
	rows, err := db.New().WithdrawAbsence(ctx, t.Tx, db.WithdrawAbsenceParams{ID: a.ID, Version: int32(a.Version)}) //nolint:gosec // a small count
	if err == nil && rows == 0 {
		return app.ErrVersionOutdated
	}
	if err != nil {
		return err
	}
	t.about.child, t.about.resource = a.Child, a.ID
	return t.forgetAnswers(ctx, a.ID)
}

// forgetAnswers deletes what was answered about a resource and kept for repetitions, because it holds the same words (V17).
func (t tx) forgetAnswers(ctx context.Context, resource uuid.UUID) error {
	_, err := t.Exec(ctx, "select app.forget_answers($1)", resource)
	return err
}

// Absence returns an absence that the guardian may change, with the zone that decides what today is. Fault: not_found, also for one that the
// child's other guardian reported: its words and its days are theirs (B11).
func (t *FamilyTx) Absence(ctx context.Context, id uuid.UUID) (app.Absence, *time.Location, error) {
	row, err := db.New().AbsenceOfGuardian(ctx, t.Tx, id)
	if err != nil {
		return app.Absence{}, nil, err
	}
	me, err := t.Person(ctx)
	if err != nil {
		return app.Absence{}, nil, err
	}
	if row.AppShownAbsence.ReportedBy != me.ID {
		return app.Absence{}, nil, app.ErrNotFound
	}
	zone, err := time.LoadLocation(row.TimeZone)
	if err != nil {
		return app.Absence{}, nil, err
	}
	a := absence(row.AppShownAbsence)
	err = t.openNote(&a)
	return a, zone, err
}

// Absence returns an absence of one of the guardian's children, without the words of another guardian (B11). Fault: not_found.
func (f Family) Absence(ctx context.Context, id uuid.UUID) (app.Absence, error) {
	return Read(ctx, f, func(t *FamilyTx) (app.Absence, error) {
		row, err := db.New().AbsenceOfGuardian(ctx, t.Tx, id)
		if err != nil {
			return app.Absence{}, err
		}
		a := absence(row.AppShownAbsence)
		err = t.openNote(&a)
		return a, err
	})
}

// ChangeAbsence stores a changed absence. Fault: version_outdated when somebody else changed it first.
func (t *FamilyTx) ChangeAbsence(ctx context.Context, a app.Absence, noteRemoved bool) error {
	note, err := t.sealNote(a.ID, a.Note)
	if err != nil {
		return err
	}
	params := db.UpdateAbsenceParams{
		ID: a.ID, StartsOn: a.Period.From.Time(), EndsOn: a.Period.To.Time(), Reason: string(a.Reason), Note: note,
		NoteSensitive: a.NoteSensitive, Version: int32(a.Version), FromVersion: int32(a.Version - 1), UpdatedAt: a.UpdatedAt, //nolint:gosec // a small count
	}
	if noteRemoved {
		params.NoteRemovedAt = &a.UpdatedAt
	}
	rows, err := db.New().UpdateAbsence(ctx, t.Tx, params)
	if err == nil && rows == 0 {
		return app.ErrVersionOutdated
	}
	t.about.child, t.about.resource = a.Child, a.ID
	if err == nil && noteRemoved {
		err = t.forgetAnswers(ctx, a.ID)
	}
	return err
}

// Absences returns a page of the absences of one of the guardian's children, the latest first. Faults: not_found, cursor_invalid.
func (f Family) Absences(ctx context.Context, child uuid.UUID, page Page) (Slice[app.Absence], error) {
	before, err := page.position(endOfTime)
	if err != nil {
		return Slice[app.Absence]{}, err
	}
	size := page.size()
	rows, err := db.New().AbsencesOfChild(ctx, f.db.scope.Reader(f.s), db.AbsencesOfChildParams{
		ChildID: child, BeforeDay: before.at, BeforeID: before.id, PageSize: size + 1,
	})
	if err != nil {
		return Slice[app.Absence]{}, fault(err)
	}
	if len(rows) == 0 { // nothing reported, or no such child: only then is it worth a question of its own
		if _, err := f.Child(ctx, child); err != nil {
			return Slice[app.Absence]{}, err
		}
	}
	list := slice(rows, size, func(a db.AppOwnAbsence) app.Absence { return absence(db.AppShownAbsence(a)) },
		func(a db.AppOwnAbsence) position { return position{a.StartsOn, a.ID} })
	for i := range list.Items {
		if err := openNote(f.db.keys, f.s.Municipality(), &list.Items[i]); err != nil {
			return Slice[app.Absence]{}, err
		}
	}
	return list, nil
}

func absence(a db.AppShownAbsence) app.Absence {
	return app.Absence{
		ID: a.ID, Child: a.ChildID, Institution: a.InstitutionID, Period: app.Period{From: app.DayOf(a.StartsOn), To: app.DayOf(a.EndsOn)},
		Reason: app.AbsenceReason(a.Reason), Note: a.Note, NoteSensitive: a.NoteSensitive, ReportedBy: a.ReportedBy, Version: int(a.Version),
		CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt,
	}
}

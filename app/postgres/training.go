package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/app"
)

// Training is the record of everybody who works, or will work, at an institution, by name. Fault: not_found.
func (o Office) Training(ctx context.Context, institution uuid.UUID) ([]app.TrainingRecord, error) {
	return Read(ctx, o, func(t *OfficeTx) ([]app.TrainingRecord, error) { return t.Training(ctx, institution) })
}

// Training is the same within a transaction.
func (t *OfficeTx) Training(ctx context.Context, institution uuid.UUID) ([]app.TrainingRecord, error) {
	if _, err := t.Institution(ctx, institution); err != nil {
		return nil, err
	}
	// sqlc does not know the columns of a function that returns a table
	rows, err := t.Query(ctx, "select person_id, coalesce(person_name, ''), routine, trained_on, due_on, overdue from app.training_of($1, $2)", institution, t.Now)
	if err != nil {
		return nil, err
	}
	var list []app.TrainingRecord
	var r app.TrainingRecord
	var p app.TrainedPart
	var on *time.Time
	_, err = pgx.ForEachRow(rows, []any{&r.Person, &r.PersonName, &p.Routine, &on, &p.DueOn, &p.Overdue}, func() error {
		if len(list) == 0 || list[len(list)-1].Person != r.Person {
			list = append(list, r)
		}
		p.TrainedOn = value(on)
		last := &list[len(list)-1]
		last.Parts = append(last.Parts, p)
		return nil
	})
	return list, err
}

// Today is the day at the municipality's institutions.
func (t *OfficeTx) Today(ctx context.Context) (time.Time, error) {
	zone, err := t.Zone(ctx)
	if err != nil {
		return time.Time{}, err
	}
	return civil(t.Now.In(zone)), nil
}

// CorrectTraining withdraws an entry that was wrong, and records the right day instead unless that is zero. Fault: not_found where there is no such
// entry, and when it is not the caller's to correct, whatever the program has asked.
func (t *OfficeTx) CorrectTraining(ctx context.Context, institution, person uuid.UUID, routine string, day, instead time.Time, reason string) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	t.about.person = person
	var right *time.Time
	if !instead.IsZero() {
		right = &instead
	}
	var done bool
	err = t.QueryRow(ctx, "select app.correct_training($1, $2, $3, $4, $5, $6, $7, $8)", id, person, institution, routine, day, right, reason, t.Now).Scan(&done)
	return allowed(done, err)
}

// RecordTraining notes that somebody was trained in a part of the routine; the same a second time changes nothing. Fault: not_found when it is
// not the caller's to record, whatever the program has asked.
func (t *OfficeTx) RecordTraining(ctx context.Context, institution, person uuid.UUID, routine string, day time.Time) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	t.about.person = person
	var done bool
	err = t.QueryRow(ctx, "select app.record_training($1, $2, $3, $4, $5, $6)", id, person, institution, routine, day, t.Now).Scan(&done)
	return allowed(done, err)
}

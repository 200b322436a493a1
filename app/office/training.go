package office

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/oapi-codegen/runtime/types"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
)

// ListTraining returns the training record of an institution (V3, V9).
func (f *Flows) ListTraining(ctx context.Context, req ListTrainingRequestObject) (ListTrainingResponseObject, error) {
	list, err := f.office(ctx).Training(ctx, req.InstitutionID)
	if err != nil {
		return nil, err
	}
	return ListTraining200JSONResponse{Items: view.Each(list, viewTraining)}, nil
}

// RecordTraining notes that somebody was trained, by whoever stands above them there.
func (f *Flows) RecordTraining(ctx context.Context, req RecordTrainingRequestObject) (RecordTrainingResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (RecordTrainingResponseObject, error) {
		theirs, today, err := toTrain(ctx, tx, req.InstitutionID, req.Body.PersonID)
		if err != nil {
			return nil, err
		}
		if err := app.MayRecordTraining(theirs, req.Body.Day.Time, today); err != nil {
			return nil, err
		}
		for _, routine := range req.Body.Routines {
			if err := tx.RecordTraining(ctx, req.InstitutionID, req.Body.PersonID, string(routine), req.Body.Day.Time); err != nil {
				return nil, err
			}
		}
		record, err := recordOf(ctx, tx, req.InstitutionID, req.Body.PersonID)
		return RecordTraining200JSONResponse(record), err
	})
}

// CorrectTraining withdraws what was recorded wrongly, and keeps it with who did and why.
func (f *Flows) CorrectTraining(ctx context.Context, req CorrectTrainingRequestObject) (CorrectTrainingResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (CorrectTrainingResponseObject, error) {
		theirs, today, err := toTrain(ctx, tx, req.InstitutionID, req.Body.PersonID)
		if err != nil {
			return nil, err
		}
		instead := view.Value(req.Body.Instead).Time
		if err := app.MayCorrectTraining(theirs, instead, today, req.Body.Reason); err != nil {
			return nil, err
		}
		if err := tx.CorrectTraining(ctx, req.InstitutionID, req.Body.PersonID, string(req.Body.Routine), req.Body.Day.Time, instead, req.Body.Reason); err != nil {
			return nil, err
		}
		record, err := recordOf(ctx, tx, req.InstitutionID, req.Body.PersonID)
		return CorrectTraining200JSONResponse(record), err
	})
}

// toTrain returns the roles of somebody at an institution, which nobody changes meanwhile, and the day there.
func toTrain(ctx context.Context, tx *postgres.OfficeTx, institution, person uuid.UUID) (theirs []app.StaffRole, today time.Time, err error) {
	if err := tx.HoldStaff(ctx, institution); err != nil {
		return nil, today, err
	}
	staff, err := tx.StaffRoles(ctx, institution)
	if err != nil {
		return nil, today, err
	}
	for _, r := range staff {
		if r.Person == person {
			theirs = append(theirs, r)
		}
	}
	today, err = tx.Today(ctx)
	return theirs, today, err
}

// recordOf is the record of one person; of a role for which nothing is asked, nothing is due.
func recordOf(ctx context.Context, tx *postgres.OfficeTx, institution, person uuid.UUID) (TrainingRecord, error) {
	record := app.TrainingRecord{Person: person}
	list, err := tx.Training(ctx, institution)
	for _, r := range list {
		if r.Person == person {
			record = r
		}
	}
	return viewTraining(record), err
}

func viewTraining(r app.TrainingRecord) TrainingRecord {
	return TrainingRecord{
		PersonID: r.Person, PersonName: view.Optional(r.PersonName),
		Parts: view.Each(r.Parts, func(p app.TrainedPart) TrainedPart {
			v := TrainedPart{Routine: TrainingRoutine(p.Routine), DueOn: types.Date{Time: p.DueOn}, Overdue: p.Overdue}
			if !p.TrainedOn.IsZero() {
				v.TrainedOn = &types.Date{Time: p.TrainedOn}
			}
			return v
		}),
	}
}

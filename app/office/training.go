package office

import (
	"context"

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
		if err := tx.HoldStaff(ctx, req.InstitutionID); err != nil {
			return nil, err
		}
		staff, err := tx.StaffRoles(ctx, req.InstitutionID)
		if err != nil {
			return nil, err
		}
		today, err := tx.Today(ctx)
		if err != nil {
			return nil, err
		}
		var theirs []app.StaffRole
		for _, r := range staff {
			if r.Person == req.Body.PersonID {
				theirs = append(theirs, r)
			}
		}
		if err := app.MayRecordTraining(theirs, req.Body.Day.Time, today); err != nil {
			return nil, err
		}
		for _, routine := range req.Body.Routines {
			if err := tx.RecordTraining(ctx, req.InstitutionID, req.Body.PersonID, string(routine), req.Body.Day.Time); err != nil {
				return nil, err
			}
		}
		list, err := tx.Training(ctx, req.InstitutionID)
		if err != nil {
			return nil, err
		}
		record := app.TrainingRecord{Person: req.Body.PersonID} // of a role for which nothing is asked, nothing is due
		for _, r := range list {
			if r.Person == req.Body.PersonID {
				record = r
			}
		}
		return RecordTraining200JSONResponse(viewTraining(record)), nil
	})
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

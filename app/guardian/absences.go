package guardian

import (
	"context"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/sensitive"
	"budstikke.example/app/textguard"
	"budstikke.example/app/view"
)

// ReportAbsence records that a child stays away: the staff see it in their list of the day, and the other guardians are told (B11). A note
// that deserves a warning is answered with it before anything is stored; sent with the acknowledgement it is stored and flagged (V17). Days
// that either guardian has reported already are refused, so that staff read one absence and not two that disagree.
func (f *Flows) ReportAbsence(ctx context.Context, req ReportAbsenceRequestObject) (ReportAbsenceResponseObject, error) {
	return postgres.Write(ctx, f.family(ctx), func(tx *postgres.FamilyTx) (ReportAbsenceResponseObject, error) {
		child, err := tx.Child(ctx, req.ChildID) // another family's child: not found
		if err != nil {
			return nil, err
		}
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		period := app.Period{From: day(req.Body.StartsOn), To: day(req.Body.EndsOn)}
		absence, err := child.StaysHome(id, period, app.AbsenceReason(req.Body.Reason), view.Value(req.Body.Note), me.ID, tx.Now)
		if err != nil {
			return nil, err
		}
		if err := tx.DaysAreFree(ctx, absence); err != nil {
			return nil, err
		}
		language, rule, err := tx.Writing(ctx, string(view.Value(req.Body.Locale)))
		if err != nil {
			return nil, err
		}
		if err := rule.Note(absence); err != nil {
			return nil, err
		}
		absence.NoteSensitive, err = f.Guard.Look(textguard.Draft{
			Rule: rule,
			Text: view.Value(req.Body.Note), Context: sensitive.Absence, Locale: language,
			Subject: me.ID.String() + " " + child.ID.String(), Acknowledgement: view.Value(req.Body.Acknowledgement),
		}, tx.Now)
		if err != nil {
			return nil, err
		}
		if err := tx.SaveAbsence(ctx, absence); err != nil {
			return nil, err
		}
		tag := app.ETag(absence.Version)
		return ReportAbsence201JSONResponse{Body: viewAbsence(absence), Headers: ReportAbsence201ResponseHeaders{ETag: &tag}}, nil
	})
}

// ListAbsences returns a page of a child's absences, the latest first.
func (f *Flows) ListAbsences(ctx context.Context, req ListAbsencesRequestObject) (ListAbsencesResponseObject, error) {
	list, err := f.family(ctx).Absences(ctx, req.ChildID, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	return ListAbsences200JSONResponse{Items: view.Each(list.Items, viewAbsence), Next: view.Optional(list.Next)}, nil
}

// GetAbsence returns an absence with its version.
func (f *Flows) GetAbsence(ctx context.Context, req GetAbsenceRequestObject) (GetAbsenceResponseObject, error) {
	absence, err := f.family(ctx).Absence(ctx, req.AbsenceID)
	if err != nil {
		return nil, err
	}
	tag := app.ETag(absence.Version)
	return GetAbsence200JSONResponse{Body: viewAbsence(absence), Headers: GetAbsence200ResponseHeaders{ETag: &tag}}, nil
}

// ChangeAbsence changes the days or the reason of an absence.
func (f *Flows) ChangeAbsence(ctx context.Context, req ChangeAbsenceRequestObject) (ChangeAbsenceResponseObject, error) {
	return postgres.Write(ctx, f.family(ctx), func(tx *postgres.FamilyTx) (ChangeAbsenceResponseObject, error) {
		absence, zone, err := tx.Absence(ctx, req.AbsenceID)
		if err != nil {
			return nil, err
		}
		if err := app.CheckVersion(req.Params.IfMatch, absence.Version); err != nil {
			return nil, err
		}
		change := app.AbsenceChange{Reason: (*app.AbsenceReason)(req.Body.Reason)}
		if req.Body.StartsOn != nil {
			from := day(*req.Body.StartsOn)
			change.From = &from
		}
		if req.Body.EndsOn != nil {
			to := day(*req.Body.EndsOn)
			change.To = &to
		}
		if absence, err = absence.Change(change, app.DayOf(tx.Now.In(zone)), tx.Now); err != nil {
			return nil, err
		}
		if change.From != nil || change.To != nil {
			if err := tx.DaysAreFree(ctx, absence); err != nil {
				return nil, err
			}
		}
		if err := tx.ChangeAbsence(ctx, absence, false); err != nil {
			return nil, err
		}
		tag := app.ETag(absence.Version)
		return ChangeAbsence200JSONResponse{Body: viewAbsence(absence), Headers: ChangeAbsence200ResponseHeaders{ETag: &tag}}, nil
	})
}

// CancelAbsence withdraws an absence: the child comes after all. Only who reported it may, and only until its last day has passed.
func (f *Flows) CancelAbsence(ctx context.Context, req CancelAbsenceRequestObject) (CancelAbsenceResponseObject, error) {
	return postgres.Write(ctx, f.family(ctx), func(tx *postgres.FamilyTx) (CancelAbsenceResponseObject, error) {
		absence, zone, err := tx.Absence(ctx, req.AbsenceID)
		if err != nil {
			return nil, err
		}
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		if err := absence.Withdraw(me.ID, app.DayOf(tx.Now.In(zone))); err != nil {
			return nil, err
		}
		if err := app.CheckVersion(req.Params.IfMatch, absence.Version); err != nil {
			return nil, err
		}
		return CancelAbsence204Response{}, tx.WithdrawAbsence(ctx, absence)
	})
}

// RemoveAbsenceNote deletes the note of an absence; nothing of it remains (V17).
func (f *Flows) RemoveAbsenceNote(ctx context.Context, req RemoveAbsenceNoteRequestObject) (RemoveAbsenceNoteResponseObject, error) {
	return postgres.Write(ctx, f.family(ctx), func(tx *postgres.FamilyTx) (RemoveAbsenceNoteResponseObject, error) {
		absence, _, err := tx.Absence(ctx, req.AbsenceID)
		if err != nil {
			return nil, err
		}
		if err := app.CheckVersion(req.Params.IfMatch, absence.Version); err != nil {
			return nil, err
		}
		absence = absence.RemoveNote(tx.Now)
		if err := tx.ChangeAbsence(ctx, absence, true); err != nil {
			return nil, err
		}
		tag := app.ETag(absence.Version)
		return RemoveAbsenceNote200JSONResponse{Body: viewAbsence(absence), Headers: RemoveAbsenceNote200ResponseHeaders{ETag: &tag}}, nil
	})
}

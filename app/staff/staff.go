// Package staff is the room of what staff do during the day: one method per operation tagged staff in openapi.yaml.
//
// Every flow takes the Institution handle of the staff member who calls: the institutions where they have a role now (V11). It may open app,
// app/postgres, app/view, auth, notify's vocabulary and the text guard; never another room. Start reading at conversations.go.
package staff

//go:generate oapi-codegen -config gen.yaml ../../openapi.yaml

import (
	"context"

	"budstikke.example/app"
	"budstikke.example/app/live"
	"budstikke.example/app/postgres"
	"budstikke.example/app/textguard"
	"budstikke.example/app/view"
	"budstikke.example/auth"
	"budstikke.example/auth/proof"
)

// Flows carries the operations out. All fields are required.
type Flows struct {
	DB    *postgres.DB
	Guard *textguard.Guard
	PIN   *proof.PIN // of those who work on shared tablets (V7)
	// Streams are the open streams of the process.
	Streams *live.Hub
}

var _ StrictServerInterface = (*Flows)(nil)

func (f *Flows) institution(ctx context.Context) postgres.Institution {
	return f.DB.Institution(auth.Staff(ctx))
}

// ListInstitutions returns where the caller works.
func (f *Flows) ListInstitutions(ctx context.Context, _ ListInstitutionsRequestObject) (ListInstitutionsResponseObject, error) {
	list, err := f.institution(ctx).Workplaces(ctx)
	if err != nil {
		return nil, err
	}
	return ListInstitutions200JSONResponse{Items: view.Each(list, func(w postgres.Workplace) StaffInstitution {
		return StaffInstitution{
			ID: w.ID, Name: w.Name, Kind: StaffInstitutionKind(w.Kind), Roles: view.Each(w.Roles, func(r string) Role { return Role(r) }),
		}
	})}, nil
}

// ListInstitutionChildren returns a page of the children of an institution, by group and name.
func (f *Flows) ListInstitutionChildren(ctx context.Context, req ListInstitutionChildrenRequestObject) (ListInstitutionChildrenResponseObject, error) {
	list, err := f.institution(ctx).Children(ctx, req.InstitutionID, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	return ListInstitutionChildren200JSONResponse{Next: view.Optional(list.Next), Items: view.Each(list.Items, func(e postgres.Enrolled) InstitutionChild {
		return InstitutionChild{ID: e.ID, Name: e.Name, Group: view.Optional(e.Group)}
	})}, nil
}

// ListReportedAbsences returns a page of who is away on a day; a note that was sent in spite of the warning says what to do about it (V17).
func (f *Flows) ListReportedAbsences(ctx context.Context, req ListReportedAbsencesRequestObject) (ListReportedAbsencesResponseObject, error) {
	page := view.Page(req.Params.Cursor, req.Params.Limit)
	list, err := f.institution(ctx).Absences(ctx, req.InstitutionID, app.DayOf(req.Params.Date.Time), page)
	if err != nil {
		return nil, err
	}
	return ListReportedAbsences200JSONResponse{Items: view.Each(list.Items, viewReportedAbsence), Next: view.Optional(list.Next)}, nil
}

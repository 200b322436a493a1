package guardian

import (
	"context"

	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
)

// ListLooks returns a page of when staff looked at the child's data, in which role and for what purpose (B5); never who it was.
func (f *Flows) ListLooks(ctx context.Context, req ListLooksRequestObject) (ListLooksResponseObject, error) {
	list, err := f.family(ctx).Looks(ctx, req.ChildID, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	return ListLooks200JSONResponse{Next: view.Optional(list.Next), Items: view.Each(list.Items, func(l postgres.Look) Look {
		return Look{At: l.At, Roles: view.Each(l.Roles, func(r string) Role { return Role(r) }), Purpose: LookPurpose(l.Purpose)}
	})}, nil
}

package office

import (
	"context"

	"github.com/google/uuid"

	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
)

// ListChildLooks returns a page of who looked at a child's data, decided about it or tried to, with names (B5). Reading it leaves an entry too.
func (f *Flows) ListChildLooks(ctx context.Context, req ListChildLooksRequestObject) (ListChildLooksResponseObject, error) {
	list, err := f.office(ctx).Traces(ctx, req.ChildID, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	return ListChildLooks200JSONResponse{Next: view.Optional(list.Next), Items: view.Each(list.Items, viewTrace)}, nil
}

func viewTrace(t postgres.Trace) ChildLook {
	v := ChildLook{
		At: t.At, Name: view.Optional(t.Name), Caller: ChildLookCaller(t.Caller), Roles: view.Each(t.Roles, func(r string) Role { return Role(r) }),
		Purpose: string(t.Purpose), Outcome: ChildLookOutcome(t.Outcome), Times: t.Times,
	}
	if t.Actor != uuid.Nil {
		v.PersonID = &t.Actor
	}
	return v
}

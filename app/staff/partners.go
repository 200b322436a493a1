package staff

import (
	"context"

	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
)

// ListPartnerChildren returns the children that heads named for the external partner who calls, by name (U8). Fault: not_found for everybody else.
func (f *Flows) ListPartnerChildren(ctx context.Context, _ ListPartnerChildrenRequestObject) (ListPartnerChildrenResponseObject, error) {
	list, err := f.institution(ctx).PartnerChildren(ctx)
	if err != nil {
		return nil, err
	}
	return ListPartnerChildren200JSONResponse{Items: view.Each(list, func(c postgres.PartnerChild) PartnerChild {
		return PartnerChild{ID: c.ID, Name: c.Name, Group: view.Optional(c.Group), Institution: view.Optional(c.Institution), Until: c.Until}
	})}, nil
}

package office

import (
	"context"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
)

// ListHeldChanges returns a page of what registers want at an institution that would widen an access, the longest waiting first (B8).
func (f *Flows) ListHeldChanges(ctx context.Context, req ListHeldChangesRequestObject) (ListHeldChangesResponseObject, error) {
	everything := view.Value(req.Params.Which) == Everything
	list, err := f.office(ctx).HeldChanges(ctx, req.InstitutionID, everything, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	now := f.DB.Now()
	look := func(c app.HeldChange) HeldChange { return viewHeldChange(c, now) }
	return ListHeldChanges200JSONResponse{Items: view.Each(list.Items, look), Next: view.Optional(list.Next)}, nil
}

// DecideHeldChange accepts or refuses what a register wants. It acts in the same moment; where a protection or a restriction would yield, the
// first acceptance is a proposal that somebody else confirms (B8).
func (f *Flows) DecideHeldChange(ctx context.Context, req DecideHeldChangeRequestObject) (DecideHeldChangeResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (DecideHeldChangeResponseObject, error) {
		c, err := tx.HeldChange(ctx, req.InstitutionID, req.HeldChangeID)
		if err != nil {
			return nil, err
		}
		if err := app.CheckVersion(req.Params.IfMatch, c.Version); err != nil {
			return nil, err
		}
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		if c, err = c.Decide(req.Body.Decision == Accept, req.Body.Reason, me.ID, tx.Now); err != nil {
			return nil, err
		}
		if err := tx.SaveHeldChange(ctx, c); err != nil {
			return nil, err
		}
		tag := app.ETag(c.Version)
		return DecideHeldChange200JSONResponse{Body: viewHeldChange(c, tx.Now), Headers: DecideHeldChange200ResponseHeaders{ETag: &tag}}, nil
	})
}

func viewHeldChange(c app.HeldChange, now time.Time) HeldChange {
	v := HeldChange{
		ID: c.ID, Kind: HeldChangeKind(c.Kind), PersonID: c.Person, PersonName: c.PersonName, ChildName: view.Optional(c.ChildName),
		Source: c.Source, FileName: c.File, Was: c.Was, Wants: c.Wants, Since: c.Since, AgeDays: max(0, int(now.Sub(c.Since)/day)),
		State: HeldChangeState(c.State), NeedsTwo: c.TwoPeople, Reason: view.Optional(c.Reason), Etag: app.ETag(c.Version),
	}
	if c.Child != uuid.Nil {
		v.ChildID = &c.Child
	}
	if !c.DecidedAt.IsZero() {
		v.DecidedAt = &c.DecidedAt
	}
	return v
}

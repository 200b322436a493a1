package office

import (
	"context"
	"errors"
	"slices"
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
		if err := tx.LockHeldChanges(ctx, req.InstitutionID, []uuid.UUID{req.HeldChangeID}); err != nil {
			return nil, err
		}
		c, err := decideHeld(ctx, tx, req.InstitutionID, req.HeldChangeID, req.Params.IfMatch, req.Body.Decision == HeldChangeDecisionDecisionAccept, req.Body.Reason)
		if err != nil {
			return nil, err
		}
		tag := app.ETag(c.Version)
		return DecideHeldChange200JSONResponse{Body: viewHeldChange(c, tx.Now), Headers: DecideHeldChange200ResponseHeaders{ETag: &tag}}, nil
	})
}

// DecideHeldChanges decides a reviewed batch in one way (B8). The changes are locked first, so that each is decided as it was reviewed, and one that
// cannot be decided takes no other with it. Without a reason, nothing is.
func (f *Flows) DecideHeldChanges(ctx context.Context, req DecideHeldChangesRequestObject) (DecideHeldChangesResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (DecideHeldChangesResponseObject, error) {
		wanted := make([]uuid.UUID, len(req.Body.Items))
		for i, item := range req.Body.Items {
			wanted[i] = item.HeldChangeID
		}
		if err := tx.LockHeldChanges(ctx, req.InstitutionID, slices.Clone(wanted)); err != nil {
			return nil, err
		}
		out := HeldChangeOutcomes{Items: make([]HeldChangeOutcome, 0, len(wanted))}
		for _, item := range req.Body.Items {
			c, err := decideHeld(ctx, tx, req.InstitutionID, item.HeldChangeID, item.Etag, req.Body.Decision == HeldChangeBatchDecisionAccept, req.Body.Reason)
			row := HeldChangeOutcome{HeldChangeID: item.HeldChangeID, Outcome: HeldChangeOutcomeOutcome(c.State)}
			var refused *app.Fault
			switch {
			case errors.As(err, &refused) && refused.Kind != app.Unprocessable: // the reason is the same for all

				row.Outcome = HeldChangeOutcomeOutcome(refused.Code)
			case err != nil:
				return nil, err
			default:
				tag := app.ETag(c.Version)
				row.Etag = &tag
			}
			out.Items = append(out.Items, row)
		}
		return DecideHeldChanges200JSONResponse(out), nil
	})
}

// decideHeld decides one as it was reviewed.
func decideHeld(ctx context.Context, tx *postgres.OfficeTx, institution, id uuid.UUID, reviewed string, accept bool, reason string) (app.HeldChange, error) {
	c, err := tx.HeldChange(ctx, institution, id)
	if err != nil {
		return c, err
	}
	if err := app.CheckVersion(reviewed, c.Version); err != nil {
		return c, err
	}
	me, err := tx.Person(ctx)
	if err != nil {
		return c, err
	}
	if c, err = c.Decide(accept, reason, me.ID, tx.Now); err != nil {
		return c, err
	}
	return c, tx.SaveHeldChange(ctx, c)
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

package office

import (
	"context"
	"errors"
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
		if err := tx.LockHeldChanges(ctx, req.InstitutionID, wanted); err != nil {
			return nil, err
		}
		known, err := tx.HeldChangesOf(ctx, req.InstitutionID, wanted)
		if err != nil {
			return nil, err
		}
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		out := HeldChangeOutcomes{Items: make([]HeldChangeOutcome, len(wanted))}
		var decided []app.HeldChange
		for i, item := range req.Body.Items {
			out.Items[i].HeldChangeID = item.HeldChangeID
			c, err := decideOne(known, item.HeldChangeID, item.Etag, req.Body.Decision == HeldChangeBatchDecisionAccept, req.Body.Reason, me.ID, tx.Now)
			var refused *app.Fault
			switch {
			case errors.As(err, &refused) && refused.Kind != app.Unprocessable: // the reason is the same for all
				out.Items[i].Outcome = HeldChangeOutcomeOutcome(refused.Code)
			case err != nil:
				return nil, err
			default:
				tag := app.ETag(c.Version)
				out.Items[i].Outcome, out.Items[i].Etag = HeldChangeOutcomeOutcome(c.State), &tag
				decided, known[c.ID] = append(decided, c), c // named once more, it is decided already
			}
		}
		stored, err := tx.SaveHeldChanges(ctx, decided)
		if err != nil {
			return nil, err
		}
		for i := range out.Items {
			if row := &out.Items[i]; row.Etag != nil && !stored[row.HeldChangeID] {
				row.Outcome, row.Etag = HeldChangeOutcomeOutcome(app.ErrVersionOutdated.Code), nil
			}
		}
		return DecideHeldChanges200JSONResponse(out), nil
	})
}

// decideOne decides one of those that are there, as it was reviewed.
func decideOne(known map[uuid.UUID]app.HeldChange, id uuid.UUID, reviewed string, accept bool, reason string, by uuid.UUID, now time.Time) (app.HeldChange, error) {
	c, there := known[id]
	if !there {
		return c, app.ErrNotFound
	}
	if err := app.CheckVersion(reviewed, c.Version); err != nil {
		return c, err
	}
	return c.Decide(accept, reason, by, now)
}

// decideHeld decides one as it was reviewed.
func decideHeld(ctx context.Context, tx *postgres.OfficeTx, institution, id uuid.UUID, reviewed string, accept bool, reason string) (app.HeldChange, error) {
	c, err := tx.HeldChange(ctx, institution, id)
	if err != nil {
		return c, err
	}
	me, err := tx.Person(ctx)
	if err != nil {
		return c, err
	}
	if c, err = decideOne(map[uuid.UUID]app.HeldChange{id: c}, id, reviewed, accept, reason, me.ID, tx.Now); err != nil {
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

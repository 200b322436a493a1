package office

import (
	"context"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
)

// ListRestrictions returns a page of the restrictions of an institution's children (B8).
func (f *Flows) ListRestrictions(ctx context.Context, req ListRestrictionsRequestObject) (ListRestrictionsResponseObject, error) {
	list, err := f.office(ctx).Restrictions(ctx, req.InstitutionID, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	now := f.DB.Now()
	look := func(r app.Restriction) Restriction { return viewRestriction(r, now) }
	return ListRestrictions200JSONResponse{Items: view.Each(list.Items, look), Next: view.Optional(list.Next)}, nil
}

// SetRestriction keeps an adult from a child, at once and everywhere (B8, V15); from a strictly protected one by its alias.
func (f *Flows) SetRestriction(ctx context.Context, req SetRestrictionRequestObject) (SetRestrictionResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (set SetRestrictionResponseObject, err error) {
		err = tx.ByAlias(ctx, req.ChildID, uuid.Nil, func() error {
			set, err = restrict(ctx, tx, req)
			return err
		})
		return set, err
	})
}

func restrict(ctx context.Context, tx *postgres.OfficeTx, req SetRestrictionRequestObject) (SetRestrictionResponseObject, error) {
	child, err := tx.HeadedChild(ctx, req.ChildID)
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
	if req.Body.PersonID == child.ID {
		return nil, app.ErrNotFound
	}
	r, err := app.Restrict(app.Restriction{
		ID: id, Child: child.ID, ChildName: child.Name, Person: req.Body.PersonID, Kind: app.RestrictionKind(req.Body.Kind), StartsAt: view.Value(req.Body.StartsAt),
		Until: view.Value(req.Body.Until), Reason: req.Body.Reason, SetBy: me.ID,
	}, tx.Now)
	if err != nil {
		return nil, err
	}
	if r.SetByName, err = tx.NameForOthers(ctx); err != nil {
		return nil, err
	}
	if r, err = tx.SaveRestriction(ctx, r); err != nil {
		return nil, err
	}
	tag := app.ETag(r.Version)
	return SetRestriction201JSONResponse{Body: viewRestriction(r, tx.Now), Headers: SetRestriction201ResponseHeaders{ETag: &tag}}, nil
}

// ProposeLifting is the first of the two people that lifting a restriction takes (B8).
func (f *Flows) ProposeLifting(ctx context.Context, req ProposeLiftingRequestObject) (ProposeLiftingResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (ProposeLiftingResponseObject, error) {
		r, err := lift(ctx, tx, req.RestrictionID, req.Params.IfMatch, app.Restriction.ProposeLifting)
		if err != nil {
			return nil, err
		}
		if err := tx.TellOfProposal(ctx, r); err != nil {
			return nil, err
		}
		tag := app.ETag(r.Version)
		return ProposeLifting200JSONResponse{Body: viewRestriction(r, tx.Now), Headers: ProposeLifting200ResponseHeaders{ETag: &tag}}, nil
	})
}

// ConfirmLifting is the second: from now on the restriction holds no more (B8).
func (f *Flows) ConfirmLifting(ctx context.Context, req ConfirmLiftingRequestObject) (ConfirmLiftingResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (ConfirmLiftingResponseObject, error) {
		r, err := lift(ctx, tx, req.RestrictionID, req.Params.IfMatch, app.Restriction.ConfirmLifting)
		if err != nil {
			return nil, err
		}
		tag := app.ETag(r.Version)
		return ConfirmLifting200JSONResponse{Body: viewRestriction(r, tx.Now), Headers: ConfirmLifting200ResponseHeaders{ETag: &tag}}, nil
	})
}

func lift(ctx context.Context, tx *postgres.OfficeTx, id uuid.UUID, ifMatch string,
	step func(app.Restriction, uuid.UUID, time.Time) (app.Restriction, error)) (app.Restriction, error) {
	r, err := tx.Restriction(ctx, id)
	if err != nil {
		return r, err
	}
	if err := app.CheckVersion(ifMatch, r.Version); err != nil {
		return r, err
	}
	me, err := tx.Person(ctx)
	if err != nil {
		return r, err
	}
	if r, err = step(r, me.ID, tx.Now); err != nil {
		return r, err
	}
	if err := tx.SaveLifting(ctx, r); err != nil {
		return r, err
	}
	return tx.Restriction(ctx, id) // with the times of the database, by which a proposal lapses
}

func viewRestriction(r app.Restriction, now time.Time) Restriction {
	v := Restriction{
		ID: r.ID, ChildID: r.Child, ChildName: r.ChildName, PersonID: r.Person, PersonName: r.PersonName, SetByName: r.SetByName, Kind: RestrictionKind(r.Kind), StartsAt: r.StartsAt,
		Reason: r.Reason, SetAt: r.SetAt, State: RestrictionState(r.State(now)), Etag: app.ETag(r.Version),
	}
	if !r.Until.IsZero() {
		v.Until = &r.Until
	}
	if ends := r.ProposalEnds(now); !ends.IsZero() {
		v.ProposalEndsAt, v.ProposedByName = &ends, view.Optional(r.Proposer)
	}
	return v
}

package office

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
)

// StateWishFor records the wish that a guardian has stated on a form (V3, V4).
func (f *Flows) StateWishFor(ctx context.Context, req StateWishForRequestObject) (StateWishForResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (StateWishForResponseObject, error) {
		// A wish is about the guardianship, whichever of the caller's institutions it was stated at.
		if _, err := tx.Guardianship(ctx, req.GuardianshipID, uuid.Nil); err != nil && !errors.Is(err, app.ErrInstitutionRequired) {
			return nil, err
		}
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		w := app.Wish{Wished: req.Body.Wished, From: view.Value(req.Body.From), StatedAt: tx.Now}
		if err := tx.StateWishFor(ctx, req.GuardianshipID, w, me.ID); err != nil {
			return nil, err
		}
		return StateWishFor200JSONResponse(viewWish(w)), nil
	})
}

// ListProposedActivations returns a page of those who wish access and have none (V6).
func (f *Flows) ListProposedActivations(ctx context.Context, req ListProposedActivationsRequestObject) (ListProposedActivationsResponseObject, error) {
	list, err := f.office(ctx).ProposedActivations(ctx, req.InstitutionID, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	look := func(p app.ProposedActivation) ProposedActivation {
		return ProposedActivation{Guardianship: viewGuardianship(p.Guardianship), Wish: viewWish(p.Wish)}
	}
	return ListProposedActivations200JSONResponse{Items: view.Each(list.Items, look), Next: view.Optional(list.Next)}, nil
}

// ActivateGuardianships gives access to a reviewed batch (V6). The rows are locked first, so that each is decided by what was reviewed, and a
// row that cannot be activated leaves nothing behind and takes no other with it.
func (f *Flows) ActivateGuardianships(ctx context.Context, req ActivateGuardianshipsRequestObject) (ActivateGuardianshipsResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (ActivateGuardianshipsResponseObject, error) {
		if _, err := tx.Institution(ctx, req.InstitutionID); err != nil {
			return nil, err
		}
		wanted := make([]uuid.UUID, len(req.Body.Items))
		for i, item := range req.Body.Items {
			wanted[i] = item.GuardianshipID
		}
		if err := tx.LockAccess(ctx, req.InstitutionID, slices.Clone(wanted)); err != nil {
			return nil, err
		}
		out := ActivationOutcomes{Items: make([]ActivationOutcome, 0, len(wanted))}
		for _, item := range req.Body.Items {
			g, err := decide(ctx, tx, item.GuardianshipID, req.InstitutionID, item.Etag, app.Verdict{Status: app.Active, Until: view.Value(item.Until)})
			row := ActivationOutcome{GuardianshipID: item.GuardianshipID, Outcome: "activated"}
			var refused *app.Fault
			switch {
			case errors.As(err, &refused):
				row.Outcome = ActivationOutcomeOutcome(refused.Code)
			case err != nil:
				return nil, err
			default:
				tag := app.ETag(g.Version)
				row.Etag = &tag
			}
			out.Items = append(out.Items, row)
		}
		return ActivateGuardianships200JSONResponse(out), nil
	})
}

// ListUnclarifiedChildren returns a page of the children of whom only one guardian is registered (V13).
func (f *Flows) ListUnclarifiedChildren(ctx context.Context, req ListUnclarifiedChildrenRequestObject) (ListUnclarifiedChildrenResponseObject, error) {
	list, err := f.office(ctx).UnclarifiedChildren(ctx, req.InstitutionID, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	look := func(c app.UnclarifiedChild) UnclarifiedChild {
		return UnclarifiedChild{ChildID: c.Child, ChildName: c.Name, Guardians: c.Guardians}
	}
	return ListUnclarifiedChildren200JSONResponse{Items: view.Each(list.Items, look), Next: view.Optional(list.Next)}, nil
}

// ClarifyGuardians records whether both guardians are to have access, by whom and why (V13). Faults: guardianship_not_yours for one's own child,
// text_empty.
func (f *Flows) ClarifyGuardians(ctx context.Context, req ClarifyGuardiansRequestObject) (ClarifyGuardiansResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (ClarifyGuardiansResponseObject, error) {
		child, err := tx.HeadedChild(ctx, req.ChildID)
		if err != nil {
			return nil, err
		}
		if family, err := tx.FamilyOf(ctx, child.ID); err != nil {
			return nil, err
		} else if family {
			return nil, app.ErrOwnFamily
		}
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		c, err := app.Clarify(app.Clarification{ID: id, Child: child.ID, Answer: string(req.Body.Answer), Reason: req.Body.Reason, By: me.ID, At: tx.Now})
		if err != nil {
			return nil, err
		}
		if err := tx.SaveClarification(ctx, c); err != nil {
			return nil, err
		}
		return ClarifyGuardians200JSONResponse{ChildID: c.Child, Answer: ClarificationAnswer(c.Answer), ClarifiedAt: c.At}, nil
	})
}

func viewWish(w app.Wish) Wish {
	v := Wish{Wished: w.Wished, StatedAt: w.StatedAt}
	if !w.From.IsZero() {
		v.From = &w.From
	}
	return v
}

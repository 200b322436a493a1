package office

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
	"budstikke.example/auth/store"
)

// ListSharedUsers returns the shared users of an institution's groups, how their secrets stand, and their tablets (V7, V12).
func (f *Flows) ListSharedUsers(ctx context.Context, req ListSharedUsersRequestObject) (ListSharedUsersResponseObject, error) {
	return postgres.Read(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (ListSharedUsersResponseObject, error) {
		groups, err := tx.Groups(ctx, req.InstitutionID)
		if err != nil {
			return nil, err
		}
		ids, names := make([]uuid.UUID, len(groups)), map[uuid.UUID]string{}
		for i, g := range groups {
			ids[i], names[g.ID] = g.ID, g.Name
		}
		list, err := store.SharedUsers(ctx, tx.Tx, ids)
		if err != nil {
			return nil, err
		}
		found := map[uuid.UUID]store.SharedUser{}
		for _, u := range list {
			found[u.Group] = u
		}
		items := make([]SharedUser, 0, len(groups))
		for _, id := range ids {
			items = append(items, viewSharedUser(found[id], names[id]))
		}
		return ListSharedUsers200JSONResponse{Items: items}, nil
	})
}

func viewSharedUser(u store.SharedUser, name string) SharedUser {
	return SharedUser{
		GroupID: u.Group, Group: name, Substitutes: u.Substitutes, SecretChangedAt: u.Rotated, SecretChangedBecause: SharedUserSecretChangedBecause(u.Because), Suspended: u.Suspended,
		Tablets: view.Each(u.Tablets, func(t store.Tablet) Tablet {
			state := TabletStateWorking
			switch {
			case t.Suspended:
				state = TabletStateSuspended
			case t.Locked:
				state = TabletStateLocked
			case t.Unconfirmed:
				state = TabletStateUnconfirmed
			}
			return Tablet{ID: t.ID, Name: t.Name, EnrolledAt: t.Enrolled, LastSeenAt: t.Proved, State: state}
		}),
	}
}

// SetSharedUserRule decides whether substitutes may use a group's shared user (V7).
func (f *Flows) SetSharedUserRule(ctx context.Context, req SetSharedUserRuleRequestObject) (SetSharedUserRuleResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (SetSharedUserRuleResponseObject, error) {
		return SetSharedUserRule204Response{}, noTablet(store.LetSubstitutes(ctx, tx.Tx, req.GroupID, req.Body.Substitutes))
	})
}

// RotateSharedUser changes the secret of a group's shared user now (V12).
func (f *Flows) RotateSharedUser(ctx context.Context, req RotateSharedUserRequestObject) (RotateSharedUserResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (RotateSharedUserResponseObject, error) {
		return RotateSharedUser204Response{}, noTablet(store.RotateSharedUser(ctx, tx.Tx, req.GroupID, "asked"))
	})
}

// StartTabletEnrolment makes a code that enrols one tablet for a group (V7).
func (f *Flows) StartTabletEnrolment(ctx context.Context, req StartTabletEnrolmentRequestObject) (StartTabletEnrolmentResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (StartTabletEnrolmentResponseObject, error) {
		code, until, err := store.MakeTabletCode(ctx, tx.Tx, req.GroupID)
		if err != nil {
			return nil, noTablet(err)
		}
		return StartTabletEnrolment201JSONResponse{Code: code.Reveal(), ExpiresAt: until}, nil
	})
}

// RemoveTablet puts a tablet and whoever works on it out, at once (V15).
func (f *Flows) RemoveTablet(ctx context.Context, req RemoveTabletRequestObject) (RemoveTabletResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (RemoveTabletResponseObject, error) {
		_, err := store.RemoveTablet(ctx, tx.Tx, req.TabletID, req.Body.Lost)
		return RemoveTablet204Response{}, noTablet(err)
	})
}

func noTablet(err error) error {
	if errors.Is(err, store.ErrNoTablet) {
		return app.ErrNotFound
	}
	return err
}

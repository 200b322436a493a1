package postgres

import (
	"context"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
)

// StateWish states the guardian's wish about all their children, also those that they have no access to (V6), and tells whether what staff entered from a
// form stands for one of them because it says less (V4).
func (t *FamilyTx) StateWish(ctx context.Context, w app.Wish) (formStands bool, err error) {
	return db.New().StateWish(ctx, t.Tx, db.StateWishParams{Wished: w.Wished, StartsAt: timeOrNull(w.From), Moment: w.StatedAt})
}

// StateWishFor states a guardian's wish on their behalf, by the caller.
func (t *OfficeTx) StateWishFor(ctx context.Context, guardianship uuid.UUID, w app.Wish, by uuid.UUID) error {
	return db.New().StateWishFor(ctx, t.Tx, db.StateWishForParams{
		GuardianshipID: guardianship, Wished: w.Wished, StartsAt: timeOrNull(w.From), StatedBy: by, StatedAt: w.StatedAt,
	})
}

// ProposedActivations returns a page of those who wish access that an institution does not give, the longest waiting first (V6).
// Faults: not_found, cursor_invalid.
func (o Office) ProposedActivations(ctx context.Context, institution uuid.UUID, page Page) (Slice[app.ProposedActivation], error) {
	after, err := page.position(position{})
	if err != nil {
		return Slice[app.ProposedActivation]{}, err
	}
	return Read(ctx, o, func(t *OfficeTx) (Slice[app.ProposedActivation], error) {
		if _, err := t.Institution(ctx, institution); err != nil {
			return Slice[app.ProposedActivation]{}, err
		}
		size := page.size()
		rows, err := db.New().ProposedActivations(ctx, t.Tx, db.ProposedActivationsParams{
			InstitutionID: institution, Moment: t.Now, AfterTime: after.at, AfterID: after.id, PageSize: size + 1,
		})
		if err != nil {
			return Slice[app.ProposedActivation]{}, err
		}
		list := slice(rows, size, func(r db.ProposedActivationsRow) app.ProposedActivation {
			g := guardianship(db.GuardianshipRow{
				ID: r.ID, InstitutionID: r.InstitutionID, ChildID: r.ChildID, GuardianID: r.GuardianID, Basis: r.Basis, Legal: r.Legal,
				TimeBoxed: r.TimeBoxed, Status: r.Status, Until: r.Until, Version: r.Version, EndedAt: r.EndedAt, ChildGivenName: r.ChildGivenName,
				ChildFamilyName: r.ChildFamilyName, GivenName: r.GivenName, FamilyName: r.FamilyName, HasAccount: r.HasAccount, DecidedAt: r.DecidedAt,
			})
			if r.DecidedStatus != "" {
				g.Last = &app.LastDecision{
					Status: app.AccessStatus(r.DecidedStatus), At: r.DecidedAt, By: fullName(r.DeciderGivenName, r.DeciderFamilyName), Rule: r.DecidedRule, Reason: r.DecidedReason,
				}
			}
			return app.ProposedActivation{Guardianship: g, Wish: app.Wish{Wished: true, From: orZero(r.StartsAt), StatedAt: r.StatedAt}}
		}, func(r db.ProposedActivationsRow) position { return position{r.StatedAt, r.ID} })
		t.looked(childrenOf(list.Items, func(p app.ProposedActivation) uuid.UUID { return p.Guardianship.Child })...)
		return list, nil
	})
}

// LockAccess keeps everybody else from deciding about these guardianships at an institution until the transaction ends.
func (t *OfficeTx) LockAccess(ctx context.Context, institution uuid.UUID, guardianships []uuid.UUID) error {
	t.about.institution = uuid.Nil // the answer is about children: owners hear it again as well
	return db.New().LockAccess(ctx, t.Tx, db.LockAccessParams{InstitutionID: institution, Guardianships: guardianships})
}

// UnclarifiedChildren returns a page of an institution's children of whom fewer than two guardians are registered and nobody has said whether
// that is right, by name (V13). Faults: not_found, cursor_invalid.
func (o Office) UnclarifiedChildren(ctx context.Context, institution uuid.UUID, page Page) (Slice[app.UnclarifiedChild], error) {
	after, err := page.row()
	if err != nil {
		return Slice[app.UnclarifiedChild]{}, err
	}
	return Read(ctx, o, func(t *OfficeTx) (Slice[app.UnclarifiedChild], error) {
		if _, err := t.Institution(ctx, institution); err != nil {
			return Slice[app.UnclarifiedChild]{}, err
		}
		size := page.size()
		params := db.UnclarifiedChildrenParams{InstitutionID: institution, PageSize: size + 1}
		if after != nil {
			at, err := db.New().HeadedChild(ctx, t.Tx, *after)
			if err != nil {
				return Slice[app.UnclarifiedChild]{}, place(err)
			}
			params.AfterGiven, params.AfterFamily, params.AfterID = at.GivenName, at.FamilyName, at.ID
		}
		rows, err := db.New().UnclarifiedChildren(ctx, t.Tx, params)
		if err != nil {
			return Slice[app.UnclarifiedChild]{}, err
		}
		list := cut(rows, size, func(r db.UnclarifiedChildrenRow) app.UnclarifiedChild {
			return app.UnclarifiedChild{Child: r.ChildID, Name: fullName(r.GivenName, r.FamilyName), Guardians: int(r.Guardians)}
		}, func(r db.UnclarifiedChildrenRow) string { return rowCursor(r.ChildID) })
		t.looked(childrenOf(list.Items, func(c app.UnclarifiedChild) uuid.UUID { return c.Child })...)
		return list, nil
	})
}

// SaveClarification stores what was clarified about a child's guardians (V13).
func (t *OfficeTx) SaveClarification(ctx context.Context, c app.Clarification) error {
	return db.New().InsertClarification(ctx, t.Tx, db.InsertClarificationParams{
		ID: c.ID, ChildID: c.Child, Answer: c.Answer, Reason: c.Reason, ClarifiedBy: c.By, ClarifiedAt: c.At,
	})
}

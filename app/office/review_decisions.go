package office

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
	"budstikke.example/auth/store"
)

// DecideReviewRows keeps, changes or removes grants, all of them or none. What is removed ends in this transaction, by the same steps as where
// it is ended outside a review (V15).
func (f *Flows) DecideReviewRows(ctx context.Context, req DecideReviewRowsRequestObject) (DecideReviewRowsResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (DecideReviewRowsResponseObject, error) {
		r, err := tx.OpenReview(ctx, req.ReviewID)
		if err != nil {
			return nil, err
		}
		if err := settle(ctx, tx, r, req.Body.Decisions); err != nil {
			return nil, err
		}
		if r, err = tx.Review(ctx, r.ID); err != nil {
			return nil, err
		}
		tag := app.ETag(r.Version)
		return DecideReviewRows200JSONResponse{Body: viewReview(r), Headers: DecideReviewRows200ResponseHeaders{ETag: &tag}}, nil
	})
}

func settle(ctx context.Context, tx *postgres.OfficeTx, r app.AccessReview, decisions []ReviewDecision) error {
	ids := make([]uuid.UUID, len(decisions))
	for i, d := range decisions {
		ids[i] = d.RowID
	}
	rows, err := tx.ReviewRowsByID(ctx, r.ID, ids)
	if err != nil {
		return err
	}
	by, err := tx.ReviewDecider(ctx, r.Institution)
	if err != nil {
		return err
	}
	if err := holdAccess(ctx, tx, r.Institution, rows); err != nil {
		return err
	}
	for _, d := range decisions {
		row, effect, err := rows[d.RowID].Settle(app.ReviewVerdict{
			Row: d.RowID, Choice: app.ReviewChoice(d.Decision), Was: app.ReviewChoice(view.Value(d.Was)), Note: view.Value(d.Note),
		}, by, tx.Now)
		if err != nil {
			return err
		}
		switch effect {
		case app.EndsGrant:
			err = endGrant(ctx, tx, r, row)
		case app.OpensAgain:
			err = openAgain(ctx, tx, r, row)
		}
		if err != nil {
			return err
		}
		if err := tx.SaveReviewRow(ctx, r.ID, row); err != nil {
			return err
		}
		rows[d.RowID] = row // the same row twice in one request: the second was decided by the first
	}
	return nil
}

// holdAccess locks the access that rows are about in the order in which every batch locks it, whatever order the decisions come in: two batches
// about the same people take turns, and neither waits for the other in a circle.
func holdAccess(ctx context.Context, tx *postgres.OfficeTx, institution uuid.UUID, rows map[uuid.UUID]app.ReviewRow) error {
	var guardianships []uuid.UUID
	for _, row := range rows {
		if row.Kind == app.GrantGuardian {
			guardianships = append(guardianships, row.Grant)
		}
	}
	if len(guardianships) == 0 {
		return nil
	}
	return tx.LockAccess(ctx, institution, guardianships)
}

// endGrant ends what a row is about, by the same rules as where it is ended outside a review. Faults: those, and review_row_kind_elsewhere for a
// kind that is ended where it is kept.
func endGrant(ctx context.Context, tx *postgres.OfficeTx, r app.AccessReview, row app.ReviewRow) error {
	reason := row.Note
	if reason == "" {
		reason = fmt.Sprintf("Removed in the review of %s", r.Month.Format("2006-01"))
	}
	switch row.Kind {
	case app.GrantGuardian:
		return tx.ByAlias(ctx, row.Child, uuid.Nil, func() error {
			g, err := tx.Guardianship(ctx, row.Grant, r.Institution)
			if err != nil {
				return err
			}
			_, err = decide(ctx, tx, g.ID, r.Institution, app.ETag(g.Version), app.Verdict{Status: app.Inactive, Reason: reason})
			return err
		})
	case app.GrantStaff, app.GrantExternalPartner:
		if err := tx.HoldStaff(ctx, r.Institution); err != nil {
			return err
		}
		_, err := endRole(ctx, tx, r.Institution, row.Grant, nil, false)
		if row.Role == "owner" && errors.Is(err, app.ErrNotFound) {
			return errGrantElsewhere // an owner of everything is in no institution's list
		}
		return err
	case app.GrantTablet:
		_, err := store.RemoveTablet(ctx, tx.Tx, row.Grant, false)
		return noTablet(err)
	case app.GrantSharedUser:
		return noTablet(store.CloseSharedUser(ctx, tx.Tx, row.Grant))
	case app.GrantClearance:
		return tx.RevokeClearance(ctx, row.Child, row.Grant)
	default:
		return errGrantElsewhere
	}
}

var errGrantElsewhere = &app.Fault{Kind: app.Conflict, Code: "review_row_kind_elsewhere",
	Detail: "This is ended where it is kept: end it there, and it shows here as ended."}

// openAgain takes back what the calendar suspended because nobody had confirmed the row, by the same steps as where it is opened outside a review:
// whoever keeps the row decides it (V6), until when it was open before. What somebody has decided since stands. Faults: guardianship_ended,
// end_required, end_in_the_past, staff_role_not_yours, not_found.
func openAgain(ctx context.Context, tx *postgres.OfficeTx, r app.AccessReview, row app.ReviewRow) error {
	switch row.Kind {
	case app.GrantGuardian:
		suspended, until, err := tx.SuspendedInReview(ctx, r.ID, row.Grant)
		if err != nil || !suspended {
			return err
		}
		if until.IsZero() {
			until = row.EndsAt
		}
		g, err := tx.Guardianship(ctx, row.Grant, r.Institution)
		if err != nil {
			return err
		}
		_, err = decide(ctx, tx, g.ID, r.Institution, app.ETag(g.Version), app.Verdict{Status: app.Active, Until: until})
		return err
	case app.GrantStaff, app.GrantExternalPartner:
		if err := tx.HoldStaff(ctx, r.Institution); err != nil {
			return err
		}
		leave, err := tx.LeaveOfReview(ctx, r.ID, row.Person)
		if err != nil || leave == uuid.Nil {
			return err
		}
		if _, err := tx.Leave(ctx, r.Institution, row.Person); err != nil {
			return err
		}
		return tx.EndLeave(ctx, app.StaffLeave{ID: leave})
	case app.GrantTablet:
		return store.KeepTablet(ctx, tx.Tx, row.Grant)
	case app.GrantSharedUser:
		return store.KeepSharedUser(ctx, tx.Tx, row.Grant)
	case app.GrantClearance:
		return tx.KeepClearance(ctx, r.ID, row.Grant)
	}
	return nil
}

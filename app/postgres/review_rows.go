package postgres

import (
	"context"
	"math"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
)

// ReviewFilter narrows the rows of a review; the zero value takes all.
type ReviewFilter struct {
	Findings  bool // only those with findings
	Undecided bool // only those that somebody still has to decide
}

// ReviewRows returns a page of the grants of a review, those with findings first. Faults: not_found, cursor_invalid.
func (o Office) ReviewRows(ctx context.Context, review uuid.UUID, filter ReviewFilter, page Page) (Slice[app.ReviewRow], error) {
	after, err := page.row()
	if err != nil {
		return Slice[app.ReviewRow]{}, err
	}
	return Read(ctx, o, func(t *OfficeTx) (Slice[app.ReviewRow], error) {
		if _, err := t.Review(ctx, review); err != nil {
			return Slice[app.ReviewRow]{}, err
		}
		params := db.ReviewRowsParams{FindingsOnly: filter.Findings, UndecidedOnly: filter.Undecided, PageSize: page.size() + 1}
		if after != nil {
			at, err := db.New().PlaceOfReviewRow(ctx, t.Tx, db.PlaceOfReviewRowParams{ReviewID: review, ID: *after})
			if err != nil {
				return Slice[app.ReviewRow]{}, place(err)
			}
			params.After = at
		}
		rows, err := t.reviewRows(ctx, review, params)
		return cut(rows, page.size(), func(r app.ReviewRow) app.ReviewRow { return r }, func(r app.ReviewRow) string { return rowCursor(r.ID) }), err
	})
}

// ReviewRowsByID returns some rows of a review. Fault: not_found when one of them is not there.
func (t *OfficeTx) ReviewRowsByID(ctx context.Context, review uuid.UUID, wanted []uuid.UUID) (map[uuid.UUID]app.ReviewRow, error) {
	rows, err := t.reviewRows(ctx, review, db.ReviewRowsParams{PageSize: math.MaxInt32, Wanted: wanted})
	if err != nil {
		return nil, err
	}
	found := make(map[uuid.UUID]app.ReviewRow, len(rows))
	for _, r := range rows {
		found[r.ID] = r
	}
	for _, id := range wanted {
		if _, ok := found[id]; !ok {
			return nil, app.ErrNotFound
		}
	}
	return found, nil
}

func (t *OfficeTx) reviewRows(ctx context.Context, review uuid.UUID, params db.ReviewRowsParams) ([]app.ReviewRow, error) {
	params.ReviewID, params.Moment = review, t.Now
	rows, err := db.New().ReviewRows(ctx, t.Tx, params)
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	names, err := t.reviewNames(ctx, review, ids)
	if err != nil {
		return nil, err
	}
	list := make([]app.ReviewRow, len(rows))
	for i, r := range rows {
		n := names[r.ID]
		if r.ChildID != nil {
			t.looked(*r.ChildID)
		}
		list[i] = app.ReviewRow{
			ID: r.ID, Kind: r.Kind, Grant: r.GrantID, Person: value(r.PersonID), PersonName: value(n.person), Child: value(r.ChildID),
			ChildName: value(n.child), Role: value(r.Role), GrantedAt: r.GrantedAt, EndsAt: value(r.EndsAt), Findings: r.Findings, Over: r.Over,
			Family: r.Family, OnlyFamily: r.OnlyFamily,
			Decision: app.ReviewChoice(value(r.Decision)), Note: r.Note, DecidedBy: value(r.DecidedBy), DeciderIs: value(n.decider),
			Sponsor: value(r.SponsorID), SponsorName: value(n.sponsor), Children: int(value(r.NamedChildren)),
			Group: value(r.GroupID), GroupName: value(n.group), TabletName: value(n.tablet), DecidedAt: value(r.DecidedAt), Outcome: app.ReviewOutcome(value(r.Outcome)),
		}
	}
	return list, nil
}

// reviewName are the names that a row shows; nil for those that are not told.
type reviewName struct{ person, child, decider, group, tablet, sponsor *string }

// sqlc does not know the columns of a function that returns a table.
func (t *OfficeTx) reviewNames(ctx context.Context, review uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]reviewName, error) {
	rows, err := t.Query(ctx, "select id, person_name, child_name, decider_name, group_name, tablet_name, sponsor_name from app.review_names($1, $2)", review, ids)
	if err != nil {
		return nil, err
	}
	names := make(map[uuid.UUID]reviewName, len(ids))
	var id uuid.UUID
	var n reviewName
	_, err = pgx.ForEachRow(rows, []any{&id, &n.person, &n.child, &n.decider, &n.group, &n.tablet, &n.sponsor}, func() error {
		names[id] = n
		n = reviewName{}
		return nil
	})
	return names, err
}

// SaveReviewRow stores what was decided about a row, and counts it, so that whoever completes the review has seen it.
func (t *OfficeTx) SaveReviewRow(ctx context.Context, review uuid.UUID, r app.ReviewRow) error {
	decision, outcome := string(r.Decision), string(r.Outcome)
	err := db.New().DecideReviewRow(ctx, t.Tx, db.DecideReviewRowParams{
		ReviewID: review, ID: r.ID, Decision: &decision, Note: r.Note, DecidedBy: &r.DecidedBy, DecidedAt: &r.DecidedAt, Outcome: &outcome,
	})
	if err != nil {
		return err
	}
	return db.New().CountReviewDecision(ctx, t.Tx, review)
}

// KeepReviewRows keeps every undecided row without findings (V10), but for one's own and one's family's while somebody
// else can decide it.
func (t *OfficeTx) KeepReviewRows(ctx context.Context, review uuid.UUID, by app.Decider) error {
	kept, err := db.New().KeepReviewRows(ctx, t.Tx, db.KeepReviewRowsParams{ReviewID: review, DecidedBy: &by.Person, Alone: by.Alone, DecidedAt: &t.Now})
	if err != nil || kept == 0 {
		return err
	}
	return db.New().CountReviewDecision(ctx, t.Tx, review)
}

// FindAgain adds to the undecided rows of a review what is found about their grants now.
func (t *OfficeTx) FindAgain(ctx context.Context, review uuid.UUID) error {
	_, err := t.Exec(ctx, "select app.find_again($1, $2)", review, t.Now)
	return err
}

// SuspendedInReview tells whether a guardianship is suspended by this review and by nothing that was decided since, and until when it was open
// before; the zero time is without an end.
func (t *OfficeTx) SuspendedInReview(ctx context.Context, review, guardianship uuid.UUID) (bool, time.Time, error) {
	var suspended bool
	var until *time.Time
	err := t.QueryRow(ctx, "select suspended, until from app.suspended_in_review($1, $2)", review, guardianship).Scan(&suspended, &until)
	return suspended, orZero(until), err
}

// LeaveOfReview is the leave on which a review sent somebody because nobody had confirmed them, while it lasts; uuid.Nil for none.
func (t *OfficeTx) LeaveOfReview(ctx context.Context, review, person uuid.UUID) (uuid.UUID, error) {
	var leave *uuid.UUID
	err := t.QueryRow(ctx, "select app.leave_of_review($1, $2)", review, person).Scan(&leave)
	return orNobody(leave), err
}

// KeepClearance opens a clearance that rested because nobody had confirmed it in a review (V10). Fault: not_found for whom the caller does not answer for.
func (t *OfficeTx) KeepClearance(ctx context.Context, review, clearance uuid.UUID) error {
	var kept bool
	err := t.QueryRow(ctx, "select app.keep_clearance($1, $2)", review, clearance).Scan(&kept)
	if err == nil && !kept {
		err = app.ErrNotFound
	}
	return err
}

// ReviewDecider tells as what the caller decides about the rows of an institution's review (V2, V9).
func (t *OfficeTx) ReviewDecider(ctx context.Context, institution uuid.UUID) (app.Decider, error) {
	me, err := t.Person(ctx)
	if err != nil {
		return app.Decider{}, err
	}
	owner, err := t.Owns(ctx, institution)
	if err != nil {
		return app.Decider{}, err
	}
	another, err := db.New().AnsweredByAnother(ctx, t.Tx, institution)
	return app.Decider{Person: me.ID, Owner: owner, Alone: !another}, err
}

// Owns tells whether the caller is an owner of an institution: who decides about its heads (V2, V9).
func (t *OfficeTx) Owns(ctx context.Context, institution uuid.UUID) (bool, error) {
	return db.New().OwnsInstitution(ctx, t.Tx, institution)
}

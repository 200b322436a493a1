package postgres

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
)

// Reviews returns a page of the access reviews of an institution, the latest first. Faults: not_found, cursor_invalid.
func (o Office) Reviews(ctx context.Context, institution uuid.UUID, page Page) (Slice[app.AccessReview], error) {
	before, err := page.position(endOfTime)
	if err != nil {
		return Slice[app.AccessReview]{}, err
	}
	return Read(ctx, o, func(t *OfficeTx) (Slice[app.AccessReview], error) {
		if _, err := t.Institution(ctx, institution); err != nil {
			return Slice[app.AccessReview]{}, err
		}
		size := page.size()
		rows, err := db.New().ReviewsOfInstitution(ctx, t.Tx, db.ReviewsOfInstitutionParams{
			Moment: t.Now, InstitutionID: institution, BeforeAt: before.at, BeforeID: before.id, PageSize: size + 1,
		})
		if err != nil {
			return Slice[app.AccessReview]{}, err
		}
		return slice(rows, size, func(r db.ReviewsOfInstitutionRow) app.AccessReview { return review(db.ReviewRow(r)) },
			func(r db.ReviewsOfInstitutionRow) position { return position{r.OpenedAt, r.ID} }), nil
	})
}

// OverdueReviews returns a page of the reviews that are overdue anywhere the caller answers for, the oldest first (V10). Faults: not_found for
// somebody who answers for nothing, cursor_invalid.
func (o Office) OverdueReviews(ctx context.Context, page Page) (Slice[app.AccessReview], error) {
	after, err := page.position(position{})
	if err != nil {
		return Slice[app.AccessReview]{}, err
	}
	return Read(ctx, o, func(t *OfficeTx) (Slice[app.AccessReview], error) {
		if err := t.answersForSomething(ctx); err != nil {
			return Slice[app.AccessReview]{}, err
		}
		size := page.size()
		rows, err := db.New().OverdueReviews(ctx, t.Tx, db.OverdueReviewsParams{
			Moment: t.Now, AfterAt: after.at, AfterID: after.id, PageSize: size + 1,
		})
		if err != nil {
			return Slice[app.AccessReview]{}, err
		}
		return slice(rows, size, func(r db.OverdueReviewsRow) app.AccessReview {
			return review(db.ReviewRow{
				ID: r.ID, InstitutionID: r.InstitutionID, Month: r.Month, OpenedAt: r.OpenedAt, DueOn: r.DueOn, QuietDays: r.QuietDays, Version: r.Version,
				InstitutionName: r.InstitutionName, Overdue: true, RowCount: r.RowCount, WithFindings: r.WithFindings, Undecided: r.Undecided,
			})
		}, func(r db.OverdueReviewsRow) position { return position{r.OpenedAt, r.ID} }), nil
	})
}

// answersForSomething refuses staff who are head or owner nowhere. Fault: not_found.
func (t *OfficeTx) answersForSomething(ctx context.Context) error {
	heads, err := db.New().Heads(ctx, t.Tx)
	if err == nil && !heads {
		err = app.ErrNotFound
	}
	return err
}

// Review returns a review of an institution that the caller answers for. Fault: not_found.
func (o Office) Review(ctx context.Context, id uuid.UUID) (app.AccessReview, error) {
	return Read(ctx, o, func(t *OfficeTx) (app.AccessReview, error) { return t.Review(ctx, id) })
}

// Review returns a review of an institution that the caller answers for. Fault: not_found.
func (t *OfficeTx) Review(ctx context.Context, id uuid.UUID) (app.AccessReview, error) {
	row, err := db.New().Review(ctx, t.Tx, db.ReviewParams{Moment: t.Now, ID: id})
	t.about.institution = row.InstitutionID
	return review(row), err
}

// OpenReview locks a review for whoever decides about its rows, so that two heads who do it at once take turns. Faults: not_found,
// review_completed.
func (t *OfficeTx) OpenReview(ctx context.Context, id uuid.UUID) (app.AccessReview, error) {
	if _, err := db.New().LockReview(ctx, t.Tx, id); err != nil {
		return app.AccessReview{}, err
	}
	r, err := t.Review(ctx, id)
	if err == nil && !r.Open() {
		err = app.ErrReviewCompleted
	}
	return r, err
}

// ReviewReport returns the signed report of a completed review. Fault: not_found, also while the review is open.
func (o Office) ReviewReport(ctx context.Context, id uuid.UUID) (app.SignedReport, error) {
	return Read(ctx, o, func(t *OfficeTx) (app.SignedReport, error) {
		row, err := db.New().ReviewReport(ctx, t.Tx, id)
		if err != nil {
			return app.SignedReport{}, err
		}
		children, err := db.New().ReviewChildren(ctx, t.Tx, id)
		if err != nil {
			return app.SignedReport{}, err
		}
		t.looked(children...)
		return app.SignedReport{Report: *row.Report, Signature: row.Signature, PublicKey: row.SignedWith}, nil
	})
}

// CompleteReview stores a completed review with its report.
func (t *OfficeTx) CompleteReview(ctx context.Context, r app.AccessReview, signed app.SignedReport) error {
	return db.New().CompleteReview(ctx, t.Tx, db.CompleteReviewParams{
		ID: r.ID, CompletedAt: &r.CompletedAt, CompletedBy: &r.CompletedBy, Report: &signed.Report, Signature: signed.Signature, SignedWith: signed.PublicKey,
	})
}

// ReviewRule returns how the municipality carries its reviews out. Fault: not_found for somebody who answers for nothing.
func (o Office) ReviewRule(ctx context.Context) (app.ReviewRule, error) {
	return Read(ctx, o, func(t *OfficeTx) (app.ReviewRule, error) {
		if err := t.answersForSomething(ctx); err != nil {
			return app.ReviewRule{}, err
		}
		return t.reviewRule(ctx)
	})
}

// ReviewRuleToSet returns the rule to whoever may set it: an owner of all that the municipality runs. Fault: not_found.
func (t *OfficeTx) ReviewRuleToSet(ctx context.Context) (app.ReviewRule, error) {
	owns, err := db.New().OwnsMunicipality(ctx, t.Tx)
	if err == nil && !owns {
		err = app.ErrNotFound
	}
	if err != nil {
		return app.ReviewRule{}, err
	}
	return t.reviewRule(ctx)
}

func (t *OfficeTx) reviewRule(ctx context.Context) (app.ReviewRule, error) {
	row, err := db.New().ReviewRule(ctx, t.Tx)
	if errors.Is(err, pgx.ErrNoRows) {
		return app.StandardReviewRule(), nil
	}
	return app.ReviewRule{
		DueDays: int(row.DueDays), RemindDays: int(row.RemindDays), QuietDays: int(row.QuietDays), SuspendAfterDays: int(row.SuspendAfterDays),
		Version: int(row.Version),
	}, err
}

// SetReviewRule stores the rule in the place of the one with the version before it. Fault: version_outdated.
func (t *OfficeTx) SetReviewRule(ctx context.Context, r app.ReviewRule, by uuid.UUID) error {
	rows, err := db.New().SetReviewRule(ctx, t.Tx, db.SetReviewRuleParams{ //nolint:gosec // the contract bounds them
		DueDays: int16(r.DueDays), RemindDays: int16(r.RemindDays), QuietDays: int16(r.QuietDays), SuspendAfterDays: int16(r.SuspendAfterDays),
		ChangedBy: by, ChangedAt: t.Now, FromVersion: int32(r.Version - 1),
	})
	if err == nil && rows == 0 {
		err = app.ErrVersionOutdated
	}
	return err
}

func review(r db.ReviewRow) app.AccessReview {
	return app.AccessReview{
		ID: r.ID, Institution: r.InstitutionID, InstitutionName: r.InstitutionName, Month: r.Month, OpenedAt: r.OpenedAt, DueOn: r.DueOn,
		Overdue: r.Overdue, QuietDays: int(r.QuietDays), CompletedAt: value(r.CompletedAt), CompletedBy: value(r.CompletedBy),
		Rows: int(r.RowCount), WithFindings: int(r.WithFindings), Undecided: int(r.Undecided), Version: int(r.Version),
	}
}

// value is what a pointer leads to, or the zero value.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

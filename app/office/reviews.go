package office

import (
	"context"
	"encoding/base64"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
)

// ListReviews returns a page of an institution's access reviews (V10).
func (f *Flows) ListReviews(ctx context.Context, req ListReviewsRequestObject) (ListReviewsResponseObject, error) {
	list, err := f.office(ctx).Reviews(ctx, req.InstitutionID, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	return ListReviews200JSONResponse{Items: view.Each(list.Items, viewReview), Next: view.Optional(list.Next)}, nil
}

// ListOverdueReviews returns a page of what is overdue anywhere the caller answers for (V10).
func (f *Flows) ListOverdueReviews(ctx context.Context, req ListOverdueReviewsRequestObject) (ListOverdueReviewsResponseObject, error) {
	list, err := f.office(ctx).OverdueReviews(ctx, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	return ListOverdueReviews200JSONResponse{Items: view.Each(list.Items, viewReview), Next: view.Optional(list.Next)}, nil
}

// GetReview returns a review with its version.
func (f *Flows) GetReview(ctx context.Context, req GetReviewRequestObject) (GetReviewResponseObject, error) {
	r, err := f.office(ctx).Review(ctx, req.ReviewID)
	if err != nil {
		return nil, err
	}
	tag := app.ETag(r.Version)
	return GetReview200JSONResponse{Body: viewReview(r), Headers: GetReview200ResponseHeaders{ETag: &tag}}, nil
}

// ListReviewRows returns a page of the grants of a review.
func (f *Flows) ListReviewRows(ctx context.Context, req ListReviewRowsRequestObject) (ListReviewRowsResponseObject, error) {
	filter := postgres.ReviewFilter{}
	if req.Params.Show != nil {
		filter.Findings, filter.Undecided = *req.Params.Show == Findings, *req.Params.Show == Undecided
	}
	list, err := f.office(ctx).ReviewRows(ctx, req.ReviewID, filter, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	return ListReviewRows200JSONResponse{Items: view.Each(list.Items, viewReviewRow), Next: view.Optional(list.Next)}, nil
}

// KeepReviewRows keeps every undecided grant that nothing was found about, neither when the review was opened nor now, but for the caller's own where
// somebody else can decide it, and for what the calendar suspended: who keeps that opens it again, and says so row by row.
func (f *Flows) KeepReviewRows(ctx context.Context, req KeepReviewRowsRequestObject) (KeepReviewRowsResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (KeepReviewRowsResponseObject, error) {
		r, err := tx.OpenReview(ctx, req.ReviewID)
		if err != nil {
			return nil, err
		}
		by, err := tx.ReviewDecider(ctx, r.Institution)
		if err != nil {
			return nil, err
		}
		if err := tx.FindAgain(ctx, req.ReviewID); err != nil {
			return nil, err
		}
		if err := tx.KeepReviewRows(ctx, req.ReviewID, by); err != nil {
			return nil, err
		}
		if r, err = tx.Review(ctx, req.ReviewID); err != nil {
			return nil, err
		}
		tag := app.ETag(r.Version)
		return KeepReviewRows200JSONResponse{Body: viewReview(r), Headers: KeepReviewRows200ResponseHeaders{ETag: &tag}}, nil
	})
}

// CompleteReview closes a review and makes its signed report in the same transaction.
func (f *Flows) CompleteReview(ctx context.Context, req CompleteReviewRequestObject) (CompleteReviewResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (CompleteReviewResponseObject, error) {
		r, err := tx.OpenReview(ctx, req.ReviewID)
		if err != nil {
			return nil, err
		}
		if err := app.CheckVersion(req.Params.IfMatch, r.Version); err != nil {
			return nil, err
		}
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		if r, err = r.Complete(me.ID, tx.Now); err != nil {
			return nil, err
		}
		if r.Locale, err = tx.Locale(ctx); err != nil {
			return nil, err
		}
		if r.Zone, err = tx.Zone(ctx); err != nil {
			return nil, err
		}
		if r.CompletedByName, err = tx.NameForOthers(ctx); err != nil {
			return nil, err
		}
		rows, err := tx.ReportRows(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		signed, err := f.Reports.Report(r, rows)
		if err != nil {
			return nil, err
		}
		if err := tx.CompleteReview(ctx, r, signed); err != nil {
			return nil, err
		}
		tag := app.ETag(r.Version)
		return CompleteReview200JSONResponse{Body: viewReview(r), Headers: CompleteReview200ResponseHeaders{ETag: &tag}}, nil
	})
}

// GetReviewReport returns the signed report: the stored bytes, whenever it is fetched.
func (f *Flows) GetReviewReport(ctx context.Context, req GetReviewReportRequestObject) (GetReviewReportResponseObject, error) {
	signed, err := f.office(ctx).ReviewReport(ctx, req.ReviewID)
	if err != nil {
		return nil, err
	}
	text, err := signed.Text()
	if err != nil {
		return nil, err
	}
	page, err := signed.Page()
	if err != nil {
		return nil, err
	}
	return GetReviewReport200JSONResponse{
		Report: signed.Report, Signature: base64.StdEncoding.EncodeToString(signed.Signature),
		PublicKey: base64.StdEncoding.EncodeToString(signed.PublicKey), Text: text, Page: string(page),
	}, nil
}

// GetReviewRule returns how the municipality carries its reviews out.
func (f *Flows) GetReviewRule(ctx context.Context, _ GetReviewRuleRequestObject) (GetReviewRuleResponseObject, error) {
	rule, err := f.office(ctx).ReviewRule(ctx)
	if err != nil {
		return nil, err
	}
	tag := app.ETag(rule.Version)
	return GetReviewRule200JSONResponse{Body: viewReviewRule(rule), Headers: GetReviewRule200ResponseHeaders{ETag: &tag}}, nil
}

// SetReviewRule changes it, for the owner of all that the municipality runs.
func (f *Flows) SetReviewRule(ctx context.Context, req SetReviewRuleRequestObject) (SetReviewRuleResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (SetReviewRuleResponseObject, error) {
		before, err := tx.ReviewRuleToSet(ctx)
		if err != nil {
			return nil, err
		}
		if err := app.CheckVersion(req.Params.IfMatch, before.Version); err != nil {
			return nil, err
		}
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		rule := app.ReviewRule{
			DueDays: req.Body.DueDays, RemindDays: req.Body.RemindDays, QuietDays: req.Body.QuietDays, SuspendAfterDays: req.Body.SuspendAfterDays,
			Version: before.Version + 1,
		}
		if err := rule.Check(); err != nil {
			return nil, err
		}
		if err := tx.SetReviewRule(ctx, rule, me.ID); err != nil {
			return nil, err
		}
		tag := app.ETag(rule.Version)
		return SetReviewRule200JSONResponse{Body: viewReviewRule(rule), Headers: SetReviewRule200ResponseHeaders{ETag: &tag}}, nil
	})
}

package guardian

import (
	"context"

	"budstikke.example/app/postgres"
	"budstikke.example/app/sensitive"
	"budstikke.example/app/view"
)

// CheckText looks a text over while it is being written. It stores nothing and refuses nothing (B4).
func (f *Flows) CheckText(ctx context.Context, req CheckTextRequestObject) (CheckTextResponseObject, error) {
	return postgres.Read(ctx, f.family(ctx), func(tx *postgres.FamilyTx) (CheckTextResponseObject, error) {
		if _, err := tx.Person(ctx); err != nil { // only for somebody who is signed in
			return nil, err
		}
		rule, err := tx.TextRule(ctx)
		if err != nil {
			return nil, err
		}
		report := f.Guard.Review(req.Body.Text, sensitive.Context(req.Body.Context), string(req.Body.Locale), rule)
		return CheckText200JSONResponse(viewReport(report)), nil
	})
}

func viewReport(r sensitive.Report) TextReview {
	return TextReview{
		Severity: TextReviewSeverity(r.Severity), Ruleset: r.Ruleset,
		Findings: view.Each(r.Findings, func(f sensitive.Finding) TextFinding {
			return TextFinding{
				Category: string(f.Category), Severity: TextFindingSeverity(f.Severity), Action: TextFindingAction(f.Action),
				Rules: f.Rules, Reason: f.Reason, Advice: f.Advice,
				Spans: view.Each(f.Spans, func(s sensitive.Span) TextSpan {
					return TextSpan{Start: s.StartUTF16, End: s.EndUTF16, StartRune: s.StartRune, EndRune: s.EndRune}
				}),
			}
		}),
	}
}

package office

import (
	"context"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
)

// GetTextRule returns what the municipality wants said about free text (B4).
func (f *Flows) GetTextRule(ctx context.Context, _ GetTextRuleRequestObject) (GetTextRuleResponseObject, error) {
	rule, err := f.office(ctx).TextRule(ctx)
	if err != nil {
		return nil, err
	}
	return GetTextRule200JSONResponse(viewTextRule(rule)), nil
}

// SetTextRule says so for what is written from now on; the days of notes hold for those that are there as well (V17).
func (f *Flows) SetTextRule(ctx context.Context, req SetTextRuleRequestObject) (SetTextRuleResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (SetTextRuleResponseObject, error) {
		rule := app.TextRule{
			EverydayIllness: req.Body.EverydayIllnessHint, AbsenceNotes: req.Body.AbsenceNotes, NoteDays: req.Body.NoteDays,
			CategoriesOff: view.Each(req.Body.CategoriesOff, func(c TextRuleCategoriesOff) string { return string(c) }),
		}
		return SetTextRule200JSONResponse(viewTextRule(rule)), tx.SetTextRule(ctx, rule)
	})
}

func viewTextRule(r app.TextRule) TextRule {
	return TextRule{
		EverydayIllnessHint: r.EverydayIllness, AbsenceNotes: r.AbsenceNotes, NoteDays: r.NoteDays,
		CategoriesOff: view.Each(r.CategoriesOff, func(c string) TextRuleCategoriesOff { return TextRuleCategoriesOff(c) }),
	}
}

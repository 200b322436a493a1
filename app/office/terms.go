package office

import (
	"context"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
)

// ListTerms returns every version of the terms and privacy notice that the municipality has published, the latest first (H12).
func (f *Flows) ListTerms(ctx context.Context, _ ListTermsRequestObject) (ListTermsResponseObject, error) {
	return postgres.Read(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (ListTermsResponseObject, error) {
		list, err := tx.Terms(ctx)
		if err != nil {
			return nil, err
		}
		return ListTerms200JSONResponse{Items: view.Each(list, viewTerms)}, nil
	})
}

// PublishTerms publishes a version. From the moment it takes effect, a guardian who has not accepted it does that before anything else, but for
// alerts and their own account (H12, B2). Faults: terms_version_taken, terms_out_of_order, effect_in_the_past, request_invalid.
func (f *Flows) PublishTerms(ctx context.Context, req PublishTermsRequestObject) (PublishTermsResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (PublishTermsResponseObject, error) {
		published, err := tx.HoldTerms(ctx)
		if err != nil {
			return nil, err
		}
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		t := app.Terms{Version: req.Body.Version, EffectiveAt: view.Value(req.Body.EffectiveAt)}
		for _, text := range req.Body.Texts {
			t.Texts = append(t.Texts, app.TermsText{Locale: string(text.Locale), Terms: text.Terms, Privacy: text.Privacy})
		}
		if t, err = t.Publish(published, me.ID, tx.Now); err != nil {
			return nil, err
		}
		return PublishTerms201JSONResponse(viewTerms(t)), tx.SaveTerms(ctx, t)
	})
}

func viewTerms(t app.Terms) PublishedTerms {
	return PublishedTerms{
		Version: t.Version, EffectiveAt: t.EffectiveAt, PublishedAt: t.PublishedAt,
		Texts: view.Each(t.Texts, func(x app.TermsText) TermsText {
			return TermsText{Locale: Locale(x.Locale), Terms: x.Terms, Privacy: x.Privacy}
		}),
	}
}

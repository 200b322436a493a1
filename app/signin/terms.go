package signin

import (
	"context"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/auth"
)

// GetTerms returns the terms and privacy notice in force, those published ahead, and what the caller has accepted of them (H12).
func (f *Flows) GetTerms(ctx context.Context, _ GetTermsRequestObject) (GetTermsResponseObject, error) {
	return postgres.Read(ctx, f.DB.Visitor(auth.GuardianOrApplicant(ctx)), func(tx *postgres.VisitorTx) (GetTermsResponseObject, error) {
		standing, err := tx.Terms(ctx)
		return GetTerms200JSONResponse(viewTerms(standing)), err
	})
}

// AcceptNewTerms keeps that a guardian accepts the version in force, or the next one before it takes effect (H12). Accepting twice is as good as
// once. Fault: terms_outdated for any other version.
func (f *Flows) AcceptNewTerms(ctx context.Context, req AcceptNewTermsRequestObject) (AcceptNewTermsResponseObject, error) {
	return postgres.Write(ctx, f.DB.Visitor(auth.Guardian(ctx)), func(tx *postgres.VisitorTx) (AcceptNewTermsResponseObject, error) {
		standing, err := tx.Terms(ctx)
		if err != nil {
			return nil, err
		}
		before, err := standing.Accept(req.Body.Version)
		if err != nil {
			return nil, err
		}
		if !before {
			if err := tx.AcceptPublished(ctx, req.Body.Version); err != nil {
				return nil, err
			}
			if standing, err = tx.Terms(ctx); err != nil {
				return nil, err
			}
		}
		return AcceptNewTerms200JSONResponse(viewTerms(standing)), nil
	})
}

func viewTerms(s app.TermsStanding) Terms {
	v := Terms{}
	if s.Current.Version != "" {
		current := viewTermsVersion(s.Current)
		v.Current = &current
	}
	if s.Next != nil {
		upcoming := viewTermsVersion(*s.Next)
		v.Upcoming = &upcoming
	}
	return v
}

func viewTermsVersion(t app.Terms) TermsVersion {
	v := TermsVersion{Version: t.Version, EffectiveAt: t.EffectiveAt, Accepted: !t.AcceptedAt.IsZero(), Texts: make([]TermsText, len(t.Texts))}
	for i, text := range t.Texts {
		v.Texts[i] = TermsText{Locale: Locale(text.Locale), Terms: text.Terms, Privacy: text.Privacy}
	}
	if v.Accepted {
		v.AcceptedAt = &t.AcceptedAt
	}
	return v
}

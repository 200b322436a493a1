package postgres

import (
	"context"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
)

// publishedTerms returns what the municipality has published, the latest effect first, without the texts.
func (t tx) publishedTerms(ctx context.Context) ([]app.Terms, error) {
	rows, err := db.New().PublishedTerms(ctx, t.Tx)
	list := make([]app.Terms, len(rows))
	for i, r := range rows {
		list[i] = app.Terms{Version: r.Version, EffectiveAt: r.EffectiveAt, PublishedAt: r.PublishedAt}
		if r.PublishedBy != nil {
			list[i].PublishedBy = *r.PublishedBy
		}
		if r.AcceptedAt != nil {
			list[i].AcceptedAt = *r.AcceptedAt
		}
	}
	return list, err
}

// addTexts gives each version its texts.
func (t tx) addTexts(ctx context.Context, list ...*app.Terms) error {
	of := map[string]*app.Terms{}
	var versions []string
	for _, v := range list {
		of[v.Version] = v
		versions = append(versions, v.Version)
	}
	rows, err := db.New().TextsOfTerms(ctx, t.Tx, versions)
	for _, r := range rows {
		of[r.Version].Texts = append(of[r.Version].Texts, app.TermsText{Locale: r.Locale, Terms: r.Terms, Privacy: r.Privacy})
	}
	return err
}

// Terms returns what is in force and what is to come, with what the caller has accepted (H12).
func (t *VisitorTx) Terms(ctx context.Context) (app.TermsStanding, error) {
	list, err := t.publishedTerms(ctx)
	if err != nil {
		return app.TermsStanding{}, err
	}
	standing := app.StandingOf(list, t.Now)
	versions := []*app.Terms{&standing.Current}
	if standing.Next != nil {
		versions = append(versions, standing.Next)
	}
	return standing, t.addTexts(ctx, versions...)
}

// AcceptPublished keeps that the caller accepted a version, once.
func (t *VisitorTx) AcceptPublished(ctx context.Context, version string) error {
	return db.New().InsertAcceptance(ctx, t.Tx, db.InsertAcceptanceParams{Version: version, Now: t.Now})
}

// Terms returns every version, the latest effect first, with its texts. Fault: not_found for whoever does not own the municipality.
func (t *OfficeTx) Terms(ctx context.Context) ([]app.Terms, error) {
	owns, err := db.New().OwnsMunicipality(ctx, t.Tx)
	if err != nil {
		return nil, err
	}
	if !owns {
		return nil, app.ErrNotFound
	}
	list, err := t.publishedTerms(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]*app.Terms, len(list))
	for i := range list {
		all[i] = &list[i]
	}
	return list, t.addTexts(ctx, all...)
}

// HoldTerms returns every version, and keeps others from publishing until the transaction ends. Fault: not_found for whoever does not own the
// municipality.
func (t *OfficeTx) HoldTerms(ctx context.Context) ([]app.Terms, error) {
	if err := db.New().HoldMunicipality(ctx, t.Tx); err != nil {
		return nil, err
	}
	return t.Terms(ctx)
}

// SaveTerms stores a version with its texts.
func (t *OfficeTx) SaveTerms(ctx context.Context, v app.Terms) error {
	err := db.New().InsertTerms(ctx, t.Tx, db.InsertTermsParams{
		Version: v.Version, EffectiveAt: v.EffectiveAt, PublishedAt: v.PublishedAt, PublishedBy: by(v.PublishedBy),
	})
	for _, text := range v.Texts {
		if err != nil {
			return err
		}
		err = db.New().InsertTermsText(ctx, t.Tx, db.InsertTermsTextParams{Version: v.Version, Locale: text.Locale, Terms: text.Terms, Privacy: text.Privacy})
	}
	return err
}

// by is a person who did something, null when it was nobody.
func by(person uuid.UUID) *uuid.UUID {
	if person == uuid.Nil {
		return nil
	}
	return &person
}

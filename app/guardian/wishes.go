package guardian

import (
	"context"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
)

// StateWish records whether the guardian wishes access, also before any exists; the heads of the children's institutions decide (V3, V6).
func (f *Flows) StateWish(ctx context.Context, req StateWishRequestObject) (StateWishResponseObject, error) {
	return postgres.Write(ctx, f.family(ctx), func(tx *postgres.FamilyTx) (StateWishResponseObject, error) {
		w := app.Wish{Wished: req.Body.Wished, From: view.Value(req.Body.From), StatedAt: tx.Now}
		if err := tx.StateWish(ctx, w); err != nil {
			return nil, err
		}
		v := StateWish200JSONResponse{Wished: w.Wished, StatedAt: w.StatedAt}
		if !w.From.IsZero() {
			v.From = &w.From
		}
		return v, nil
	})
}

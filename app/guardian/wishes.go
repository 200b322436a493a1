package guardian

import (
	"context"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
)

// StateWish records whether the guardian wishes access, also before any exists; the heads of the children's institutions decide (V3, V6). One answer for
// all children does not widen what staff entered from a form about one (V4); then the answer says so.
func (f *Flows) StateWish(ctx context.Context, req StateWishRequestObject) (StateWishResponseObject, error) {
	return postgres.Write(ctx, f.family(ctx), func(tx *postgres.FamilyTx) (StateWishResponseObject, error) {
		w := app.Wish{Wished: req.Body.Wished, From: view.Value(req.Body.From), StatedAt: tx.Now}
		formStands, err := tx.StateWish(ctx, w)
		if err != nil {
			return nil, err
		}
		v := StateWish200JSONResponse{Wished: w.Wished, StatedAt: w.StatedAt}
		if formStands {
			v.FormStands = &formStands
		}
		if !w.From.IsZero() {
			v.From = &w.From
		}
		return v, nil
	})
}

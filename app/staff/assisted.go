package staff

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
	"budstikke.example/auth/store"
)

// OpenAssistedCase keeps that the caller has a guardian before them and what they showed (H7). It opens nothing: somebody who answers for the
// institution confirms it. Faults: not_found, assisted_not_possible, assisted_too_often, username_taken, request_invalid.
func (f *Flows) OpenAssistedCase(ctx context.Context, req OpenAssistedCaseRequestObject) (OpenAssistedCaseResponseObject, error) {
	return postgres.Write(ctx, f.institution(ctx), func(tx *postgres.InstitutionTx) (OpenAssistedCaseResponseObject, error) {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		c := app.AssistedCase{
			ID: id, Institution: req.InstitutionID, Guardianship: req.Body.GuardianshipID, Shown: string(req.Body.Shown),
			Note: strings.TrimSpace(view.Value(req.Body.Note)), Username: store.Username(req.Body.Username), State: app.AssistedWaiting,
		}
		if len([]rune(c.Username)) < 3 {
			return nil, &app.Fault{Kind: app.Malformed, Code: "request_invalid", Detail: "The request does not fit the contract.",
				Fields: []app.Field{{Pointer: "/username", Detail: "has fewer than 3 characters"}}}
		}
		if err := tx.OpenAssistedCase(ctx, c); err != nil {
			return nil, err
		}
		return OpenAssistedCase201JSONResponse{ID: id, ExpiresAt: tx.Now.Add(app.AssistedLasts)}, nil
	})
}

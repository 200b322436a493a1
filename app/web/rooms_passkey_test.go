package web_test

import (
	"context"

	"budstikke.example/app/signin"
)

func (r signinRoom) StartPasskeySignIn(ctx context.Context, q signin.StartPasskeySignInRequestObject) (signin.StartPasskeySignInResponseObject, error) {
	return give[signin.StartPasskeySignIn201JSONResponse](ctx, r.answers, "StartPasskeySignIn", q)
}

func (r signinRoom) FinishPasskeySignIn(ctx context.Context, q signin.FinishPasskeySignInRequestObject) (signin.FinishPasskeySignInResponseObject, error) {
	return give[signin.FinishPasskeySignIn201JSONResponse](ctx, r.answers, "FinishPasskeySignIn", q)
}

func (r signinRoom) StartPasskey(ctx context.Context, q signin.StartPasskeyRequestObject) (signin.StartPasskeyResponseObject, error) {
	return give[signin.StartPasskey201JSONResponse](ctx, r.answers, "StartPasskey", q)
}

func (r signinRoom) AddPasskey(ctx context.Context, q signin.AddPasskeyRequestObject) (signin.AddPasskeyResponseObject, error) {
	return give[signin.AddPasskey201JSONResponse](ctx, r.answers, "AddPasskey", q)
}

func (r signinRoom) ListPasskeys(ctx context.Context, q signin.ListPasskeysRequestObject) (signin.ListPasskeysResponseObject, error) {
	return give[signin.ListPasskeys200JSONResponse](ctx, r.answers, "ListPasskeys", q)
}

func (r signinRoom) RenamePasskey(ctx context.Context, q signin.RenamePasskeyRequestObject) (signin.RenamePasskeyResponseObject, error) {
	return give[signin.RenamePasskey200JSONResponse](ctx, r.answers, "RenamePasskey", q)
}

func (r signinRoom) RemovePasskey(ctx context.Context, q signin.RemovePasskeyRequestObject) (signin.RemovePasskeyResponseObject, error) {
	return give[signin.RemovePasskey204Response](ctx, r.answers, "RemovePasskey", q)
}

func (r signinRoom) StartPasskeyProof(ctx context.Context, q signin.StartPasskeyProofRequestObject) (signin.StartPasskeyProofResponseObject, error) {
	return give[signin.StartPasskeyProof201JSONResponse](ctx, r.answers, "StartPasskeyProof", q)
}

func (r signinRoom) ProveByPasskey(ctx context.Context, q signin.ProveByPasskeyRequestObject) (signin.ProveByPasskeyResponseObject, error) {
	return give[signin.ProveByPasskey204Response](ctx, r.answers, "ProveByPasskey", q)
}

package web_test

import (
	"context"

	"budstikke.example/app/signin"
)

func (r signinRoom) ListSignInMethods(ctx context.Context, q signin.ListSignInMethodsRequestObject) (signin.ListSignInMethodsResponseObject, error) {
	return give[signin.ListSignInMethods200JSONResponse](ctx, r.answers, "ListSignInMethods", q)
}

func (r signinRoom) StartSignIn(ctx context.Context, q signin.StartSignInRequestObject) (signin.StartSignInResponseObject, error) {
	return give[signin.StartSignIn201JSONResponse](ctx, r.answers, "StartSignIn", q)
}

func (r signinRoom) FollowEntryLink(ctx context.Context, q signin.FollowEntryLinkRequestObject) (signin.FollowEntryLinkResponseObject, error) {
	return give[signin.FollowEntryLink201JSONResponse](ctx, r.answers, "FollowEntryLink", q)
}

func (r signinRoom) FinishSignIn(ctx context.Context, q signin.FinishSignInRequestObject) (signin.FinishSignInResponseObject, error) {
	return give[signin.FinishSignIn200JSONResponse](ctx, r.answers, "FinishSignIn", q)
}

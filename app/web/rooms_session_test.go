package web_test

import (
	"context"

	"budstikke.example/app/signin"
)

func (r signinRoom) RefreshSession(ctx context.Context, q signin.RefreshSessionRequestObject) (signin.RefreshSessionResponseObject, error) {
	return give[signin.RefreshSession200JSONResponse](ctx, r.answers, "RefreshSession", q)
}

func (r signinRoom) ListSessions(ctx context.Context, q signin.ListSessionsRequestObject) (signin.ListSessionsResponseObject, error) {
	return give[signin.ListSessions200JSONResponse](ctx, r.answers, "ListSessions", q)
}

func (r signinRoom) EndSession(ctx context.Context, q signin.EndSessionRequestObject) (signin.EndSessionResponseObject, error) {
	return give[signin.EndSession204Response](ctx, r.answers, "EndSession", q)
}

func (r signinRoom) EndOtherSessions(ctx context.Context, q signin.EndOtherSessionsRequestObject) (signin.EndOtherSessionsResponseObject, error) {
	return give[signin.EndOtherSessions204Response](ctx, r.answers, "EndOtherSessions", q)
}

func (r signinRoom) ProveByBankID(ctx context.Context, q signin.ProveByBankIDRequestObject) (signin.ProveByBankIDResponseObject, error) {
	return give[signin.ProveByBankID200JSONResponse](ctx, r.answers, "ProveByBankID", q)
}

func (r signinRoom) ProveByPassword(ctx context.Context, q signin.ProveByPasswordRequestObject) (signin.ProveByPasswordResponseObject, error) {
	return give[signin.ProveByPassword204Response](ctx, r.answers, "ProveByPassword", q)
}

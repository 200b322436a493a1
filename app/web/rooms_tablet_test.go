package web_test

import (
	"context"

	"budstikke.example/app/office"
	"budstikke.example/app/signin"
	"budstikke.example/app/staff"
)

func (r signinRoom) EnrolTablet(ctx context.Context, q signin.EnrolTabletRequestObject) (signin.EnrolTabletResponseObject, error) {
	return give[signin.EnrolTablet201JSONResponse](ctx, r.answers, "EnrolTablet", q)
}

func (r signinRoom) RenewTabletSession(ctx context.Context, q signin.RenewTabletSessionRequestObject) (signin.RenewTabletSessionResponseObject, error) {
	return give[signin.RenewTabletSession201JSONResponse](ctx, r.answers, "RenewTabletSession", q)
}

func (r staffRoom) GetRollCall(ctx context.Context, q staff.GetRollCallRequestObject) (staff.GetRollCallResponseObject, error) {
	return give[staff.GetRollCall200JSONResponse](ctx, r.answers, "GetRollCall", q)
}

func (r staffRoom) ListTabletStaff(ctx context.Context, q staff.ListTabletStaffRequestObject) (staff.ListTabletStaffResponseObject, error) {
	return give[staff.ListTabletStaff200JSONResponse](ctx, r.answers, "ListTabletStaff", q)
}

func (r staffRoom) UnlockTablet(ctx context.Context, q staff.UnlockTabletRequestObject) (staff.UnlockTabletResponseObject, error) {
	return give[staff.UnlockTablet201JSONResponse](ctx, r.answers, "UnlockTablet", q)
}

func (r staffRoom) ConfirmTablet(ctx context.Context, q staff.ConfirmTabletRequestObject) (staff.ConfirmTabletResponseObject, error) {
	return give[staff.ConfirmTablet201JSONResponse](ctx, r.answers, "ConfirmTablet", q)
}

func (r staffRoom) SetPIN(ctx context.Context, q staff.SetPINRequestObject) (staff.SetPINResponseObject, error) {
	return give[staff.SetPIN204Response](ctx, r.answers, "SetPIN", q)
}

func (r officeRoom) ListSharedUsers(ctx context.Context, q office.ListSharedUsersRequestObject) (office.ListSharedUsersResponseObject, error) {
	return give[office.ListSharedUsers200JSONResponse](ctx, r.answers, "ListSharedUsers", q)
}

func (r officeRoom) SetSharedUserRule(ctx context.Context, q office.SetSharedUserRuleRequestObject) (office.SetSharedUserRuleResponseObject, error) {
	return give[office.SetSharedUserRule204Response](ctx, r.answers, "SetSharedUserRule", q)
}

func (r officeRoom) RotateSharedUser(ctx context.Context, q office.RotateSharedUserRequestObject) (office.RotateSharedUserResponseObject, error) {
	return give[office.RotateSharedUser204Response](ctx, r.answers, "RotateSharedUser", q)
}

func (r officeRoom) StartTabletEnrolment(ctx context.Context, q office.StartTabletEnrolmentRequestObject) (office.StartTabletEnrolmentResponseObject, error) {
	return give[office.StartTabletEnrolment201JSONResponse](ctx, r.answers, "StartTabletEnrolment", q)
}

func (r officeRoom) RemoveTablet(ctx context.Context, q office.RemoveTabletRequestObject) (office.RemoveTabletResponseObject, error) {
	return give[office.RemoveTablet204Response](ctx, r.answers, "RemoveTablet", q)
}

package web_test

import (
	"context"

	"budstikke.example/app/office"
	"budstikke.example/app/signin"
)

func (r signinRoom) ActivateAccount(ctx context.Context, q signin.ActivateAccountRequestObject) (signin.ActivateAccountResponseObject, error) {
	return give[signin.ActivateAccount201JSONResponse](ctx, r.answers, "ActivateAccount", q)
}

func (r signinRoom) StartAuthenticator(ctx context.Context, q signin.StartAuthenticatorRequestObject) (signin.StartAuthenticatorResponseObject, error) {
	return give[signin.StartAuthenticator201JSONResponse](ctx, r.answers, "StartAuthenticator", q)
}

func (r signinRoom) ConfirmAuthenticator(ctx context.Context, q signin.ConfirmAuthenticatorRequestObject) (signin.ConfirmAuthenticatorResponseObject, error) {
	return give[signin.ConfirmAuthenticator201JSONResponse](ctx, r.answers, "ConfirmAuthenticator", q)
}

func (r officeRoom) ListStaffAccounts(ctx context.Context, q office.ListStaffAccountsRequestObject) (office.ListStaffAccountsResponseObject, error) {
	return give[office.ListStaffAccounts200JSONResponse](ctx, r.answers, "ListStaffAccounts", q)
}

func (r officeRoom) InviteStaff(ctx context.Context, q office.InviteStaffRequestObject) (office.InviteStaffResponseObject, error) {
	return give[office.InviteStaff201JSONResponse](ctx, r.answers, "InviteStaff", q)
}

func (r officeRoom) EndStaffAccount(ctx context.Context, q office.EndStaffAccountRequestObject) (office.EndStaffAccountResponseObject, error) {
	return give[office.EndStaffAccount204Response](ctx, r.answers, "EndStaffAccount", q)
}

func (r signinRoom) EndAccount(ctx context.Context, q signin.EndAccountRequestObject) (signin.EndAccountResponseObject, error) {
	return give[signin.EndAccount204Response](ctx, r.answers, "EndAccount", q)
}

func (r officeRoom) EndGuardianAccount(ctx context.Context, q office.EndGuardianAccountRequestObject) (office.EndGuardianAccountResponseObject, error) {
	return give[office.EndGuardianAccount204Response](ctx, r.answers, "EndGuardianAccount", q)
}

func (r signinRoom) ChangePassword(ctx context.Context, q signin.ChangePasswordRequestObject) (signin.ChangePasswordResponseObject, error) {
	return give[signin.ChangePassword204Response](ctx, r.answers, "ChangePassword", q)
}

func (r signinRoom) RenewRecoveryCodes(ctx context.Context, q signin.RenewRecoveryCodesRequestObject) (signin.RenewRecoveryCodesResponseObject, error) {
	return give[signin.RenewRecoveryCodes201JSONResponse](ctx, r.answers, "RenewRecoveryCodes", q)
}

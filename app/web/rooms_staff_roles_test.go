package web_test

import (
	"context"

	"budstikke.example/app/office"
)

func (r officeRoom) ListStaffRoles(ctx context.Context, q office.ListStaffRolesRequestObject) (office.ListStaffRolesResponseObject, error) {
	return give[office.ListStaffRoles200JSONResponse](ctx, r.answers, "ListStaffRoles", q)
}

func (r officeRoom) EnterStaffRole(ctx context.Context, q office.EnterStaffRoleRequestObject) (office.EnterStaffRoleResponseObject, error) {
	return give[office.EnterStaffRole201JSONResponse](ctx, r.answers, "EnterStaffRole", q)
}

func (r officeRoom) EndStaffRole(ctx context.Context, q office.EndStaffRoleRequestObject) (office.EndStaffRoleResponseObject, error) {
	return give[office.EndStaffRole200JSONResponse](ctx, r.answers, "EndStaffRole", q)
}

func (r officeRoom) AppointHead(ctx context.Context, q office.AppointHeadRequestObject) (office.AppointHeadResponseObject, error) {
	return give[office.AppointHead201JSONResponse](ctx, r.answers, "AppointHead", q)
}

func (r officeRoom) SetLeave(ctx context.Context, q office.SetLeaveRequestObject) (office.SetLeaveResponseObject, error) {
	return give[office.SetLeave200JSONResponse](ctx, r.answers, "SetLeave", q)
}

func (r officeRoom) EndLeave(ctx context.Context, q office.EndLeaveRequestObject) (office.EndLeaveResponseObject, error) {
	return give[office.EndLeave204Response](ctx, r.answers, "EndLeave", q)
}

func (r officeRoom) ListInstitutionsWithoutHead(ctx context.Context, q office.ListInstitutionsWithoutHeadRequestObject) (office.ListInstitutionsWithoutHeadResponseObject, error) {
	return give[office.ListInstitutionsWithoutHead200JSONResponse](ctx, r.answers, "ListInstitutionsWithoutHead", q)
}

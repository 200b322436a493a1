package web_test

import (
	"context"
	"testing"

	"budstikke.example/app/guardian"
	"budstikke.example/app/machine"
	"budstikke.example/app/office"
	"budstikke.example/app/signin"
	"budstikke.example/app/staff"
	"budstikke.example/app/web"
)

// The rooms below answer every operation with the contract's own example, unless a test puts something else into answers. An operation
// that is missing here is a nil interface's, which TestEveryOperation notices.

type (
	signinRoom struct {
		signin.StrictServerInterface
		*answers
	}
	guardianRoom struct {
		guardian.StrictServerInterface
		*answers
	}
	staffRoom struct {
		staff.StrictServerInterface
		*answers
	}
	officeRoom struct {
		office.StrictServerInterface
		*answers
	}
	machineRoom struct {
		machine.StrictServerInterface
		*answers
	}
)

func rooms(a *answers) web.Rooms {
	return web.Rooms{Signin: signinRoom{nil, a}, Guardian: guardianRoom{nil, a}, Staff: staffRoom{nil, a}, Office: officeRoom{nil, a}, Machine: machineRoom{nil, a}}
}

func (r signinRoom) ListMunicipalities(ctx context.Context, q signin.ListMunicipalitiesRequestObject) (signin.ListMunicipalitiesResponseObject, error) {
	return give[signin.ListMunicipalities200JSONResponse](ctx, r.answers, "ListMunicipalities", q)
}

func (r signinRoom) StartBankID(ctx context.Context, q signin.StartBankIDRequestObject) (signin.StartBankIDResponseObject, error) {
	return give[signin.StartBankID201JSONResponse](ctx, r.answers, "StartBankID", q)
}

func (r signinRoom) CollectBankID(ctx context.Context, q signin.CollectBankIDRequestObject) (signin.CollectBankIDResponseObject, error) {
	return give[signin.CollectBankID200JSONResponse](ctx, r.answers, "CollectBankID", q)
}

func (r signinRoom) CancelBankID(ctx context.Context, q signin.CancelBankIDRequestObject) (signin.CancelBankIDResponseObject, error) {
	return give[signin.CancelBankID204Response](ctx, r.answers, "CancelBankID", q)
}

func (r signinRoom) StartStaffSession(ctx context.Context, q signin.StartStaffSessionRequestObject) (signin.StartStaffSessionResponseObject, error) {
	return give[signin.StartStaffSession201JSONResponse](ctx, r.answers, "StartStaffSession", q)
}

func (r signinRoom) SignOut(ctx context.Context, q signin.SignOutRequestObject) (signin.SignOutResponseObject, error) {
	return give[signin.SignOut204Response](ctx, r.answers, "SignOut", q)
}

func (r signinRoom) GetApplication(ctx context.Context, q signin.GetApplicationRequestObject) (signin.GetApplicationResponseObject, error) {
	return give[signin.GetApplication200JSONResponse](ctx, r.answers, "GetApplication", q)
}

func (r signinRoom) RegisterApplicationEmail(ctx context.Context, q signin.RegisterApplicationEmailRequestObject) (signin.RegisterApplicationEmailResponseObject, error) {
	return give[signin.RegisterApplicationEmail202JSONResponse](ctx, r.answers, "RegisterApplicationEmail", q)
}

func (r signinRoom) ConfirmEmail(ctx context.Context, q signin.ConfirmEmailRequestObject) (signin.ConfirmEmailResponseObject, error) {
	return give[signin.ConfirmEmail204Response](ctx, r.answers, "ConfirmEmail", q)
}

func (r signinRoom) AcceptTerms(ctx context.Context, q signin.AcceptTermsRequestObject) (signin.AcceptTermsResponseObject, error) {
	return give[signin.AcceptTerms200JSONResponse](ctx, r.answers, "AcceptTerms", q)
}

func (r signinRoom) SubmitApplication(ctx context.Context, q signin.SubmitApplicationRequestObject) (signin.SubmitApplicationResponseObject, error) {
	return give[signin.SubmitApplication201JSONResponse](ctx, r.answers, "SubmitApplication", q)
}

func (r guardianRoom) GetMe(ctx context.Context, q guardian.GetMeRequestObject) (guardian.GetMeResponseObject, error) {
	return give[guardian.GetMe200JSONResponse](ctx, r.answers, "GetMe", q)
}

func (r guardianRoom) RegisterDevice(ctx context.Context, q guardian.RegisterDeviceRequestObject) (guardian.RegisterDeviceResponseObject, error) {
	return give[guardian.RegisterDevice204Response](ctx, r.answers, "RegisterDevice", q)
}

func (r guardianRoom) SetEmailNotices(ctx context.Context, q guardian.SetEmailNoticesRequestObject) (guardian.SetEmailNoticesResponseObject, error) {
	return give[guardian.SetEmailNotices204Response](ctx, r.answers, "SetEmailNotices", q)
}

func (r guardianRoom) RegisterMobile(ctx context.Context, q guardian.RegisterMobileRequestObject) (guardian.RegisterMobileResponseObject, error) {
	return give[guardian.RegisterMobile202JSONResponse](ctx, r.answers, "RegisterMobile", q)
}

func (r guardianRoom) ListChildren(ctx context.Context, q guardian.ListChildrenRequestObject) (guardian.ListChildrenResponseObject, error) {
	return give[guardian.ListChildren200JSONResponse](ctx, r.answers, "ListChildren", q)
}

func (r guardianRoom) GetChild(ctx context.Context, q guardian.GetChildRequestObject) (guardian.GetChildResponseObject, error) {
	return give[guardian.GetChild200JSONResponse](ctx, r.answers, "GetChild", q)
}

func (r guardianRoom) CheckText(ctx context.Context, q guardian.CheckTextRequestObject) (guardian.CheckTextResponseObject, error) {
	return give[guardian.CheckText200JSONResponse](ctx, r.answers, "CheckText", q)
}

func (r guardianRoom) ReportAbsence(ctx context.Context, q guardian.ReportAbsenceRequestObject) (guardian.ReportAbsenceResponseObject, error) {
	return give[guardian.ReportAbsence201JSONResponse](ctx, r.answers, "ReportAbsence", q)
}

func (r guardianRoom) ListAbsences(ctx context.Context, q guardian.ListAbsencesRequestObject) (guardian.ListAbsencesResponseObject, error) {
	return give[guardian.ListAbsences200JSONResponse](ctx, r.answers, "ListAbsences", q)
}

func (r guardianRoom) GetAbsence(ctx context.Context, q guardian.GetAbsenceRequestObject) (guardian.GetAbsenceResponseObject, error) {
	return give[guardian.GetAbsence200JSONResponse](ctx, r.answers, "GetAbsence", q)
}

func (r guardianRoom) ChangeAbsence(ctx context.Context, q guardian.ChangeAbsenceRequestObject) (guardian.ChangeAbsenceResponseObject, error) {
	return give[guardian.ChangeAbsence200JSONResponse](ctx, r.answers, "ChangeAbsence", q)
}

func (r guardianRoom) CancelAbsence(ctx context.Context, q guardian.CancelAbsenceRequestObject) (guardian.CancelAbsenceResponseObject, error) {
	return give[guardian.CancelAbsence204Response](ctx, r.answers, "CancelAbsence", q)
}

func (r guardianRoom) RemoveAbsenceNote(ctx context.Context, q guardian.RemoveAbsenceNoteRequestObject) (guardian.RemoveAbsenceNoteResponseObject, error) {
	return give[guardian.RemoveAbsenceNote200JSONResponse](ctx, r.answers, "RemoveAbsenceNote", q)
}

func (r guardianRoom) ListConversations(ctx context.Context, q guardian.ListConversationsRequestObject) (guardian.ListConversationsResponseObject, error) {
	return give[guardian.ListConversations200JSONResponse](ctx, r.answers, "ListConversations", q)
}

func (r guardianRoom) StartConversation(ctx context.Context, q guardian.StartConversationRequestObject) (guardian.StartConversationResponseObject, error) {
	return give[guardian.StartConversation201JSONResponse](ctx, r.answers, "StartConversation", q)
}

func (r guardianRoom) ListMessages(ctx context.Context, q guardian.ListMessagesRequestObject) (guardian.ListMessagesResponseObject, error) {
	return give[guardian.ListMessages200JSONResponse](ctx, r.answers, "ListMessages", q)
}

func (r guardianRoom) PostMessage(ctx context.Context, q guardian.PostMessageRequestObject) (guardian.PostMessageResponseObject, error) {
	return give[guardian.PostMessage201JSONResponse](ctx, r.answers, "PostMessage", q)
}

func (r guardianRoom) ListNotices(ctx context.Context, q guardian.ListNoticesRequestObject) (guardian.ListNoticesResponseObject, error) {
	return give[guardian.ListNotices200JSONResponse](ctx, r.answers, "ListNotices", q)
}

func (r guardianRoom) GetAlert(ctx context.Context, q guardian.GetAlertRequestObject) (guardian.GetAlertResponseObject, error) {
	return give[guardian.GetAlert200JSONResponse](ctx, r.answers, "GetAlert", q)
}

func (r staffRoom) ListInstitutions(ctx context.Context, q staff.ListInstitutionsRequestObject) (staff.ListInstitutionsResponseObject, error) {
	return give[staff.ListInstitutions200JSONResponse](ctx, r.answers, "ListInstitutions", q)
}

func (r staffRoom) ListInstitutionChildren(ctx context.Context, q staff.ListInstitutionChildrenRequestObject) (staff.ListInstitutionChildrenResponseObject, error) {
	return give[staff.ListInstitutionChildren200JSONResponse](ctx, r.answers, "ListInstitutionChildren", q)
}

func (r staffRoom) ListReportedAbsences(ctx context.Context, q staff.ListReportedAbsencesRequestObject) (staff.ListReportedAbsencesResponseObject, error) {
	return give[staff.ListReportedAbsences200JSONResponse](ctx, r.answers, "ListReportedAbsences", q)
}

func (r staffRoom) ListInstitutionConversations(ctx context.Context, q staff.ListInstitutionConversationsRequestObject) (staff.ListInstitutionConversationsResponseObject, error) {
	return give[staff.ListInstitutionConversations200JSONResponse](ctx, r.answers, "ListInstitutionConversations", q)
}

func (r staffRoom) ListConversationMessages(ctx context.Context, q staff.ListConversationMessagesRequestObject) (staff.ListConversationMessagesResponseObject, error) {
	return give[staff.ListConversationMessages200JSONResponse](ctx, r.answers, "ListConversationMessages", q)
}

func (r staffRoom) ReplyToGuardian(ctx context.Context, q staff.ReplyToGuardianRequestObject) (staff.ReplyToGuardianResponseObject, error) {
	return give[staff.ReplyToGuardian201JSONResponse](ctx, r.answers, "ReplyToGuardian", q)
}

func (r staffRoom) RegisterStaffDevice(ctx context.Context, q staff.RegisterStaffDeviceRequestObject) (staff.RegisterStaffDeviceResponseObject, error) {
	return give[staff.RegisterStaffDevice204Response](ctx, r.answers, "RegisterStaffDevice", q)
}

func (r staffRoom) ListStaffNotices(ctx context.Context, q staff.ListStaffNoticesRequestObject) (staff.ListStaffNoticesResponseObject, error) {
	return give[staff.ListStaffNotices200JSONResponse](ctx, r.answers, "ListStaffNotices", q)
}

func (r officeRoom) ListGuardianships(ctx context.Context, q office.ListGuardianshipsRequestObject) (office.ListGuardianshipsResponseObject, error) {
	return give[office.ListGuardianships200JSONResponse](ctx, r.answers, "ListGuardianships", q)
}

func (r officeRoom) GetGuardianship(ctx context.Context, q office.GetGuardianshipRequestObject) (office.GetGuardianshipResponseObject, error) {
	return give[office.GetGuardianship200JSONResponse](ctx, r.answers, "GetGuardianship", q)
}

func (r officeRoom) ActivateGuardianship(ctx context.Context, q office.ActivateGuardianshipRequestObject) (office.ActivateGuardianshipResponseObject, error) {
	return give[office.ActivateGuardianship200JSONResponse](ctx, r.answers, "ActivateGuardianship", q)
}

func (r officeRoom) DeactivateGuardianship(ctx context.Context, q office.DeactivateGuardianshipRequestObject) (office.DeactivateGuardianshipResponseObject, error) {
	return give[office.DeactivateGuardianship200JSONResponse](ctx, r.answers, "DeactivateGuardianship", q)
}

func (r officeRoom) RaiseAlert(ctx context.Context, q office.RaiseAlertRequestObject) (office.RaiseAlertResponseObject, error) {
	return give[office.RaiseAlert202JSONResponse](ctx, r.answers, "RaiseAlert", q)
}

func (r officeRoom) GetAlertProgress(ctx context.Context, q office.GetAlertProgressRequestObject) (office.GetAlertProgressResponseObject, error) {
	return give[office.GetAlertProgress200JSONResponse](ctx, r.answers, "GetAlertProgress", q)
}

func (r machineRoom) ReceiveSMSReceipt(ctx context.Context, q machine.ReceiveSMSReceiptRequestObject) (machine.ReceiveSMSReceiptResponseObject, error) {
	return give[machine.ReceiveSMSReceipt204Response](ctx, r.answers, "ReceiveSMSReceipt", q)
}

func (r machineRoom) ReceiveSMS(ctx context.Context, q machine.ReceiveSMSRequestObject) (machine.ReceiveSMSResponseObject, error) {
	return give[machine.ReceiveSMS204Response](ctx, r.answers, "ReceiveSMS", q)
}

func (r machineRoom) UnsubscribeEmail(ctx context.Context, q machine.UnsubscribeEmailRequestObject) (machine.UnsubscribeEmailResponseObject, error) {
	return give[machine.UnsubscribeEmail204Response](ctx, r.answers, "UnsubscribeEmail", q)
}

func keyOf(request any) string {
	q, _ := request.(guardian.PostMessageRequestObject)
	return q.Params.IdempotencyKey
}

// textOf keeps the text that PostMessage was called with.
func textOf(seen *string) func(context.Context, any) error {
	return func(_ context.Context, request any) error {
		*seen = request.(guardian.PostMessageRequestObject).Body.Text
		return nil
	}
}

// mustNotRun fails the test when a request reaches the room.
func mustNotRun(t *testing.T) func(context.Context, any) error {
	return func(context.Context, any) error {
		t.Error("the request reached the room")
		return nil
	}
}

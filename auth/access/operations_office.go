package access

import "time"

// officeOperations are what heads and owners decide about the institutions they answer for (V2, V6, V10). None of them is for a shared tablet
// on which nobody has said who they are.
var officeOperations = []Policy{
	{Operation: "ListGuardianships", Callers: employed, About: Institution, From: path("institutionId"), Roles: Answers, Fields: AllFields, Audit: AuditLook, Reads: true, PIN: true},
	{Operation: "GetGuardianship", Callers: employed, About: Guardianship, From: path("guardianshipId"), Roles: Answers, Fields: AllFields, Audit: AuditLook, Reads: true, PIN: true},
	{Operation: "ActivateGuardianship", Callers: employed, About: Guardianship, From: path("guardianshipId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Reads: true, PIN: true},
	{Operation: "DeactivateGuardianship", Callers: employed, About: Guardianship, From: path("guardianshipId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Reads: true, PIN: true},
	{Operation: "SuspendGuardianship", Callers: employed, About: Guardianship, From: path("guardianshipId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Reads: true, PIN: true},
	{Operation: "EndGuardianAccount", Callers: employed, About: Guardianship, From: path("guardianshipId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Reads: true, PIN: true},
	{Operation: "ListRestrictions", Callers: employed, About: Institution, From: path("institutionId"), Roles: Answers, Fields: AllFields, Audit: AuditLook, Reads: true, PIN: true},
	{Operation: "ListHeldChanges", Callers: employed, About: Institution, From: path("institutionId"), Roles: Answers, Fields: AllFields, Audit: AuditLook, Reads: true, PIN: true},
	{Operation: "DecideHeldChange", Callers: employed, About: Institution, From: path("institutionId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Reads: true, PIN: true},
	{Operation: "SetRestriction", Callers: employed, About: Child, From: path("childId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Reads: true, PIN: true},
	{Operation: "ProposeLifting", Callers: employed, About: Restriction, From: path("restrictionId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Reads: true, PIN: true},
	{Operation: "ConfirmLifting", Callers: employed, About: Restriction, From: path("restrictionId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Reads: true, PIN: true},
	{Operation: "StateWishFor", Callers: employed, About: Guardianship, From: path("guardianshipId"), Roles: Answers, Fields: AllFields, Audit: AuditWrite, Reads: true, PIN: true},
	{Operation: "ListProposedActivations", Callers: employed, About: Institution, From: path("institutionId"), Roles: Answers, Fields: AllFields, Audit: AuditLook, Reads: true, PIN: true},
	{Operation: "ActivateGuardianships", Callers: employed, About: Institution, From: path("institutionId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Reads: true, PIN: true},
	{Operation: "ListUnclarifiedChildren", Callers: employed, About: Institution, From: path("institutionId"), Roles: Answers, Fields: AllFields, Audit: AuditLook, Reads: true, PIN: true},
	{Operation: "ClarifyGuardians", Callers: employed, About: Child, From: path("childId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Reads: true, PIN: true},
	{Operation: "ExplainAccess", Callers: employed, About: Child, From: path("childId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Reads: true, PIN: true},
	{Operation: "ListChildLooks", Callers: employed, About: Child, From: path("childId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Reads: true, PIN: true},
	{Operation: "RaiseAlert", Callers: employed, About: Institution, From: path("institutionId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, PIN: true},
	{Operation: "ListStaffAccounts", Callers: employed, About: Institution, From: path("institutionId"), Roles: Answers, Fields: AllFields, PIN: true},
	{Operation: "InviteStaff", Callers: employed, About: Institution, From: path("institutionId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, PIN: true},
	{Operation: "EndStaffAccount", Callers: employed, About: Institution, From: path("institutionId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, PIN: true},
	{Operation: "GetAlertProgress", Callers: employed, About: Alert, From: path("alertId"), Roles: Answers, Fields: AllFields, PIN: true},

	{Operation: "ListApplications", Callers: employed, About: Institution, From: path("institutionId"), Roles: Answers, Fields: AllFields, Audit: AuditLook, Reads: true, PIN: true},
	{Operation: "DecideApplication", Callers: employed, About: Institution, From: path("institutionId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, PIN: true},
	{Operation: "GetSecondFactorRule", Callers: employed, Roles: Owner, Fields: AllFields, PIN: true},
	// Whoever found an owner's open browser could else let everybody sign in with a password alone.
	{Operation: "SetSecondFactorRule", Callers: employed, Roles: Owner, Fields: AllFields, Audit: AuditPrivileged, Strong: true, Fresh: 15 * time.Minute},
	{Operation: "GetApplicationPolicy", Callers: employed, Roles: Owner, Fields: AllFields, PIN: true},
	{Operation: "SetApplicationPolicy", Callers: employed, Roles: Owner, Fields: AllFields, Audit: AuditPrivileged, PIN: true},
	{Operation: "ListTerms", Callers: employed, Roles: Owner, Fields: AllFields, PIN: true},
	{Operation: "PublishTerms", Callers: employed, Roles: Owner, Fields: AllFields, Audit: AuditPrivileged, PIN: true},
	{Operation: "ListReviews", Callers: employed, About: Institution, From: path("institutionId"), Roles: Answers, Fields: AllFields, PIN: true},
	{Operation: "ListOverdueReviews", Callers: employed, Roles: Answers, Fields: AllFields, PIN: true},
	{Operation: "GetReview", Callers: employed, About: Review, From: path("reviewId"), Roles: Answers, Fields: AllFields, PIN: true},
	{Operation: "ListReviewRows", Callers: employed, About: Review, From: path("reviewId"), Roles: Answers, Fields: AllFields, Audit: AuditLook, Reads: true, PIN: true},
	{Operation: "DecideReviewRows", Callers: employed, About: Review, From: path("reviewId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Reads: true, PIN: true},
	{Operation: "KeepReviewRows", Callers: employed, About: Review, From: path("reviewId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, PIN: true},
	{Operation: "CompleteReview", Callers: employed, About: Review, From: path("reviewId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, PIN: true},
	{Operation: "GetReviewReport", Callers: employed, About: Review, From: path("reviewId"), Roles: Answers, Fields: AllFields, Audit: AuditLook, Reads: true, PIN: true},
	{Operation: "MakeWheelLink", Callers: employed, About: Institution, From: path("institutionId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged},
	{Operation: "RemoveWheelLink", Callers: employed, About: Institution, From: path("institutionId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged},
	{Operation: "GetReviewRule", Callers: employed, Roles: Answers, Fields: AllFields, PIN: true},
	{Operation: "SetReviewRule", Callers: employed, Roles: Owner, Fields: AllFields, Audit: AuditPrivileged, PIN: true},
}

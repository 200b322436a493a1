package access

import "time"

var shared = []Caller{Tablet}

// tabletOperations are what concerns shared tablets (V7, V12): what a tablet does as itself, what somebody does who gave their PIN there, and what
// heads decide about them. The name of a group or a tablet is looked up by the flow, under row-level security.
var tabletOperations = []Policy{
	{Operation: "EnrolTablet", Callers: nobodyYet, Fields: AllFields, Audit: AuditWrite, Unkept: "the flow names the head whose code it was"},
	{Operation: "RenewTabletSession", Callers: nobodyYet, Fields: AllFields, Audit: AuditNone, Unkept: "a tablet proves itself; no child is named"},
	{Operation: "GetRollCall", Callers: shared, Fields: RollCall, Audit: AuditLook, Purpose: Roster, Reads: true},
	{Operation: "ListTabletStaff", Callers: shared, Fields: RollCall, Audit: AuditNone, Unkept: "the colleagues who may work on the tablet"},
	// The session of whoever gave the PIN is begun by a transaction of the sign-in.
	{Operation: "UnlockTablet", Callers: shared, Beside: nobodyYet, Fields: AllFields, Audit: AuditWrite, Unkept: "a sign-in, which leaves an entry of its own"},
	{Operation: "ConfirmTablet", Callers: employed, Roles: AnyRole, Fields: AllFields, Audit: AuditPrivileged, Purpose: Accounts, PIN: true},
	{Operation: "SetPIN", Callers: employed, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite, Unkept: "the caller's own PIN", Strong: true, Fresh: 15 * time.Minute},

	{Operation: "ListSharedUsers", Callers: employed, About: Institution, From: path("institutionId"), Roles: Answers, Fields: AllFields, Audit: AuditNone, Unkept: "groups and tablets"},
	{Operation: "SetSharedUserRule", Callers: employed, About: Group, From: path("groupId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Purpose: AccessDecision},
	{Operation: "RotateSharedUser", Callers: employed, About: Group, From: path("groupId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Purpose: AccessDecision},
	{Operation: "StartTabletEnrolment", Callers: employed, About: Group, From: path("groupId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Purpose: AccessDecision, Strong: true},
	{Operation: "RemoveTablet", Callers: employed, About: SharedTablet, From: path("tabletId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Purpose: AccessDecision},
}

package access

import "time"

var shared = []Caller{Tablet}

// tabletOperations are what concerns shared tablets (V7, V12): what a tablet does as itself, what somebody does who gave their PIN there, and what
// heads decide about them. The name of a group or a tablet is looked up by the flow, under row-level security.
var tabletOperations = []Policy{
	{Operation: "EnrolTablet", Callers: nobodyYet, Fields: AllFields, Audit: AuditWrite},
	{Operation: "RenewTabletSession", Callers: nobodyYet, Fields: AllFields},
	{Operation: "GetRollCall", Callers: shared, Fields: RollCall, Audit: AuditLook, Reads: true},
	{Operation: "ListTabletStaff", Callers: shared, Fields: RollCall},
	// The session of whoever gave the PIN is begun by a transaction of the sign-in.
	{Operation: "UnlockTablet", Callers: shared, Beside: nobodyYet, Fields: AllFields, Audit: AuditWrite},
	{Operation: "ConfirmTablet", Callers: employed, Roles: AnyRole, Fields: AllFields, Audit: AuditPrivileged, PIN: true},
	{Operation: "SetPIN", Callers: employed, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite, Strong: true, Fresh: 15 * time.Minute},

	{Operation: "ListSharedUsers", Callers: employed, About: Institution, From: path("institutionId"), Roles: Answers, Fields: AllFields},
	{Operation: "SetSharedUserRule", Callers: employed, About: Group, From: path("groupId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged},
	{Operation: "RotateSharedUser", Callers: employed, About: Group, From: path("groupId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged},
	{Operation: "StartTabletEnrolment", Callers: employed, About: Group, From: path("groupId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Strong: true},
	{Operation: "RemoveTablet", Callers: employed, About: SharedTablet, From: path("tabletId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged},
}

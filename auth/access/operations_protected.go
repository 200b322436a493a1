package access

import "time"

// fresh is how recently somebody must have proved who they are to decide who may read a protected name.
const fresh = 15 * time.Minute

// protectedOperations are about people whose names are kept from everybody without a clearance (B8). Those who answer for a place see aliases and
// decide who is cleared, themselves included; nobody reads a name without a clearance, and none of it is done on a shared tablet.
var protectedOperations = []Policy{
	{Operation: "ListProtectedPersons", Callers: employed, About: Institution, From: path("institutionId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Reads: true, Purpose: Guardianships},
	{Operation: "GrantClearance", Callers: employed, About: ProtectedPerson, From: path("personId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Strong: true, Fresh: fresh, Purpose: AccessDecision},
	{Operation: "RevokeClearance", Callers: employed, About: ProtectedPerson, From: path("personId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Purpose: AccessDecision},
	{Operation: "SetAlias", Callers: employed, About: ProtectedPerson, From: path("personId"), Roles: Answers, Fields: AllFields, Audit: AuditPrivileged, Cleared: true, Purpose: AccessDecision},
	{Operation: "GetProtectedPerson", Callers: employed, About: ProtectedPerson, From: path("personId"), Roles: AnyRole, Fields: AllFields, Audit: AuditLook, Reads: true, Strong: true, Cleared: true, Purpose: ProtectedLook},
}

package access

var employed = []Caller{Staff}

// staffOperations are what staff do during the day. The list of an institution's conversations is open to every role that meets the children,
// and empty for an owner, who reads no mail (V19).
var staffOperations = []Policy{
	{Operation: "ListInstitutions", Callers: employed, Roles: AnyRole, Fields: AllFields, Audit: AuditNone, Unkept: "where the caller works", PIN: true},
	{Operation: "RegisterStaffDevice", Callers: employed, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite, Unkept: "the caller's own device"},
	{Operation: "ListStaffNotices", Callers: employed, Roles: AnyRole, Fields: AllFields, Audit: AuditNone, Unkept: "the caller's own notices, which hold ids only"},
	{Operation: "OpenStaffStream", Callers: employed, Roles: AnyRole, Fields: AllFields, Audit: AuditNone, Unkept: "the caller's own notices, as they come"},

	// One who has a guardian before them says what was shown; it opens nothing before somebody who answers for the place confirms it (H7).
	{Operation: "OpenAssistedCase", Callers: employed, About: Institution, From: path("institutionId"), Roles: Owner | Writes, Fields: AllFields, Audit: AuditPrivileged, Purpose: Accounts},
	{Operation: "ListInstitutionChildren", Callers: employed, About: Institution, From: path("institutionId"), Roles: Daily, Fields: AllFields, Counts: true, Audit: AuditLook, Purpose: Roster, Reads: true, PIN: true},
	// Whom a head named for them, and nobody else (U8).
	{Operation: "ListPartnerChildren", Callers: employed, Roles: Named, Fields: AllFields, Audit: AuditLook, Purpose: Roster, Reads: true},
	{Operation: "ListReportedAbsences", Callers: employed, About: Institution, From: path("institutionId"), Roles: Daily, Fields: AllFields, Counts: true, Audit: AuditLook, Purpose: Absences, Reads: true, PIN: true},
	{Operation: "ListInstitutionConversations", Callers: employed, About: Institution, From: path("institutionId"), Roles: Daily, Fields: AllFields, Audit: AuditLook, Purpose: Messages, Reads: true, PIN: true},
	{Operation: "ListConversationMessages", Callers: employed, About: Conversation, From: path("conversationId"), Roles: Writes, Fields: AllFields, Audit: AuditLook, Purpose: Messages, Reads: true, PIN: true},
	{Operation: "ReplyToGuardian", Callers: employed, About: Conversation, From: path("conversationId"), Roles: Writes, Contact: true, Fields: AllFields, Audit: AuditWrite, Purpose: Messages, Reads: true, PIN: true},
}

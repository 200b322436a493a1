package access

var employed = []Caller{Staff}

// staffOperations are what staff do during the day. The list of an institution's conversations is open to every role that meets the children,
// and empty for an owner, who reads no mail (V19).
var staffOperations = []Policy{
	{Operation: "ListInstitutions", Callers: employed, Roles: AnyRole, Fields: AllFields, PIN: true},
	{Operation: "RegisterStaffDevice", Callers: employed, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite},
	{Operation: "ListStaffNotices", Callers: employed, Roles: AnyRole, Fields: AllFields},
	{Operation: "OpenStaffStream", Callers: employed, Roles: AnyRole, Fields: AllFields},

	// One who has a guardian before them says what was shown; it opens nothing before somebody who answers for the place confirms it (H7).
	{Operation: "OpenAssistedCase", Callers: employed, About: Institution, From: path("institutionId"), Roles: Owner | Writes, Fields: AllFields, Audit: AuditPrivileged},
	{Operation: "ListInstitutionChildren", Callers: employed, About: Institution, From: path("institutionId"), Roles: Daily, Fields: AllFields, Audit: AuditLook, Reads: true, PIN: true},
	// Whom a head named for them, and nobody else (U8).
	{Operation: "ListPartnerChildren", Callers: employed, Roles: ExternalPartner, Fields: AllFields, Audit: AuditLook, Reads: true},

	{Operation: "ListReportedAbsences", Callers: employed, About: Institution, From: path("institutionId"), Roles: Daily, Fields: AllFields, Audit: AuditLook, Reads: true, PIN: true},
	{Operation: "ListInstitutionConversations", Callers: employed, About: Institution, From: path("institutionId"), Roles: Daily, Fields: AllFields, Audit: AuditLook, Reads: true, PIN: true},
	{Operation: "ListConversationMessages", Callers: employed, About: Conversation, From: path("conversationId"), Roles: Writes, Fields: AllFields, Audit: AuditLook, Reads: true, PIN: true},
	{Operation: "ReplyToGuardian", Callers: employed, About: Conversation, From: path("conversationId"), Roles: Writes, Fields: AllFields, Audit: AuditWrite, Reads: true, PIN: true},
}

package access

var guardians = []Caller{Guardian}

// guardianOperations are what a guardian may do, in the parent app. A guardian acts for their own relation to a child (B11): they read what the
// child's day is, and change what they wrote themselves. An alert, and where alerts reach somebody, waits for nobody's acceptance (B2, H12).
var guardianOperations = []Policy{
	{Operation: "GetMe", Callers: guardians, Anyway: true, Fields: AllFields, Audit: AuditNone},
	{Operation: "RegisterDevice", Callers: guardians, Anyway: true, Fields: AllFields, Audit: AuditWrite},
	{Operation: "SetEmailNotices", Callers: guardians, Anyway: true, Fields: AllFields, Audit: AuditWrite},
	{Operation: "RegisterMobile", Callers: guardians, Anyway: true, Fields: AllFields, Audit: AuditWrite},
	{Operation: "StateWish", Callers: guardians, Fields: AllFields, Audit: AuditWrite},
	{Operation: "CheckText", Callers: guardians, Fields: AllFields, Audit: AuditNone},
	{Operation: "ListNotices", Callers: guardians, Fields: AllFields, Audit: AuditNone},
	{Operation: "OpenStream", Callers: guardians, Fields: AllFields, Audit: AuditNone},

	{Operation: "ListChildren", Callers: guardians, Fields: AllFields, Audit: AuditNone, Reads: true},
	{Operation: "GetChild", Callers: guardians, About: Child, From: path("childId"), Needs: NeedsChild, Fields: AllFields, Audit: AuditNone, Reads: true},
	{Operation: "ListChildViewers", Callers: guardians, About: Child, From: path("childId"), Needs: NeedsChild, Fields: AllFields, Audit: AuditNone, Reads: true},
	{Operation: "ListLooks", Callers: guardians, About: Child, From: path("childId"), Needs: NeedsChild, Fields: AllFields, Audit: AuditNone, Reads: true},

	{Operation: "ListAbsences", Callers: guardians, About: Child, From: path("childId"), Needs: NeedsChild, Fields: AllFields, Audit: AuditNone, Reads: true},
	{Operation: "ReportAbsence", Callers: guardians, About: Child, From: path("childId"), Needs: NeedsChild, Fields: AllFields, Reads: true, Audit: AuditWrite},
	{Operation: "GetAbsence", Callers: guardians, About: Absence, From: path("absenceId"), Needs: NeedsChild, Fields: AllFields, Audit: AuditNone, Reads: true},
	{Operation: "ChangeAbsence", Callers: guardians, About: Absence, From: path("absenceId"), Needs: NeedsOwn, Fields: AllFields, Reads: true, Audit: AuditWrite},
	{Operation: "CancelAbsence", Callers: guardians, About: Absence, From: path("absenceId"), Needs: NeedsOwn, Fields: AllFields, Reads: true, Audit: AuditWrite},
	{Operation: "RemoveAbsenceNote", Callers: guardians, About: Absence, From: path("absenceId"), Needs: NeedsOwn, Fields: AllFields, Reads: true, Audit: AuditWrite},

	{Operation: "ListConversations", Callers: guardians, Fields: AllFields, Audit: AuditNone, Reads: true},
	{Operation: "StartConversation", Callers: guardians, About: Child, From: body("childId"), Needs: NeedsChild, Contact: true, Fields: AllFields, Reads: true, Audit: AuditWrite},
	{Operation: "ListMessages", Callers: guardians, About: Conversation, From: path("conversationId"), Needs: NeedsOwn, Fields: AllFields, Audit: AuditNone, Reads: true},
	{Operation: "PostMessage", Callers: guardians, About: Conversation, From: path("conversationId"), Needs: NeedsOwn, Contact: true, Fields: AllFields, Reads: true, Audit: AuditWrite},

	{Operation: "GetAlert", Callers: guardians, Anyway: true, About: Alert, From: path("alertId"), Needs: NeedsPlace, Fields: AllFields, Audit: AuditNone},
}

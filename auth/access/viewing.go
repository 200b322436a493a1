package access

// viewing names the operations by which a thing is seen: what a guardian opens, and where staff find it in their work.
var viewing = map[Noun]map[Caller]string{
	Child:        {Guardian: "GetChild", Staff: "ListInstitutionChildren"},
	Absence:      {Guardian: "GetAbsence", Staff: "ListReportedAbsences"},
	Conversation: {Guardian: "ListMessages", Staff: "ListConversationMessages"},
}

// Viewing is the policy that decides whether a caller of a kind sees a thing (B9): that of the operation which shows it. What an operation lists,
// row-level security narrows to what its caller may see; asked about one thing of the list, the policy is about that thing. False for what nobody
// of that kind is shown.
func Viewing(n Noun, c Caller) (Policy, bool) {
	p, ok := Of(viewing[n][c])
	p.About = n
	return p, ok
}

// ViewingAsPartner is the policy that decides whether somebody from outside, for whom children were named, sees one of them (U8): that of the list that
// shows them, asked about one child of it. A strictly protected child stands there under its alias.
func ViewingAsPartner() Policy {
	p, _ := Of("ListPartnerChildren")
	p.About, p.Counts = Child, true
	return p
}

// Writing is the policy that decides whether a caller of a kind may write in a conversation (B8, B9): that of the operation which does.
func Writing(c Caller) (Policy, bool) {
	return Of(map[Caller]string{Guardian: "PostMessage", Staff: "ReplyToGuardian"}[c])
}

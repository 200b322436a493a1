package walk_test

import (
	"slices"

	"budstikke.example/auth/access"
)

// Callers that only the matrix has.
const (
	substitute   who = "a substitute at the institution"
	ofGroup      who = "an employee of the protected child's group"
	professional who = "a municipal professional whose access nobody has bounded"
	partner      who = "an external partner whose access nobody has bounded"
	bounded      who = "an external partner for a classmate and a protected child"
	stepmother   who = "the guardian of the half sibling only"
	neighbour    who = "the guardian of a child of another group"
	hiding       who = "the guardian of the protected child"

	weakHead  who = "a head, signed in with a password alone"
	onLeave   who = "an employee on long leave"
	notBegun  who = "an employee whose first day is tomorrow"
	dayPassed who = "a substitute whose last day is over"
	pending   who = "a leader who owes a second factor"

	tabletHere  who = "the shared tablet of the child's group, without a PIN"
	tabletThere who = "a shared tablet of another institution, without a PIN"
	atWork      who = "an employee who gave their PIN on the tablet of the child's group"
	headAtWork  who = "the head, who gave their PIN on the tablet of the child's group"

	byRefresh who = "somebody with the refresh token of a session"
	byFeed    who = "somebody with the secret of a calendar"
	byMail    who = "somebody with the token of a mail"
	byHolder  who = "somebody with the secret of a sign-in that has begun"
	byLetter  who = "somebody with an activation letter, whose account is not open yet"
	byCode    who = "somebody with the code that a tablet is enrolled with"
	byEntry   who = "somebody with a link from Aula"

	owing        who = "a guardian of the child who has yet to accept the terms"
	overdue      who = "a guardian of the child whose yearly proof is overdue"
	tabletAbroad who = "a shared tablet of another municipality, without a PIN"
	tabletGone   who = "a shared tablet that was removed"
	workOver     who = "an employee whose work on a tablet somebody else has ended"
)

// What everybody is, declared: nothing here asks the code or the database that the matrix holds to it.

// reaches are the children that each guardian may see.
var reaches = map[who][]relation{
	right: {ownChild, ownAtSchool, ownProtected}, other: {ownChild}, stepmother: {halfSibling}, wrong: {classmate}, neighbour: {otherGroup},
	hilde: {atOtherPlace}, foreign: {otherMunicipality}, hiding: {protectedChild}, inactive: {}, elsewhere: {},
	owing: {ownChild},
}

// alsoAt are institutions where a guardian has a child that is no column of the matrix.
var alsoAt = map[who]string{elsewhere: kindergarten}

// holds are the roles of staff, by institution.
var holds = map[who]map[string]access.Roles{
	employee: {kindergarten: access.Employee}, leader: {kindergarten: access.Leader}, head: {kindergarten: access.Head},
	owner: {kindergarten: access.Owner}, substitute: {kindergarten: access.Substitute}, ofGroup: {kindergarten: access.Employee},
	topOwner: {kindergarten: access.Owner, school: access.Owner}, rektor: {school: access.Head}, teacher: {school: access.Leader},
	utrikine: {abroad: access.Head}, weakHead: {kindergarten: access.Head},
	atWork: {kindergarten: access.Employee}, headAtWork: {kindergarten: access.Head},
	bounded: {kindergarten: access.ExternalPartner},
}

// named are the children whom a head named for the external partner, who works with nobody else (U8).
var named = []relation{classmate, protectedChild}

// keptFrom are staff who must not see a child although they work where it is (B8).
var keptFrom = map[who]relation{employee: restrictedChild}

// onTablets are those who call from a shared tablet, and the group that it belongs to (V7).
var onTablets = map[who]string{tabletHere: firstGroup, tabletThere: "", tabletAbroad: "", atWork: firstGroup, headAtWork: firstGroup}

// weak are those whose session is not strong: they are told to prove themselves anew where everything else permits it (H8, RFC 9470).
var weak = []who{weakHead}

// withPassword are those who sign in with a password: what is about passwords and authenticator apps is not there for anybody else.
var withPassword = []who{head}

// narrower are operations for fewer people than the registry can say.
var narrower = map[string][]who{
	"SetReviewRule": {topOwner}, "GetApplicationPolicy": {topOwner}, "SetApplicationPolicy": {topOwner}, // roles of the whole municipality
	"GetStaffRule": {topOwner}, "SetStaffRule": {topOwner}, "GetTextRule": {topOwner}, "SetTextRule": {topOwner},
	"GetSecondFactorRule": {topOwner}, "SetSecondFactorRule": {topOwner},
	"StartAuthenticator": withPassword, "ConfirmAuthenticator": withPassword, "ChangePassword": withPassword, "RenewRecoveryCodes": withPassword,
}

var (
	// lapsed are staff whose role gives nothing: without an end that it must have (U8, B12), on leave, not begun or over (V11). Their session has
	// not ended, and proves nothing wherever staff may call.
	lapsed = []who{professional, partner, onLeave, notBegun, dayPassed}
	// gaveOnce are their roles.
	gaveOnce = map[who]access.Roles{
		professional: access.MunicipalProfessional, partner: access.ExternalPartner, onLeave: access.Employee, notBegun: access.Employee, dayPassed: access.Substitute,
	}
	// otherSecrets are secrets of ours that are no session.
	otherSecrets = []who{byRefresh, byFeed, byMail, byHolder, byLetter, byCode, byEntry}
	// powerless have a token that gives nothing.
	powerless = slices.Concat(strangers, otherSecrets, lapsed, []who{overdue, tabletGone, workOver})
)

// callers are the rows of the matrix.
var callers = slices.Concat([]who{applicant, right, other, stepmother, wrong, neighbour, hilde, foreign, hiding, inactive, elsewhere, owing},
	[]who{owner, head, leader, employee, substitute, ofGroup, topOwner, rektor, teacher, utrikine, bounded, weakHead, pending},
	[]who{tabletHere, tabletThere, tabletAbroad, atWork, headAtWork}, powerless)

// kindOf is what a caller is proved to be.
func kindOf(caller who) access.Caller {
	_, guardian := reaches[caller]
	switch {
	case guardian:
		return access.Guardian
	case caller == applicant:
		return access.Applicant
	case caller == pending:
		return access.SecondFactor
	case caller == tabletHere, caller == tabletThere, caller == tabletAbroad:
		return access.Tablet
	}
	return access.Staff
}

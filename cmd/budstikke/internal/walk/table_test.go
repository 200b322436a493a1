package walk_test

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"net/url"

	"github.com/google/uuid"

	"budstikke.example/notify/sandbox"
)

// ids are what a request names.
type ids struct {
	Child, Absence, Conversation, Institution, Guardianship, Alert, Municipality, Delivery, Session, Application uuid.UUID
	Restriction                                                                                                  uuid.UUID
	Group, Tablet                                                                                                uuid.UUID
	HeldChange                                                                                                   uuid.UUID

	Passkey     uuid.UUID
	Partnership uuid.UUID

	Protected, Clearance uuid.UUID // somebody whose name is kept, and the right to read it

	Staff             uuid.UUID // somebody who works at the institution
	StaffRole         uuid.UUID
	Review, ReviewRow uuid.UUID
	Case              uuid.UUID // of an account that staff open with the guardian present

	token string // of a mail, in a path
	Month string // of a revision
	Feed  string // the secret of a link to a calendar
	etag  string
}

// path returns the value of a parameter of a path.
func (x ids) path(name string) string {
	return map[string]string{
		"childId": x.Child.String(), "absenceId": x.Absence.String(), "conversationId": x.Conversation.String(),
		"institutionId": x.Institution.String(), "guardianshipId": x.Guardianship.String(), "alertId": x.Alert.String(),
		"municipalityId": x.Municipality.String(), "deliveryId": x.Delivery.String(), "sessionId": x.Session.String(), "applicationId": x.Application.String(), "token": x.token, "staffId": x.Staff.String(),
		"month":         cmp.Or(x.Month, "2999-06"),
		"point":         "roles",
		"reviewId":      x.Review.String(),
		"passkeyId":     x.Passkey.String(),
		"partnershipId": x.Partnership.String(),
		"staffRoleId":   x.StaffRole.String(),
		"restrictionId": x.Restriction.String(),
		"caseId":        x.Case.String(),
		"personId":      x.Protected.String(),
		"clearanceId":   x.Clearance.String(),
		"feed":          x.Feed,
		"heldChangeId":  x.HeldChange.String(),
		"tabletId":      x.Tablet.String(), "groupId": x.Group.String(),
	}[name]
}

// nothing has ids of the same kind that nobody ever gave out.
func nothing() ids {
	return ids{
		Protected: newID(), Clearance: newID(),
		Child: newID(), Absence: newID(), Conversation: newID(), Institution: newID(), Guardianship: newID(), Alert: newID(),
		Municipality: newID(), Delivery: newID(), Session: newID(), Application: newID(), Review: newID(), Restriction: newID(), HeldChange: newID(), Case: newID(), ReviewRow: newID(), Staff: newID(), Group: newID(), Tablet: newID(), Passkey: newID(), StaffRole: newID(),
		Partnership: newID(), Feed: "bew_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", token: "beu_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", etag: `"1"`,
	}
}

// repetition says what the same request with the same key gives again (B6).
type repetition int

const (
	replay    repetition = iota // the first answer, marked as given before
	anew                        // another answer: the first was a secret for one device
	recompute                   // the same answer anew: nothing is stored, so nothing can be done twice
	signedOut                   // the session that could have asked is over
	spent                       // nothing: what was sent works once
	reported                    // only its status is compared: it tells how things stand
)

// row is what is expected of one operation. Whoever is not listed as allowed must be refused.
type row struct {
	allowed []who
	open    bool // takes no session: everybody may, and what it needs instead is tested by tests of its own
	holder  who  // of an open one: whose secret is in the path; it may show what they may see
	signed  bool // proved by a machine's signature
	status  int  // of the answer to who is allowed
	again   repetition
	query   string
	body    func(w *walk, x ids, caller who) any
	// arrange makes what the allowed call is about; nil takes the ids of the family.
	arrange func(w *walk, caller who) ids
}

func fixed(body any) func(*walk, ids, who) any { return func(*walk, ids, who) any { return body } }

// table has a row for each operation of openapi.yaml. A file that tests the operations of one noun adds its own rows in init.
var table = map[string]row{
	"ListMunicipalities":       {open: true, status: 200},
	"StartBankID":              {open: true, status: 201, again: anew, body: func(w *walk, x ids, _ who) any { return map[string]any{"municipalityId": x.Municipality} }},
	"CollectBankID":            {open: true, status: 200, again: reported, body: func(w *walk, _ ids, _ who) any { return map[string]any{"holder": w.holder, "locale": "sv"} }},
	"CancelBankID":             {open: true, status: 204, again: recompute, body: func(w *walk, _ ids, _ who) any { return map[string]any{"holder": w.holder} }},
	"StartStaffSession":        {open: true, status: 201, body: func(w *walk, x ids, _ who) any { return w.login(x.Municipality) }},
	"SignOut":                  {allowed: nil, status: 204, again: signedOut}, // everybody with a session, each with one of their own: TestSignOut
	"GetApplication":           {allowed: []who{applicant}, status: 200},
	"RegisterApplicationEmail": {allowed: []who{applicant}, status: 202, body: fixed(map[string]any{"email": mailOf("Gretchenia"), "locale": "sv"})},
	"ConfirmEmail":             {open: true, status: 204, body: func(w *walk, _ ids, _ who) any { return map[string]any{"token": w.confirmation()} }},
	"AcceptTerms":              {allowed: []who{applicant}, status: 200, body: fixed(map[string]any{"version": "2026-01"})},
	"SubmitApplication":        {allowed: []who{applicant}, status: 201},

	"GetMe": {allowed: guardians, status: 200},
	"RegisterDevice": {allowed: guardians, status: 204, body: func(w *walk, _ ids, caller who) any {
		return map[string]any{"provider": "fcm", "token": "new-" + deviceOf(w.is[caller].given), "locale": "sv"}
	}},
	"SetEmailNotices": {allowed: guardians, status: 204, body: fixed(map[string]any{"routine": true})},
	"RegisterMobile":  {allowed: guardians, status: 202, body: fixed(map[string]any{"number": "+46701740699", "locale": "sv"})},
	"ListChildren":    {allowed: guardians, status: 200},
	"GetChild":        {allowed: family, status: 200},
	"CheckText":       {allowed: guardians, status: 200, again: recompute, body: fixed(map[string]any{"text": "Hon har epilepsi.", "context": "absence", "locale": "sv"})},
	"ReportAbsence": {allowed: family, status: 201, body: func(w *walk, _ ids, _ who) any {
		day := w.free(w.real.Child)
		return map[string]any{"startsOn": day, "endsOn": day, "reason": "holiday", "note": noteOfFamily, "locale": "sv"}
	}},
	"ListAbsences": {allowed: family, status: 200, query: "?limit=2"},
	"GetAbsence":   {allowed: family, status: 200},
	"ChangeAbsence": {allowed: []who{right}, status: 200, arrange: (*walk).freshAbsence,
		body: fixed(map[string]any{"reason": "other"})},
	"CancelAbsence":     {allowed: []who{right}, status: 204, arrange: (*walk).freshAbsence},
	"RemoveAbsenceNote": {allowed: []who{right}, status: 200, arrange: (*walk).freshAbsence},
	"ListConversations": {allowed: guardians, status: 200},
	"StartConversation": {allowed: family, status: 201, body: func(_ *walk, x ids, caller who) any {
		return map[string]any{"childId": x.Child, "text": "Kan hon ta med pulkan Qvarnsten?", "locale": "sv"}
	}},
	"ListMessages": {allowed: []who{right}, status: 200},
	"PostMessage":  {allowed: []who{right}, status: 201, body: fixed(map[string]any{"text": textOfGuardian, "locale": "sv"})},
	"ListNotices":  {allowed: guardians, status: 200},
	"GetAlert":     {allowed: atHome, status: 200},

	"ListInstitutions":             {allowed: everyRole, status: 200},
	"ListInstitutionChildren":      {allowed: staffHere, status: 200},
	"ListReportedAbsences":         {allowed: staffHere, status: 200, query: "?date=today"},
	"ListInstitutionConversations": {allowed: staffHere, status: 200},
	"ListConversationMessages":     {allowed: []who{employee, leader, head}, status: 200},
	"ReplyToGuardian":              {allowed: []who{employee, leader, head}, status: 201, body: fixed(map[string]any{"text": textOfStaff, "announceBy": []string{"email", "push", "in_app"}, "locale": "sv"})},

	"RegisterStaffDevice": {allowed: everyRole, status: 204, body: func(w *walk, _ ids, caller who) any {
		return map[string]any{"provider": "fcm", "token": "new-" + deviceOf(w.is[caller].given), "locale": "sv"}
	}},
	"ListStaffNotices": {allowed: everyRole, status: 200},

	"ListGuardianships":      {allowed: heads, status: 200, query: "?limit=50"},
	"GetGuardianship":        {allowed: heads, status: 200},
	"ActivateGuardianship":   {allowed: heads, status: 200, arrange: (*walk).spareInactive},
	"DeactivateGuardianship": {allowed: heads, status: 200, arrange: (*walk).spareActive, body: fixed(map[string]any{"reason": deactivationReason})},
	"RaiseAlert":             {allowed: heads, status: 202, body: fixed(map[string]any{"situation": "lockdown", "text": textOfAlert})},
	"GetAlertProgress":       {allowed: heads, status: 200},

	"ReceiveSMSReceipt": {signed: true, status: 204, body: fixed(url.Values{"MessageSid": {"SM00000000000000000000000000000001"}, "MessageStatus": {"delivered"}})},
	"ReceiveSMS":        {signed: true, status: 204, body: fixed(url.Values{"From": {"+46701740699"}, "Body": {"hej"}})},
	"UnsubscribeEmail":  {open: true, status: 204, body: fixed(url.Values{"List-Unsubscribe": {"One-Click"}})},
}

// Words that nobody else writes. Whoever sees one has seen what it belongs to.
const (
	noteOfFamily   = "Tillbaka på torsdag, Vindruvsklase."
	textOfGuardian = "Kan hon ta med cykeln Kopparslagare?"
	textOfStaff    = "Ja, vi cyklar efter lunch, Bläckhornet."
	textOfAlert    = "Brandlarmet Gnistregn har gått. Alla är ute."
	confidential   = "Hon har fått diagnosen epilepsi, Spindelväv."
)

// mailOf and deviceOf are where somebody is reached; they do not hold the name, so that it can be looked for beside them.
func mailOf(given string) string { return "post-" + alias(given) + "@example.com" }

func deviceOf(given string) string { return "device-" + alias(given) + "-0123456789abcdef" }

func alias(given string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(given)))[:12] }

// sign is what Twilio would sign a form with.
func (w *town) sign(path string, form url.Values) string {
	return sandbox.TwilioSignature(w.sandbox.Credentials().Twilio.AuthToken, w.url+path, form)
}

package article30

// subjects are the categories of data subjects (Art. 30(1)(c)).
var subjects = map[string]string{
	"children":               "children enrolled at the municipality's kindergartens and schools",
	"guardians":              "their guardians and those who apply to become users as such",
	"staff":                  "staff, municipal professionals and external partners",
	"children_and_guardians": "children and their guardians",
	"guardians_and_staff":    "guardians and staff",
	"everybody":              "children, guardians and staff",
}

// bases are the legal bases (Art. 6, 9 and 87).
var bases = map[string]string{
	"public_task":          "Art. 6(1)(e): a task in the public interest, laid on the municipality by the national law on kindergartens and schools",
	"public_task_special":  "Art. 6(1)(e) and, as far as special categories are concerned, Art. 9(2)(g)",
	"public_task_identity": "Art. 6(1)(e) and national law on the use of identity numbers (Art. 87)",
	"legal_obligation":     "Art. 6(1)(c): accountability (Art. 5(2)), security (Art. 32) and the law on archives",
	"security":             "Art. 6(1)(e) with Art. 32: security of processing",
}

// Retention is how long data are kept, and by whom that is seen to.
type Retention struct {
	Text     string `json:"text"`
	Enforced bool   `json:"enforcedByProgram"` // false: the municipality's archive plan decides, and somebody carries it out
}

var retentions = map[string]Retention{
	"seven_days": {"seven days", true},
	"one_day":    {"about a day", true},
	"note":       {"thirty days after the absence, or as many as the municipality chose (0 to 365)", true},
	"account":    {"as long as the account is open, and then as the municipality's archive plan says", false},
	"enrolment":  {"as long as the child is enrolled in the municipality, and then as the municipality's archive plan says", false},
	"employment": {"as long as the employment or assignment lasts, and then as the municipality's archive plan says", false},
	"evidence":   {"five years, as evidence of who was given access and why, unless the archive plan says otherwise", false},
	"notice":     {"one year, as evidence of what was sent, unless the archive plan says otherwise", false},
	"standing":   {"as long as the institution or the municipality uses the service", false},
}

// activity is what the tables cannot say of a processing activity.
type activity struct {
	title      string
	purposes   string   // Art. 30(1)(b)
	data       string   // Art. 30(1)(c), the categories of personal data
	recipients []string // Art. 30(1)(d)
	transfers  string   // Art. 30(1)(e)
}

const (
	noTransfer = "None."
	byProvider = "Providers of push and SMS may process the address and the technical message outside the EU/EEA; the notice holds no content and no name (B1). " +
		"The municipality's agreement with each provider names the country and the safeguard (Art. 46)."
)

var (
	inside    = []string{"staff of the institution, by role", "the municipality's supplier of operations, as processor"}
	providers = []string{"providers of e-mail, push and SMS, as processors", "the municipality's supplier of operations, as processor"}
	eID       = []string{"the provider of electronic identification, as a controller of its own", "the municipality's supplier of operations, as processor"}
)

// activities are the processing activities, by the word of their purpose.
var activities = map[string]activity{
	"placement": {"Children, guardians and places", "To know which child is enrolled where and who answers for it, as the municipality's registers say (H9, U2).",
		"names, date of birth, identity number (sealed), enrolment, protected identity, contact details from the register", inside, noTransfer},
	"access": {"Who may see what", "To decide and to prove who has access to what about a child, who gave it and why (V6, V10, V15).",
		"guardianship and its legal basis, roles, decisions and their reasons, wishes, restrictions", inside, noTransfer},
	"review": {"The review of access", "To make sure month by month that every access is right, and to prove it (V2, V9, V10).",
		"which access somebody has, what was found about it, who confirmed or ended it and when", append([]string{"the owner of the institution"}, inside...), noTransfer},
	"attendance": {"Absence and attendance", "To know where a child is during the day (H6).",
		"days and reasons of absence, notes that guardians write, who reported", inside, noTransfer},
	"messages": {"Conversations between home and institution", "To let home and institution talk in private (V19).",
		"what guardians and staff write, who wrote it and when", inside, noTransfer},
	"alerts": {"Alerts", "To reach guardians and staff in a critical situation (B2).",
		"the situation, its text, who raised it, who was reached", inside, noTransfer},
	"notices": {"Notices", "To tell people that there is something to see, without telling what (B1).",
		"addresses, numbers and devices, language, what was sent when and what became of it", providers, byProvider},
	"accounts": {"Accounts and applications", "To let the right people in, and nobody else (H1, H2, H7).",
		"who has an account, user name, proof of the second factor (sealed), accepted terms", eID, noTransfer},
	"security": {"Sessions and protection against guessing", "To keep accounts safe (Art. 32).",
		"sessions, devices, failed tries as digests", inside, noTransfer},
	"operation": {"Writes that can be repeated", "To carry a write out once, however often a poor network repeats it (B6).",
		"digests of requests and sealed answers", inside, noTransfer},
	"register_import": {"Imports from the registers", "To keep what the registers say up to date and to show where it came from (L8).",
		"the register's own ids, the fields last imported, when", inside, noTransfer},
	"audit": {"The trail of who looked", "To show afterwards who opened what about a child and why (B5, Art. 15).",
		"who looked, in which role, at whose data, when", append([]string{"the guardian of the child, without names of staff"}, inside...), noTransfer},
}

// measures are the technical and organisational security measures in general terms (Art. 30(1)(g), Art. 32(1)).
var measures = []string{
	"Every operation is refused unless a policy allows it; the database keeps the same rule by row-level security, forced on every table.",
	"Municipalities are kept apart in every key and every policy.",
	"Strong authentication for guardians; a second factor for staff.",
	"Identity numbers and second factors are sealed by AES-256-GCM and found by a keyed index; tokens and passwords are stored as digests.",
	"Access that ends takes sessions, devices and notices on their way with it in the same transaction.",
	"Every institution reviews all access once a month; what is found is recorded and signed.",
	"Notices hold no content and no name; SMS is for critical situations only.",
	"Logs hold no names, numbers, addresses or texts.",
}

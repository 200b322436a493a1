package app

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
)

// ReportSigner signs the reports of completed reviews with the installation's key, so that a report can be checked years later and elsewhere.
type ReportSigner struct{ key ed25519.PrivateKey }

// NewReportSigner makes a signer from a seed of 32 bytes.
func NewReportSigner(seed []byte) (*ReportSigner, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("a report is signed with a seed of %d bytes", ed25519.SeedSize)
	}
	return &ReportSigner{ed25519.NewKeyFromSeed(seed)}, nil
}

// PublicKey is what the signatures are checked with.
func (s *ReportSigner) PublicKey() []byte { return bytes.Clone(s.key[ed25519.SeedSize:]) }

// SignedReport is the record of a completed review (V10). Report is canonical JSON: names sorted, no white space; the signature is over exactly
// its bytes.
type SignedReport struct {
	Report    string
	Signature []byte
	PublicKey []byte
}

// ErrReportForged means that a report is not what was signed with the key.
var ErrReportForged = errors.New("the signature does not fit: this is not the report that was signed with this key")

// Verify checks the signature against the installation's public key, which must not be taken from the report itself. Error: ErrReportForged.
func (s SignedReport) Verify(publicKey []byte) error {
	if len(publicKey) != ed25519.PublicKeySize || !ed25519.Verify(publicKey, []byte(s.Report), s.Signature) {
		return ErrReportForged
	}
	return nil
}

// reportDocument is the report; its fields stand in the order of their names, which is the order that they are signed in.
type reportDocument struct {
	CompletedAt string         `json:"completedAt"`
	CompletedBy uuid.UUID      `json:"completedBy"`
	Completer   string         `json:"completedByName,omitempty"` // reports of before say none
	DueOn       string         `json:"dueOn"`
	Institution reportPlace    `json:"institution"`
	Locale      string         `json:"locale,omitempty"` // of the page; reports of before say none, and theirs is in English
	Month       string         `json:"month"`
	OpenedAt    string         `json:"openedAt"`
	QuietDays   int            `json:"quietDays"`
	Review      uuid.UUID      `json:"review"`
	Rows        []reportRow    `json:"rows"`
	Totals      map[string]int `json:"totals"`
	Version     int            `json:"version"` // of this form
}

type reportPlace struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
}

type reportRow struct {
	Child       *uuid.UUID `json:"child,omitempty"`
	ChildName   string     `json:"childName,omitempty"`
	Children    int        `json:"children,omitempty"` // named for an external partner
	DecidedAt   string     `json:"decidedAt,omitempty"`
	DecidedBy   *uuid.UUID `json:"decidedBy,omitempty"`
	Decider     string     `json:"deciderName,omitempty"`
	Decision    string     `json:"decision,omitempty"`
	EndsAt      string     `json:"endsAt,omitempty"`
	Findings    []string   `json:"findings"`
	Grant       uuid.UUID  `json:"grant"`
	GrantedAt   string     `json:"grantedAt"`
	Group       *uuid.UUID `json:"group,omitempty"`
	GroupName   string     `json:"groupName,omitempty"`
	Kind        string     `json:"kind"`
	Note        string     `json:"note,omitempty"`
	Outcome     string     `json:"outcome"`
	Person      *uuid.UUID `json:"person,omitempty"`
	PersonName  string     `json:"personName,omitempty"`
	Role        string     `json:"role,omitempty"`
	Sponsor     *uuid.UUID `json:"sponsor,omitempty"`
	SponsorName string     `json:"sponsorName,omitempty"`
	Tablet      string     `json:"tabletName,omitempty"`
}

// Report makes and signs the record of a completed review with its rows, in their order.
func (s *ReportSigner) Report(r AccessReview, rows []ReviewRow) (SignedReport, error) {
	d := reportDocument{
		CompletedAt: moment(r.CompletedAt, r.Zone), CompletedBy: r.CompletedBy, Completer: r.CompletedByName, DueOn: r.DueOn.Format(time.DateOnly),
		Institution: reportPlace{r.Institution, r.InstitutionName}, Locale: r.Locale, Month: r.Month.Format("2006-01"), OpenedAt: moment(r.OpenedAt, r.Zone),
		QuietDays: r.QuietDays, Review: r.ID, Rows: make([]reportRow, 0, len(rows)), Totals: map[string]int{}, Version: 5,
	}
	for _, row := range rows {
		word := string(row.Decision)
		if row.Decision == NoChoice {
			row.Outcome, word = ReviewAlreadyEnded, string(ReviewAlreadyEnded)
		}
		d.Totals[word]++
		d.Rows = append(d.Rows, reportRow{
			Child: known(row.Child), ChildName: row.ChildName, DecidedAt: moment(row.DecidedAt, r.Zone), DecidedBy: known(row.DecidedBy), Decider: row.DeciderIs,
			Decision: string(row.Decision), EndsAt: moment(row.EndsAt, r.Zone), Findings: append([]string{}, row.Findings...), Grant: row.Grant,
			GrantedAt: moment(row.GrantedAt, r.Zone), Group: known(row.Group), GroupName: row.GroupName, Tablet: row.TabletName, Kind: row.Kind, Note: row.Note, Outcome: string(row.Outcome), Person: known(row.Person),
			PersonName: row.PersonName, Role: row.Role, Children: row.Children, Sponsor: known(row.Sponsor), SponsorName: row.SponsorName,
		})
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(d); err != nil {
		return SignedReport{}, fmt.Errorf("report: %w", err)
	}
	report := bytes.TrimSuffix(text.Bytes(), []byte("\n"))
	return SignedReport{Report: string(report), Signature: ed25519.Sign(s.key, report), PublicKey: s.PublicKey()}, nil
}

// Text puts the report into lines for people; no name and no note makes a line of its own. Error: it is no report.
func (s SignedReport) Text() (string, error) {
	var d reportDocument
	if err := json.Unmarshal([]byte(s.Report), &d); err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	d.Institution.Name, d.Completer = oneLine(d.Institution.Name), oneLine(d.Completer)
	for i := range d.Rows {
		r := &d.Rows[i]
		for _, said := range []*string{&r.ChildName, &r.Decider, &r.GroupName, &r.Note, &r.PersonName, &r.SponsorName, &r.Tablet} {
			*said = oneLine(*said)
		}
	}
	var out strings.Builder
	english := pageWords["en"]
	fmt.Fprintf(&out, "Access review %s: %s\n", d.Month, d.Institution.Name)
	fmt.Fprintf(&out, "Opened %s, due %s, completed %s by %s\n", d.OpenedAt, d.DueOn, d.CompletedAt, d.completer())
	fmt.Fprintf(&out, "%d grants: %d kept, %d to change, %d removed, %d had ended by themselves\n\n", len(d.Rows), d.Totals[string(Keep)],
		d.Totals[string(Change)], d.Totals[string(Remove)], d.Totals[string(ReviewAlreadyEnded)])
	for i, row := range d.Rows {
		fmt.Fprintf(&out, "%d. %s %s", i+1, row.Kind, row.whose(english.Of, english.Nobody))
		if row.Role != "" {
			fmt.Fprintf(&out, " (%s)", row.Role)
		}
		if row.Child != nil {
			fmt.Fprintf(&out, " for %s", named(row.ChildName, row.Child, english.Nobody))
		}
		if row.Children > 0 {
			fmt.Fprintf(&out, " for %s", row.partner(english))
		}
		if len(row.Findings) > 0 {
			fmt.Fprintf(&out, "; found: %s", strings.Join(row.Findings, ", "))
		}
		if row.Decision == "" {
			out.WriteString("; had ended by itself\n")
			continue
		}
		fmt.Fprintf(&out, "; %s (%s) %s by %s", row.Decision, row.Outcome, row.DecidedAt, named(row.Decider, row.DecidedBy, english.Nobody))
		if row.Note != "" {
			fmt.Fprintf(&out, "; note: %s", row.Note)
		}
		out.WriteString("\n")
	}
	fmt.Fprintf(&out, "\nSigned with Ed25519, public key %s\n", base64.StdEncoding.EncodeToString(s.PublicKey))
	return out.String(), nil
}

// oneLine puts spaces in the place of whatever would begin a line, move the cursor of a terminal or turn the order of the letters around: what somebody
// is called, or has noted, must not look like a row that nobody decided.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
			return ' '
		}
		return r
	}, text)
}

// whose names what a row is about: the tablet, the group of a shared user, or the person; of and nobody are words of a language.
func (r reportRow) whose(of, nobody string) string {
	switch {
	case r.Tablet != "":
		return r.Tablet + " " + of + " " + r.GroupName
	case r.Person == nil && r.GroupName != "":
		return r.GroupName
	}
	return named(r.PersonName, r.Person, nobody)
}

// partner says for how many children somebody from outside was let in, and who vouched for them (U8).
func (r reportRow) partner(words pageText) string {
	said := fmt.Sprintf("%d %s", r.Children, words.Children)
	if r.Sponsor != nil {
		said += "; " + words.Sponsor + " " + named(r.SponsorName, r.Sponsor, words.Nobody)
	}
	return said
}

// named is the name, or the id of somebody whose name is not told.
func named(name string, id *uuid.UUID, nobody string) string {
	switch {
	case name != "":
		return name
	case id != nil:
		return id.String()
	}
	return nobody
}

func known(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// moment writes a time down as the clocks of a place showed it, with how far they were from UTC: whoever began on the 22nd begins on the 22nd. "" for none.
func moment(t time.Time, place *time.Location) string {
	if t.IsZero() {
		return ""
	}
	if place == nil {
		place = time.UTC
	}
	return t.In(place).Format(time.RFC3339)
}

// completer is who completed the review, by name where it is told.
func (d reportDocument) completer() string { return named(d.Completer, &d.CompletedBy, "") }

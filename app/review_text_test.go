package app_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
)

// forged is what somebody would note, or be called, to make a report say what nobody decided.
const forged = "ok\r\n2. staff Eve Exempel (head); keep (done)\u2028\u2029\x1b[2K\u202edone\u2066\v\f\u0085end"

// forgedReview is a signed report of one row in which whatever can be said says that.
func forgedReview(t *testing.T) (app.SignedReport, *app.ReportSigner) {
	t.Helper()
	signer, err := app.NewReportSigner(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	id := uuid.UUID{15: 1}
	at := time.Date(2026, 12, 14, 9, 0, 0, 0, time.UTC)
	signed, err := signer.Report(app.AccessReview{ID: id, Institution: id, InstitutionName: forged, Month: at, OpenedAt: at, DueOn: at, CompletedAt: at, CompletedBy: id, QuietDays: 60, Locale: "sv"},
		[]app.ReviewRow{{ID: id, Kind: app.GrantTablet, Grant: id, Person: id, PersonName: forged, Child: id, ChildName: forged, Role: "leader", Group: id, GroupName: forged, TabletName: forged,
			Sponsor: id, SponsorName: forged, Children: 2, Findings: []string{"never_used"}, Note: forged, DecidedBy: id, DeciderIs: forged, DecidedAt: at, GrantedAt: at, EndsAt: at,
			Decision: app.Keep, Outcome: app.ReviewDone}})
	if err != nil {
		t.Fatal(err)
	}
	return signed, signer
}

// V10: no name and no note makes a line of the report's text, or changes how a terminal shows it.
func TestReportTextKeepsItsLines(t *testing.T) {
	t.Parallel()
	signed, _ := forgedReview(t)
	text, err := signed.Text()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("\n\r\v\f\u0085\u2028\u2029", r) })
	if len(lines) != 5 {
		t.Errorf("%d lines, want the four of a report with one row and that of the signature:\n%q", len(lines), lines)
	}
	if strings.ContainsAny(text, "\x1b\u202e\u2066") {
		t.Errorf("the text moves a cursor or turns letters around: %q", text)
	}
	if !strings.Contains(text, "Eve Exempel") {
		t.Error("what was noted is not told at all")
	}
}

// V10: whichever field of a signed report is altered, the signature does not fit.
func TestEveryFieldOfAReportIsSigned(t *testing.T) {
	t.Parallel()
	signed, signer := forgedReview(t)
	var whole map[string]any
	if err := json.Unmarshal([]byte(signed.Report), &whole); err != nil {
		t.Fatal(err)
	}
	if same, err := json.Marshal(whole); err != nil || string(same) != signed.Report {
		t.Fatalf("written again without a change the report is another: %v\n%s", err, same)
	}
	tried := 0
	var alter func(in map[string]any, path string)
	alter = func(in map[string]any, path string) {
		for name, was := range in {
			switch v := was.(type) {
			case map[string]any:
				alter(v, path+name+".")
				continue
			case []any:
				if row, ok := v[0].(map[string]any); ok {
					alter(row, path+name+".")
				}
				in[name] = []any{}
			case string:
				in[name] = v + "."
			case float64:
				in[name] = v + 1
			default:
				t.Fatalf("%s is a %T", path+name, v)
			}
			report, err := json.Marshal(whole)
			if err != nil {
				t.Fatal(err)
			}
			in[name] = was
			tried++
			for key, public := range map[string][]byte{"the key": signer.PublicKey(), "no key": nil} {
				if err := (app.SignedReport{Report: string(report), Signature: signed.Signature, PublicKey: signed.PublicKey}).Verify(public); err == nil {
					t.Errorf("%s%s altered, and it fits %s", path, name, key)
				}
			}
		}
	}
	alter(whole, "")
	if tried < 30 {
		t.Errorf("%d fields were altered, a report with everything in it has more", tried)
	}
	if err := signed.Verify(signer.PublicKey()); err != nil {
		t.Error(err)
	}
	short := signed
	short.Signature, _ = base64.StdEncoding.DecodeString("AAAA")
	if short.Verify(signer.PublicKey()) == nil {
		t.Error("a signature of three bytes fits")
	}
}

package app_test

import (
	"bytes"
	"errors"
	"html"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
)

// signedReview is a report with everything in it that could break a page.
func signedReview(t *testing.T) (app.SignedReport, *app.ReportSigner) {
	t.Helper()
	signer, err := app.NewReportSigner(bytes.Repeat([]byte{9}, 32))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 12, 3, 9, 0, 0, 0, time.UTC)
	id := func(n byte) uuid.UUID { return uuid.UUID{15: n} }
	signed, err := signer.Report(app.AccessReview{
		ID: id(1), Institution: id(2), InstitutionName: `Solgläntans <b>"förskola"</b> & co`, Month: at, OpenedAt: at, DueOn: at, CompletedAt: at, CompletedBy: id(3),
	}, []app.ReviewRow{
		{ID: id(4), Kind: app.GrantGuardian, Grant: id(5), Person: id(6), PersonName: "Bertil Blåsippa", Child: id(7), GrantedAt: at,
			Findings: []string{"never_signed_in"}, Decision: app.Change, Note: `</data><script>alert(1)</script><data id="report" value="{}">`, DecidedBy: id(3), DecidedAt: at, Outcome: app.ReviewDone},
		{ID: id(8), Kind: app.GrantTablet, Grant: id(9), Group: id(10), GroupName: "Kastanj", TabletName: "Hallen\r\n\u2028'", GrantedAt: at, Decision: app.Keep, DecidedBy: id(3), DecidedAt: at, Outcome: app.ReviewDone},
		{ID: id(11), Kind: app.GrantStaff, Grant: id(12), Person: id(13), Role: "leader", GrantedAt: at},
	})
	if err != nil {
		t.Fatal(err)
	}
	return signed, signer
}

// V10: the page of a report is the same bytes each time, runs nothing, and says what the report says.
func TestReportPage(t *testing.T) {
	t.Parallel()
	signed, signer := signedReview(t)
	page, err := signed.Page()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := signed.Page(); err != nil || !bytes.Equal(again, page) {
		t.Errorf("the page differs when it is made again: %v", err)
	}
	text := string(page)
	for _, want := range []string{"Bertil Blåsippa", "never_signed_in", "Kastanj", "2026-12", "Solgläntans", uuid.UUID{15: 13}.String(), "change (done)"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(text, "<script") || strings.Contains(text, "<b>") || strings.Contains(text, "http://") || strings.Contains(text, "https://") {
		t.Error("the page runs or fetches something, or took a name for markup")
	}
	kept, err := app.ReadReportPage(page)
	if err != nil || kept.Report != signed.Report {
		t.Fatalf("the page does not give the report back: %v", err)
	}
	if err := kept.Verify(signer.PublicKey()); err != nil {
		t.Error(err)
	}
	if _, err := app.ReadReportPage([]byte("<!doctype html><title>Hej</title>")); !errors.Is(err, app.ErrNotAReportPage) {
		t.Errorf("another page: %v", err)
	}
}

// Flip a byte of a kept page, and it is refused; so it is with any bytes cut off.
func TestEveryByteOfAReportPageCounts(t *testing.T) {
	t.Parallel()
	signed, signer := signedReview(t)
	page, err := signed.Page()
	if err != nil {
		t.Fatal(err)
	}
	fits := func(page []byte) bool {
		kept, err := app.ReadReportPage(page)
		return err == nil && kept.Verify(signer.PublicKey()) == nil
	}
	for i := 0; i < len(page); i += 3 { // every one takes seconds, and says no more
		changed := bytes.Clone(page)
		changed[i] ^= 1
		if fits(changed) {
			t.Fatalf("byte %d was changed, and the page is taken", i)
		}
	}
	for n := 0; n < len(page); n += 97 {
		if fits(page[:n]) || fits(page[n+1:]) {
			t.Fatalf("a page cut at %d is taken", n)
		}
	}
}

// V10: the page speaks the language of the municipality, whatever words of the report it knows; a report of before says none and stays in English,
// and each verifies.
func TestReportPageSpeaksTheMunicipalitysLanguage(t *testing.T) {
	t.Parallel()
	signer, err := app.NewReportSigner(bytes.Repeat([]byte{9}, 32))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for locale, want := range map[string][]string{
		"nb": {`lang="nb"`, "Gjennomgang av tilganger", "beholdes (utført)", "styrer", "har aldri logget inn"},
		"nn": {`lang="nn"`, "Gjennomgang av tilgangar", "blir verande (utført)", "styrar"},
		"da": {`lang="da"`, "Gennemgang af adgange", "beholdes (udført)", "leder"},
		"sv": {`lang="sv"`, "Genomgång av behörigheter", "behålls (utfört)", "rektor"},
		"en": {`lang="en"`, "Access review", "keep (done)", "head", "never_signed_in"},
		"":   {`lang="en"`, "Access review", "keep (done)"},
		"xx": {`lang="en"`, "Access review"},
	} {
		signed, err := signer.Report(app.AccessReview{ID: uuid.UUID{15: 1}, Locale: locale}, []app.ReviewRow{
			{Kind: app.GrantStaff, Role: "head", Findings: []string{"never_signed_in", "a_word_of_tomorrow"}, Decision: app.Keep, Outcome: app.ReviewDone},
		})
		if err != nil {
			t.Fatal(err)
		}
		page, err := signed.Page()
		if err != nil {
			t.Fatal(err)
		}
		for _, words := range append(want, "a_word_of_tomorrow") {
			if !strings.Contains(string(page), words) {
				t.Errorf("%q: the page does not say %q", locale, words)
			}
		}
		if other, twice := seen[string(page)]; twice {
			t.Errorf("%q and %q say the same", locale, other)
		}
		seen[string(page)] = locale
		kept, err := app.ReadReportPage(page)
		if err != nil || kept.Verify(signer.PublicKey()) != nil {
			t.Errorf("%q: the page does not verify: %v", locale, err)
		}
	}
}

// V10: the report tells who completed it by name, and moments as the clocks of the place showed them: a page of before, which says neither, stays as it was.
func TestReportPageSaysWhoAndWhenThere(t *testing.T) {
	t.Parallel()
	signer, err := app.NewReportSigner(bytes.Repeat([]byte{9}, 32))
	if err != nil {
		t.Fatal(err)
	}
	zone := time.FixedZone("there", 3600)
	began := time.Date(2026, 11, 22, 0, 0, 0, 0, zone)
	head := uuid.UUID{15: 3}
	for name, want := range map[string]string{"Kim Ek": "Kim Ek", "": head.String()} {
		signed, err := signer.Report(app.AccessReview{CompletedBy: head, CompletedByName: name, CompletedAt: began, Zone: zone},
			[]app.ReviewRow{{Kind: app.GrantStaff, Role: "head", GrantedAt: began.UTC(), Decision: app.Keep, Outcome: app.ReviewDone}})
		if err != nil {
			t.Fatal(err)
		}
		page, err := signed.Page()
		if err != nil {
			t.Fatal(err)
		}
		text, err := signed.Text()
		if err != nil {
			t.Fatal(err)
		}
		if said := "2026-11-22T00:00:00+01:00 by " + want; !strings.Contains(html.UnescapeString(string(page)), said) || !strings.Contains(text, said) ||
			!strings.Contains(html.UnescapeString(string(page)), "<td>2026-11-22T00:00:00+01:00</td>") {
			t.Errorf("%q: the page or the text does not say %q: %s", name, said, text)
		}
		if kept, err := app.ReadReportPage(page); err != nil || kept.Verify(signer.PublicKey()) != nil {
			t.Errorf("%q: the page does not verify: %v", name, err)
		}
	}
}

package app

import (
	"bytes"
	_ "embed" // the page of a report
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"html/template"
)

//go:embed review_page.html
var reviewPageText string

var reviewPage = template.Must(template.New("review").Funcs(template.FuncMap{"number": func(i int) int { return i + 1 }}).Parse(reviewPageText))

// ErrNotAReportPage means that a file is no page of a report at all.
var ErrNotAReportPage = errors.New("this is no page of a report")

// pageOfReport is what the page shows: the report, and what it was signed with, in the language of the municipality.
type pageOfReport struct {
	reportDocument
	Lang                         string
	Text                         pageText
	Rows                         []rowOfPage
	Signed, Signature, PublicKey string
}

// Word is a word of the report in the language of the page.
func (p pageOfReport) Word(code string) string {
	if word, known := pageCodes[p.Lang][code]; known {
		return word
	}
	return code
}

// Who is who completed the review.
func (p pageOfReport) Who() string { return p.completer() }

type rowOfPage struct {
	reportRow
	Whose, For, By string
}

// Page is the report as a page to print and to keep (V10): it fetches nothing, runs nothing, and holds the signed bytes and their signature. It
// is made of the signed report and nothing else, so that the same report gives the same bytes. Error: the report is none.
func (s SignedReport) Page() ([]byte, error) {
	p := pageOfReport{
		Signed: s.Report, Signature: base64.StdEncoding.EncodeToString(s.Signature), PublicKey: base64.StdEncoding.EncodeToString(s.PublicKey),
	}
	if err := json.Unmarshal([]byte(s.Report), &p.reportDocument); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	p.Lang = p.Locale
	if _, known := pageWords[p.Lang]; !known {
		p.Lang = "en"
	}
	p.Text = pageWords[p.Lang]
	for _, row := range p.reportDocument.Rows {
		r := rowOfPage{reportRow: row, Whose: row.whose(p.Text.Of, p.Text.Nobody)}
		if row.Child != nil {
			r.For = named(row.ChildName, row.Child, p.Text.Nobody)
		}
		if row.Children > 0 {
			r.For = row.partner(p.Text)
		}
		if row.Decision != "" {
			r.By = named(row.Decider, row.DecidedBy, p.Text.Nobody)
		}
		p.Rows = append(p.Rows, r)
	}
	var out bytes.Buffer
	if err := reviewPage.Execute(&out, p); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return out.Bytes(), nil
}

// ReadReportPage reads a page that was kept. It is taken only when every byte of it is what the report in it makes; whether that report was
// signed is for Verify to say. Errors: ErrNotAReportPage; ErrReportForged when a word was changed that people read.
func ReadReportPage(page []byte) (SignedReport, error) {
	s, err := readPageData(page)
	if err != nil {
		return SignedReport{}, err
	}
	made, err := s.Page()
	if err != nil || !bytes.Equal(made, page) {
		return SignedReport{}, ErrReportForged
	}
	return s, nil
}

// readPageData takes the signed report out of a page, whatever else the page says. Errors: ErrNotAReportPage, ErrReportForged.
func readPageData(page []byte) (SignedReport, error) {
	value := func(id string) (string, bool) {
		_, rest, found := bytes.Cut(page, []byte(`<data id="`+id+`" value="`))
		text, _, closed := bytes.Cut(rest, []byte(`"`))
		return html.UnescapeString(string(text)), found && closed
	}
	report, one := value("report")
	signature, two := value("signature")
	key, three := value("key")
	if !one || !two || !three {
		return SignedReport{}, ErrNotAReportPage
	}
	s := SignedReport{Report: report}
	var err, other error
	s.Signature, err = base64.StdEncoding.DecodeString(signature)
	s.PublicKey, other = base64.StdEncoding.DecodeString(key)
	if err != nil || other != nil {
		return SignedReport{}, ErrReportForged
	}
	return s, nil
}

// errNoReport means that a file is neither of the two things that hold a signed report.
var errNoReport = errors.New("this is no answer of GetReviewReport and no page of it: save the answer as it came")

// ReadSignedReport takes the signed report out of what somebody kept of it: the answer of GetReviewReport, or the page in it. Whether the
// signature fits is for Verify to say. Errors: errNoReport, ErrReportForged.
func ReadSignedReport(file []byte) (SignedReport, error) {
	signed, err := ReadReportPage(file)
	if !errors.Is(err, ErrNotAReportPage) {
		return signed, err
	}
	var answer struct{ Report, Signature string }
	if err := json.Unmarshal(file, &answer); err != nil {
		return SignedReport{}, errNoReport
	}
	signature, err := base64.StdEncoding.DecodeString(answer.Signature)
	if err != nil {
		return SignedReport{}, ErrReportForged
	}
	return SignedReport{Report: answer.Report, Signature: signature}, nil
}

package app

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Altered says where what somebody kept of a signed report differs from what was signed with the key, for who has to find out what was changed
// (V10): the page holds the report and the words made of it, the answer of GetReviewReport holds report and page, and what is intact of the one
// convicts the other. It is false where nothing is left that was signed.
func Altered(file, publicKey []byte) (where string, known bool) {
	page, other := file, ""
	var answer struct{ Report, Page string }
	if json.Unmarshal(file, &answer) == nil {
		page, other = []byte(answer.Page), answer.Report
	}
	signed, err := readPageData(page)
	if err != nil || signed.Verify(publicKey) != nil {
		return "", false
	}
	if other != "" && other != signed.Report {
		at := difference([]byte(other), []byte(signed.Report))
		return fmt.Sprintf("byte %d of the report is the first that differs, %s", at, signed.near(at)), true
	}
	signed.PublicKey = bytes.Clone(publicKey)
	made, err := signed.Page()
	if err != nil || bytes.Equal(made, page) {
		return "", false
	}
	at := difference(page, made)
	return fmt.Sprintf("line %d of the page is the first that differs, at byte %d", 1+bytes.Count(made[:min(at, len(made))], []byte("\n")), at), true
}

// near names the row of the report that a byte of it belongs to.
func (s SignedReport) near(at int) string {
	before := []byte(s.Report[:min(at, len(s.Report))])
	rows := bytes.Index(before, []byte(`"rows":[`))
	if rows < 0 || bytes.Contains(before, []byte(`],"totals":`)) {
		return "in no row"
	}
	// A row ends where the next begins; a text cannot hold these bytes, because its quotes are escaped.
	return fmt.Sprintf("in row %d", 1+bytes.Count(before[rows:], []byte(`},{"`)))
}

// difference is where the first byte stands that one has and the other has not.
func difference(one, other []byte) int {
	for i := range min(len(one), len(other)) {
		if one[i] != other[i] {
			return i
		}
	}
	return min(len(one), len(other))
}

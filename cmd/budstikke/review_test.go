package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/cmd/budstikke/internal/system"
)

// A report verifies with the installation's key only, and only as it was signed (V10).
func TestReviewVerify(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	secret := bytes.Repeat([]byte{7}, 32)
	signer, err := system.Base{SigningKey: secret}.ReportSigner()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Report(app.AccessReview{ID: uuid.New(), InstitutionName: "Solgläntan"}, []app.ReviewRow{
		{Kind: app.GrantStaff, Decision: app.Keep, Note: `},{"`}, {Kind: app.GrantStaff, Decision: app.Change, Note: "x"}, {Kind: app.GrantStaff, Decision: app.Keep},
	})
	if err != nil {
		t.Fatal(err)
	}
	answer := func(report string) string {
		text, err := json.Marshal(map[string]string{"report": report, "signature": base64.StdEncoding.EncodeToString(signed.Signature)})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	page, err := signed.Page()
	if err != nil {
		t.Fatal(err)
	}
	whole := func(report string, page []byte) string {
		text, err := json.Marshal(map[string]string{"report": report, "signature": base64.StdEncoding.EncodeToString(signed.Signature), "page": string(page)})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	var out, errs bytes.Buffer
	if code := run([]string{"review", "key", "--signing-key-file=" + write("key", base64.StdEncoding.EncodeToString(secret)+"\n")}, terminal{&out, &errs}); code != 0 {
		t.Fatalf("key: %d %s", code, errs.String())
	}
	key := strings.TrimSpace(out.String())
	other := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32))
	for name, c := range map[string]struct {
		file, key string
		code      int
		want      string
	}{
		"as it was signed":  {answer(signed.Report), key, 0, "Solgläntan"},
		"a changed word":    {answer(strings.Replace(signed.Report, "Solgläntan", "Skogen", 1)), key, 1, "does not fit"},
		"another key":       {answer(signed.Report), other, 1, "does not fit"},
		"no key":            {answer(signed.Report), "%", 1, "base64"},
		"no report":         {"[]", key, 1, "no answer"},
		"its page":          {string(page), key, 0, "Solgläntan"},
		"a changed page":    {strings.Replace(string(page), "<h1>Access", "<h1>Excess", 1), key, 1, "does not fit"},
		"another's page":    {string(page), other, 1, "does not fit"},
		"where in a page":   {strings.Replace(string(page), "<h1>Access", "<h1>Excess", 1), key, 1, "of the page is the first that differs"},
		"where in a report": {whole(strings.Replace(signed.Report, "Solgläntan", "Skogen", 1), page), key, 1, "in no row"},
		"where in a row":    {whole(strings.Replace(signed.Report, `"decision":"change"`, `"decision":"remove"`, 1), page), key, 1, "in row 2"},
		"the whole answer":  {whole(signed.Report, page), key, 0, "Solgläntan"},
	} {
		out.Reset()
		errs.Reset()
		path := write(strings.ReplaceAll(name, " ", "-"), c.file)
		if code := run([]string{"review", "verify", path, "--public-key=" + c.key}, terminal{&out, &errs}); code != c.code ||
			!strings.Contains(out.String()+errs.String(), c.want) {
			t.Errorf("%s: %d %s%s", name, code, out.String(), errs.String())
		}
	}
}

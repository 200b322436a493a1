package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"budstikke.example/app/sensitive/score"
)

// The guide can be tried without a database: on texts of one's own, and against labelled ones.
func TestSensitiveCommand(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "texts")
	if err := os.WriteFile(file, []byte("Han har feber\nHan har epilepsi\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, problems bytes.Buffer
	if code := run([]string{"sensitive", "check", "--locale", "nb", file}, terminal{&out, &problems}); code != 0 {
		t.Fatalf("code %d: %s", code, &problems)
	}
	if text := out.String(); !strings.HasPrefix(text, "none\tHan har feber\nwarn\tHan har epilepsi\n") || !strings.Contains(text, "health_diagnosis.chronic") {
		t.Errorf("printed %s", text)
	}
	if err := os.WriteFile(file, []byte("3107602189 er hennar\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ country, want string }{{"NO", "none"}, {"is", "warn"}} {
		out.Reset()
		if code := run([]string{"sensitive", "check", "--country", tt.country, file}, terminal{&out, &problems}); code != 0 || !strings.HasPrefix(out.String(), tt.want+"\t") {
			t.Errorf("%s: code %d: %s %s", tt.country, code, &out, &problems)
		}
	}
	kennitala := filepath.Join(t.TempDir(), "labelled")
	if err := os.WriteFile(kennitala, []byte(`{"id":"a","lang":"en","context":"message","text":"3107602189 is hers","label":"warn","categories":["national_id"]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if code := run([]string{"sensitive", "evaluate", "--country", "IS", "--predictions", kennitala}, terminal{&out, &problems}); code != 0 || !strings.Contains(out.String(), `"label":"warn"`) {
		t.Errorf("code %d: %s %s", code, &out, &problems)
	}
	const labelled = "../../app/sensitive/testdata/dev.jsonl"
	out.Reset()
	if code := run([]string{"sensitive", "evaluate", labelled}, terminal{&out, &problems}); code != 0 || !strings.HasPrefix(out.String(), "ALL     warn recall ") {
		t.Errorf("code %d: %s %s", code, &out, &problems)
	}
	out.Reset()
	if code := run([]string{"sensitive", "evaluate", "--predictions", labelled}, terminal{&out, &problems}); code != 0 {
		t.Fatalf("code %d: %s", code, &problems)
	}
	first, _, _ := strings.Cut(out.String(), "\n")
	var p score.Prediction
	if err := json.Unmarshal([]byte(first), &p); err != nil || p.ID != "dev-nb-001" || p.Label != "none" || p.Categories == nil {
		t.Errorf("first prediction %s: %v", first, err)
	}
}

// What was not read is not said to be harmless, and a line that nobody reads is named.
func TestSensitiveCheckSaysWhatItDidNotRead(t *testing.T) {
	t.Parallel()
	check := func(text string) (code int, out, problems string) {
		t.Helper()
		file := filepath.Join(t.TempDir(), "texts")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var o, p bytes.Buffer
		code = run([]string{"sensitive", "check", file}, terminal{&o, &p})
		return code, o.String(), p.String()
	}
	if code, out, problems := check("ok\n" + strings.Repeat("a ", 60_000) + "Han har epilepsi"); code != 0 || !strings.Contains(out, "\nnot read, ") {
		t.Errorf("code %d: %.40s %s", code, out, problems)
	}
	if code, _, problems := check("ok\n" + strings.Repeat("a ", 600_000)); code == 0 || !strings.Contains(problems, "line 2 ") || strings.Contains(problems, "bufio") {
		t.Errorf("code %d: %s", code, problems)
	}
}

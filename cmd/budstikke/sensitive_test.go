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

package sensitive_test

import (
	"os"
	"strings"
	"testing"

	"budstikke.example/app/sensitive"
)

func TestLinesWrittenForThePackage(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/lines.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(body)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		label, text, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok {
			t.Fatalf("no label in %q", line)
		}
		if r := sensitive.Check(text, sensitive.Options{}); string(r.Severity) != label {
			t.Errorf("%s, want %s: %q found %v", r.Severity, label, text, rules(r))
		}
	}
}

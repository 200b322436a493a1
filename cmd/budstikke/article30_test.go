package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// The record is printed in each form, and not without saying who the controller is (V3).
func TestArticle30(t *testing.T) {
	t.Parallel()
	who := []string{"article30", "--controller=Granby kommun", "--country=SE", "--contact=post@granby.example"}
	var out, errs bytes.Buffer
	if code := run(who, terminal{&out, &errs}); code != 2 || !strings.Contains(errs.String(), "--officer") {
		t.Errorf("without the officer: %d %s", code, errs.String())
	}
	who = append(who, "--officer=ombud@granby.example")
	for format, want := range map[string]string{"markdown": "# Record of processing", "html": "<h1>Record of processing", "json": `"activities"`} {
		out.Reset()
		if code := run(append(who, "--format="+format), terminal{&out, &errs}); code != 0 || !strings.Contains(out.String(), want) ||
			!strings.Contains(out.String(), "Granby kommun") {
			t.Errorf("%s: %d, %.200s", format, code, out.String())
		}
		if format == "json" && !json.Valid(out.Bytes()) {
			t.Error("not JSON")
		}
	}
}

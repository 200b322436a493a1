package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// readmeWords are the shell functions that README.md has a newcomer type.
func readmeWords(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for block := range strings.SplitSeq(string(text), "```") {
		if code, ok := strings.CutPrefix(block, "sh\n"); ok && strings.Contains(code, "call() {") {
			return code
		}
	}
	t.Fatal("README.md has no block with call()")
	return ""
}

// TestReadmeSaysWhichStepWasRefused holds that whoever types the README's morning is told of the step that was refused, and not of the shell's trouble with
// an empty token a few steps later.
func TestReadmeSaysWhichStepWasRefused(t *testing.T) {
	t.Parallel()
	words := readmeWords(t)
	for name, c := range map[string]struct{ script, out, err string }{
		"a call without a token":     {`call $nobody GET /v1/guardian/children || echo refused`, "refused\n", "the step before was refused"},
		"a field of a refusal":       {`printf '%s\n' '{"code":"sign_in_failed","detail":"Wait \\d."}' | field token`, "", `{"code":"sign_in_failed","detail":"Wait \\d."}`},
		"a field of another answer":  {`echo '{"id":"1","token":"bst_a","child":{"token":"bst_b"}}' | field token`, "bst_a\n", ""},
		"a call that has its token":  {`curl() { echo "curl"; }; call bst_a GET /v1/guardian/children`, "curl\n", ""},
		"a call that needs no token": {`curl() { echo "curl"; }; call - GET /v1/municipalities`, "curl\n", ""},
	} {
		cmd := exec.Command("sh", "-c", words+"\n"+c.script) //nolint:gosec // the README's own words
		var out, said strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &said
		if err := cmd.Run(); err != nil && c.out != "" {
			t.Errorf("%s: %v", name, err)
		}
		if out.String() != c.out || !strings.Contains(said.String(), c.err) || (c.err == "") != (said.String() == "") {
			t.Errorf("%s: printed %q and said %q; want %q and %q", name, out.String(), said.String(), c.out, c.err)
		}
	}
}

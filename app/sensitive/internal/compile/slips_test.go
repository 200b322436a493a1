//go:build dictionaries

package main

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// A slip that makes another word would warn of that word, so it is kept out by common.tsv. Dictionaries are only looked at (Debian: wnorwegian, wdanish,
// wswedish, wamerican; DICTIONARIES names another directory than /usr/share/dict).
func TestSlipsAreNoWords(t *testing.T) {
	t.Parallel()
	lex, err := read(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bokmaal", "nynorsk", "danish", "swedish", "american-english"} {
		body, err := os.ReadFile(filepath.Join(cmp.Or(os.Getenv("DICTIONARIES"), "/usr/share/dict"), name))
		if err != nil {
			t.Skipf("no dictionary: %v", err)
		}
		if !utf8.Valid(body) {
			var b bytes.Buffer
			for _, c := range body {
				b.WriteRune(rune(c))
			}
			body = b.Bytes()
		}
		for word := range strings.FieldsSeq(strings.ToLower(string(body))) {
			if of, slip := lex.slips[word]; slip {
				t.Errorf("%s of %s is a slip of %s", word, name, of)
			}
		}
	}
}

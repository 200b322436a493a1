//go:build dictionaries

package sensitive

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// reviewedFile lists, for every rule, the beginnings of dictionary words that it finds and that somebody has looked at: compounds of the thing itself, or
// words too rare to matter. Dictionaries are material to check against; no list of theirs is part of the program.
const reviewedFile = "testdata/collisions.tsv"

// beginning is how many letters of a word stand for it in the reviewed file.
const beginning = 5

// The words of five languages' dictionaries (Debian: wnorwegian, wdanish, wswedish, wamerican; DICTIONARIES names another directory than /usr/share/dict) are
// run through the lexicon. A hit that nobody has reviewed fails; REVIEWED=1 writes the file anew, for a person to read its difference.
func TestDictionariesCollideOnlyWhereReviewed(t *testing.T) {
	dir := cmp.Or(os.Getenv("DICTIONARIES"), "/usr/share/dict")
	found := map[string]map[string]string{} // rule, beginning: a word
	for _, name := range []string{"bokmaal", "nynorsk", "danish", "swedish", "american-english"} {
		body, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Skipf("no dictionary: %v", err)
		}
		if !utf8.Valid(body) {
			body = fromLatin1(body)
		}
		for scan := bufio.NewScanner(bytes.NewReader(body)); scan.Scan(); {
			word := scan.Text()
			for _, rule := range rulesOf(word) {
				if found[rule] == nil {
					found[rule] = map[string]string{}
				}
				found[rule][start(word)] = word
			}
		}
	}
	if os.Getenv("REVIEWED") != "" {
		writeReviewed(t, found)
		return
	}
	reviewed := readReviewed(t)
	for rule, words := range found {
		for begin, word := range words {
			if !reviewed[rule][begin] {
				t.Errorf("%s finds %q: change the word, add it to lexicon/ordinary.tsv, or review it", rule, word)
			}
		}
	}
}

// rulesOf are the rules that warn of a word by themselves or beside a person.
func rulesOf(word string) []string {
	d := new(document)
	d.cut(word)
	d.mark(frequentWords())
	var rules []string
	for _, t := range d.tokens {
		for _, s := range slices.Concat(d.roomOf(t.entry).rows(t.entry), d.symbols[t.marks:t.marksEnd]) {
			if r := symbols[s].row; r >= 0 && rows[r].strength <= cued && !slices.Contains(rules, ruleNames[rows[r].rule]) {
				rules = append(rules, ruleNames[rows[r].rule])
			}
		}
	}
	return rules
}

func start(word string) string {
	letters := []rune(strings.ToLower(word))
	return string(letters[:min(beginning, len(letters))])
}

func fromLatin1(body []byte) []byte {
	var b bytes.Buffer
	for _, c := range body {
		b.WriteRune(rune(c))
	}
	return b.Bytes()
}

func writeReviewed(t *testing.T, found map[string]map[string]string) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "# rule\tfirst %d letters of dictionary words that it finds and that were looked at\n", beginning)
	for _, rule := range slices.Sorted(maps.Keys(found)) {
		fmt.Fprintf(&b, "%s\t%s\n", rule, strings.Join(slices.Sorted(maps.Keys(found[rule])), " "))
	}
	if err := os.WriteFile(reviewedFile, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readReviewed(t *testing.T) map[string]map[string]bool {
	t.Helper()
	body, err := os.ReadFile(reviewedFile)
	if err != nil {
		t.Fatal(err)
	}
	reviewed := map[string]map[string]bool{}
	for line := range strings.Lines(string(body)) {
		rule, words, _ := strings.Cut(strings.TrimSpace(line), "\t")
		reviewed[rule] = map[string]bool{}
		for w := range strings.FieldsSeq(words) {
			reviewed[rule][w] = true
		}
	}
	return reviewed
}

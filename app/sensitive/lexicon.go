package sensitive

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed lexicon/*.tsv texts/*.tsv
var files embed.FS

// rulesetYear names the generation of the rules in Go; the rest of the version is made from the files.
const rulesetYear = "2026.1"

// Ruleset is the version of the lexicon and the advice: it changes whenever one of the files does, so an acknowledgement never outlives what it
// acknowledged.
var Ruleset = sync.OnceValue(func() string {
	sum := sha256.New()
	names, _ := fs.Glob(files, "*/*.tsv") // the pattern is constant and well formed, the only error there is
	for _, name := range names {
		body, err := files.ReadFile(name)
		if err != nil {
			panic("sensitive: embedded file unreadable: " + err.Error())
		}
		sum.Write(body)
	}
	return rulesetYear + "-" + hex.EncodeToString(sum.Sum(nil)[:4])
})

// strength says what a word row means by itself.
type strength string

const (
	strongWarn strength = "warn"     // warns wherever it stands
	cueWarn    strength = "cue"      // warns beside a person in the same sentence
	anyHint    strength = "hint"     // hints wherever it stands
	cueHint    strength = "hintcue"  // hints beside a person
	withWarn   strength = "withwarn" // phrases only: warns when something else in the text warns
)

// row is what a symbol of a word file stands for.
type row struct {
	category Category
	rule     string
	strength strength
	hintIf   symbol // when this class stands in the sentence too, a warning becomes a hint; 0 for never
}

// lexiconData is the compiled lexicon: read-only after loading.
type lexiconData struct {
	words    *trie
	rows     map[symbol]row
	classes  map[string]symbol
	literals map[string]symbol
	phrases  map[symbol][]*phrase // by the symbols that can begin them
	ordinary map[string]bool
	near     map[string]symbol // misspellings: strong words with one letter left out
	last     symbol
}

var lexicon = sync.OnceValue(func() *lexiconData {
	lex, err := load()
	if err != nil {
		// A test loads the same files, so this cannot reach a release; Check would turn it into an unread text.
		panic("sensitive: " + err.Error())
	}
	return lex
})

func load() (*lexiconData, error) {
	lex := &lexiconData{
		words: newTrie(), rows: map[symbol]row{}, classes: map[string]symbol{}, literals: map[string]symbol{},
		phrases: map[symbol][]*phrase{}, ordinary: map[string]bool{}, near: map[string]symbol{},
	}
	lex.classes["name"], lex.classes["num"] = lex.fresh(), lex.fresh()
	steps := []struct {
		file    string
		columns int
		add     func(f []string) error
	}{
		{"ordinary", 1, lex.addOrdinary}, {"classes", 3, lex.addClass}, {"health", 5, lex.addWords}, {"mind", 5, lex.addWords}, {"family", 5, lex.addWords},
		{"belief", 5, lex.addWords}, {"phrases", 4, lex.addPhrase},
	}
	for _, s := range steps {
		body, err := files.ReadFile("lexicon/" + s.file + ".tsv")
		if err != nil {
			return nil, err
		}
		for number, line := range strings.Split(strings.TrimRight(string(body), "\n"), "\n") {
			if strings.HasPrefix(line, "#") {
				continue
			}
			f := strings.Split(line, "\t")
			if len(f) < s.columns {
				return nil, fmt.Errorf("lexicon/%s.tsv line %d: want %d columns, found %d", s.file, number+1, s.columns, len(f))
			}
			if err := s.add(f); err != nil {
				return nil, fmt.Errorf("lexicon/%s.tsv line %d: %w", s.file, number+1, err)
			}
		}
	}
	return lex, nil
}

func (lex *lexiconData) fresh() symbol { lex.last++; return lex.last }

func (lex *lexiconData) addOrdinary(f []string) error {
	for _, w := range strings.Fields(f[0]) {
		lex.ordinary[w] = true
	}
	return nil
}

func (lex *lexiconData) addClass(f []string) error {
	m, ok := modes[f[1]]
	if !ok {
		return fmt.Errorf("unknown mode %q", f[1])
	}
	s, ok := lex.classes[f[0]]
	if !ok {
		s = lex.fresh()
		lex.classes[f[0]] = s
	}
	for _, w := range strings.Fields(f[2]) {
		lex.addWord(w, entry{s, m})
	}
	return nil
}

// addWords reads a word row: category, rule, strength, mode, words and, when there is one, "hint-if:class".
func (lex *lexiconData) addWords(f []string) error {
	m, ok := modes[f[3]]
	if !ok {
		return fmt.Errorf("unknown mode %q", f[3])
	}
	r, err := lex.newRow(f[0], f[1], f[2], f[5:])
	if err != nil {
		return err
	}
	s := lex.fresh()
	lex.rows[s] = r
	for _, w := range strings.Fields(f[4]) {
		lex.addWord(w, entry{s, m})
		if r.strength == strongWarn && m == anywhere {
			lex.addMisspellings(w, s)
		}
	}
	return nil
}

func (lex *lexiconData) newRow(category, rule, how string, rest []string) (row, error) {
	r := row{category: Category(category), rule: rule, strength: strength(how)}
	if !slices.Contains(Categories(), r.category) {
		return row{}, fmt.Errorf("unknown category %q", category)
	}
	if !slices.Contains([]strength{strongWarn, cueWarn, anyHint, cueHint, withWarn}, r.strength) {
		return row{}, fmt.Errorf("unknown strength %q", how)
	}
	if len(rest) > 0 {
		class, ok := lex.classes[strings.TrimPrefix(rest[0], "hint-if:")]
		if !ok {
			return row{}, fmt.Errorf("unknown class in %q", rest[0])
		}
		r.hintIf = class
	}
	return r, nil
}

// addWord enters a word in its three spellings: as written, with ae, oe, aa, and with bare letters. Short words keep their letters, because
// without them they are other words.
func (lex *lexiconData) addWord(w string, e entry) {
	lex.words.add(w, e)
	if utf8.RuneCountInString(w) < 4 {
		return
	}
	lex.words.add(twoLetters.Replace(w), e)
	lex.words.add(bareLetters.Replace(w), e)
}

var (
	twoLetters  = strings.NewReplacer("å", "aa", "ä", "ae", "æ", "ae", "ö", "oe", "ø", "oe")
	bareLetters = strings.NewReplacer("å", "a", "ä", "a", "æ", "a", "ö", "o", "ø", "o")
)

// mark gives a token its symbols.
func (lex *lexiconData) mark(t *token) {
	if lex.ordinary[t.word] {
		return
	}
	if c := t.word[0]; c >= '0' && c <= '9' {
		t.symbols = append(t.symbols, lex.classes["num"])
	}
	lex.words.find(t.word, func(s symbol) {
		if !slices.Contains(t.symbols, s) {
			t.symbols = append(t.symbols, s)
		}
	})
	if len(t.symbols) == 0 {
		if t.capital {
			t.symbols = append(t.symbols, lex.classes["name"]) // a capital on a word that no list knows
		}
		lex.markMisspelt(t)
	}
}

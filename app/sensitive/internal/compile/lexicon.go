package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// The strengths of a row, in the order of the constants that the guide knows them by (strength in tables.go).
var strengths = []string{"firm", "warn", "cue", "hint", "hintcue", "withwarn"}

// The modes of a word, in the order of the constants that the guide knows them by (mode in tables.go).
var modes = []string{"word", "stem", "first", "any", "last", "tail"}

const (
	whole = iota
	stem
	first
	anywhere
	last
	tail
)

// row is one line of a word or phrase file, without its words.
type row struct {
	category, rule        int // into the lists of names
	strength              int
	hintIf, unless, needs []int // symbols of classes
}

// pattern is one phrase after its optional parts are spelled out.
type pattern struct {
	row      int
	elements []element
	anchor   int
}

type element struct {
	symbol int
	gap    int
	stop   bool // the word has to stand before a stop
}

// lexicon is everything that the files say.
type lexicon struct {
	categories, rules []string
	rows              []row
	symbolRow         []int    // by symbol: its row, or -1
	symbolCue         []uint64 // by symbol: the bit of its class
	inFiles           []int    // by symbol: its number before inOrder gave it another
	classes           map[string]int
	classWords        map[string][]word
	sets              map[string]int // by the text of an element: its symbol
	setCost           map[int]int
	patterns          []pattern
	entries           []entry
	common            map[string]bool // by written form: other words that a spelling without its dots may not become
	frequent          map[string]bool
	bits              []string
	written           map[string]bool
	slips             map[string]string // by mistyped form: the word
	concepts          []string
	conceptsOf        map[uint64][]uint16 // by key: the concepts of a word or a beginning
	conceptOrder      []uint64            // the keys in the order of the file
}

type word struct {
	text string
	mode int
}

// entry is one written form and what it stands for.
type entry struct {
	form   string
	symbol int
	mode   int
	fuzzy  bool
}

// files in the order of reading: what later rows refer to comes first.
var files = []string{"common", "classes", "endings", "ordinary", "health", "mind", "family", "belief", "phrases_health", "phrases_mind", "phrases_family", "phrases_law", "phrases_belief", "phrases_small", "phrases_wide_mind", "phrases_wide_family",
	"phrases_wide_law", "phrases_wide_health", "phrases_implied", "phrases_worded", "frames", "phrases_together", "concepts"}

// reserved symbols, which the guide knows by number (tables.go).
var reserved = []string{"-", "num", "name", "ordinary", "code"}

// frameRules are what a row of category "-" may do: an idiom takes back what is found inside it; the others say what their clause is about.
var frameRules = []string{"idiom", "about", "play", "topic", "job", "thing", "sport", "joke"}

// numberRules are the rules that the guide keeps in Go.
var numberRules = []string{"national_id.no.fnr", "national_id.se.personnummer", "national_id.fi.hetu", "national_id.dk.cpr", "national_id.is.kennitala", "finances.card", "health_minor.everyday"}

// likenessRule is what the learned weight's finding of a category is called.
const likenessRule = "likeness"

func read(dir fs.FS) (*lexicon, error) {
	lex := &lexicon{classes: map[string]int{}, classWords: map[string][]word{}, sets: map[string]int{}, setCost: map[int]int{},
		common: map[string]bool{}, frequent: map[string]bool{}, written: map[string]bool{}, slips: map[string]string{}, conceptsOf: map[uint64][]uint16{}}
	for _, name := range numberRules {
		index(&lex.rules, name)
	}
	for _, category := range categories {
		index(&lex.rules, category+"."+likenessRule)
	}
	for _, name := range reserved {
		lex.classes[name] = lex.fresh(-1)
	}
	for _, name := range cueClasses {
		lex.classes[name] = lex.fresh(-1)
		lex.symbolCue[lex.classes[name]] = lex.bit(name)
	}
	var broken []error
	for _, file := range files {
		body, err := fs.ReadFile(dir, "lexicon/"+file+".tsv")
		if err != nil {
			return nil, err
		}
		for number, line := range strings.Split(strings.TrimRight(string(body), "\n"), "\n") {
			if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
				continue
			}
			if err := lex.add(file, strings.Split(line, "\t")); err != nil {
				broken = append(broken, fmt.Errorf("lexicon/%s.tsv line %d: %w", file, number+1, err))
			}
		}
	}
	return lex, errors.Join(broken...)
}

func (lex *lexicon) add(file string, f []string) error {
	columns := map[string]int{"common": 2, "classes": 3, "endings": 2, "ordinary": 2, "concepts": 2}[file]
	switch {
	case columns == 0 && (strings.HasPrefix(file, "phrases") || file == "frames"):
		columns = 4
	case columns == 0:
		columns = 5
	}
	if len(f) < columns {
		return fmt.Errorf("want %d columns, found %d", columns, len(f))
	}
	switch {
	case file == "common":
		for _, w := range strings.Fields(f[1]) {
			lex.common[w] = true
			lex.frequent[w] = lex.frequent[w] || f[0] == "frequent"
		}
		return nil
	case file == "endings":
		for _, w := range strings.Fields(f[1]) {
			lex.entries = append(lex.entries, entry{form: "\x00" + w})
		}
		return nil
	case file == "concepts":
		return lex.addConcept(f)
	case file == "ordinary":
		return lex.addWords(f[1], f[0], lex.classes["ordinary"], false)
	case file == "classes":
		if _, ok := lex.classes[f[0]]; !ok {
			lex.classes[f[0]] = lex.fresh(-1)
		}
		for _, w := range strings.Fields(f[2]) {
			lex.classWords[f[0]] = append(lex.classWords[f[0]], word{w, slices.Index(modes, f[1])})
		}
		return lex.addWords(f[2], f[1], lex.classes[f[0]], false)
	case columns == 4:
		return lex.addPhrase(f)
	}
	r, err := lex.newRow(f[0], f[1], f[2], f[5:])
	if err != nil {
		return err
	}
	return lex.addWords(f[4], f[3], lex.fresh(r), true)
}

func (lex *lexicon) fresh(row int) int {
	lex.symbolRow, lex.symbolCue = append(lex.symbolRow, row), append(lex.symbolCue, 0)
	return len(lex.symbolRow) - 1
}

func (lex *lexicon) bit(class string) uint64 {
	i := slices.Index(lex.bits, class)
	if i < 0 {
		i = len(lex.bits)
		lex.bits = append(lex.bits, class)
	}
	return 1 << i
}

// newRow reads the columns that word and phrase files share. Options: hint-if, unless, needs: a class that, standing in the same sentence, makes a
// warning a hint, makes it nothing, or has to be there.
func (lex *lexicon) newRow(category, rule, strength string, options []string) (int, error) {
	r := row{category: index(&lex.categories, category), rule: index(&lex.rules, category+"."+rule), strength: slices.Index(strengths, strength)}
	if r.strength < 0 {
		return 0, fmt.Errorf("unknown strength %q", strength)
	}
	if category == "-" && !slices.Contains(frameRules, rule) || category != "-" && !slices.Contains(categories, category) {
		return 0, fmt.Errorf("unknown category %q", category)
	}
	for _, o := range options {
		for _, o := range strings.Fields(o) {
			name, class, _ := strings.Cut(o, ":")
			symbol, ok := lex.classes[class]
			if !ok {
				return 0, fmt.Errorf("unknown class in %q", o)
			}
			switch name {
			case "hint-if":
				r.hintIf = append(r.hintIf, symbol)
			case "unless":
				r.unless = append(r.unless, symbol)
			case "needs":
				r.needs = append(r.needs, symbol)
			default:
				return 0, fmt.Errorf("unknown option %q", o)
			}
		}
	}
	for _, symbol := range r.needs {
		if len(r.needs) == 1 && slices.Contains(r.unless, symbol) {
			return 0, fmt.Errorf("%q needs what it is nothing beside: it would never find anything", options)
		}
	}
	if max(len(r.hintIf), len(r.unless), len(r.needs)) > 4 {
		return 0, fmt.Errorf("more than four classes of one kind in %q", options)
	}
	lex.rows = append(lex.rows, r)
	return len(lex.rows) - 1, nil
}

func index(list *[]string, name string) int {
	if i := slices.Index(*list, name); i >= 0 {
		return i
	}
	*list = append(*list, name)
	return len(*list) - 1
}

package sensitive

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// document is a text cut into words, with the way back to the exact string received.
type document struct {
	runes  []rune
	utf16  []int // UTF-16 offset of each rune; one more entry for the end
	tokens []token
}

// token is a run of letters or a run of digits.
type token struct {
	word       string // lower case, NFC, zero-width characters removed
	start, end int    // runes
	sentence   int
	stop       bool // punctuation, a line end or the end of the text follows
	capital    bool // begins with a capital and goes on in small letters
	first      bool // first word of its sentence
	symbols    []symbol
}

// read cuts the text into tokens and marks each with the symbols of the lexicon.
func read(text string, lex *lexiconData) *document {
	doc := &document{runes: []rune(text)}
	doc.utf16 = make([]int, 0, len(doc.runes)+1)
	at := 0
	for _, r := range doc.runes {
		doc.utf16 = append(doc.utf16, at)
		if at++; r > 0xFFFF {
			at++
		}
	}
	doc.utf16 = append(doc.utf16, at)
	doc.cut()
	for i := range doc.tokens {
		lex.mark(&doc.tokens[i])
	}
	return doc
}

func (d *document) cut() {
	sentence, first := 0, true
	for i := 0; i < len(d.runes); {
		r := d.runes[i]
		switch {
		case isWordRune(r):
			end := i + 1
			for end < len(d.runes) && (isWordRune(d.runes[end]) || isInvisible(d.runes[end])) {
				end++
			}
			d.add(token{start: i, end: end, sentence: sentence, first: first})
			i, first = end, false
			continue
		case unicode.IsDigit(r):
			end := i + 1
			for end < len(d.runes) && unicode.IsDigit(d.runes[end]) {
				end++
			}
			d.add(token{start: i, end: end, sentence: sentence, first: first})
			i, first = end, false
			continue
		case strings.ContainsRune(".!?\n;…", r):
			sentence, first = sentence+1, true
			d.stopHere()
		case r != '\'' && r != '’' && r != '-' && r != '‐' && r != '"' && (unicode.IsPunct(r) || unicode.IsSymbol(r)):
			d.stopHere()
		}
		i++
	}
	d.stopHere()
}

func (d *document) stopHere() {
	if n := len(d.tokens); n > 0 {
		d.tokens[n-1].stop = true
	}
}

func (d *document) add(t token) {
	part := d.runes[t.start:t.end]
	t.capital = len(part) > 2 && unicode.IsUpper(part[0]) && unicode.IsLower(part[1])
	if slices.ContainsFunc(part, isInvisible) {
		part = slices.DeleteFunc(slices.Clone(part), isInvisible)
	}
	t.word = strings.ToLower(norm.NFC.String(string(part)))
	d.tokens = append(d.tokens, t)
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) && r != '\uFE0F' }

// isInvisible lists characters that copying leaves inside words: zero-width ones and the soft hyphen.
func isInvisible(r rune) bool {
	switch r {
	case '\u200B', '\u200C', '\u200D', '\u2060', '\uFEFF', '\u00AD':
		return true
	}
	return false
}

// spans sorts the stretches, joins those that overlap, and adds the UTF-16 offsets.
func (d *document) spans(stretches [][2]int) []Span {
	slices.SortFunc(stretches, func(a, b [2]int) int { return a[0] - b[0] })
	var joined [][2]int
	for _, s := range stretches {
		if n := len(joined); n > 0 && s[0] < joined[n-1][1] {
			joined[n-1][1] = max(joined[n-1][1], s[1])
			continue
		}
		joined = append(joined, s)
	}
	out := make([]Span, 0, len(joined))
	for _, s := range joined {
		out = append(out, Span{StartRune: s[0], EndRune: s[1], StartUTF16: d.utf16[s[0]], EndUTF16: d.utf16[s[1]]})
	}
	return out
}

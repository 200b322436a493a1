package sensitive

import (
	"unicode"
	"unicode/utf8"

	"budstikke.example/app/nationalid"
)

// document is a text cut into words, with the way back to the exact string received. Documents are used again: their slices keep their room.
type document struct {
	text      string
	letters   []byte // folded letters of all tokens
	tokens    []token
	frequent  *wordTable
	reader    reader // of the other words
	entries   []entry
	repeats   [repeats]int32 // by hash of a word: one past the last token with it
	symbols   []symbol       // that tokens carry beside those of their words
	groups    []uint64       // by token: the groups of all symbols that it carries
	present   asked          // the symbols of the whole text that are asked for
	promised  []promise      // to tokens further on
	kept      int            // of the promises: those before are of tokens further back
	clauses   []cues         // by clause: what it is about
	sentences []cues
	hits      []hit
	later     []hit
	order     []ordered
	said      []about
	spans     []Span   // of all findings
	rules     []uint16 // likewise, by their ranks
	matches   []match
	digits    []digitRun
	readings  []nationalid.Number // of a run of digits, by country
	traits    []uint32            // of a stretch
	company   []company           // the concepts of all tokens
	sums      []sums              // of the weights of the traits of the tokens before
}

// place is a position in the text in all three ways of counting.
type place struct{ bytes, runes, units int32 }

// token is a run of letters or a run of digits.
type token struct {
	start, end       place
	from, to         int32  // letters
	alsoFrom, alsoTo int32  // letters of what else it is read as: "he's" as one word beside "he" and "is", "mum" beside "mum's"
	key              uint64 // of its letters; 0 for long words
	entry            *entry
	cues             cues
	clause, sentence int32
	marks, marksEnd  int32  // symbols that it carries beside those of its word
	company          int32  // where its concepts stand among those of all
	known            uint32 // by which its neighbours know it
	hits             int32  // one past the place of a hit that begins here; 0 for none
	warned           uint32 // categories of which the word itself warns, as bits
	stop             bool   // punctuation, a line end or the end of the text follows
	capital          bool   // begins with a capital and goes on in small letters
	number           bool
	idiom            bool // inside a saying that means something else
}

// digitRun is where digits begin that could be an identity number or a card: something that is not a letter, digit or plus stands before.
type digitRun struct {
	at    place
	token int32
}

// cut makes the tokens in one pass.
func (d *document) cut(text string) {
	d.text = text
	var at place
	clause, sentence := int32(0), int32(0)
	before := ' ' // the visible character before
	for int(at.bytes) < len(text) {
		if text[at.bytes] == ' ' {
			at.bytes, at.runes, at.units = at.bytes+1, at.runes+1, at.units+1
			before = ' '
			continue
		}
		if letter := plainLetters[text[at.bytes]]; letter != noLetter {
			at = d.word(at, letter&smallLetter == 0, clause, sentence)
			before = 'a'
			continue
		}
		r, size := rune(text[at.bytes]), int32(1)
		if r >= utf8.RuneSelf {
			var n int
			r, n = utf8.DecodeRuneInString(text[at.bytes:])
			size = int32(n)
		}
		if fold(r) != noLetter {
			at = d.word(at, unicode.IsUpper(r), clause, sentence)
			before = 'a'
			continue
		}
		if digitOf(r) >= 0 {
			if before != 'a' && before != '0' && before != '+' {
				d.digits = append(d.digits, digitRun{at, int32(len(d.tokens))})
			}
			at = d.number(at, clause, sentence)
			before = '0'
			continue
		}
		next := advance(at, r, size)
		if isInvisible(r) {
			at = next
			continue
		}
		switch {
		case r == '\t' || r == '\'' || r == '’' || r == '"' || r == '-' || r == '‐' || r == '‑' || r == '_':
			if r == '-' && before == ' ' { // a dash, not a hyphen
				d.stopHere()
				clause++
			}
		case r == '!' || r == '?' || r == '\n' || r == ';' || r == '…' || r == '.' && d.endsSentence(text[next.bytes:]):
			d.stopHere()
			clause++
			sentence++
		case r == '.':
		case r == ',' || r == '(' || r == ')' || r == '–' || r == '—' || r == '/' || r == '|':
			d.stopHere()
			clause++
		case r >= 0x2600 && unicode.IsSymbol(r):
			d.stopHere()
			if laughs(r) && len(d.tokens) > 0 {
				last := &d.tokens[len(d.tokens)-1]
				last.cues |= cueJoke
			}
			clause++
		case unicode.IsPunct(r) || unicode.IsSymbol(r):
			d.stopHere()
		}
		before = r
		at = next
	}
	d.stopHere()
	d.clauses = grow(d.clauses, int(clause)+1)
	d.sentences = grow(d.sentences, int(sentence)+1)
}

func grow(list []cues, n int) []cues {
	if cap(list) < n {
		return make([]cues, n)
	}
	list = list[:n]
	clear(list)
	return list
}

func advance(p place, r rune, size int32) place {
	p.bytes += size
	p.runes++
	p.units++
	if r > 0xFFFF {
		p.units++
	}
	return p
}

// number reads on from a digit.
func (d *document) number(at place, clause, sentence int32) place {
	t := d.newToken()
	t.start, t.number, t.from, t.to, t.clause, t.sentence = at, true, int32(len(d.letters)), int32(len(d.letters)), clause, sentence //nolint:gosec // at most MaxRunes
	for ahead := at; int(ahead.bytes) < len(d.text); {
		r, n := utf8.DecodeRuneInString(d.text[ahead.bytes:])
		if digitOf(r) >= 0 {
			ahead = advance(ahead, r, int32(n))
			t.end = ahead
			continue
		}
		if !isInvisible(r) {
			break
		}
		ahead = advance(ahead, r, int32(n))
	}
	return t.end
}

// endsSentence reports whether a full stop is one: not inside an abbreviation, a time or a number, and not before a small letter without a space.
func (d *document) endsSentence(rest string) bool {
	if rest == "" || len(d.tokens) == 0 {
		return true
	}
	r, _ := utf8.DecodeRuneInString(rest)
	if unicode.IsLower(r) || digitOf(r) >= 0 {
		return false
	}
	last := &d.tokens[len(d.tokens)-1]
	if last.number {
		for _, r := range rest {
			if r != ' ' {
				return !unicode.IsLower(r)
			}
		}
	}
	return !abbreviated(d.letters[last.from:last.to])
}

// abbreviated reports whether a word is written with a full stop in the middle of sentences.
func abbreviated(letters []byte) bool { return abbreviations[follow(rootWords, letters).list()] }

// abbreviations are the lists of ends that an abbreviation is among.
var abbreviations = func() (lists [len(endStarts)]bool) {
	list := 0
	for _, end := range endLists {
		lists[list] = lists[list] || symbols[endSymbol(end)].cue&cueAbbreviation != 0
		if end&lastEnd != 0 {
			list++
		}
	}
	return lists
}()

func (d *document) stopHere() {
	if n := len(d.tokens); n > 0 {
		d.tokens[n-1].stop = true
	}
}

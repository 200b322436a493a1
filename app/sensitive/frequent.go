package sensitive

import (
	_ "embed" // the words
	"strings"
	"sync"
)

// frequentList are the words that stand most often in the training lines (internal/learn), one a line, in letters of the alphabet.
//
//go:embed frequent.txt
var frequentList string

// Words are known by their letters, five bits each, so no two share a key; keyed is how many letters have room in one.
const (
	keyed        = 12
	frequentBits = 15
)

// keyOf is the key of folded letters; 0 for a word that is too long or holds a letter of another script.
func keyOf(letters []byte) (key uint64) {
	if len(letters) > keyed {
		return 0
	}
	for _, l := range letters {
		key = keyWith(key, l)
		if l >= betweenWords {
			return 0
		}
	}
	return key
}

// keyWith is the key of the letters of a key and one more.
func keyWith(key uint64, letter byte) uint64 { return key<<5 | uint64(letter+1) }

// wordTable has the entries of frequent words, the most frequent first: nine of ten words of an ordinary text are found here by one look. Nothing of any text is
// ever put into it.
type wordTable struct {
	room
	places       [1 << frequentBits]uint16 // one past the place among the entries, by the key; the next places follow
	entries      []entry
	number, code entry // of a run of digits, and of 6 or 7
	pairs        []weight
}

func placeOf(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 >> (64 - frequentBits) }

// find is the entry of a word by its key, or nil for one that is not frequent, and the place where it would be.
func (t *wordTable) find(key uint64) (e *entry, place uint64) {
	for place = placeOf(key); ; place = (place + 1) & (1<<frequentBits - 1) {
		at := t.places[place]
		if at == 0 {
			return nil, place
		}
		if e = &t.entries[at-1]; e.key == key {
			return e, place
		}
	}
}

// Prepare reads the frequent words, in some thirty milliseconds, so that the first text does not wait for that. Without it they are read with the first text.
func Prepare() { frequentWords() }

// frequentWords reads the frequent words once.
var frequentWords = sync.OnceValue(func() *wordTable { return tableOf(strings.Fields(frequentList)) })

func tableOf(words []string) *wordTable {
	t, r := &wordTable{pairs: pairsOfConcepts()}, new(reader)
	for _, w := range words {
		letters := make([]byte, 0, keyed)
		for _, l := range w {
			letters = append(letters, fold(l))
		}
		key := keyOf(letters)
		if _, place := t.find(key); key != 0 && t.places[place] == 0 {
			e := r.read(letters, nil)
			e.key = key
			t.entries = append(t.entries, e)
			t.places[place] = uint16(len(t.entries)) //nolint:gosec // half of the places at most
		}
	}
	t.number, t.code = r.digits(symbolNum), r.digits(symbolNum, symbolCode)
	t.room = r.room
	return t
}

// digits makes the entry of a run of digits.
func (r *reader) digits(carried ...symbol) (e entry) {
	r.symbols, r.active = append(r.symbols[:0], carried...), append(r.active[:0], carried...)
	r.keep(&e)
	return e
}

// Words returns the words of a text that can be known before it is read, in letters of the alphabet. It is for internal/learn, which lists the frequent ones.
func Words(text string) (words []string) {
	var d document
	d.cut(text)
	for _, t := range d.tokens {
		letters := d.letters[t.from:t.to]
		if t.number || t.alsoTo > t.alsoFrom || keyOf(letters) == 0 {
			continue
		}
		var w strings.Builder
		for _, l := range letters {
			w.WriteRune([]rune(alphabet)[l])
		}
		words = append(words, w.String())
	}
	return words
}

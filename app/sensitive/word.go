package sensitive

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// firstMark is the first character that is a mark on a letter.
const firstMark = 0x300

// word reads on from a letter: letters, marks on them, apostrophes between them, and what cannot be seen.
func (d *document) word(at place, upper bool, clause, sentence int32) place {
	t := d.newToken()
	t.start, t.from, t.clause, t.sentence = at, int32(len(d.letters)), clause, sentence //nolint:gosec // at most MaxRunes
	at, some, lower := d.run(t, at)
	t.end = at
	if i := int(at.bytes); some && (i == len(d.text) || d.text[i] < utf8.RuneSelf && d.text[i] != '\'') {
		t.to = int32(len(d.letters)) //nolint:gosec // at most MaxRunes
		t.capital = upper && lower && t.to-t.from > 2
		return at
	}
	return d.longWord(t, at, upper, lower)
}

// newToken is one more token. There is nothing in it: reset leaves nothing behind.
func (d *document) newToken() *token {
	n := len(d.tokens)
	d.tokens = slices.Grow(d.tokens, 1)[:n+1]
	return &d.tokens[n]
}

// longWord reads on from where a run of letters stops, if it does not stop the word.
func (d *document) longWord(t *token, at place, upper, lower bool) place {
	var c contraction
	for {
		next, more, small := d.goesOn(t, at, &c)
		lower = lower || small
		if !more {
			break
		}
		at, _, small = d.run(t, next)
		lower = lower || small
		t.end = at
	}
	t.to = int32(len(d.letters)) //nolint:gosec // at most MaxRunes
	t.key = keyOf(d.letters[t.from:t.to])
	t.capital = upper && lower && t.to-t.from > 2
	if end := t.end; c.apostrophes == 1 && c.letters < t.to {
		whole := *t
		d.tokens = d.tokens[:len(d.tokens)-1]
		d.contracted(whole, c)
		return end
	}
	return t.end
}

// A letter of Latin-1 is one byte or two in UTF-8; nearly all are, so these are read without looking at anything else about them. plainLetters and latinLetters have
// the code of a letter by the byte, or by the byte after firstOfTwo, and whether it is a small one; noLetter for anything else.
const (
	firstOfTwo  = 0xC3
	codeBits    = 0x3F
	smallLetter = 0x40
)

var plainLetters, latinLetters = func() (plain, latin [256]byte) {
	of := func(r rune) byte {
		code := fold(r)
		if code != noLetter && unicode.IsLower(r) {
			code |= smallLetter
		}
		return code
	}
	for i := range plain {
		plain[i], latin[i] = noLetter, noLetter
		if i < utf8.RuneSelf {
			plain[i] = of(rune(i))
		} else if i < 0xC0 {
			latin[i] = of(rune(i) + 0x40)
		}
	}
	return plain, latin
}()

// run reads the letters of Latin-1 that stand side by side. It reports whether there are any, and whether a small one is among them.
func (d *document) run(t *token, at place) (end place, some, lower bool) {
	have := len(d.letters)
	d.letters = slices.Grow(d.letters, longestWord)
	room := d.letters[have : int(t.from)+longestWord]
	text, i, runes, n, all, key := d.text[at.bytes:], 0, int32(0), 0, byte(0), uint64(0)
	for i < len(text) {
		letter := plainLetters[text[i]]
		if letter == noLetter {
			if text[i] != firstOfTwo || i+1 == len(text) {
				break
			}
			if letter = latinLetters[text[i+1]]; letter == noLetter {
				break
			}
			i++
		}
		i++
		runes++
		all |= letter
		key = keyWith(key, letter&codeBits)
		if n < len(room) {
			room[n] = letter & codeBits
			n++
		}
	}
	d.letters = d.letters[:have+n]
	if runes <= keyed && all&otherLetter == 0 {
		t.key = key
	}
	return place{at.bytes + int32(i), at.runes + runes, at.units + runes}, runes > 0, all&smallLetter != 0 //nolint:gosec // a text has at most 400,000 bytes
}

// goesOn reads what a run of letters stops at and the word may go on after; it reports whether a letter follows that belongs to it, where that letter ends, and
// whether it is a small one.
func (d *document) goesOn(t *token, at place, c *contraction) (next place, more, small bool) {
	for ahead := at; int(ahead.bytes) < len(d.text); {
		r, size := rune(d.text[ahead.bytes]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(d.text[ahead.bytes:])
		}
		next := advance(ahead, r, int32(size)) //nolint:gosec // at most four
		if code := fold(r); code != noLetter {
			if len(d.letters)-int(t.from) < longestWord {
				d.letters = append(d.letters, code)
			}
			return next, true, unicode.IsLower(r)
		}
		switch {
		case r >= firstMark && r != '\uFE0F' && unicode.Is(unicode.M, r):
			top := len(d.letters) - 1
			d.letters[top] = compose(d.letters[top], r)
			t.end = next
		case r == '\'' || r == '’':
			*c = contraction{c.apostrophes + 1, int32(len(d.letters)), t.end, next} //nolint:gosec // at most MaxRunes
		case !isInvisible(r):
			return ahead, false, false
		}
		ahead = next
	}
	return at, false, false
}

package sensitive

import (
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"budstikke.example/app/nationalid"
)

// judged is the day by whose rules numbers in a text are read: late enough for the Icelandic numbers without a check digit, which then need a
// keyword.
var judged = time.Date(2032, time.January, 1, 0, 0, 0, 0, time.UTC)

// keywordReach is how many words away from a number a word like "CPR" still speaks about it.
const keywordReach = 5

// The rules of numbers; the compiler enters their names after those of the files.
const ruleCard = "finances.card"

// longestNumber is how many characters of a number are read: a card of 19 digits in groups, and a group of four behind it.
const longestNumber = 28

// cardGroup is how many digits the groups of a card have at least, as it is printed: all but a last one.
const cardGroup = 4

// candidate is a stretch that could be a number, spelled with plain characters; ends[k] is where the first k+1 of them end.
type candidate struct {
	text   [longestNumber]byte
	ends   [longestNumber]place
	length int
	digits int
}

// numbers finds valid identity numbers and payment cards. Look-alikes (orders, invoices, telephones, accounts) fail a date or a check digit.
func (d *document) numbers(country string) {
	read := int32(0) // bytes that belong to a number found
	var c candidate
	for _, run := range d.digits {
		if run.at.bytes < read {
			continue
		}
		d.collect(&c, run.at)
		if c.digits < 9 {
			continue
		}
		h, ok := d.identityNumber(run, &c, country)
		if !ok {
			h, ok = card(run, &c)
		}
		if ok {
			d.hits = append(d.hits, h)
			read = h.end.bytes
		}
	}
}

// collect reads on from a first digit: digits, Finnish letters and single separators. A separator is kept only between two characters of the number.
func (d *document) collect(c *candidate, at place) {
	c.length, c.digits = 0, 0
	last := byte(' ')
	for c.length < longestNumber && int(at.bytes) < len(d.text) {
		r, n := utf8.DecodeRuneInString(d.text[at.bytes:])
		at = advance(at, r, int32(n))
		if isInvisible(r) {
			continue
		}
		switch r {
		case '‐', '‑', '–', '−':
			r = '-'
		case '\u00A0', '\u202F', '\u2009':
			r = ' '
		}
		if v := digitOf(r); v >= 0 {
			r = rune('0' + v)
			c.digits++
		}
		separator := r == ' ' || r == '-' || r == '+'
		if !separator && (r > unicode.MaxASCII || !alphanumeric(byte(r))) || separator && (last == ' ' || last == '-' || last == '+') {
			return
		}
		if v := byte(r); letter(v) && letter(last) {
			return // a word: no number has two letters together
		}
		last = byte(r)
		c.text[c.length], c.ends[c.length] = last, at
		c.length++
	}
}

// forms are the lengths in which identity numbers are written, longest first.
var forms = [...]int{13, 12, 11, 10}

func (d *document) identityNumber(run digitRun, c *candidate, country string) (hit, bool) {
	text := c.text[:c.length]
	for _, length := range forms {
		if len(text) < length || len(text) > length && alphanumeric(text[length]) || !alphanumeric(text[length-1]) || continues(text, length) || !shaped(text[:length]) || !dated(text) {
			continue
		}
		if rule := d.identityRule(run, c.ends[length-1], text[:length], country); rule != "" {
			return hit{category: categoryIndex(NationalID), rule: ruleIndex(rule), loud: warns, hold: fast, token: run.token, start: run.at, end: c.ends[length-1]}, true
		}
	}
	return hit{}, false
}

// shaped reports whether a text has the outer form of an identity number: nine digits or more, one separator at most. Nearly every number in a message
// has not, and is not looked at further.
func shaped(text []byte) bool {
	digits, separators := 0, 0
	for _, c := range text {
		switch {
		case digit(rune(c)):
			digits++
		case !alphanumeric(c):
			separators++
		}
	}
	return digits >= 9 && separators <= 1
}

// dated reports whether nine digits or more could begin with a day and a month, as they do nearly everywhere, or with a year, a month and a day, as in Sweden. What else is
// asked of a date is asked later: this is to see cheaply that most numbers are no identity numbers.
func dated(text []byte) bool {
	var pairs [4]int
	n := 0
	for _, c := range text {
		if n == 2*len(pairs) {
			break
		}
		if digit(rune(c)) {
			pairs[n/2] = pairs[n/2]*10 + int(c-'0')
			n++
		}
	}
	return aDay(pairs[0]) && aMonth(pairs[1]) || aMonth(pairs[1]) && aDay(pairs[2]) || aMonth(pairs[2]) && aDay(pairs[3])
}

// aDay knows that 40 or 60 is added to some days.
func aDay(n int) bool { return n >= 1 && n <= 31 || n >= 41 && n <= 91 }

// aMonth knows that 20, 40, 60, 65 or 80 is added to some months.
func aMonth(n int) bool { return n%20 >= 1 && n%20 <= 12 || n >= 66 && n <= 77 }

// continues reports whether a separator and more digits follow: then this is a part of something longer, like an account number.
func continues(text []byte, length int) bool {
	return len(text) > length+1 && text[length] == '-' && digit(rune(text[length+1]))
}

// identityRule names the rule by which the text is an identity number, or "".
func (d *document) identityRule(run digitRun, end place, text []byte, country string) string {
	var room [longestNumber]byte
	hyphen := false
	for i, b := range text {
		hyphen = hyphen || b == '-'
		switch {
		case b == ' ':
			b = '-'
		case b >= 'a' && b <= 'z':
			b -= 'a' - 'A'
		}
		room[i] = b
	}
	d.readings = nationalid.AppendReadings(d.readings[:0], string(room[:len(text)]), judged)
	for i := range d.readings {
		n := &d.readings[i]
		near := func() bool { return d.keywordNear(run, end) }
		switch n.Country() {
		case nationalid.Norway:
			if n.Confirmed() || near() {
				return "national_id.no.fnr"
			}
		case nationalid.Sweden:
			if n.Confirmed() {
				return "national_id.se.personnummer"
			}
		case nationalid.Finland:
			return "national_id.fi.hetu"
		case nationalid.Denmark:
			// A day and a time are written with a space, too: only the hyphen says as much as a check digit.
			if n.Kind() == nationalid.Ordinary && (hyphen || n.Confirmed() || near()) {
				return "national_id.dk.cpr"
			}
		case nationalid.Iceland:
			if near() || country == string(nationalid.Iceland) && n.Confirmed() {
				return "national_id.is.kennitala"
			}
		}
	}
	return ""
}

// keywordNear looks for a word like "personnummer" a few words around the number.
func (d *document) keywordNear(run digitRun, end place) bool {
	last := int(run.token)
	for last < len(d.tokens) && d.tokens[last].start.bytes < end.bytes {
		last++
	}
	for i := max(0, int(run.token)-keywordReach); i < min(len(d.tokens), last+keywordReach); i++ {
		if d.tokens[i].cues&cueIdword != 0 {
			return true
		}
	}
	return false
}

// card finds a payment card: 13 to 19 digits, together or in groups, that pass Luhn and begin as cards do. What follows is its expiry, its code or a word, unless it
// goes on in groups as cards do.
func card(run digitRun, c *candidate) (hit, bool) {
	text := c.text[:c.length]
	if len(text) == 0 || text[0] < '2' || text[0] > '6' {
		return hit{}, false
	}
	var room [longestNumber]byte
	digits := room[:0]
	group, printed := 0, true // digits of this group; whether all before have as many as on a card
	for i := range len(text) {
		switch b := text[i]; {
		case digit(rune(b)):
			digits = append(digits, b-'0')
			group++
		case b == ' ' || b == '-':
			printed, group = printed && group >= cardGroup, 0
			continue
		default:
			return hit{}, false
		}
		next := following(text, i+1)
		complete := next == 0 || next > 0 && next < cardGroup && printed && group >= cardGroup
		if len(digits) >= 13 && len(digits) <= 19 && complete && passesLuhn(digits) {
			return hit{category: categoryIndex(Finances), rule: cardRule, loud: warns, hold: fast, token: run.token, start: run.at, end: c.ends[i]}, true
		}
	}
	return hit{}, false
}

// following is how many digits the group has that follows after a separator at i: 0 for the end or a word, less where no separator stands there.
func following(text []byte, i int) int {
	if i < len(text) && alphanumeric(text[i]) {
		return -1
	}
	n := 0
	for i++; i < len(text) && digit(rune(text[i])); i++ {
		n++
	}
	return n
}

func passesLuhn(digits []byte) bool {
	sum := 0
	for i, d := range digits {
		v := int(d)
		if (len(digits)-i)%2 == 0 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

func digit(r rune) bool { return r >= '0' && r <= '9' }

func categoryIndex(c Category) uint8 { return uint8(slices.Index(categories[:], c)) }

func ruleIndex(name string) uint16 { return uint16(slices.Index(ruleNames[:], name)) }

func letter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

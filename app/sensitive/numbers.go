package sensitive

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"budstikke.example/app/nationalid"
)

// judged is the day by whose rules numbers in a text are read: late enough for the Icelandic numbers without a check digit, which then need a
// keyword.
var judged = time.Date(2032, time.January, 1, 0, 0, 0, 0, time.UTC)

// keywordReach is how many words away from a number a word like "CPR" still speaks about it.
const keywordReach = 5

// numbers finds valid identity numbers and payment cards. Look-alikes (orders, invoices, telephones, accounts) fail a date or a check digit.
func numbers(doc *document, country string) []hit {
	var hits []hit
	for i := 0; i < len(doc.runes); i++ {
		if !digit(doc.runes[i]) || i > 0 && (letterOrDigit(doc.runes[i-1]) || doc.runes[i-1] == '+') {
			continue
		}
		text, ends := candidate(doc.runes[i:])
		if h, ok := doc.identityNumber(i, text, ends, country); ok {
			hits = append(hits, h)
			i = h.end
			continue
		}
		if h, ok := card(i, text, ends); ok {
			hits = append(hits, h)
			i = h.end
		}
	}
	return hits
}

// candidate reads on from a first digit: digits, Finnish letters and single separators, spelled with plain characters, at most 24 long.
// ends[k] is the number of runes read for the first k+1 characters of text. A separator is kept only between two characters of the number.
func candidate(runes []rune) (text string, ends []int) {
	var b strings.Builder
	for n, r := range runes {
		if isInvisible(r) {
			continue
		}
		switch r {
		case '‐', '‑', '–', '−':
			r = '-'
		case '\u00A0', '\u202F':
			r = ' '
		}
		last := byte(' ')
		if b.Len() > 0 {
			last = b.String()[b.Len()-1]
		}
		separator := r == ' ' || r == '-' || r == '+'
		if b.Len() == 24 || !separator && (r > unicode.MaxASCII || !letterOrDigit(r)) || separator && (last == ' ' || last == '-' || last == '+') {
			break
		}
		b.WriteByte(byte(r))
		ends = append(ends, n+1)
	}
	return b.String(), ends
}

// forms are the lengths in which identity numbers are written, longest first.
var forms = []int{13, 12, 11, 10}

func (d *document) identityNumber(at int, text string, ends []int, country string) (hit, bool) {
	for _, length := range forms {
		if len(text) < length || len(text) > length && alphanumeric(text[length]) || !alphanumeric(text[length-1]) {
			continue
		}
		if continues(text, length) {
			continue
		}
		if rule := d.identityRule(at, at+ends[length-1], text[:length], country); rule != "" {
			return hit{NationalID, rule, Warn, at, at + ends[length-1]}, true
		}
	}
	return hit{}, false
}

// continues reports whether a separator and more digits follow: then this is a part of something longer, like an account number.
func continues(text string, length int) bool {
	return len(text) > length+1 && text[length] == '-' && digit(rune(text[length+1]))
}

// identityRule names the rule by which the text is an identity number, or "".
func (d *document) identityRule(start, end int, text, country string) string {
	compact := strings.ReplaceAll(text, " ", "-")
	bare := !strings.ContainsAny(compact, "-+")
	for _, n := range nationalid.Readings(compact, judged) {
		near := func() bool { return d.keywordNear(start, end) }
		switch n.Country() {
		case nationalid.Norway:
			if n.Confirmed() || near() {
				return "no.fnr"
			}
		case nationalid.Sweden:
			if n.Confirmed() {
				return "se.personnummer"
			}
		case nationalid.Finland:
			return "fi.hetu"
		case nationalid.Denmark:
			if n.Kind() == nationalid.Ordinary && (!bare || n.Confirmed() || near()) {
				return "dk.cpr"
			}
		case nationalid.Iceland:
			if near() || country == string(nationalid.Iceland) && n.Confirmed() {
				return "is.kennitala"
			}
		}
	}
	return ""
}

// keywordNear looks for a word like "personnummer" a few words around the number.
func (d *document) keywordNear(start, end int) bool {
	first := slices.IndexFunc(d.tokens, func(t token) bool { return t.end > start })
	last := first
	for last < len(d.tokens) && d.tokens[last].start < end {
		last++
	}
	lex := lexicon()
	for i := max(0, first-keywordReach); i < min(len(d.tokens), last+keywordReach); i++ {
		if slices.Contains(d.tokens[i].symbols, lex.classes["idword"]) {
			return true
		}
	}
	return false
}

// card finds a payment card: 13 to 19 digits, together or in groups, that pass Luhn and begin as cards do.
func card(at int, text string, ends []int) (hit, bool) {
	if text == "" || text[0] < '2' || text[0] > '6' {
		return hit{}, false
	}
	var digits []byte
	for i := range len(text) {
		switch c := text[i]; {
		case digit(rune(c)):
			digits = append(digits, c-'0')
		case c == ' ' || c == '-':
			continue
		default:
			return hit{}, false
		}
		complete := i+1 == len(text) || !alphanumeric(text[i+1]) && (i+2 >= len(text) || !digit(rune(text[i+2])))
		if len(digits) >= 13 && len(digits) <= 19 && complete && passesLuhn(digits) {
			return hit{Finances, "card", Warn, at, at + ends[i]}, true
		}
	}
	return hit{}, false
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

func letterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

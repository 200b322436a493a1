package nationalid

import (
	"strings"
	"time"
)

// finnishCheck holds the check characters for remainders 0 to 30.
const finnishCheck = "0123456789ABCDEFHJKLMNPRSTUVWXY"

// parseFinland reads a henkilötunnus: DDMMYY, a separator that gives the century (since 2023 several for each), a three-digit individual number and a
// check character modulo 31. The separator belongs to the identity: the same digits with another one are another person.
func parseFinland(s string) (Number, error) {
	s = strings.ToUpper(s)
	if len(s) != 11 || !allDigits(s[:6]) || !allDigits(s[7:10]) {
		return Number{}, ErrFormat
	}
	century := 0
	switch c := s[6]; {
	case c == '+':
		century = 1800
	case strings.IndexByte("-UVWXY", c) >= 0:
		century = 1900
	case c >= 'A' && c <= 'F':
		century = 2000
	default:
		return Number{}, ErrFormat
	}
	day, month, year := pair(s, 0), pair(s, 2), century+pair(s, 4)
	if !realDate(year, month, day) {
		return Number{}, ErrDate
	}
	individual := int(s[7]-'0')*100 + pair(s, 8)
	if individual < 2 || s[10] != finnishCheckCharacter(s[:6], s[7:10]) {
		return Number{}, ErrChecksum
	}
	n := Number{country: Finland, kind: Ordinary, digits: digitsOf(s), year: year, month: time.Month(month), day: day}
	if individual >= 900 {
		// Never issued by the register: test persons, and stand-ins made inside one institution.
		n.kind, n.synthetic = Temporary, true
	}
	return n, nil
}

// finnishCheckCharacter is the nine digits as one number, modulo 31, looked up.
func finnishCheckCharacter(date, individual string) byte {
	value := 0
	for _, d := range []byte(date + individual) {
		value = value*10 + int(d-'0')
	}
	return finnishCheck[value%31]
}

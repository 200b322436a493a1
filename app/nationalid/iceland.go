package nationalid

import "time"

// checklessFrom is the day from which the Icelandic register issues numbers whose check digit is not calculated.
var checklessFrom = time.Date(2026, time.February, 18, 0, 0, 0, 0, time.UTC)

// parseIceland reads a person's kennitala: DDMMYY, two serial digits, a check digit modulo 11 and a century digit (8, 9 or 0). Organisations
// (day + 40) and system numbers (first digit 8 or 9) are not people and fail as dates.
func parseIceland(s string, on time.Time) (Number, error) {
	d, ok := ungroup(s, 6, 10, "- ")
	if !ok {
		return Number{}, ErrFormat
	}
	s = string(d.text[:d.length])
	century := 0
	switch s[9] {
	case '8':
		century = 1800
	case '9':
		century = 1900
	case '0':
		century = 2000
	default:
		return Number{}, ErrFormat
	}
	day, month, year := pair(s, 0), pair(s, 2), century+pair(s, 4)
	if !realDate(year, month, day) {
		return Number{}, ErrDate
	}
	n := Number{country: Iceland, kind: Ordinary, digits: d, year: year, month: time.Month(month), day: day}
	if weighted(s, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 != 0 {
		if on.Before(checklessFrom) {
			return Number{}, ErrChecksum
		}
		n.unconfirmed = true
	}
	return n, nil
}

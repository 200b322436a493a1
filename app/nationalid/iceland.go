package nationalid

import "time"

// checklessFrom is the day from which the Icelandic register issues numbers whose check digit is not calculated.
var checklessFrom = time.Date(2026, time.February, 18, 0, 0, 0, 0, time.UTC)

// parseIceland reads a person's kennitala: DDMMYY, two serial digits, a check digit modulo 11 and a century digit (8, 9 or 0). Organisations
// (day + 40) and system numbers (first digit 8 or 9) are not people and fail as dates.
func parseIceland(s string, on time.Time) (Number, error) {
	s, ok := ungroup(s, 6, 10, "- ")
	if !ok {
		return Number{}, ErrFormat
	}
	century := map[byte]int{'8': 1800, '9': 1900, '0': 2000}[s[9]]
	if century == 0 {
		return Number{}, ErrFormat
	}
	day, month, year := pair(s, 0), pair(s, 2), century+pair(s, 4)
	if !realDate(year, month, day) {
		return Number{}, ErrDate
	}
	n := Number{country: Iceland, kind: Ordinary, digits: s, year: year, month: time.Month(month), day: day}
	if weighted(s, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 != 0 {
		if on.Before(checklessFrom) {
			return Number{}, ErrChecksum
		}
		n.unconfirmed = true
	}
	return n, nil
}

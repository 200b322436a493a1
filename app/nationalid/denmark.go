package nationalid

import (
	"strings"
	"time"
)

// parseDenmark reads a CPR number: DDMMYY and a four-digit serial whose first digit gives the century. Modulus 11 confirms and never rejects: the
// register has issued numbers without it since October 2007. Day + 60, or letters in the first three places of the serial, is a replacement number.
func parseDenmark(s string) (Number, error) {
	s = strings.ToUpper(s)
	if len(s) == 11 && (s[6] == '-' || s[6] == ' ') {
		s = s[:6] + s[7:]
	}
	if len(s) != 10 || !allDigits(s[:6]) || !danishSerial(s[6:]) {
		return Number{}, ErrFormat
	}
	n := Number{country: Denmark, kind: Ordinary, digits: digitsOf(s)}
	day, month, yy := pair(s, 0), pair(s, 2), pair(s, 4)
	if day > 60 {
		day, n.kind = day-60, Temporary
	}
	if !allDigits(s[6:]) {
		n.kind = Temporary
	}
	year := danishYear(yy, s[6])
	if !realDate(year, month, day) {
		return Number{}, ErrDate
	}
	n.year, n.month, n.day = year, time.Month(month), day
	n.unconfirmed = n.kind == Temporary || weighted(s, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 != 0
	return n, nil
}

// danishSerial accepts four digits, or capital letters in all of the first three places and a digit last.
func danishSerial(t string) bool {
	if allDigits(t) {
		return true
	}
	for i := range 3 {
		if t[i] < 'A' || t[i] > 'Z' {
			return false
		}
	}
	return allDigits(t[3:])
}

// danishYear applies the register's table of the seventh digit. A letter there carries no century: those are children of this one.
func danishYear(yy int, seventh byte) int {
	switch {
	case seventh >= 'A':
		return 2000 + yy
	case seventh <= '3':
		return 1900 + yy
	case seventh == '4' || seventh == '9':
		if yy <= 36 {
			return 2000 + yy
		}
		return 1900 + yy
	case yy <= 57:
		return 2000 + yy
	}
	return 1800 + yy
}

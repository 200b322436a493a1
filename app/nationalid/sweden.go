package nationalid

import (
	"strings"
	"time"
)

// Letters that stand in for the first serial digit of a temporary number.
const swedishTemporaryLetters = "TRSUWXJKLMN"

// parseSweden reads a personnummer: [YY]YYMMDD, a separator or none, a three-digit serial and a Luhn digit over the last ten digits. Day + 60 is a
// coordination number. A '+' instead of '-' says that the person turns a hundred this year or has done so. A third digit of two or more is an
// organisation number and fails as a date.
func parseSweden(s string, on time.Time) (Number, error) {
	date, separator, tail, ok := splitSwedish(strings.ToUpper(s))
	if !ok {
		return Number{}, ErrFormat
	}
	n := Number{country: Sweden, kind: Ordinary}
	i := len(date) - 4
	month, day := pair(date, i), pair(date, i+2)
	if day > 60 {
		day, n.kind = day-60, Coordination
	}
	year := 0
	if len(date) == 8 {
		if year = pair(date, 0)*100 + pair(date, 2); year < 1800 || year > 2099 {
			return Number{}, ErrDate
		}
	} else {
		year = swedishYear(pair(date, 0), month, day, separator, on)
	}
	if !realDate(year, month, day) {
		return Number{}, ErrDate
	}
	n.year, n.month, n.day = year, time.Month(month), day
	if len(date) == 6 {
		date = string([]byte{byte('0' + year/1000), byte('0' + year/100%10)}) + date
	}
	ten := date[2:] + tail
	n.digits = digitsOf(date + tail)
	if !allDigits(tail) {
		n.kind, n.unconfirmed = Temporary, true
		return n, nil
	}
	if tail[:3] == "000" || !luhn(ten) {
		return Number{}, ErrChecksum
	}
	n.synthetic = n.kind == Ordinary && inSwedishTestSeries(year, month, day, int(tail[0]-'0')*100+pair(tail, 1))
	return n, nil
}

// splitSwedish cuts the text into date (6 or 8 digits), separator (0 when there is none) and tail (4 characters).
func splitSwedish(s string) (date string, separator byte, tail string, ok bool) {
	if len(s) < 10 {
		return "", 0, "", false
	}
	date, tail = s[:len(s)-4], s[len(s)-4:]
	if last := date[len(date)-1]; last == '-' || last == '+' {
		date, separator = date[:len(date)-1], last
	}
	if (len(date) != 6 && len(date) != 8) || !allDigits(date) || !swedishTail(tail) {
		return "", 0, "", false
	}
	return date, separator, tail, true
}

// swedishTail accepts four digits, a temporary letter with three digits, or TF with two.
func swedishTail(t string) bool {
	if t[:2] == "TF" {
		return allDigits(t[2:])
	}
	return allDigits(t[1:]) && (allDigits(t[:1]) || strings.IndexByte(swedishTemporaryLetters, t[0]) >= 0)
}

// swedishYear completes a two-digit year: the latest birth that is not after the day of judgement, and a century earlier with '+'.
func swedishYear(yy, month, day int, separator byte, on time.Time) int {
	if separator == '+' {
		year := on.Year()/100*100 + yy
		for year > on.Year()-100 {
			year -= 100
		}
		return year
	}
	year := on.Year()/100*100 + yy
	if time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).After(on) {
		year -= 100
	}
	return year
}

package nationalid

import (
	"errors"
	"strings"
	"time"
)

// What can be wrong with a number. The texts say what to do and never repeat the input.
var (
	// ErrFormat: the text does not look like a number of that country.
	ErrFormat = errors.New("not written as an identity number of this country: check the number of digits and the separator")
	// ErrDate: the digits for the date of birth are no date.
	ErrDate = errors.New("the identity number does not begin with a possible date of birth: check the first digits")
	// ErrChecksum: the check digits do not agree.
	ErrChecksum = errors.New("the check digits of the identity number do not agree: one digit is probably mistyped")
	// ErrCountry: the country is not one of the five.
	ErrCountry = errors.New("unknown country for an identity number: use NO, SE, DK, FI or IS")
	// ErrAmbiguous: with [Any], several countries could have issued it.
	ErrAmbiguous = errors.New("the identity number could belong to several countries: say which country issued it")
)

// maxInput is the longest text worth looking at, in bytes; the longest real form is "YYYYMMDD-NNNN".
const maxInput = 24

// countries are those known, in the order in which Readings answers.
var countries = [...]Country{Norway, Sweden, Denmark, Finland, Iceland}

// read reads a number of one country. The readers are called by name, so that what they read needs no memory of its own.
func read(country Country, s string, on time.Time) (Number, error) {
	switch country {
	case Norway:
		return parseNorway(s, on)
	case Sweden:
		return parseSweden(s, on)
	case Denmark:
		return parseDenmark(s)
	case Finland:
		return parseFinland(s)
	case Iceland:
		return parseIceland(s, on)
	}
	return Number{}, ErrCountry
}

// Parse reads a number of one country, or of whichever country fits when country is [Any]. Blanks around it are ignored and one separator may
// stand at its official place. The day on which the number is judged is on (see the package doc). Errors: ErrFormat, ErrDate, ErrChecksum,
// ErrCountry, ErrAmbiguous; none repeats the input.
func Parse(country Country, s string, on time.Time) (Number, error) {
	s = strings.TrimSpace(s)
	if len(s) == 0 || len(s) > maxInput {
		return Number{}, ErrFormat
	}
	if country == Any {
		return parseAny(s, on)
	}
	return read(country, s, on)
}

// Readings gives every country's valid reading of the same text, in the order NO, SE, DK, FI, IS: ten bare digits are often more than one thing.
func Readings(s string, on time.Time) []Number { return AppendReadings(nil, s, on) }

// AppendReadings appends them to a list: whoever reads many texts needs memory for one.
func AppendReadings(found []Number, s string, on time.Time) []Number {
	s = strings.TrimSpace(s)
	if len(s) == 0 || len(s) > maxInput {
		return found
	}
	for _, c := range countries {
		if n, err := read(c, s, on); err == nil {
			found = append(found, n)
		}
	}
	return found
}

// Normalise gives the text that the blind index is computed from: the same person's number, however it was written, gives the same text.
// Errors are those of Parse.
func Normalise(country Country, s string, on time.Time) (string, error) {
	n, err := Parse(country, s, on)
	return n.Digits(), err
}

// parseAny prefers a reading with a check digit behind it over one without.
func parseAny(s string, on time.Time) (Number, error) {
	readings := Readings(s, on)
	var confirmed []Number
	for _, n := range readings {
		if n.Confirmed() {
			confirmed = append(confirmed, n)
		}
	}
	switch {
	case len(confirmed) == 1:
		return confirmed[0], nil
	case len(readings) == 1:
		return readings[0], nil
	case len(readings) == 0:
		return Number{}, ErrFormat
	}
	return Number{}, ErrAmbiguous
}

// ungroup takes out the one separator that may stand after the first size digits; only digits may remain, want of them.
func ungroup(s string, size, want int, separators string) (d digits, ok bool) {
	first, rest := "", s
	if len(s) == want+1 && strings.IndexByte(separators, s[size]) >= 0 {
		first, rest = s[:size], s[size+1:]
	}
	d = digitsOf(first)
	d.length += uint8(copy(d.text[d.length:], rest)) //nolint:gosec // at most longestNumber
	return d, len(first)+len(rest) == want && allDigits(first) && allDigits(rest)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// pair is the two-digit value at i; the caller has checked that both are digits.
func pair(s string, i int) int { return int(s[i]-'0')*10 + int(s[i+1]-'0') }

// realDate reports whether such a day exists; 29 February only in leap years.
func realDate(year, month, day int) bool {
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	return day <= time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// weighted is the sum of digit × weight, the basis of every modulus-11 rule here.
func weighted(s string, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += int(s[i]-'0') * w
	}
	return sum
}

// luhn reports whether the ten digits pass modulus 10, the last one being the check digit.
func luhn(s string) bool { return luhnDigit(s[:9]) == s[9] }

// luhnDigit is the check digit that follows nine digits.
func luhnDigit(nine string) byte {
	sum := 0
	for i := range len(nine) {
		d := int(nine[i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return byte('0' + (10-sum%10)%10)
}

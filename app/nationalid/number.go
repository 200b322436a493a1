package nationalid

import (
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Country says which register issued a number, as an ISO 3166-1 alpha-2 code.
type Country string

// The countries whose numbers are known. Any asks [Parse] to find the country itself.
const (
	Any     Country = ""
	Norway  Country = "NO"
	Sweden  Country = "SE"
	Denmark Country = "DK"
	Finland Country = "FI"
	Iceland Country = "IS"
)

// Kind says what sort of number it is. Numbers change during a life (a D-number is replaced by an ordinary one, a coordination number likewise), so
// no kind may serve as the key of a person.
type Kind string

// The closed list of kinds.
const (
	Ordinary     Kind = "ordinary"     // issued to a resident by the population register
	Coordination Kind = "coordination" // Swedish samordningsnummer: day + 60
	DNumber      Kind = "d_number"     // Norwegian D-number, for people without residence: day + 40
	HNumber      Kind = "h_number"     // Norwegian help number, given by a health institution: month + 40
	Temporary    Kind = "temporary"    // a stand-in made by an institution: Swedish TF or letter number, Danish replacement number, Finnish 900-999
)

// Number is one well-formed identity number. The zero value is no number; every other one came out of [Parse] or [Synthetic] and is valid by the
// rules of its country on the day it was parsed. Two Numbers are the same number exactly when they are equal with ==.
type Number struct {
	country     Country
	kind        Kind
	digits      digits
	year        int
	month       time.Month
	day         int
	synthetic   bool
	unconfirmed bool
}

// digits are those of a number in its canonical form. They lie in the Number itself, so that looking whether a text is one costs no memory.
type digits struct {
	text   [longestNumber]byte
	length uint8
}

// longestNumber is the length of the longest canonical form, that of Sweden.
const longestNumber = 12

// digitsOf takes a canonical form.
func digitsOf(s string) (d digits) {
	d.length = uint8(copy(d.text[:], s)) //nolint:gosec // at most longestNumber
	return d
}

// Country is the register that issued the number.
func (n Number) Country() Country { return n.country }

// Kind is the sort of number; see the constants.
func (n Number) Kind() Kind { return n.kind }

// IsZero reports whether this is no number at all.
func (n Number) IsZero() bool { return n.digits.length == 0 }

// Digits is the number whole, in the canonical form of its country and without separators: NO 11 digits, SE 12 digits (century included; temporary
// ones keep their letters), DK 10, IS 10, FI 11 characters with the separator, which there is part of the identity. Encrypt it, index it, compare it;
// never log it.
func (n Number) Digits() string { return string(n.digits.text[:n.digits.length]) }

// Birth is the date of birth that the number carries, at midnight UTC. For Norwegian numbers issued from 2032 the century is a guess; a date of birth
// from the register always wins over this one. The zero Number gives the zero time.
func (n Number) Birth() time.Time {
	if n.IsZero() {
		return time.Time{}
	}
	return time.Date(n.year, n.month, n.day, 0, 0, 0, 0, time.UTC)
}

// IsSynthetic reports whether the number belongs to a published test series and so to nobody: Norwegian with month + 65 or + 80, Swedish ones from
// the tax agency's list, Finnish 900-999. It is for demos and tests, which hold that they name nobody.
func (n Number) IsSynthetic() bool { return n.synthetic }

// Confirmed reports whether a check digit backs the number. A Danish number without modulus 11, a Norwegian one that only passes the rule of
// 2032 and a temporary number are valid but not confirmed: free text needs another sign, such as the word "CPR" next to it, before it calls
// them an identity number.
func (n Number) Confirmed() bool { return !n.IsZero() && !n.unconfirmed }

// String gives the country and a mask, never any part of the number: a birth date is personal data too.
func (n Number) String() string {
	if n.IsZero() {
		return "(no identity number)"
	}
	return string(n.country) + ":***"
}

// GoString keeps %#v masked.
func (n Number) GoString() string { return "nationalid.Number(" + n.String() + ")" }

// Format keeps every verb masked, also those that would print the fields one by one.
func (n Number) Format(w fmt.State, verb rune) {
	text := n.String()
	if verb == 'v' && w.Flag('#') {
		text = n.GoString()
	}
	// fmt.State has nowhere to report a failed write to; the printing function returns it to its caller.
	_, _ = io.WriteString(w, text)
}

// LogValue keeps logs masked.
func (n Number) LogValue() slog.Value { return slog.StringValue(n.String()) }

// MarshalText keeps encoders masked: a Number in a view that was not meant to carry one shows a mask, not a person.
func (n Number) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

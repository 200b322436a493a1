package register

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/mail"
	"strings"
	"time"

	"budstikke.example/app/nationalid"
)

// Reading is what a reader has to know besides the file.
type Reading struct {
	// On is the day of the import; identity numbers are judged on it (two-digit years, rules that change with time).
	On time.Time
	// Pseudonym makes the source id of a person whom a list names only by identity number. It must give the same text
	// for the same number in every import and must not be reversible without a key; see [KeyedPseudonym]. Only lists
	// need it.
	Pseudonym Pseudonym
}

// Pseudonym turns an identity number into a source id.
type Pseudonym func(nationalid.Number) string

// KeyedPseudonym is HMAC-SHA256 over country and number, shortened to 128 bits. Identity numbers are few enough to try
// them all, so a plain hash would only look like protection; the key has to be as well kept as the one of the blind index,
// and must stay the same for ever.
func KeyedPseudonym(key []byte) Pseudonym {
	key = append([]byte(nil), key...)
	return func(n nationalid.Number) string {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(string(n.Country()) + "\x00" + n.Digits()))
		return "p-" + hex.EncodeToString(mac.Sum(nil)[:16])
	}
}

// readIdentity reads an identity number. A non-empty reason says what is wrong without repeating it.
func readIdentity(country nationalid.Country, text string, on time.Time) (number nationalid.Number, reason string) {
	number, err := nationalid.Parse(country, strings.ReplaceAll(text, " ", ""), on)
	if err == nil {
		return number, ""
	}
	switch {
	case strings.ContainsAny(text, "eE") && strings.Contains(text, "+"):
		return number, "The spreadsheet has turned the identity number into a shortened figure. Format the column as text in the source and export again."
	case lostLeadingZero(country, text):
		return number, "The identity number is one digit short: the spreadsheet has probably dropped the zero at its start. Format the column as text in the source and export again."
	case errors.Is(err, nationalid.ErrChecksum):
		return number, "The check digits of the identity number do not agree; one digit is probably mistyped. Correct it in the source."
	case errors.Is(err, nationalid.ErrDate):
		return number, "The identity number does not begin with a possible date of birth. Correct it in the source."
	case errors.Is(err, nationalid.ErrAmbiguous):
		return number, "The identity number could belong to several countries. Write the country into the mapping."
	default:
		return number, "This is not written like an identity number of " + countryName(country) + ". Check the number of digits."
	}
}

func lostLeadingZero(country nationalid.Country, text string) bool {
	want := map[nationalid.Country]int{nationalid.Norway: 11, nationalid.Denmark: 10, nationalid.Iceland: 10}[country]
	return want > 0 && len(text) == want-1 && strings.Trim(text, "0123456789") == ""
}

func countryName(country nationalid.Country) string {
	switch country {
	case nationalid.Norway:
		return "Norway"
	case nationalid.Sweden:
		return "Sweden"
	case nationalid.Denmark:
		return "Denmark"
	case nationalid.Finland:
		return "Finland"
	case nationalid.Iceland:
		return "Iceland"
	default:
		return "a Nordic country"
	}
}

// readEmail takes an e-mail address as a hint; ok is false when it is none.
func readEmail(text string) (email string, ok bool) {
	if text == "" {
		return "", true
	}
	address, err := mail.ParseAddress(text)
	if err != nil || len(text) > 254 || address.Address != text || !strings.Contains(text[strings.LastIndex(text, "@")+1:], ".") {
		return "", false
	}
	return text, true
}

// dialling are the country codes that a national telephone number is completed with, and whether the number drops a
// leading zero when it is.
var dialling = map[nationalid.Country]string{
	nationalid.Norway: "47", nationalid.Sweden: "46", nationalid.Denmark: "45", nationalid.Finland: "358", nationalid.Iceland: "354",
}

// readMobile gives the number in E.164 form; a number without a country code needs the country.
func readMobile(country nationalid.Country, text string) (mobile string, ok bool) {
	if text == "" {
		return "", true
	}
	digits := strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(" -/.()\u2011\u2013", r):
			return -1
		default:
			return r
		}
	}, text)
	switch {
	case strings.HasPrefix(digits, "+"):
		digits = digits[1:]
	case strings.HasPrefix(digits, "00"):
		digits = digits[2:]
	case dialling[country] == "":
		return "", false
	default:
		digits = dialling[country] + strings.TrimPrefix(digits, "0")
	}
	if len(digits) < 8 || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" || digits[0] == '0' {
		return "", false
	}
	return "+" + digits, true
}

// readDate tries the layouts in turn. Years outside 1900-2099 are typing mistakes.
func readDate(text string, layouts []string) (time.Time, bool) {
	for _, layout := range layouts {
		day, err := time.ParseInLocation(layout, text, time.UTC)
		if err == nil && day.Year() >= 1900 && day.Year() < 2100 {
			return day, true
		}
	}
	return time.Time{}, false
}

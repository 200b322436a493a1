package bankid

import (
	"errors"
	"strings"
)

// words is one text in the five languages that people are spoken to in.
type words struct{ nb, nn, da, sv, en string }

func (w words) in(locale string) string {
	language, _, _ := strings.Cut(strings.ToLower(locale), "-")
	switch language {
	case "nb", "no":
		return w.nb
	case "nn":
		return w.nn
	case "da":
		return w.da
	case "sv":
		return w.sv
	}
	return w.en
}

// Guidance says what the person is to do now, in the language of locale ("nb", "nn", "da", "sv", "en"; English for any other). A hint that is
// not known here gets a text that is true of its status. It is empty for a completed order.
func Guidance(locale string, status Status, hint Hint) string {
	if text, ok := hintWords[hint]; ok && text.status == status {
		return text.in(locale)
	}
	switch status {
	case Pending:
		return pendingWords.in(locale)
	case Failed:
		return failedWords.in(locale)
	}
	return ""
}

// Trouble says what the person is to do after a call of this package has failed: for a refusal by its code, for everything else that BankID
// cannot be reached.
func Trouble(locale string, err error) string {
	var refusal *Error
	if errors.As(err, &refusal) {
		if text, ok := errorWords[refusal.Code]; ok {
			return text.in(locale)
		}
		return internalWords.in(locale)
	}
	return unreachableWords.in(locale)
}

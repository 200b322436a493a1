package bankid

import "errors"

// Guidance says what the person is to do now, in the language of locale ("nb", "nn", "da", "sv", "en"; English for any other). A hint that is
// not known here gets a text that is true of its status. It is empty for a completed order.
func Guidance(locale string, status Status, hint Hint) string {
	if text, ok := hintWords[hint]; ok && text.status == status {
		return text.In(locale)
	}
	switch status {
	case Pending:
		return pendingWords.In(locale)
	case Failed:
		return failedWords.In(locale)
	}
	return ""
}

// Trouble says what the person is to do after a call of this package has failed: for a refusal by its code, for everything else that BankID
// cannot be reached.
func Trouble(locale string, err error) string {
	var refusal *Error
	if errors.As(err, &refusal) {
		if text, ok := errorWords[refusal.Code]; ok {
			return text.In(locale)
		}
		return internalWords.In(locale)
	}
	return unreachableWords.In(locale)
}

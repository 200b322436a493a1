// Package language holds what people are told in the five languages of Budstikke: one text in all of them, and the choice of one by a locale.
// It does no input or output. Start reading at Text.
package language

import "strings"

// Text is one text in bokmål, nynorsk, Danish, Swedish and English. None of them is empty.
type Text struct{ NB, NN, DA, SV, EN string }

// In returns the text in the language of a locale or language tag ("nb", "nn-NO", "da", "sv", "en"). "no" is bokmål; any other is English.
func (t Text) In(locale string) string {
	language, _, _ := strings.Cut(strings.ToLower(locale), "-")
	switch language {
	case "nb", "no":
		return t.NB
	case "nn":
		return t.NN
	case "da":
		return t.DA
	case "sv":
		return t.SV
	}
	return t.EN
}

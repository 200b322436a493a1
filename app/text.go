package app

import "unicode"

// visible tells whether there is anything to be seen in a text. Spaces are not, and neither are the characters that only steer how others are
// shown: a message of zero-width spaces would be announced to somebody who then finds nothing in it.
func visible(text string) bool {
	for _, r := range text {
		switch {
		case !unicode.IsGraphic(r), unicode.IsSpace(r), unicode.Is(unicode.Zs, r):
		case unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		case r == '\u2800': // the braille pattern without a dot
		default:
			return true
		}
	}
	return false
}

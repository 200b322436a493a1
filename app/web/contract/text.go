package contract

import (
	"strings"
	"unicode"
)

// The rule of characters that are not shown. Whatever people write is kept as they wrote it, in any script and direction, with its line breaks and
// tabs; but a text is refused that would steer how what stands around it is shown, or the program that shows it (a terminal, a spreadsheet, a
// mail). Refused and not cleaned: what was sent is what is kept, and what a person reads is what was sent. A property that is a name and not a
// text says so by the format "line", and takes less. What devices call themselves is cleaned, since nobody typed it (auth.Label). Forms are sent by
// machines about what others wrote, which is not shown to anybody; they are held to no more than their schema.

// notShown is what the refusal of such a text says.
const notShown = "holds a character that is not shown: a control character, or one that turns the direction of what follows"

// steers tells whether a text holds control characters other than tabs and line breaks, characters that override the direction of the text, or ones
// that change it and do not change it back before the line ends. Marks of direction, which keyboards of right-to-left scripts write, steer nothing
// beyond their neighbours; and telephones put addresses and numbers that are copied between a pair that does change it back.
func steers(text string) bool {
	var open []rune // what closes each piece of a direction of its own that is open, the innermost last
	for _, r := range text {
		switch r {
		case '\t':
		case '\n', '\r', '\u2028', '\u2029':
			if len(open) > 0 {
				return true
			}
		case '\u202A', '\u202B': // embeddings
			open = append(open, '\u202C')
		case '\u2066', '\u2067', '\u2068': // isolates
			open = append(open, '\u2069')
		case '\u202C', '\u2069':
			if len(open) == 0 || open[len(open)-1] != r {
				return true
			}
			open = open[:len(open)-1]
		case '\u202D', '\u202E': // overrides
			return true
		default:
			if unicode.IsControl(r) {
				return true
			}
		}
	}
	return len(open) > 0
}

// isLine tells whether a text is one line of nothing but what is shown. It may hold the joiners that some scripts and pictures are written with.
func isLine(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) || r == '\u200B' || r == '\uFEFF'
	})
}

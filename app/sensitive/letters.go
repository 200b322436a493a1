package sensitive

import "unicode"

// alphabet is what words are folded to: a letter's code is its place here. The compiler of the lexicon has the same.
const alphabet = "abcdefghijklmnopqrstuvwxyzåäæöø"

const (
	otherLetter  = 32   // a letter of another script: never in a word of the lexicon
	betweenWords = 31   // what the tries have between the words of an expression
	noLetter     = 0xFF // anything else
	longestWord  = 60   // letters of a word that are looked at; nothing longer is a word
	codeA, codeO = 0, 14
	codeRing     = 26 // å
	codeA2       = 27 // ä
	codeO2       = 29 // ö
)

// folded is the code of every character below 0x600: Latin letters without their accents, and the Greek and Cyrillic ones that look like Latin ones, as
// the Latin ones.
var folded = func() (table [0x600]byte) {
	for r := range table {
		table[r] = noLetter
		if unicode.IsLetter(rune(r)) {
			table[r] = otherLetter
		}
	}
	code := byte(0)
	for _, r := range alphabet {
		table[r], table[unicode.ToUpper(r)] = code, code
		code++
	}
	for like, group := range map[rune]string{
		'a': "ÀÁÂÃàáâãĀāĂăĄąǍǎΑαАа", 'b': "ΒВв", 'c': "ÇçĆćĈĉĊċČčСсϲ", 'd': "ĎďĐđÐðԁ", 'e': "ÈÉÊËèéêëĒēĔĕĖėĘęĚěΕεЕеЁё", 'f': "ƒ", 'g': "ĜĝĞğĠġĢģ",
		'h': "ĤĥĦħΗНнһҺ", 'i': "ÌÍÎÏìíîïĨĩĪīĬĭĮįİıΙιІіЇїΪϊ", 'j': "ĴĵЈј", 'k': "ĶķĸΚκКк", 'l': "ĹĺĻļĽľĿŀŁłӀ", 'm': "ΜМм", 'n': "ÑñŃńŅņŇňŉΝпη",
		'o': "ÒÓÔÕòóôõŌōŎŏŐőΟοОоσ", 'p': "ΡρРр", 'q': "Ԛԛ", 'r': "ŔŕŖŗŘřг", 's': "ŚśŜŝŞşŠšЅѕß", 't': "ŢţŤťŦŧΤτТт", 'u': "ÙÚÛÜùúûüŨũŪūŬŭŮůŰűŲųυ", 'v': "νѵ",
		'w': "ŴŵԜԝω", 'x': "ΧχХх", 'y': "ÝýÿŶŷŸΥУу", 'z': "ŹźŻżŽžΖ", 'æ': "Ǽǽ", 'ø': "Ǿǿ",
	} {
		for _, r := range group {
			table[r] = table[like]
		}
	}
	return table
}()

// fold is the code of a character.
func fold(r rune) byte {
	switch {
	case r < rune(len(folded)):
		return folded[r]
	case r >= 0xFF21 && r <= 0xFF3A: // fullwidth
		return byte(r - 0xFF21)
	case r >= 0xFF41 && r <= 0xFF5A:
		return byte(r - 0xFF41)
	case r >= 0x1D400 && r <= 0x1D6A3: // letters of mathematics, used for their looks
		return byte((r - 0x1D400) % 26)
	case r == 'ẞ':
		return 's' - 'a'
	case unicode.IsLetter(r):
		return otherLetter
	}
	return noLetter
}

// compose puts a combining mark on a letter: only the ring and the two dots make another letter of the alphabet.
func compose(code byte, mark rune) byte {
	switch {
	case mark == '\u030A' && code == codeA:
		return codeRing
	case mark == '\u0308' && code == codeA:
		return codeA2
	case mark == '\u0308' && code == codeO:
		return codeO2
	}
	return code
}

// digitOf is the value of a decimal digit, plain or fullwidth; -1 for anything else.
func digitOf(r rune) int {
	switch {
	case r >= '0' && r <= '9':
		return int(r - '0')
	case r >= 0xFF10 && r <= 0xFF19:
		return int(r - 0xFF10)
	case r >= 0x1D7CE && r <= 0x1D7FF:
		return int(r-0x1D7CE) % 10
	}
	return -1
}

// isInvisible lists what copying leaves inside words without a trace on the screen: zero-width characters, the soft hyphen, marks of direction.
func isInvisible(r rune) bool {
	switch {
	case r < 0xAD: // nearly all
		return false
	case r == 0xAD, r == 0x61C, r == 0xFEFF, r == 0x180E, r == 0x34F, r == 0x115F, r == 0x3164:
		return true
	case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x206F, r >= 0xFE00 && r <= 0xFE0F, r >= 0xE0000 && r <= 0xE01EF:
		return true
	}
	return false
}

// laughs reports whether a character is a laughing or winking face.
func laughs(r rune) bool {
	switch r {
	case '😂', '🤣', '😄', '😆', '😁', '😜', '😝', '😛', '🤪', '😹', '😉', '🤭', '😃', '😀':
		return true
	}
	return false
}

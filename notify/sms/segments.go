package sms

import "strings"

// The alphabet of GSM 03.38: one unit each, and the extension table with two. Æ, Ø, Å, Ä, Ö and é are in it; Icelandic and Sámi letters,
// curly quotes and dashes are not, and one of them halves what fits.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtended = "^{}\\[~]|€\f"
)

// Encoding is how a text message travels.
type Encoding string

// The encodings.
const (
	GSM7 Encoding = "GSM-7" // 160 units in one segment, 153 in each of several
	UCS2 Encoding = "UCS-2" // 70 units in one segment, 67 in each of several
)

// Length says what a text costs to send.
type Length struct {
	Encoding Encoding
	Units    int // septets of GSM-7 or 16-bit units of UCS-2
	Segments int // what Twilio charges for
}

// Measure tells how a text is encoded and how many segments it takes. A character of two units is never split between segments, so the
// count can be one higher than a division says. The empty text takes no segment.
func Measure(text string) Length {
	widths, encoding := gsmWidths(text)
	single, several := 160, 153
	if encoding == UCS2 {
		widths = ucsWidths(text)
		single, several = 70, 67
	}
	l := Length{Encoding: encoding}
	segments, left := 0, 0
	for _, w := range widths {
		l.Units += w
		if w > left {
			segments++
			left = several
		}
		left -= w
	}
	switch {
	case l.Units == 0:
	case l.Units <= single:
		l.Segments = 1
	default:
		l.Segments = segments
	}
	return l
}

// gsmWidths returns the septets of every character, or UCS2 when one of them is outside the alphabet.
func gsmWidths(text string) ([]int, Encoding) {
	widths := make([]int, 0, len(text))
	for _, r := range text {
		switch {
		case strings.ContainsRune(gsmBasic, r):
			widths = append(widths, 1)
		case strings.ContainsRune(gsmExtended, r):
			widths = append(widths, 2)
		default:
			return nil, UCS2
		}
	}
	return widths, GSM7
}

// ucsWidths returns the 16-bit units of every character.
func ucsWidths(text string) []int {
	var widths []int
	for _, r := range text {
		if r > 0xffff {
			widths = append(widths, 2)
		} else {
			widths = append(widths, 1)
		}
	}
	return widths
}

package sandbox

import "strings"

// The GSM 03.38 alphabet: what costs one septet, and what costs two because it needs an escape.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtra = "\f^{}\\[~]|€"
)

// Segments returns how many SMS segments a text is billed as, and the encoding ("GSM-7" or "UCS-2") it needs. A character is never cut in
// two: neither an escaped one nor a surrogate pair. An empty text has no segments.
func Segments(text string) (n int, encoding string) {
	encoding = "GSM-7"
	single, part := 160, 153 // septets
	for _, r := range text {
		if !strings.ContainsRune(gsmBasic, r) && !strings.ContainsRune(gsmExtra, r) {
			encoding, single, part = "UCS-2", 70, 67 // 16-bit units
			break
		}
	}
	total, used := 0, part
	for _, r := range text {
		cost := 1
		if (encoding == "GSM-7" && strings.ContainsRune(gsmExtra, r)) || r > 0xFFFF {
			cost = 2
		}
		total += cost
		if used+cost > part {
			n++
			used = 0
		}
		used += cost
	}
	if total > 0 && total <= single {
		n = 1
	}
	return n, encoding
}

package register

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Encoding names how the bytes of a list stand for characters.
type Encoding string

// The encodings that spreadsheets in the Nordic countries export. EncodingSniffed means: look at the bytes.
const (
	EncodingSniffed     Encoding = ""
	EncodingUTF8        Encoding = "utf-8"
	EncodingWindows1252 Encoding = "windows-1252"
)

var utf8BOM = []byte{0xEF, 0xBB, 0xBF}

// decode turns the bytes of a list into text with "\n" line ends. A non-empty reason says why they can not be read
// at all, and line where.
func decode(data []byte, encoding Encoding) (text string, line int, reason string) {
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return "", 0, "The file is empty."
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte{0xD0, 0xCF, 0x11, 0xE0}):
		return "", 0, "This is an Excel workbook or a zip file. Open it in the spreadsheet and save it as CSV."
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}), bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		return "", 0, "The file is saved as “Unicode text” (UTF-16). Save it as “CSV UTF-8”."
	}
	if at := bytes.IndexByte(data, 0); at >= 0 {
		return "", 1 + bytes.Count(data[:at], []byte("\n")), "The file contains characters that do not belong into a text file. Save it as “CSV UTF-8”."
	}
	valid := utf8.Valid(data)
	switch {
	case bytes.HasPrefix(data, utf8BOM) && encoding == EncodingSniffed, valid && encoding == EncodingSniffed:
		encoding = EncodingUTF8
	case encoding == EncodingSniffed:
		encoding = EncodingWindows1252
	}
	if encoding == EncodingUTF8 {
		if !valid {
			return "", lineOfInvalidUTF8(data), "The file is not UTF-8 although it claims to be. Save it again as “CSV UTF-8”, or write “encoding: windows-1252” into the mapping."
		}
		text = string(bytes.TrimPrefix(data, utf8BOM))
	} else {
		decoded, err := charmap.Windows1252.NewDecoder().Bytes(data)
		if err != nil {
			return "", 0, "The file can not be read as Windows-1252. Save it as “CSV UTF-8”."
		}
		text = string(decoded)
	}
	if !strings.Contains(text, "\n") { // the line ends of very old Macintosh exports
		text = strings.ReplaceAll(text, "\r", "\n")
	}
	return text, 0, ""
}

func lineOfInvalidUTF8(data []byte) int {
	line := 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			return line
		}
		if r == '\n' {
			line++
		}
		data = data[size:]
	}
	return line
}

// sniffDelimiter counts the candidates outside quotation marks in the first line; 0 when there is none.
func sniffDelimiter(text string) rune {
	first, _, _ := strings.Cut(text, "\n")
	counts := map[rune]int{}
	inQuotes := false
	for _, r := range first {
		switch {
		case r == '"':
			inQuotes = !inQuotes
		case !inQuotes && (r == ';' || r == ',' || r == '\t'):
			counts[r]++
		}
	}
	best := rune(0)
	for _, candidate := range []rune{';', ',', '\t'} {
		if counts[candidate] > counts[best] {
			best = candidate
		}
	}
	return best
}

// clean puts a cell into one form: composed characters, single spaces, no Excel text wrapper (="0123"). A non-empty
// reason says why the text can not be taken.
func clean(cell string) (text, reason string) {
	text = strings.TrimSpace(cell)
	if len(text) >= 3 && strings.HasPrefix(text, `="`) && strings.HasSuffix(text, `"`) {
		text = text[2 : len(text)-1]
	}
	text = strings.Join(strings.Fields(norm.NFC.String(text)), " ")
	for _, r := range text {
		switch {
		case r == utf8.RuneError:
			return "", "The text contains a character that was destroyed in an earlier conversion (�). Type it again in the source."
		case unicode.IsControl(r), unicode.In(r, unicode.Bidi_Control), r == '\uFEFF', r == '\u200B':
			return "", "The text contains an invisible character. Type it again in the source."
		}
	}
	if utf8.RuneCountInString(text) > maxCell {
		return "", "The text is longer than 200 characters."
	}
	return text, ""
}

// maxCell is the longest cell in characters that is taken.
const maxCell = 200

// twiceConverted recognises å, ä, ö, æ, ø that went through a wrong conversion before the export.
func twiceConverted(text string) bool {
	for _, mark := range []string{"Ã¥", "Ã¤", "Ã¶", "Ã¦", "Ã¸", "Ã…", "Ã„", "Ã–", "Ã†", "Ã˜", "Ã©"} {
		if strings.Contains(text, mark) {
			return true
		}
	}
	return false
}

// fold is the form in which headings and words are compared: case and spacing do not matter.
func fold(text string) string {
	return strings.ToLower(strings.Join(strings.Fields(norm.NFC.String(strings.TrimPrefix(text, "\uFEFF"))), " "))
}

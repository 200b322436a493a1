// Package scan looks for what must not be left behind (P8, P15): identity numbers that their check digits confirm, whatever has the form of a secret of
// ours, and words that were given to it, in a dump, a log or anything else that can be read. It reads in pieces, so that what it reads may be as large
// as it likes.
//
// It may import what commands may. Start reading at Scanner.Scan.
package scan

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"budstikke.example/app/nationalid"
)

// Finding is something that should not be there. It says where and what sort it is, and never the thing itself.
type Finding struct {
	Where  string // the name of what was read
	Kind   string // "identity number", "secret by its form", or the kind that a word was given with
	Offset int64  // in bytes from the beginning
}

// String says it in words.
func (f Finding) String() string { return fmt.Sprintf("%s: %s at byte %d", f.Where, f.Kind, f.Offset) }

// Scanner knows what to look for. It is safe for concurrent use.
type Scanner struct {
	words   map[[leastOfWord]byte][]word // by how they begin
	begins  [1 << 16]bool
	numbers bool
	on      time.Time
	overlap int
}

type word struct {
	kind string
	text []byte
}

const (
	piece       = 64 << 10
	most        = 20 // findings of one kind in one reader: more say nothing new
	leastOfWord = 6  // shorter words stand everywhere
	longestForm = 64 // of a secret: so much of it is enough

	longestNumber = 16 // with what stands after it
)

// ErrShort means that a word is too short to be looked for.
var ErrShort = errors.New("scan: a word must have at least 6 bytes")

// New returns a scanner. words are the texts to look for, by kind, also where they stand in base64 or in hexadecimal digits; on is the day on which
// identity numbers are judged, and the zero time looks for none, and for no secrets by their form either. Error: ErrShort.
func New(on time.Time, words map[string][]string) (*Scanner, error) {
	s := &Scanner{words: map[[leastOfWord]byte][]word{}, numbers: !on.IsZero(), on: on, overlap: longestForm}
	for kind, list := range words {
		for _, text := range list {
			if len(text) < leastOfWord {
				return nil, ErrShort
			}
			for _, spelling := range spellings(text) {
				begins := [leastOfWord]byte([]byte(spelling))
				s.words[begins] = append(s.words[begins], word{kind, []byte(spelling)})
				s.begins[bucket(begins)] = true
				s.overlap = max(s.overlap, len(spelling))
			}
		}
	}
	return s, nil
}

// Scan reads everything and returns what it found, the first few of each kind. Memory is bounded by the longest word.
func (s *Scanner) Scan(where string, r io.Reader) ([]Finding, error) {
	var found []Finding
	seen, of := map[Finding]bool{}, map[string]int{}
	buffer := make([]byte, 0, piece+2*s.overlap)
	start := int64(0) // offset of the buffer's first byte
	for {
		n, err := io.ReadFull(r, buffer[len(buffer):len(buffer)+piece])
		buffer = buffer[:len(buffer)+n]
		for _, f := range s.in(buffer, start == 0, err != nil) {
			f.Where, f.Offset = where, f.Offset+start
			if !seen[f] && of[f.Kind] < most {
				seen[f] = true
				of[f.Kind]++
				found = append(found, f)
			}
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return found, nil
		case err != nil:
			return found, err
		}
		kept := min(len(buffer), s.overlap)
		start += int64(len(buffer) - kept)
		buffer = buffer[:copy(buffer, buffer[len(buffer)-kept:])]
	}
}

// in looks through a piece. What reaches its very end, or begins at its very start, is left to the piece that shows what stands around it, unless
// nothing does.
func (s *Scanner) in(piece []byte, first, last bool) []Finding {
	found := s.wordsIn(piece)
	if !s.numbers {
		return found
	}
	for _, begins := range beginnings {
		for at := 0; ; at += len(begins) {
			i := bytes.Index(piece[at:], []byte(begins))
			if i < 0 {
				break
			}
			if at += i; form.Match(piece[at:min(len(piece), at+2*longestForm)]) && (at == 0 || !letter(piece[at-1])) {
				found = append(found, Finding{Kind: "secret by its form", Offset: int64(at)})
			}
		}
	}
	for at := 0; at < len(piece); at++ {
		digits := 0
		for at+digits < len(piece) && piece[at+digits] >= '0' && piece[at+digits] <= '9' {
			digits++
		}
		if digits >= 6 && (first || at > 0) && (last || at+longestNumber <= len(piece)) && s.number(piece, at) {
			found = append(found, Finding{Kind: "identity number", Offset: int64(at)})
		}
		at += digits
	}
	return found
}

// wordsIn finds the words that were given, all in one pass: a piece of the log is long, and so is the list.
func (s *Scanner) wordsIn(piece []byte) (found []Finding) {
	for at := 0; at+leastOfWord <= len(piece); at++ {
		begins := [leastOfWord]byte(piece[at:])
		if !s.begins[bucket(begins)] {
			continue
		}
		for _, w := range s.words[begins] {
			if bytes.HasPrefix(piece[at:], w.text) {
				found = append(found, Finding{Kind: w.kind, Offset: int64(at)})
			}
		}
	}
	return found
}

// bucket spreads the beginnings of words over a table that says quickly that nothing begins here.
func bucket(b [leastOfWord]byte) uint16 {
	return uint16((uint32(b[0])|uint32(b[1])<<8|uint32(b[2])<<16|uint32(b[3])<<24)*2654435761>>16) ^ uint16(b[4]) ^ uint16(b[5])<<8 //nolint:gosec // the upper half
}

// shapes are what may be an identity number of the Nordic countries, in the ways that people and registers write it.
var shapes = []*regexp.Regexp{
	regexp.MustCompile(`^[0-9]{8}[-+]?[0-9]{4}`), regexp.MustCompile(`^[0-9]{6}[ -]?[0-9]{5}`), regexp.MustCompile(`^[0-9]{6}[-+ ]?[0-9]{4}`),
	regexp.MustCompile(`^[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-Y]`),
}

// number tells whether digits that begin at a place stand by themselves and their check digits agree. Parts of longer words, of ids above all, and
// the decimals of a fraction are none.
func (s *Scanner) number(piece []byte, from int) bool {
	if from > 0 && joins(piece[from-1]) && !escaped(piece[:from]) {
		return false
	}
	if from > 1 && piece[from-1] == '.' && piece[from-2] >= '0' && piece[from-2] <= '9' {
		return false
	}
	for _, shape := range shapes {
		length := len(shape.Find(piece[from:min(len(piece), from+longestNumber)]))
		if to := from + length; length == 0 || to < len(piece) && joins(piece[to]) {
			continue
		}
		for _, n := range nationalid.Readings(string(piece[from:from+length]), s.on) {
			if n.Confirmed() {
				return true
			}
		}
	}
	return false
}

// form is what secrets of ours look like, and what holds one: tokens and links by their prefixes, what an authenticator app is set up with, a signed
// token of others, a private key, the address of a server with its password.
var form = regexp.MustCompile(`^(?:b(?:st|sr|sh|ec|eu|ew)_[A-Za-z0-9_-]{40}|otpauth://[a-z]+/|eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8}|-----BEGIN [A-Z ]{0,12}PRIVATE KEY|postgres(?:ql)?://[^:@/\s]{1,24}:[^*@/\s]{1,24}@)`)

var beginnings = []string{"bst_", "bsr_", "bsh_", "bec_", "beu_", "bew_", "otpauth://", "eyJ", "-----BEGIN ", "postgres"}

// letter tells whether a character before a secret makes it part of a longer word, which is none.
func letter(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

// spellings are the ways that a text can stand in a dump: as it is, in hexadecimal digits, and in base64 wherever in a longer text it begins.
func spellings(text string) []string {
	list := []string{text, hex.EncodeToString([]byte(text))}
	for shift := range 3 {
		whole := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(" ", shift) + text))
		first, last := (shift*8+5)/6, (shift+len(text))*8/6 // characters that hold nothing but bits of the text
		if inner := whole[first:last]; len(inner) >= leastOfWord {
			list = append(list, inner)
			if url := strings.NewReplacer("+", "-", "/", "_").Replace(inner); url != inner {
				list = append(list, url)
			}
		}
	}
	return list
}

// escaped tells whether the last letter is no letter but the end of a line, as dumps and logs write it.
func escaped(before []byte) bool {
	end := len(before)
	return end > 1 && before[end-2] == '\\' && bytes.IndexByte([]byte("ntr"), before[end-1]) >= 0
}

// joins tells whether a character before or after digits makes them part of something longer. A slash does not: numbers stand in paths.
func joins(c byte) bool {
	return letter(c) || c == '-' || c == '+'
}

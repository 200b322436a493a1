// Package scan looks for what must not be left behind (P8, P15): identity numbers that their check digits confirm, and words that were given to it,
// in a dump, a log or anything else that can be read. It reads in pieces, so that what it reads may be as large as it likes.
//
// It may import what commands may. Start reading at Scanner.Scan.
package scan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"budstikke.example/app/nationalid"
)

// Finding is something that should not be there. It says where and what sort it is, and never the thing itself.
type Finding struct {
	Where  string // the name of what was read
	Kind   string // "identity number", or the kind that a word was given with
	Offset int64  // in bytes from the beginning
}

// String says it in words.
func (f Finding) String() string { return fmt.Sprintf("%s: %s at byte %d", f.Where, f.Kind, f.Offset) }

// Scanner knows what to look for. It is safe for concurrent use.
type Scanner struct {
	words   []word
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
	most        = 20 // findings of one reader: more say nothing new
	leastOfWord = 6  // shorter words stand everywhere
)

// ErrShort means that a word is too short to be looked for.
var ErrShort = errors.New("scan: a word must have at least 6 bytes")

// New returns a scanner. words are the texts to look for, by kind; on is the day on which identity numbers are judged, and the zero time looks
// for none. Error: ErrShort.
func New(on time.Time, words map[string][]string) (*Scanner, error) {
	s := &Scanner{numbers: !on.IsZero(), on: on, overlap: 32}
	for kind, list := range words {
		for _, text := range list {
			if len(text) < leastOfWord {
				return nil, ErrShort
			}
			s.words = append(s.words, word{kind, []byte(text)})
			s.overlap = max(s.overlap, len(text))
		}
	}
	return s, nil
}

// Scan reads everything and returns what it found, the first few of it. Memory is bounded by the longest word.
func (s *Scanner) Scan(where string, r io.Reader) ([]Finding, error) {
	var found []Finding
	seen := map[Finding]bool{}
	buffer := make([]byte, 0, piece+2*s.overlap)
	start := int64(0) // offset of the buffer's first byte
	for {
		n, err := io.ReadFull(r, buffer[len(buffer):len(buffer)+piece])
		buffer = buffer[:len(buffer)+n]
		for _, f := range s.in(buffer) {
			f.Where, f.Offset = where, f.Offset+start
			if !seen[f] && len(found) < most {
				seen[f] = true
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

func (s *Scanner) in(piece []byte) []Finding {
	var found []Finding
	for _, w := range s.words {
		for at := 0; ; {
			i := bytes.Index(piece[at:], w.text)
			if i < 0 {
				break
			}
			found = append(found, Finding{Kind: w.kind, Offset: int64(at + i)})
			at += i + len(w.text)
		}
	}
	if !s.numbers {
		return found
	}
	for _, span := range shape.FindAllIndex(piece, -1) {
		if s.number(piece, span[0], span[1]) {
			found = append(found, Finding{Kind: "identity number", Offset: int64(span[0])})
		}
	}
	return found
}

// shape is what may be an identity number of the Nordic countries, in the ways that people and registers write it.
var shape = regexp.MustCompile(`[0-9]{8}-?[0-9]{4}|[0-9]{6}[ -]?[0-9]{5}|[0-9]{6}[-+]?[0-9]{4}|[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-Y]`)

// number tells whether a span stands by itself and its check digits agree. Parts of longer words, of ids above all, are none.
func (s *Scanner) number(piece []byte, from, to int) bool {
	if from > 0 && joins(piece[from-1]) || to < len(piece) && joins(piece[to]) {
		return false
	}
	for _, n := range nationalid.Readings(string(piece[from:to]), s.on) {
		if n.Confirmed() {
			return true
		}
	}
	return false
}

func joins(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_' || c == '+' || c == '/'
}

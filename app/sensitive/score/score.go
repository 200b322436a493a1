// Package score measures predictions about labelled lines: the figures by which the sensitive-text guide is judged, pooled, by language and by
// category, each with its 95 % interval of Wilson. It knows nothing of how a prediction came about, opens nothing and keeps nothing.
//
// Start reading at Of.
package score

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
)

// Line is one labelled text: what is right.
type Line struct {
	ID         string   `json:"id"`
	Lang       string   `json:"lang"`
	Context    string   `json:"context"`
	Text       string   `json:"text"`
	Label      string   `json:"label"` // none, hint or warn
	Categories []string `json:"categories"`
	Slice      string   `json:"slice,omitempty"` // what its writer meant it to be: everyday, practical, trap …; only for reading figures, and for learning
}

// Prediction is what was found in the text of the line with the same id.
type Prediction struct {
	ID         string   `json:"id"`
	Label      string   `json:"label"`
	Categories []string `json:"categories"`
}

const byteOrder = "\uFEFF"

// Read reads JSON lines; a byte-order mark before them, as some editors write it, is no part of them. Errors: the first line that is not one, by its number.
func Read(r io.Reader) ([]Line, error) {
	var lines []Line
	text := bufio.NewReader(r)
	if mark, _ := text.Peek(len(byteOrder)); string(mark) == byteOrder {
		_, _ = text.Discard(len(byteOrder))
	}
	decoder := json.NewDecoder(text)
	for {
		var l Line
		err := decoder.Decode(&l)
		if err == io.EOF {
			return lines, nil
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", len(lines)+1, err)
		}
		if !slices.Contains([]string{"none", "hint", "warn"}, l.Label) {
			return nil, fmt.Errorf("line %d (%s): label %q is none of none, hint, warn", len(lines)+1, l.ID, l.Label)
		}
		lines = append(lines, l)
	}
}

// Share is k of n.
type Share struct{ K, N int }

func (s *Share) count(hit bool) {
	s.N++
	if hit {
		s.K++
	}
}

// Value is the share as a number; 0 of nothing.
func (s Share) Value() float64 { return float64(s.K) / float64(max(s.N, 1)) }

// String is the share, its 95 % interval by Wilson, and what it was counted from.
func (s Share) String() string {
	if s.N == 0 {
		return "n/a"
	}
	const z = 1.96
	n, p := float64(s.N), s.Value()
	d, c := 1+z*z/n, p+z*z/(2*n)
	m := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return fmt.Sprintf("%.3f [%.2f-%.2f] (%d/%d)", p, max(0, (c-m)/d), min(1, (c+m)/d), s.K, s.N)
}

// Slice is what is counted of a part of the lines.
type Slice struct {
	Recall    Share // warned, of the lines to warn about
	Precision Share // to warn about, of the lines warned
	False     Share // warned, of the lines labelled none
}

// Category is what is counted of one category.
type Category struct {
	Recall    Share // named, of the lines that have it
	Precision Share // having it, of the lines in which it was named
	Warned    Share // warned, of the lines to warn about that have it
}

// Figures is everything that is counted.
type Figures struct {
	All        Slice
	Parts      map[string]Slice // by language and by context
	Confusion  map[string]int   // "none->hint": how many
	Escalated  Share            // warned, of the hints
	HintFound  Share            // hinted or warned, of the hints
	Hit        Share            // a right category named, of the true warnings
	Categories map[string]Category
}

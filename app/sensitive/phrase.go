package sensitive

import (
	"fmt"
	"slices"
	"strings"
)

// phrase is a row of lexicon/phrases.tsv: elements with gaps between them, inside one sentence.
type phrase struct {
	row
	elements []element
}

// element is one place in a phrase: any of its symbols, at most gap words after the one before.
type element struct {
	gap          int
	alternatives []alternative
}

type alternative struct {
	symbol symbol
	last   bool // the word has to stand before a stop
}

// addPhrase reads a phrase row: category, rule, strength, pattern and perhaps "hint-if:class".
func (lex *lexiconData) addPhrase(f []string) error {
	r, err := lex.newRow(f[0], f[1], f[2], f[4:])
	if err != nil {
		return err
	}
	p := &phrase{row: r}
	gap := 0
	for _, part := range strings.Fields(f[3]) {
		switch part {
		case "..":
			gap = 3
			continue
		case "...":
			gap = 6
			continue
		}
		e := element{gap: gap}
		for alt := range strings.SplitSeq(part, "|") {
			a, err := lex.alternative(alt)
			if err != nil {
				return err
			}
			e.alternatives = append(e.alternatives, a)
		}
		p.elements = append(p.elements, e)
		gap = 0
	}
	if len(p.elements) == 0 || p.elements[0].gap != 0 || gap != 0 {
		return fmt.Errorf("pattern %q must begin and end with a word", f[3])
	}
	for _, a := range p.elements[0].alternatives {
		if !slices.Contains(lex.phrases[a.symbol], p) {
			lex.phrases[a.symbol] = append(lex.phrases[a.symbol], p)
		}
	}
	return nil
}

func (lex *lexiconData) alternative(text string) (alternative, error) {
	text, last := strings.CutSuffix(text, "$")
	if class, ok := strings.CutPrefix(text, "@"); ok {
		s, known := lex.classes[class]
		if !known {
			return alternative{}, fmt.Errorf("unknown class %q", text)
		}
		return alternative{s, last}, nil
	}
	if text == "" {
		return alternative{}, fmt.Errorf("empty alternative")
	}
	s, ok := lex.literals[text]
	if !ok {
		s = lex.fresh()
		lex.literals[text] = s
		word, prefix := strings.CutSuffix(text, "*")
		m := whole
		if prefix {
			m = beginning
		}
		lex.addWord(word, entry{s, m})
	}
	return alternative{s, last}, nil
}

// matches finds where the phrase ends when it begins at token i. steps is the work still allowed for the whole text: it keeps time linear whatever
// the text is made of.
func (p *phrase) matches(tokens []token, i, from int, steps *int) (end int, ok bool) {
	if *steps--; *steps < 0 || !p.elements[from].holds(&tokens[i]) {
		return 0, false
	}
	if from == len(p.elements)-1 {
		return i, true
	}
	for j := i + 1; j < len(tokens) && j <= i+1+p.elements[from+1].gap && tokens[j].sentence == tokens[i].sentence; j++ {
		if end, ok := p.matches(tokens, j, from+1, steps); ok {
			return end, true
		}
	}
	return 0, false
}

func (e *element) holds(t *token) bool {
	for _, a := range e.alternatives {
		if (!a.last || t.stop) && slices.Contains(t.symbols, a.symbol) {
			return true
		}
	}
	return false
}

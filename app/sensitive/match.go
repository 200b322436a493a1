package sensitive

import "slices"

// stepsPerWord bounds the work on phrases; ordinary texts use a few dozen per word.
const stepsPerWord = 400

// match applies the word rows and the phrases to a document.
func (lex *lexiconData) match(doc *document) []hit {
	cues := lex.cues(doc)
	var hits []hit
	for i := range doc.tokens {
		t := &doc.tokens[i]
		for _, s := range t.symbols {
			if r, ok := lex.rows[s]; ok {
				if severity := lex.weigh(r, doc, i, cues[t.sentence]); severity != None {
					hits = append(hits, hit{r.category, r.rule, severity, t.start, t.end})
				}
			}
		}
		if i+1 < len(doc.tokens) {
			if s, ok := lex.joined(*t, doc.tokens[i+1]); ok {
				r := lex.rows[s]
				if severity := lex.weigh(r, doc, i, cues[t.sentence]); severity != None {
					hits = append(hits, hit{r.category, r.rule, severity, t.start, doc.tokens[i+1].end})
				}
			}
		}
	}
	return lex.matchPhrases(doc, cues, hits)
}

func (lex *lexiconData) matchPhrases(doc *document, cues []cue, hits []hit) []hit {
	steps := stepsPerWord * len(doc.tokens)
	var later []hit // those that count only beside a warning
	for i := range doc.tokens {
		for _, s := range doc.tokens[i].symbols {
			for _, p := range lex.phrases[s] {
				end, ok := p.matches(doc.tokens, i, 0, &steps)
				if !ok {
					continue
				}
				h := hit{p.category, p.rule, Warn, doc.tokens[i].start, doc.tokens[end].end}
				c := cues[doc.tokens[i].sentence]
				switch {
				case p.strength == withWarn:
					later = append(later, h)
					continue
				case c.topic && !c.bind && (p.strength == anyHint || p.strength == cueWarn):
					continue
				case p.strength == anyHint, p.hintIf != 0 && c.has(p.hintIf):
					h.severity = Hint
				}
				hits = append(hits, h)
			}
		}
	}
	if slices.ContainsFunc(hits, func(h hit) bool { return h.severity == Warn }) {
		hits = append(hits, later...)
	}
	return hits
}

// cue is what a sentence says about how to take its words.
type cue struct {
	person, topic, bind, clinical bool
	symbols                       []symbol
}

func (c *cue) has(s symbol) bool { return slices.Contains(c.symbols, s) }

// cues collects, for every sentence, who and what it is about: a person; a book, a film, a lecture or somebody's job; a diagnosis made.
func (lex *lexiconData) cues(doc *document) []cue {
	var all []cue
	for i := range doc.tokens {
		t := &doc.tokens[i]
		for len(all) <= t.sentence {
			all = append(all, cue{})
		}
		c := &all[t.sentence]
		for _, s := range t.symbols {
			switch s {
			case lex.classes["person"], lex.classes["kin"], lex.classes["adult"]:
				c.person = true
			case lex.classes["topic"], lex.classes["job"]:
				c.topic = true
			case lex.classes["bind"]:
				c.bind = true
			case lex.classes["clinical"]:
				c.clinical = true
			}
			c.symbols = append(c.symbols, s)
		}
	}
	return all
}

// denied are the categories in which a plain denial ("she does not have diabetes") is worth less than the fact.
var denied = []Category{HealthDiagnosis, MentalHealth, ViolenceAbuse, SubstanceUse}

// weigh decides what one word at token i means in its sentence.
func (lex *lexiconData) weigh(r row, doc *document, i int, c cue) Severity {
	if c.topic && !c.bind {
		return None // about a book, a lecture or a job, not about a person
	}
	if (r.strength == cueWarn || r.strength == cueHint) && !c.person {
		return None
	}
	if r.strength == anyHint || r.strength == cueHint || r.hintIf != 0 && c.has(r.hintIf) {
		return Hint
	}
	if slices.Contains(denied, r.category) && !c.clinical && lex.negated(doc, i) {
		return Hint
	}
	return Warn
}

// negated reports whether a "not" stands in the three words before token i.
func (lex *lexiconData) negated(doc *document, i int) bool {
	for j := max(0, i-3); j < i; j++ {
		if doc.tokens[j].sentence == doc.tokens[i].sentence && slices.Contains(doc.tokens[j].symbols, lex.classes["neg"]) {
			return true
		}
	}
	return false
}

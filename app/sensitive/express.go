package sensitive

// longestExpression is how many words an expression of the lexicon has at most.
const longestExpression = 5

// promise is a symbol that the last word of an expression will carry.
type promise struct {
	token  int32
	symbol symbol
}

// express finds the expressions that begin with token i ("ta på", "turned down"), whose words stand side by side. The first word carries their symbol, and
// the last one will: a phrase goes on from either.
func (d *document) express(i int) {
	t := &d.tokens[i]
	for k := d.kept; k < len(d.promised); k++ {
		switch p := d.promised[k]; {
		case p.token == int32(i): //nolint:gosec // at most MaxRunes
			d.give(t, p.symbol)
		case p.token < int32(i) && k == d.kept: //nolint:gosec // at most MaxRunes
			d.kept++
		}
	}
	n := t.entry.expression
	for j := i + 1; n != 0 && j < min(len(d.tokens), i+longestExpression) && !d.tokens[j-1].stop; j++ {
		next := d.letters[d.tokens[j].from:d.tokens[j].to]
		for k, l := range next {
			if n = n.step(l); n == 0 {
				return
			}
			if n.list() != 0 {
				d.expressed(t, j, n.list(), next[k+1:])
			}
		}
		n = n.step(betweenWords)
	}
}

// expressed gives token t, and promises token j, what ends here and fits there.
func (d *document) expressed(t *token, j int, list uint32, rest []byte) {
	for i := endStarts[list]; ; i++ {
		end := endLists[i]
		if m := mode(end & 7); len(rest) == 0 || m == first || m == stem && isEnding(rest) == 1 {
			d.give(t, endSymbol(end))
			d.promised = append(d.promised, promise{int32(j), endSymbol(end)}) //nolint:gosec // at most MaxRunes
		}
		if end&lastEnd != 0 {
			return
		}
	}
}

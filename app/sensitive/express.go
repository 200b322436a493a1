package sensitive

// longestExpression is how many words an expression of the lexicon has at most.
const longestExpression = 5

// promise is a symbol that the last word of an expression will carry.
type promise struct {
	token int32
	end   uint32
}

// express finds the expressions that begin with token i ("ta på", "turned down"), whose words stand side by side. The first word carries their symbol, and
// the last one will: a phrase goes on from either.
func (d *document) express(i int, word []byte) {
	t := &d.tokens[i]
	for _, p := range d.promised {
		if p.token == int32(i) {
			d.give(t, p.end)
		}
	}
	n := rootWords
	for _, l := range word {
		if n = n.step(l); n == 0 {
			return
		}
	}
	for j := i + 1; j < min(len(d.tokens), i+longestExpression); j++ {
		if n = n.step(betweenWords); n == 0 || d.tokens[j-1].stop {
			return
		}
		next := d.letters[d.tokens[j].from:d.tokens[j].to]
		for k, l := range next {
			if n = n.step(l); n == 0 {
				return
			}
			if n.list() != 0 {
				d.expressed(t, j, n.list(), next[k+1:])
			}
		}
	}
}

// expressed gives token t, and promises token j, what ends here and fits there.
func (d *document) expressed(t *token, j int, list uint32, rest []byte) {
	for i := endStarts[list]; ; i++ {
		end := endLists[i]
		if m := mode(end & 7); len(rest) == 0 || m == first || m == stem && isEnding(rest) == 1 {
			d.give(t, end)
			d.promised = append(d.promised, promise{int32(j), end})
		}
		if end&lastEnd != 0 {
			return
		}
	}
}

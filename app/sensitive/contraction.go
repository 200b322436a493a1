package sensitive

// contraction is where apostrophes stand inside a word: how many there are, how many letters stand before the last one, where those end, and where the rest
// begins.
type contraction struct {
	apostrophes int
	letters     int32
	end, next   place
}

// shortened are the verbs that English hangs on the word before, by what is left of them.
var shortened = [...]struct{ rest, verb string }{{"re", "are"}, {"ve", "have"}, {"m", "am"}, {"ll", "will"}, {"s", "is"}}

// subjects are the words after which an s is "is" or "has"; after any other it is a genitive.
var subjects = [...]string{"he", "she", "it", "that", "there", "who", "what", "here", "where", "how"}

// contracted adds a word with an apostrophe. "We're" is two words for whoever reads it, so it is read as "we" and "are"; "mum's" is one word, and read as
// "mum", too. Both are also read as they stand without the apostrophe ("were", "mums"), which is how people write them in a hurry.
func (d *document) contracted(t token, c contraction) {
	before, after := d.letters[t.from:c.letters], d.letters[c.letters:t.to]
	verb := ""
	for _, s := range shortened {
		if spells(after, s.rest) {
			verb = s.verb
		}
	}
	if verb == "is" && !isSubject(before) {
		t.alsoFrom, t.alsoTo = t.from, c.letters
		verb = ""
	}
	if verb == "" {
		d.tokens = append(d.tokens, t)
		return
	}
	first, second := t, t
	first.to, first.end = c.letters, c.end
	second.from, second.start, second.capital = int32(len(d.letters)), c.next, false
	for i := range len(verb) {
		d.letters = append(d.letters, verb[i]-'a')
	}
	second.to = int32(len(d.letters))
	first.alsoFrom, first.alsoTo, second.alsoFrom, second.alsoTo = t.from, t.to, t.from, t.to
	first.capital = first.capital && first.to-first.from > 2
	d.tokens = append(d.tokens, first, second)
}

func isSubject(letters []byte) bool {
	for _, s := range subjects {
		if spells(letters, s) {
			return true
		}
	}
	return false
}

// spells reports whether folded letters are a word of plain ones.
func spells(letters []byte, word string) bool {
	if len(letters) != len(word) {
		return false
	}
	for i, l := range letters {
		if l != word[i]-'a' {
			return false
		}
	}
	return true
}

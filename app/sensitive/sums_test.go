package sensitive

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// What is added up token by token is what the traits weigh that the weights were learned for, in every stretch of a text: whole, by sentences, and from the middle of one.
func TestSumsAreThoseOfTheTraits(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/dev.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var texts []string
	for lines := json.NewDecoder(file); lines.More(); {
		var line struct{ Text string }
		if err := lines.Decode(&line); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, line.Text)
	}
	texts = append(texts, strings.Join(texts, " "), "fnr 16822548834, mum's at the doctor's. We're 3 or 1234567890123!")
	var d document
	for _, text := range texts {
		d.reset()
		d.scan(text, Options{})
		for i := range d.tokens {
			d.tokens[i].hits = 0
		}
		d.sum() // once more, since what the rules say is known only now
		for from := range d.tokens {
			for _, to := range []int{from + 1, min(len(d.tokens), from+wordsAlone), min(len(d.tokens), from+pieceOfText)} {
				var want sums
				for _, trait := range d.traitsOf(from, to, nil) {
					want = want.plus(weightOf(trait))
				}
				have := sums{d.sums[to].warn - d.sums[from].warn, d.sums[to].hint - d.sums[from].hint, d.sums[to].traits - d.sums[from].traits}
				if have != want {
					t.Fatalf("%q, words %d to %d: %v, want %v", text, from, to, have, want)
				}
			}
		}
	}
}

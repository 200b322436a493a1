package main

import (
	"cmp"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"budstikke.example/app/sensitive"
)

// mostFrequent is how many words the guide knows before it reads a text: half of what its table has room for.
const mostFrequent = 1 << 14

// Frequent lists the words that stand most often in the lines in dir, the most frequent first.
func Frequent(dir fs.FS) ([]byte, error) {
	lines, err := read(dir)
	if err != nil {
		return nil, err
	}
	times := map[string]int{}
	for _, l := range lines {
		for _, w := range sensitive.Words(l.Text) {
			times[w]++
		}
	}
	words := slices.SortedFunc(maps.Keys(times), func(a, b string) int {
		return cmp.Or(cmp.Compare(times[b], times[a]), cmp.Compare(a, b))
	})
	return []byte(strings.Join(words[:min(mostFrequent, len(words))], "\n") + "\n"), nil
}

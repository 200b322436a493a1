package main

import (
	"cmp"
	"maps"
	"slices"
)

// inOrder numbers the symbols anew, those first that are asked of a whole text: the second rarest places of phrases, those of phrases in any order, and classes that rows
// name. So a text keeps them in few bits (asked in set.go). Within each part the order stays that of the files, by which a choice between two is made.
func (lex *lexicon) inOrder() (asked int) {
	last := slices.Max([]int{lex.classes["name"], lex.classes["num"], lex.classes["ordinary"], lex.classes["code"]}) // known to the guide by their numbers
	of := make([]bool, len(lex.symbolRow))
	for _, p := range lex.patterns {
		of[p.elements[lex.partner(p)].symbol] = true
		if len(p.elements) > 1 && p.elements[1].gap == anyOrder {
			for _, e := range p.elements {
				of[e.symbol] = true
			}
		}
	}
	for _, r := range lex.rows {
		for _, s := range slices.Concat(r.hintIf, r.unless, r.needs) {
			of[s] = true
		}
	}
	number := make([]int, len(of))
	next := last + 1
	take := func(s int) {
		if s > last && number[s] == 0 {
			number[s], next = next, next+1
		}
	}
	for s := range last + 1 {
		number[s] = s
	}
	together := lex.carriedTogether()
	for _, s := range together {
		if of[s] {
			take(s)
		}
	}
	asked = next
	for _, s := range together {
		if lex.symbolRow[s] < 0 {
			take(s)
		}
	}
	for s := range of {
		take(s) // rows, and what no word carries
	}
	lex.renumber(number)
	return asked
}

// carriedTogether lists the symbols that words carry, so that those of one word stand side by side: those of the words with the most symbols first, which are the commonest.
func (lex *lexicon) carriedTogether() (order []int) {
	carried := map[string][]int{}
	for _, e := range lex.entries {
		carried[e.form] = append(carried[e.form], e.symbol)
	}
	for form, symbols := range carried {
		slices.Sort(symbols)
		carried[form] = slices.Compact(symbols)
	}
	forms := slices.SortedFunc(maps.Keys(carried), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(carried[b]), len(carried[a])), cmp.Compare(a, b))
	})
	done := map[int]bool{}
	for _, form := range forms {
		for _, s := range carried[form] {
			if !done[s] {
				done[s] = true
				order = append(order, s)
			}
		}
	}
	return order
}

// renumber gives every symbol its new number.
func (lex *lexicon) renumber(number []int) {
	lex.inFiles = make([]int, len(number))
	row, cue, cost := make([]int, len(number)), make([]uint64, len(number)), map[int]int{}
	for s, n := range number {
		lex.inFiles[n] = s
		row[n], cue[n], cost[n] = lex.symbolRow[s], lex.symbolCue[s], lex.setCost[s]
	}
	lex.symbolRow, lex.symbolCue, lex.setCost = row, cue, cost
	for _, names := range []map[string]int{lex.classes, lex.sets} {
		for name, s := range names {
			names[name] = number[s]
		}
	}
	for i := range lex.entries {
		lex.entries[i].symbol = number[lex.entries[i].symbol]
	}
	for _, p := range lex.patterns {
		for i := range p.elements {
			p.elements[i].symbol = number[p.elements[i].symbol]
		}
	}
	for _, r := range lex.rows {
		for _, list := range [][]int{r.hintIf, r.unless, r.needs} {
			for i := range list {
				list[i] = number[list[i]]
			}
		}
	}
}

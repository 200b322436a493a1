package main

import "slices"

// inOrder numbers the symbols anew, those first that are asked of a whole text: places of phrases in any order, and classes that rows name. So a text keeps them in a
// few bits (wholeText in set.go). Within each part the order stays that of the files, by which a choice between two is made.
func (lex *lexicon) inOrder() (asked int) {
	last := slices.Max([]int{lex.classes["name"], lex.classes["num"], lex.classes["ordinary"], lex.classes["code"]}) // known to the guide by their numbers
	of := make([]bool, len(lex.symbolRow))
	for _, p := range lex.patterns {
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
	number, next := make([]int, len(of)), 0
	for _, first := range []bool{true, false} {
		for s := range of {
			if (s <= last || of[s]) == first {
				number[s] = next
				next++
			}
		}
		if first {
			asked = next
		}
	}
	lex.renumber(number)
	return asked
}

// renumber gives every symbol its new number.
func (lex *lexicon) renumber(number []int) {
	row, cue, cost := make([]int, len(number)), make([]uint64, len(number)), map[int]int{}
	for s, n := range number {
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

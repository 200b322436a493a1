package main

import (
	"bytes"
	"fmt"
	"strings"
)

// What the guide has, too (concepts.go): how many letters a key has room for, how many a listed beginning has at least, how many concepts a word may have, and the
// bit of a whole word.
const (
	longestConcept    = 12
	shortestBeginning = 3
	mostConcepts      = 4
	wholeConcept      = 1 << 63
)

// addConcept reads a row of concepts.tsv: a name, and words, each whole or with a star after a beginning.
func (lex *lexicon) addConcept(f []string) error {
	number := uint16(len(lex.concepts)) //nolint:gosec // counted in emitConcepts
	lex.concepts = append(lex.concepts, f[0])
	for _, w := range strings.Fields(f[1]) {
		begun, beginning := strings.CutSuffix(w, "*")
		key, letters, err := conceptKey(begun)
		switch {
		case err != nil:
			return err
		case beginning && letters < shortestBeginning:
			return fmt.Errorf("%q: a beginning has %d letters at least", w, shortestBeginning)
		case !beginning:
			key |= wholeConcept
		}
		of := lex.conceptsOf[key]
		if len(of) == 0 {
			lex.conceptOrder = append(lex.conceptOrder, key)
		} else if of[len(of)-1] == number {
			continue // two spellings that are one when read coarsely
		}
		if len(of) == mostConcepts {
			return fmt.Errorf("%q: no word belongs to more than %d concepts", w, mostConcepts)
		}
		lex.conceptsOf[key] = append(of, number)
	}
	return nil
}

// conceptKey packs the coarse letters of a word (traits.go says what those are), five bits each.
func conceptKey(word string) (key uint64, letters int, err error) {
	last := uint64(0)
	for _, r := range word {
		i := strings.IndexRune(alphabet, r)
		if i < 0 || string(r) == between {
			return 0, 0, fmt.Errorf("%q holds a letter outside the alphabet", word)
		}
		c := uint64(len([]rune(alphabet[:i])) + 1) //nolint:gosec // some thirty letters
		switch r {
		case 'å', 'ä', 'æ':
			c = 1
		case 'ö', 'ø':
			c = 15
		}
		if c == last || last == 1 && c == 5 || last == 15 && c == 5 {
			continue
		}
		key, last = key<<5|c, c
		letters++
	}
	if letters == 0 || letters > longestConcept {
		return 0, 0, fmt.Errorf("%q: want 1 to %d letters", word, longestConcept)
	}
	return key, letters, nil
}

// emitConcepts writes the keys as a table half full at most, where each is looked for from its slot on, and the concepts of each.
func (lex *lexicon) emitConcepts(b *bytes.Buffer) {
	bits := 4
	for 1<<bits < 2*len(lex.conceptOrder) {
		bits++
	}
	keys, starts, lists := make([]uint64, 1<<bits), make([]uint32, 1<<bits), []uint32{}
	for _, key := range lex.conceptOrder {
		slot := key * 0x9E3779B97F4A7C15 >> (64 - bits)
		for keys[slot] != 0 {
			slot = (slot + 1) & (1<<bits - 1)
		}
		of := lex.conceptsOf[key]
		keys[slot], starts[slot] = key, uint32(len(lists)<<3|len(of)) //nolint:gosec // some thousands
		for _, c := range of {
			lists = append(lists, uint32(c))
		}
	}
	lists = append(lists, 0, 0, 0) // the guide takes as many from anywhere as a word has at most
	fmt.Fprintf(b, "const conceptBits = %d\n\n", bits)
	numbers(b, "conceptKeys", "uint64", keys)
	numbers(b, "conceptStarts", "uint32", starts)
	numbers(b, "conceptLists", "uint16", lists)
}

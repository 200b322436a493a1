package main

import (
	"math"
	"math/rand/v2"
	"slices"
)

// example is a line, or a sentence of one, as the places of its traits in a table.
type example struct {
	places []int32
	norm   float64 // root of how many there are
	counts float64 // how much a mistake about it costs
	yes    bool
}

// How the learning is done.
const (
	cost   = 1.0 // what a line on the wrong side costs, against the size of the weights
	rounds = 12  // how often every example is looked at
)

// of makes an example of traits, for a table of 1<<bits places.
func of(traits []uint32, bits int, yes bool, counts float64) example {
	e := example{places: make([]int32, len(traits)), norm: math.Sqrt(float64(len(traits))), counts: counts, yes: yes}
	for i, trait := range traits {
		e.places[i] = int32(trait >> (32 - bits)) //nolint:gosec // at most 19 bits
	}
	return e
}

// rarity is what a trait counts for before anything is learned: the fewer the lines that have it, the more.
func rarity(examples []example, bits int) []float64 {
	lines, last := make([]float64, 1<<bits), make([]int, 1<<bits)
	for i, e := range examples {
		for _, p := range e.places {
			if last[p] != i+1 {
				last[p] = i + 1
				lines[p]++
			}
		}
	}
	for p, n := range lines {
		fourth := math.Sqrt(math.Sqrt(float64(len(examples)) / (1 + n)))
		lines[p] = float64(fourth*math.Sqrt(fourth)) / 5 // to the power of 3/8; the 5 brings examples to about length 1
	}
	return lines
}

// telling makes rarity more of traits that stand mostly on one side, and less of those that stand on both.
func telling(examples []example, rarity []float64) []float64 {
	var of [2][]float64
	of[0], of[1] = make([]float64, len(rarity)), make([]float64, len(rarity))
	lines := [2]float64{2, 2}
	for _, e := range examples {
		side := 0
		if e.yes {
			side = 1
		}
		lines[side]++
		for _, p := range e.places {
			of[side][p]++
		}
	}
	for p := range rarity {
		no, yes := (of[0][p]+1)/lines[0], (of[1][p]+1)/lines[1]
		rarity[p] *= math.Sqrt(math.Abs(yes-no)/(yes+no) + 0.1)
	}
	return rarity
}

// learn finds the weights and the bias that tell the examples apart with the widest margin (a linear support vector machine with squared loss, by descent
// along one example after the other: Hsieh and others, 2008). A margin of 1 is meant for yes, of -1 for no.
func learn(examples []example, rarity []float64) (weights []float64, bias float64) {
	weights = make([]float64, len(rarity))
	pull, stiffness := make([]float64, len(examples)), make([]float64, len(examples))
	for i, e := range examples {
		stiffness[i] = e.squared(rarity) + 1 + 1/(2*cost*e.counts)
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same order every time
	for range rounds {
		for _, i := range random.Perm(len(examples)) {
			e := &examples[i]
			side := -1.0
			if e.yes {
				side = 1
			}
			margin := 0.0
			for _, p := range e.places {
				margin += float64(weights[p] * rarity[p])
			}
			margin = margin/e.norm + bias
			slope := float64(side*margin) - 1 + pull[i]/(2*cost*e.counts)
			next := math.Max(0, pull[i]-slope/stiffness[i])
			if change := next - pull[i]; change != 0 {
				pull[i] = next
				step := float64(change*side) / e.norm
				for _, p := range e.places {
					weights[p] += float64(step * rarity[p])
				}
				bias += float64(change * side)
			}
		}
	}
	for p := range weights {
		weights[p] *= rarity[p]
	}
	return weights, bias
}

// squared is the square of the length of an example.
func (e example) squared(rarity []float64) float64 {
	sorted, sum := slices.Sorted(slices.Values(e.places)), 0.0
	for i := 0; i < len(sorted); {
		times := 0.0
		for p := sorted[i]; i < len(sorted) && sorted[i] == p; i++ {
			times += rarity[p] / e.norm
		}
		sum += float64(times * times)
	}
	return sum
}

package main

import "math"

// quantised rounds weights to whole numbers from -most to most, and returns what one is worth. A few weights are far larger than the rest; they are cut, so that
// the rest keep their differences.
func quantised(weights []float64, most int) (numbers []int, step float64) {
	sum, count := 0.0, 0.0
	for _, w := range weights {
		if w != 0 {
			sum, count = sum+float64(w*w), count+1
		}
	}
	const widest = 8 // times the usual size
	step = math.Sqrt(sum/math.Max(1, count)) * widest / float64(most)
	numbers = make([]int, len(weights))
	if step == 0 {
		return numbers, 0
	}
	for i, w := range weights {
		numbers[i] = int(math.Max(-float64(most), math.Min(float64(most), math.Round(w/step))))
	}
	return numbers, step
}

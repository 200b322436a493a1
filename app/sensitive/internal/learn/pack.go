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

func bytesOf(numbers []int) []byte {
	table := make([]byte, len(numbers))
	for i, n := range numbers {
		table[i] = byte(int8(n)) //nolint:gosec // at most 127
	}
	return table
}

// sideBySide puts each byte of a table after those of a larger one that belong to the same traits.
func sideBySide(larger, smaller []byte) []byte {
	packed, times := make([]byte, 0, len(larger)+len(smaller)), len(larger)/len(smaller)
	for i, b := range smaller {
		packed = append(append(packed, larger[i*times:(i+1)*times]...), b)
	}
	return packed
}

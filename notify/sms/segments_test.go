package sms

import (
	"strings"
	"testing"
)

func TestMeasure(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text      string
		encoding        Encoding
		units, segments int
	}{
		{"empty", "", GSM7, 0, 0},
		{"Nordic letters", "æøåäöÆØÅÄÖé", GSM7, 11, 1},
		{"full", strings.Repeat("a", 160), GSM7, 160, 1},
		{"one over", strings.Repeat("a", 161), GSM7, 161, 2},
		{"two full", strings.Repeat("å", 306), GSM7, 306, 2},
		{"three", strings.Repeat("å", 307), GSM7, 307, 3},
		{"euro counts twice", strings.Repeat("€", 80), GSM7, 160, 1},
		{"euro over", strings.Repeat("€", 81), GSM7, 162, 2},
		{"not split between segments", strings.Repeat("a", 152) + "€" + strings.Repeat("a", 152), GSM7, 306, 3},
		{"link", "https://budstikke.example/open/alert_raised/0190?a=[b]", GSM7, 56, 1},
		{"Icelandic", "þú", UCS2, 2, 1},
		{"Northern Sámi", "Čájet", UCS2, 5, 1},
		{"one curly quote", strings.Repeat("a", 69) + "’", UCS2, 70, 1},
		{"one curly quote too many", strings.Repeat("a", 70) + "’", UCS2, 71, 2},
		{"two full of UCS-2", strings.Repeat("í", 134), UCS2, 134, 2},
		{"emoji counts twice", "😀", UCS2, 2, 1},
		{"emoji not split", strings.Repeat("í", 66) + "😀" + strings.Repeat("í", 66), UCS2, 134, 3},
	} {
		if got, want := Measure(c.text), (Length{c.encoding, c.units, c.segments}); got != want {
			t.Errorf("%s: %+v, want %+v", c.name, got, want)
		}
	}
}

// The table has the 128 septets of GSM 03.38 without the escape, and ten characters of the extension.
func TestAlphabetIsWhole(t *testing.T) {
	t.Parallel()
	if n := len([]rune(gsmBasic)); n != 127 {
		t.Errorf("%d basic characters, want 127", n)
	}
	if n := len([]rune(gsmExtended)); n != 10 {
		t.Errorf("%d extended characters, want 10", n)
	}
	seen := map[rune]bool{}
	for _, r := range gsmBasic + gsmExtended {
		if seen[r] {
			t.Errorf("%q is listed twice", r)
		}
		seen[r] = true
	}
}

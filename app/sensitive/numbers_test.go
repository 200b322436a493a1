package sensitive_test

import (
	"slices"
	"testing"

	"budstikke.example/app/sensitive"
)

// The test numbers that card networks publish are cards, whatever stands behind them; what only looks alike is none.
func TestCardsInText(t *testing.T) {
	t.Parallel()
	tests := map[string]string{ // what is marked; "" for nothing
		"4111 1111 1111 1111": "4111 1111 1111 1111", "kortet 4111111111111111.": "4111111111111111", "4111-1111-1111-1111": "4111-1111-1111-1111",
		"5555 5555 5555 4444": "5555 5555 5555 4444", "2223003122003222": "2223003122003222", "3782 822463 10005": "3782 822463 10005",
		"3056 930902 5904": "3056 930902 5904", "6011 1111 1111 1117": "6011 1111 1111 1117", "3530 1113 3330 0000": "3530 1113 3330 0000",
		"4222 2222 2222 2": "4222 2222 2222 2", "5019 7170 1010 3742": "5019 7170 1010 3742", "6304 0000 0000 0000 000": "6304 0000 0000 0000",

		"4111 1111 1111 1111 09/27": "4111 1111 1111 1111", "4111 1111 1111 1111 09-27": "4111 1111 1111 1111", "4111 1111 1111 1111 9/27 123": "4111 1111 1111 1111",
		"4111111111111111 123": "4111111111111111", "4111 1111 1111 1111 123": "4111 1111 1111 1111", "4111-1111-1111-1111-123": "4111-1111-1111-1111",
		"4111 1111 1111 1111 09 27 123": "4111 1111 1111 1111", "3782 822463 10005 12/28": "3782 822463 10005", "5555555555554444, 09/27, 123": "5555555555554444",
		"4111 1111 1111 1111 2 barn": "4111 1111 1111 1111", "4111 1111 1111 1111 cvc 123": "4111 1111 1111 1111", "4111 1111 1111 1111 till 3 barn": "4111 1111 1111 1111",

		"4111 1111 1111 1112": "", "4111 1111 1111 1113 09/27": "", "4111111111111112 123": "", "41111111111111111111": "", "4111 1111 1111 1111 1111": "",
		"4111111111111111 1234": "", "41111111111111110": "", "4111111111111111x": "", "22 33 44 55 66 77 88 99": "", "1111 1111 1111 1117": "",
		"4111 1111 1111 1111-2345": "", "41 11 11 11 11 11 11 11 2 barn": "",
	}
	for text, want := range tests {
		r := sensitive.Check(text, sensitive.Options{})
		got := ""
		for _, f := range r.Findings {
			if slices.Contains(f.Rules, "finances.card") {
				got = string([]rune(text)[f.Spans[0].StartRune:f.Spans[0].EndRune])
			}
		}
		if got != want {
			t.Errorf("%q: card %q, want %q (%v)", text, got, want, rules(r))
		}
	}
}

// Who wants to hear nothing of money still has nobody's card written down.
func TestCardsCannotBeSwitchedOff(t *testing.T) {
	t.Parallel()
	r := sensitive.Check("Vi har gjeldsordning, kortet er 4111 1111 1111 1111 09/27", sensitive.Options{Locale: "nb", Off: []sensitive.Category{sensitive.Finances}})
	if len(r.Findings) != 1 || !slices.Equal(r.Findings[0].Rules, []string{"finances.card"}) || r.Findings[0].Action != sensitive.BlockSuggest {
		t.Errorf("found %+v", r.Findings)
	}
}

// A day and a time are no CPR number: without the hyphen it needs its check digit, or a word that says what it is.
func TestDayAndTimeAreNoNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"240625 1415": false, "Møde 240625 0830 på skolen": false, "kl 010925 0800": false, "2406251415": false,
		"240625-1415": true, "cpr 240625 1415": true, "250255 5254": true,
	} {
		r := sensitive.Check(text, sensitive.Options{Locale: "da", Country: "DK"})
		got := slices.ContainsFunc(r.Findings, func(f sensitive.Finding) bool { return f.Category == sensitive.NationalID })
		if got != want {
			t.Errorf("%q: identity number = %v, want %v (%v)", text, got, want, rules(r))
		}
	}
}

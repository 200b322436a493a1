package sensitive_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"budstikke.example/app/sensitive"
)

// marked cuts the text at a span in both ways of counting; the two must agree.
func marked(t *testing.T, text string, s sensitive.Span) string {
	t.Helper()
	byRune := string([]rune(text)[s.StartRune:s.EndRune])
	byUnit := string(utf16.Decode(utf16.Encode([]rune(text))[s.StartUTF16:s.EndUTF16]))
	if byRune != byUnit {
		t.Errorf("%q: runes mark %q, UTF-16 marks %q", text, byRune, byUnit)
	}
	return byRune
}

func TestSpansMarkTheExactString(t *testing.T) {
	t.Parallel()
	const family, flag = "👨‍👩‍👧‍👦", "🇳🇴"
	tests := []struct {
		name, text string
		category   sensitive.Category
		want       []string
	}{
		{"plain", "Han har epilepsi.", sensitive.HealthDiagnosis, []string{"epilepsi"}},
		{"after an emoji of seven runes", family + " Han har epilepsi " + family, sensitive.HealthDiagnosis, []string{"epilepsi"}},
		{"after flags", flag + flag + "Hun har diabetes" + flag, sensitive.HealthDiagnosis, []string{"diabetes"}},
		{"decomposed letters", "Hon har a\u030angest och åker till BUP", sensitive.MentalHealth, []string{"a\u030angest", "BUP"}},
		{"capitals", "HAN HAR ASTMA", sensitive.HealthDiagnosis, []string{"ASTMA"}},
		{"zero-width characters inside", "han har epi\u200blep\u00adsi nå", sensitive.HealthDiagnosis, []string{"epi\u200blep\u00adsi"}},
		{"compound", "Barnevernsmøtet er flyttet", sensitive.ChildProtection, []string{"Barnevernsmøtet"}},
		{"phrase", "😀 Vi lever på hemmelig adresse nå", sensitive.ProtectedAddress, []string{"hemmelig adresse"}},
		{"number", "😀 fnr 168225 48834, takk", sensitive.NationalID, []string{"168225 48834"}},
		{"number with typographic hyphen", "pnr 20160203‑2383.", sensitive.NationalID, []string{"20160203‑2383"}},
		{"two numbers", "16822548834 og 11812448848", sensitive.NationalID, []string{"16822548834", "11812448848"}},
		{"broken UTF-8", "\xff\xfe Han har epilepsi \xff", sensitive.HealthDiagnosis, []string{"epilepsi"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := sensitive.Check(tt.text, sensitive.Options{Locale: "nb"})
			i := slices.IndexFunc(r.Findings, func(f sensitive.Finding) bool { return f.Category == tt.category })
			if i < 0 {
				t.Fatalf("no %s in %v", tt.category, rules(r))
			}
			var got []string
			for _, s := range r.Findings[i].Spans {
				got = append(got, marked(t, tt.text, s))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("marked %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSpansAreOrderedAndDoNotOverlap(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("Mannen min slår meg, han truer oss på livet og drikker for mye. ", 5)
	r := sensitive.Check(text, sensitive.Options{})
	if len(r.Findings) < 2 {
		t.Fatalf("found only %v", rules(r))
	}
	for _, f := range r.Findings {
		end := 0
		for _, s := range f.Spans {
			if s.StartRune < end || s.EndRune <= s.StartRune {
				t.Fatalf("%s: span %+v after rune %d", f.Category, s, end)
			}
			end = s.EndRune
		}
	}
}

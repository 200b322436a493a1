package sensitive

import (
	"strings"
	"testing"
	"unicode/utf16"
)

// An ordinary text costs no memory of its own beyond its answer.
func TestAllocations(t *testing.T) { // not parallel: it counts what the whole process allocates
	texts := map[string]string{
		"ordinary":  "Hun er forkjølet og har feber, så hun blir hjemme til fredag. Hilsen mamma",
		"500":       strings.Repeat("Hun er forkjølet og har feber, så hun blir hjemme til fredag. Hilsen mamma ", 7)[:500],
		"one":       "Han har epilepsi",
		"several":   "Mannen min slår meg og barna, og han drikker for mye. Vi er på krisesenter og barnevernet vet det.",
		"typed":     "han har epilpesi og går hos sykolog",
		"telephone": "Ring meg på 012 34 567 eller 02 33 44 55",
		"numbers":   "fnr 16822548834, personnummer 20160203-2383, cpr 250255-5254, hetu 020504a902e, kennitala 120160-3389, ikke 16822548835 og 3012 99 54321",
		"5000":      strings.Repeat("Mannen min slår meg og barna. Han har fått diagnosen ADHD og går hos psykolog. Vi sover på krisesenteret, fnr 16822548834. ", 50)[:5000],
	}
	for name, text := range texts {
		for _, place := range []Context{Message, StaffMessage} {
			opt := Options{Locale: "nb", Context: place, EverydayIllness: true}
			Check(text, opt)
			if n := testing.AllocsPerRun(200, func() { Check(text, opt) }); n > 2 {
				t.Errorf("%s, %s: %.0f allocations, want at most 2", name, place, n)
			}
		}
	}
}

// The work on phrases is bounded whatever the text is made of: a text of the worst words takes its budget and no more.
func TestWallsOfText(t *testing.T) {
	t.Parallel()
	for name, piece := range map[string]string{
		"one letter": "a", "digits": "1", "digits apart": "1 2-", "broken": "\xff\xc3\xed\xa0", "marks": "a\u0301\u0308", "invisible": "e\u200b\u200d", "apostrophes": "'a'",
		"common words": "han har ikke lov å hente barna ", "negations": "ikke ", "kin": "mor far ", "emoji": "👨‍👩‍👧‍👦", "capitals": "Å", "turned": "\u202ea\u202c",
		"beginnings": "barnevernbarnevern", "stops": "a.b,c;", "expressions": "ta på ", "dots": "....", "nearly": "epilpesi ",
	} {
		text := strings.Repeat(piece, MaxRunes/len([]rune(piece)))
		r := Check(text, Options{Locale: "sv"})
		if r.Skipped != "" {
			t.Errorf("%s: %s", name, r.Skipped)
		}
		inside(t, text, r)
	}
}

func TestHiddenLetters(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"zero width": "han har epi\u200blep\u200dsi", "soft hyphen": "han har epi\u00adlepsi", "cyrillic": "han har еpilерsi", "greek": "han har εpilερsi", "fullwidth": "han har ｅｐｉｌｅｐｓｉ",
		"mathematics": "han har 𝐞𝐩𝐢𝐥𝐞𝐩𝐬𝐢", "turned": "han har \u202eepilepsi\u202c", "capitals": "HAN HAR EPILEPSI", "accents": "han har épilépsi", "typed": "han har epilpesi", "apart": "han har epi lepsi nå",
		"bare letters": "vi ar pa skyddat boende, sekretessmarkering", "two letters": "min mand slaar mig", "decomposed": "hon har a\u030angest och självmordstankar",
	} {
		if r := Check(text, Options{}); name != "apart" && r.Severity != Warn {
			t.Errorf("%s: %s for %q", name, r.Severity, text)
		}
	}
	for _, text := range []string{"1\u200b6822\u200d548834", "１６８２２５４８８３４", "168225\u00ad48834"} {
		r := Check(text, Options{})
		if len(r.Findings) == 0 || r.Findings[0].Category != NationalID {
			t.Errorf("no number in %q", text)
		}
	}
}

// inside fails when a span does not lie in the text, in both ways of counting.
func inside(t *testing.T, text string, r Report) {
	t.Helper()
	runes := []rune(text)
	units := len(utf16.Encode(runes))
	for _, f := range r.Findings {
		end := 0
		for _, s := range f.Spans {
			if s.StartRune < end || s.EndRune <= s.StartRune || s.EndRune > len(runes) || s.StartUTF16 < s.StartRune || s.EndUTF16 > units || s.EndUTF16 <= s.StartUTF16 {
				t.Fatalf("span %+v of %s does not lie in the text of %d runes, %d units", s, f.Category, len(runes), units)
			}
			end = s.EndRune
		}
	}
}

// FuzzCheck: any text gives a report whose spans lie inside it, twice the same one, and never a failure.
func FuzzCheck(f *testing.F) {
	for _, text := range []string{"Han har epilepsi 👨‍👩‍👧 16822548834", "Mannen min slår meg", "a\u030angest", "\xff\xfe", "4111 1111 1111 1111", "barne vern", "ｅｐｉｌｅｐｓｉ", "\u202e123456-7890", "kl. 12.30 f.eks. hjemme...", "''''"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := Check(text, Options{Locale: "nb"})
		if r.Skipped == Failed {
			t.Fatalf("failed on %q", text)
		}
		inside(t, text, r)
		if again := Check(text, Options{Locale: "nb"}); again.Severity != r.Severity || len(again.Findings) != len(r.Findings) {
			t.Fatalf("%q: %s, then %s", text, r.Severity, again.Severity)
		}
	})
}

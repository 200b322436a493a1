package sensitive_test

import (
	"slices"
	"strings"
	"testing"

	"budstikke.example/app/sensitive"
)

var locales = []string{"nb", "nn", "da", "sv", "en"}

// B4: for violence, child protection and self-harm the advice is to tell, in every language and in both places.
func TestAdviceNeverDiscouragesTelling(t *testing.T) {
	t.Parallel()
	send := map[string]string{"nb": "Send det", "nn": "Send det", "da": "Send det", "sv": "Skicka det", "en": "Send it"}
	texts := []string{
		"Mannen min slår meg og barna", "Vi er meldt til barnevernet", "Han sier at han ikke vil leve lenger", "Hun skader seg selv", "Faren til Emma slår henne",
		"Noen gutter dytter ham hver dag",
		"Han tok sitt eget liv i natt", "Vi fant blod på ermet hennes", "Han tok sitt eige liv", "Vi fann avskjedsbrev frå ho",
		"Hun skærer i sig selv om natten", "Vi fandt et brev hvor der stod farvel", "Hon säger att hon inte vill finnas längre", "Vi hittade rakblad under hennes säng", "Hon har mörka tankar",
		"We found blood on her sleeves", "He took his own life", "She says everyone would be happier without her", "She is on suicide watch at home",
		"We have locked away all the knives since nobody dares to leave her alone at night",
	}
	for _, text := range texts {
		for _, locale := range locales {
			for _, place := range []sensitive.Context{sensitive.Absence, sensitive.Message} {
				r := sensitive.Check(text, sensitive.Options{Locale: locale, Context: place})
				if len(r.Findings) == 0 {
					t.Errorf("nothing found in %q", text)
				}
				for i, f := range r.Findings {
					if !strings.Contains(f.Advice, send[locale]) {
						t.Errorf("%s %s: advice on %s does not say to send: %q", locale, text, f.Category, f.Advice)
					}
					if i == 0 && f.Severity == sensitive.Warn && (!strings.Contains(f.Advice, "112") || !strings.Contains(f.Advice, "116 111")) {
						t.Errorf("%s: no emergency number in %q", locale, f.Advice)
					}
				}
			}
		}
	}
}

// What is said of the mind is never discouraged: a rule that knows an illness does not know how bad it is.
func TestAdviceOnTheMindIsToTell(t *testing.T) {
	t.Parallel()
	send := map[string]string{"nb": "Send det", "nn": "Send det", "da": "Send det", "sv": "Skicka det", "en": "Send it"}
	for _, text := range []string{"Hun har spiseforstyrrelse", "Ho går til psykolog kvar veke", "Han er indlagt på psykiatrisk afdeling", "Hon har panikångest", "He has been diagnosed with depression"} {
		for _, locale := range locales {
			for _, place := range []sensitive.Context{sensitive.Absence, sensitive.Message} {
				r := sensitive.Check(text, sensitive.Options{Locale: locale, Context: place})
				if r.Severity != sensitive.Warn || r.Findings[0].Category != sensitive.MentalHealth || !strings.Contains(r.Findings[0].Advice, send[locale]) {
					t.Errorf("%s %q: %+v", locale, text, r.Findings)
				}
			}
		}
	}
}

// A colleague who tells of suicide is told whom to tell now.
func TestAdviceForStaffOnSelfHarm(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"Vi fant blod på ermet hennes", "He took his own life", "Hon säger att hon inte vill finnas längre"} {
		r := sensitive.Check(text, sensitive.Options{Locale: "en", Context: sensitive.StaffMessage})
		if r.Severity != sensitive.Warn || !strings.Contains(r.Findings[0].Advice, "Tell your head now") {
			t.Errorf("%q: %+v", text, r.Findings)
		}
	}
}

// A category that is switched off is not reported, and what it would have found protects all the same.
func TestAdviceBesideDangerThatIsSwitchedOff(t *testing.T) {
	t.Parallel()
	for text, off := range map[string]sensitive.Category{
		"Mannen min slår meg, han er alkoholiker": sensitive.ViolenceAbuse, "Han tok sitt eget liv i natt, han var alkoholiker": sensitive.MentalHealth,
		"Vi er meldt til barnevernet, og mannen min er alkoholiker": sensitive.ChildProtection,
	} {
		r := sensitive.Check(text, sensitive.Options{Locale: "nb", Off: []sensitive.Category{off}})
		at := slices.IndexFunc(r.Findings, func(f sensitive.Finding) bool { return f.Category == sensitive.SubstanceUse })
		if at < 0 || slices.ContainsFunc(r.Findings, func(f sensitive.Finding) bool { return f.Category == off }) {
			t.Fatalf("%q without %s: found %v", text, off, rules(r))
		}
		if advice := r.Findings[at].Advice; !strings.Contains(advice, "Send det") || strings.Contains(advice, "tryggere") {
			t.Errorf("%q without %s: %q", text, off, advice)
		}
	}
}

// A text that tells about danger keeps its advice to remove a number, and nothing else in it asks to say less.
func TestAdviceBesideDanger(t *testing.T) {
	t.Parallel()
	r := sensitive.Check("Mannen min slår meg, han er alkoholiker, fnr 16822548834", sensitive.Options{Locale: "en"})
	for _, f := range r.Findings {
		if f.Category == sensitive.NationalID {
			if !strings.Contains(f.Advice, "Remove it and send the rest") {
				t.Errorf("advice on the number: %q", f.Advice)
			}
			continue
		}
		if strings.Contains(f.Advice, "enough") || strings.Contains(f.Advice, "safer") {
			t.Errorf("%s: %q", f.Category, f.Advice)
		}
	}
	if len(r.Findings) < 3 {
		t.Fatalf("found only %v", rules(r))
	}
}

func TestLocales(t *testing.T) {
	t.Parallel()
	reason := func(locale string) string {
		return sensitive.Check("epilepsi", sensitive.Options{Locale: locale}).Findings[0].Reason
	}
	seen := map[string]string{}
	for _, l := range locales {
		if other, ok := seen[reason(l)]; ok {
			t.Errorf("%s and %s have the same text", l, other)
		}
		seen[reason(l)] = l
	}
	for alias, locale := range map[string]string{"no": "nb", "sv-SE": "sv", "NB": "nb", "": "en", "fi": "en", "nn-NO": "nn"} {
		if reason(alias) != reason(locale) {
			t.Errorf("locale %q does not speak %s", alias, locale)
		}
	}
}

// A colleague is told what a colleague should do, in every language: call, the head, the record system, the duty to report; and never what a guardian is told.
func TestAdviceForStaffIsTheirs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		says map[string]string // by language: a word that the advice holds
	}{
		{"Han har epilepsi", map[string]string{"nb": "journalsystemet", "nn": "journalsystemet", "da": "journalsystemet", "sv": "journalsystemet", "en": "record system"}},
		{"Faren slår henne", map[string]string{"nb": "barnevernet", "nn": "barnevernet", "da": "underrette", "sv": "anmäla oro", "en": "duty to report"}},
		{"fnr 16822548834", map[string]string{"nb": "Ta bort nummeret", "nn": "Ta bort nummeret", "da": "Fjern nummeret", "sv": "Ta bort numret", "en": "Remove the number"}},
		{"Vi har hemmelig adresse", map[string]string{"nb": "Send ikke", "nn": "Send ikkje", "da": "Send ikke", "sv": "Skicka inte", "en": "Do not send"}},
	} {
		for _, locale := range locales {
			staff := sensitive.Check(c.text, sensitive.Options{Locale: locale, Context: sensitive.StaffMessage})
			guardian := sensitive.Check(c.text, sensitive.Options{Locale: locale, Context: sensitive.Message})
			if len(staff.Findings) == 0 || len(staff.Findings) != len(guardian.Findings) || staff.Severity != guardian.Severity {
				t.Fatalf("%q: %s and %s, found %v and %v", c.text, staff.Severity, guardian.Severity, rules(staff), rules(guardian))
			}
			if advice := staff.Findings[0].Advice; !strings.Contains(advice, c.says[locale]) {
				t.Errorf("%s %q: %q does not say %q", locale, c.text, advice, c.says[locale])
			}
			for i := range staff.Findings {
				if staff.Findings[i].Advice == guardian.Findings[i].Advice {
					t.Errorf("%s %q: the advice is a guardian's: %q", locale, c.text, staff.Findings[i].Advice)
				}
			}
		}
	}
}

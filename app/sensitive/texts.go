package sensitive

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed texts/*.tsv
var files embed.FS

// locales are the columns of the text files, after the key.
var locales = []string{"nb", "nn", "da", "sv", "en"}

// texts are the reasons by category, and the advice for guardians and for staff by key, one text per locale.
type texts struct {
	reason        [len(categories)][]string
	advice, staff map[string][]string
}

// forStaff begins the keys of advice for staff in the file.
const forStaff = "staff_"

var allTexts = sync.OnceValue(func() *texts {
	reason, err := loadTexts("texts/reason.tsv")
	if err != nil {
		panic("sensitive: " + err.Error())
	}
	advice, err := loadTexts("texts/advice.tsv")
	if err != nil {
		panic("sensitive: " + err.Error())
	}
	t := &texts{advice: map[string][]string{}, staff: map[string][]string{}}
	for i, c := range categories {
		t.reason[i] = reason[string(c)]
	}
	for key, columns := range advice {
		if staff, ok := strings.CutPrefix(key, forStaff); ok {
			t.staff[staff] = columns
		} else {
			t.advice[key] = columns
		}
	}
	return t
})

func loadTexts(file string) (map[string][]string, error) {
	body, err := files.ReadFile(file)
	if err != nil {
		return nil, err
	}
	out := make(map[string][]string)
	for line := range strings.Lines(string(body)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 1+len(locales) {
			return nil, fmt.Errorf("%s: %q has %d columns, want %d", file, f[0], len(f), 1+len(locales))
		}
		out[f[0]] = f[1:]
	}
	return out, nil
}

// column is the place of a locale's texts.
func column(locale string) int {
	language, _, _ := strings.Cut(locale, "-")
	language = strings.ToLower(language) // no copy when it is in small letters already
	if language == "no" {
		language = "nb"
	}
	if i := slices.Index(locales, language); i >= 0 {
		return i
	}
	return slices.Index(locales, "en")
}

// words gives reason and advice of what was found. telling says that something in the same text is about somebody's safety: then no advice may sound like "say less",
// except about a number or an address that somebody could misuse.
func words(a about, opt Options, telling bool) (reason, advice string) {
	i := column(opt.Locale)
	return allTexts().reason[a.category][i], adviceAbout(a, opt, telling)[i]
}

// adviceAbout is the advice in all languages.
func adviceAbout(a about, opt Options, telling bool) []string {
	key, of := subject(a, telling), allTexts().advice
	switch absence := opt.Context == Absence; {
	case opt.Context == StaffMessage:
		if of = allTexts().staff; key == "" {
			key = string(severities[a.loud])
		}
	case key != "":
	case a.loud == warns && categories[a.category] == MentalHealth:
		key = "telling" // a rule that knows an illness does not know how bad it is
	case a.loud == warns && absence:
		key = "warn_absence"
	case a.loud == warns:
		key = "warn_message"
	case absence:
		key = "hint_absence"
	default:
		key = "hint_message"
	}
	return of[key]
}

// subject is the advice that depends on what was found and not on where it was written; "" when there is none.
func subject(a about, telling bool) string {
	switch category := categories[a.category]; {
	case a.danger && a.loud == warns:
		return "safety"
	case category == NationalID:
		return "national_id"
	case category == ProtectedAddress:
		return "protected_address"
	case a.card:
		return "card"
	case telling || category == ViolenceAbuse:
		return "telling"
	case category == ThirdParty:
		return "third_party"
	}
	return ""
}

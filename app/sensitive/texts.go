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

// texts are the reasons by category and the advice by key, one text per locale.
type texts struct{ reason, advice map[string][]string }

var allTexts = sync.OnceValue(func() texts {
	reason, err := loadTexts("texts/reason.tsv")
	if err != nil {
		panic("sensitive: " + err.Error())
	}
	advice, err := loadTexts("texts/advice.tsv")
	if err != nil {
		panic("sensitive: " + err.Error())
	}
	return texts{reason, advice}
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

// words gives reason and advice of a finding. telling says that another finding of the same text is about somebody's safety: then no advice may sound
// like "say less", except about a number or an address that somebody could misuse.
func words(f Finding, opt Options, telling bool) (reason, advice string) {
	all, i := allTexts(), column(opt.Locale)
	return all.reason[string(f.Category)][i], all.advice[adviceKey(f, opt, telling)][i]
}

func adviceKey(f Finding, opt Options, telling bool) string {
	key := subject(f, telling)
	if opt.Context == StaffMessage {
		if key == "" {
			key = string(f.Severity)
		}
		return "staff_" + key
	}
	if key != "" {
		return key
	}
	switch absence := opt.Context == Absence; {
	case f.Severity == Warn && absence:
		return "warn_absence"
	case f.Severity == Warn:
		return "warn_message"
	case absence:
		return "hint_absence"
	}
	return "hint_message"
}

// subject is the advice that depends on what was found and not on where it was written; "" when there is none.
func subject(f Finding, telling bool) string {
	switch {
	case concernsSafety(f) && f.Severity == Warn:
		return "safety"
	case f.Category == NationalID:
		return "national_id"
	case f.Category == ProtectedAddress:
		return "protected_address"
	case slices.Contains(f.Rules, "finances.card"):
		return "card"
	case telling || f.Category == ViolenceAbuse:
		return "telling"
	case f.Category == ThirdParty:
		return "third_party"
	}
	return ""
}

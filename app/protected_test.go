package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
)

// B8: an alias is never made of the name.
func TestAliasSaysNothingOfTheName(t *testing.T) {
	t.Parallel()
	kept := app.ProtectedName{GivenName: "Annelore-Bo", FamilyName: "von Qvistgård", Version: 3}
	for name, c := range map[string]struct{ given, family, code string }{
		"another name":            {"Kim", "Alm", ""},
		"one word":                {"Kim", "", ""},
		"the given name":          {"annelore", "Alm", "alias_names_person"},
		"the start of it":         {"Anne", "Alm", "alias_names_person"},
		"the middle of it":        {"Kim", "gård", "alias_names_person"},
		"the name and more":       {"Annelores", "Dotter", "alias_names_person"},
		"the short part":          {"Bo", "Alm", "alias_names_person"},
		"a word with those in it": {"Bosse", "Vonnegut", "alias_names_person"},
		"two letters of it":       {"An", "Alm", ""},
		"nothing":                 {" ", "Alm", "text_empty"},
		"what cannot be seen":     {"\u200b", "", "text_empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := kept.Rename(c.given, c.family)
			if code(err) != c.code {
				t.Fatalf("%v, want %q", err, c.code)
			}
			if err == nil && (got.AliasGiven != c.given || got.Version != 4) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// B12: a clearance has a reason and an end that is near.
func TestClearanceHasAReasonAndAnEnd(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	me, other := uuid.New(), uuid.New()
	for name, c := range map[string]struct {
		reason string
		until  time.Time
		code   string
	}{
		"for a term":       {"Kontaktperson.", now.AddDate(0, 6, 0), ""},
		"for a year":       {"Kontaktperson.", now.AddDate(1, 0, 0), ""},
		"for two years":    {"Kontaktperson.", now.AddDate(2, 0, 0), "days_out_of_reach"},
		"until now":        {"Kontaktperson.", now, "end_in_the_past"},
		"without an end":   {"Kontaktperson.", time.Time{}, "end_in_the_past"},
		"without a reason": {strings.Repeat(" ", 9), now.AddDate(0, 6, 0), "text_empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := app.Clear(app.Clearance{Staff: me, GrantedBy: other, Reason: c.reason, Until: c.until}, now)
			if code(err) != c.code {
				t.Fatalf("%v, want %q", err, c.code)
			}
			if err == nil && (!got.GrantedAt.Equal(now) || got.Taken()) {
				t.Errorf("%+v", got)
			}
		})
	}
	if !(app.Clearance{Staff: me, GrantedBy: me}).Taken() {
		t.Error("who cleared themselves took it")
	}
}

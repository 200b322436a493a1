package letter_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/auth/letter"
)

func TestCodeIsReadAsPeopleTypeIt(t *testing.T) {
	t.Parallel()
	here := uuid.New()
	for range 200 {
		made := letter.New()
		printed := made.Print()
		if len(printed) != 34 || strings.Count(printed, "-") != 6 {
			t.Fatalf("a code is printed as %d characters", len(printed))
		}
		for name, typed := range map[string]string{
			"as printed": printed, "lower case": strings.ToLower(printed), "without hyphens": strings.ReplaceAll(printed, "-", ""),
			"with spaces": " " + strings.ReplaceAll(printed, "-", " ") + " ", "O for 0": strings.ReplaceAll(printed, "0", "o"),
			"I for 1": strings.ReplaceAll(printed, "1", "I"), "l for 1": strings.ReplaceAll(printed, "1", "l"),
		} {
			read, err := letter.Parse(typed)
			if err != nil || read.Digest(here) != made.Digest(here) || read.Number() != printed[:4] {
				t.Errorf("%s: %v, or another code", name, err)
			}
		}
	}
}

func TestDigestIsOfOneCodeAndOneMunicipality(t *testing.T) {
	t.Parallel()
	here, there := uuid.New(), uuid.New()
	first, second := letter.New(), letter.New()
	if first.Digest(here) == second.Digest(here) || first.Digest(here) == first.Digest(there) {
		t.Error("two letters have one digest")
	}
}

func TestWhatIsNoCodeIsRefused(t *testing.T) {
	t.Parallel()
	good := letter.New().Print()
	for name, text := range map[string]string{
		"nothing": "", "cut": good[:len(good)-1], "longer": good + "A", "U is no symbol": good[:33] + "U", "other script": good[:33] + "Å",
		"huge": strings.Repeat(good, 5000), "not UTF-8": good[:33] + "\xff", "hyphens": strings.Repeat("-", 100),
	} {
		if _, err := letter.Parse(text); !errors.Is(err, letter.ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
	}
}

func TestCodeIsNeverPrintedByAccident(t *testing.T) {
	t.Parallel()
	c := letter.New()
	encoded, err := json.Marshal(map[string]any{"code": c, "in": struct{ C letter.Code }{c}})
	if err != nil {
		t.Fatal(err)
	}
	out := string(encoded) + fmt.Sprintf("%v %+v %#v %s %q %x %v", c, c, c, c, c, c, []letter.Code{c})
	if strings.Contains(out, c.Print()) || strings.Contains(out, strings.ReplaceAll(c.Print(), "-", "")) || strings.Contains(out, c.Number()) {
		t.Errorf("the code was printed: %s", out)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(letter.New().Print())
	f.Add("O0Il-")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := letter.Parse(text)
		if err != nil {
			return
		}
		again, err := letter.Parse(c.Print())
		if err != nil || again.Print() != c.Print() {
			t.Errorf("%q was read as %q, which is not read again", text, c.Print())
		}
	})
}

package nationalid_test

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"

	"budstikke.example/app/nationalid"
)

// The cases that the makers of personnummer libraries share (personnummer/meta): each of them in every spelling is what they say, an ordinary number or
// a coordination number, and the same person in all spellings that say the century.
func TestSwedishCasesThatLibrariesShare(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/se_personnummer_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Integer   int64
		Long      string `json:"long_format"`
		Short     string `json:"short_format"`
		Separated string `json:"separated_format"`
		Parted    string `json:"separated_long"`
		Valid     bool
		Type      string
	}
	if err := json.Unmarshal(file, &cases); err != nil || len(cases) < 14 {
		t.Fatalf("%d cases: %v", len(cases), err)
	}
	for _, c := range cases {
		for _, spelling := range []string{strconv.FormatInt(c.Integer, 10), c.Long, c.Short, c.Separated, c.Parted} {
			n, err := nationalid.Parse(nationalid.Sweden, spelling, today)
			if valid := err == nil; valid != c.Valid {
				t.Errorf("%s: %v, and they say that it is right: %t", spelling, err, c.Valid)
			}
			if err != nil {
				continue
			}
			if kind := map[string]nationalid.Kind{"ssn": nationalid.Ordinary, "con": nationalid.Coordination}[c.Type]; n.Kind() != kind {
				t.Errorf("%s is of kind %q, and they say %q", spelling, n.Kind(), kind)
			}
			if spelling != c.Short && n.Digits() != c.Long { // ten digits alone mean the latest century
				t.Errorf("%s is not the person of %s", spelling, c.Long)
			}
		}
	}
}

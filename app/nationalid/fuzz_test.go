package nationalid_test

import (
	"testing"

	"budstikke.example/app/nationalid"
)

// FuzzParse holds what every text must satisfy: no panic, and a number that is accepted reads back as itself from its canonical form.
func FuzzParse(f *testing.F) {
	f.Add("168225 48834")
	f.Fuzz(func(t *testing.T, s string) {
		for _, n := range nationalid.Readings(s, in32) {
			again, err := nationalid.Parse(n.Country(), n.Digits(), in32)
			if err != nil || again != n {
				t.Fatalf("%q reads as %s, which reads back with error %v", s, n.Digits(), err)
			}
			if n.Birth().IsZero() || n.Digits() == "" || n.Kind() == "" {
				t.Fatalf("%q gave half a number", s)
			}
		}
	})
}

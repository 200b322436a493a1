package nationalid_test

import (
	"errors"
	"testing"

	"budstikke.example/app/nationalid"
)

func TestSyntheticNumbersBelongToNobody(t *testing.T) {
	t.Parallel()
	for _, country := range []nationalid.Country{nationalid.Norway, nationalid.Sweden, nationalid.Finland} {
		t.Run(string(country), func(t *testing.T) {
			t.Parallel()
			seen := make(map[nationalid.Number]bool)
			for serial := range 3000 {
				n, err := nationalid.Synthetic(country, serial)
				if err != nil {
					t.Fatalf("serial %d: %v", serial, err)
				}
				again, err := nationalid.Parse(country, n.Digits(), today)
				if err != nil || again != n {
					t.Fatalf("%s does not read back: %v", n.Digits(), err)
				}
				if !n.IsSynthetic() || !n.Confirmed() || n.Country() != country || n.Birth().Year() < 1976 || n.Birth().Year() > 2000 {
					t.Fatalf("%s is not a synthetic adult of %s", n.Digits(), country)
				}
				if seen[n] {
					t.Fatalf("%s given twice", n.Digits())
				}
				seen[n] = true
			}
			first, err := nationalid.Synthetic(country, 17)
			second, err2 := nationalid.Synthetic(country, 17)
			if err != nil || err2 != nil || first != second {
				t.Error("the same serial gave two numbers")
			}
		})
	}
}

func TestSyntheticChildren(t *testing.T) {
	t.Parallel()
	for _, country := range []nationalid.Country{nationalid.Norway, nationalid.Sweden, nationalid.Finland} {
		for serial := range 300 {
			n, err := nationalid.SyntheticBorn(country, 2017, 2019, serial)
			if err != nil || n.Birth().Year() < 2017 || n.Birth().Year() > 2019 || !n.IsSynthetic() {
				t.Fatalf("%s serial %d: born %v, error %v", country, serial, n.Birth(), err)
			}
		}
	}
}

// The published list itself, a few lines of it: what the rule in swedish_series.go must and must not contain.
func TestSwedishSeriesAgreesWithThePublishedList(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"201701012393": true, "201702282383": true, "201710242395": true, "201604012383": true, "201503082396": true, "201908112392": true,
		"197604222385": true, "201702282391": false, "195704289999": false, "198001012395": false, "190901219931": false,
	}
	for s, want := range tests {
		n, err := nationalid.Parse(nationalid.Sweden, s, today)
		if err != nil && want {
			t.Errorf("%s: %v", s, err)
		}
		if err == nil && n.IsSynthetic() != want {
			t.Errorf("%s: synthetic = %v, want %v", s, n.IsSynthetic(), want)
		}
	}
}

func TestSyntheticRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		country          nationalid.Country
		from, to, serial int
		err              error
	}{
		{nationalid.Denmark, 1990, 1991, 0, nationalid.ErrNoSeries},
		{nationalid.Norway, 1950, 1960, 0, nationalid.ErrNoSuchSynthetic},
		{nationalid.Norway, 1991, 1990, 0, nationalid.ErrNoSuchSynthetic},
		{nationalid.Norway, 1990, 1990, -1, nationalid.ErrNoSuchSynthetic},
		{nationalid.Norway, 1990, 1990, 1 << 40, nationalid.ErrNoSuchSynthetic},
		{nationalid.Sweden, 2017, 2017, 365, nationalid.ErrNoSuchSynthetic},
		{nationalid.Finland, 2017, 2017, 365 * 100, nationalid.ErrNoSuchSynthetic},
	}
	for _, tt := range tests {
		if _, err := nationalid.SyntheticBorn(tt.country, tt.from, tt.to, tt.serial); !errors.Is(err, tt.err) {
			t.Errorf("SyntheticBorn(%s, %d, %d, %d) = %v, want %v", tt.country, tt.from, tt.to, tt.serial, err, tt.err)
		}
	}
}

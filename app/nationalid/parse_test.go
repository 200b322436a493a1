package nationalid_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"budstikke.example/app/nationalid"
)

var (
	today = time.Date(2025, time.November, 3, 0, 0, 0, 0, time.UTC)
	in32  = time.Date(2032, time.January, 1, 0, 0, 0, 0, time.UTC)
)

func TestParse(t *testing.T) {
	t.Parallel()
	const (
		no, se, dk, fi, is = nationalid.Norway, nationalid.Sweden, nationalid.Denmark, nationalid.Finland, nationalid.Iceland
	)
	tests := []struct {
		name    string
		country nationalid.Country
		in      string
		on      time.Time
		want    string // canonical digits
		kind    nationalid.Kind
		born    string
		err     error
	}{
		{"tenor number", no, "16822548834", today, "16822548834", nationalid.Ordinary, "1925-02-16", nil},
		{"with a blank", no, " 168225 48834 ", today, "16822548834", nationalid.Ordinary, "1925-02-16", nil},
		{"with a hyphen", no, "168225-48834", today, "16822548834", nationalid.Ordinary, "1925-02-16", nil},
		{"synthetic D-number", no, "41800190094", today, "", "", "", nationalid.ErrDate}, // month 80 is month 0
		{"synthetic D-number, month 1", no, "41810190084", today, "41810190084", nationalid.DNumber, "2001-01-01", nil},
		{"D-number with month + 40", no, "55419012393", today, "55419012393", nationalid.DNumber, "1990-01-15", nil},
		{"help number", no, "15419010046", today, "15419010046", nationalid.HNumber, "1990-01-15", nil},
		{"month + 65", no, "12668110159", today, "12668110159", nationalid.Ordinary, "1981-01-12", nil},
		{"century unassigned", no, "12818076183", today, "12818076183", nationalid.Ordinary, "1980-01-12", nil},
		{"remainder 1 before 2032", no, "12818070088", today, "12818070088", nationalid.Ordinary, "1880-01-12", nil},
		{"remainder 1 from 2032", no, "12818070088", in32, "12818070088", nationalid.Ordinary, "1880-01-12", nil},
		{"remainder 3 from 2032", no, "41810190009", in32, "41810190009", nationalid.DNumber, "2001-01-01", nil},
		{"one digit changed", no, "16822548835", in32, "", "", "", nationalid.ErrChecksum},
		{"account number", no, "1682 25 48834", today, "", "", "", nationalid.ErrFormat},
		{"29 February of no leap year", no, "29820100000", today, "", "", "", nationalid.ErrDate},
		{"letters", no, "1682254883x", today, "", "", "", nationalid.ErrFormat},
		{"wide digits", no, "1682254883４", today, "", "", "", nationalid.ErrFormat},

		{"ten digits", se, "1602032383", today, "201602032383", nationalid.Ordinary, "2016-02-03", nil},
		{"ten digits, last century", se, "760203-2384", today, "", "", "", nationalid.ErrChecksum},
		{"twelve digits with separator", se, "20160203-2383", today, "201602032383", nationalid.Ordinary, "2016-02-03", nil},
		{"plus is a century earlier", se, "090527+1474", today, "190905271474", nationalid.Ordinary, "1909-05-27", nil},
		{"organisation number", se, "556677-8899", today, "", "", "", nationalid.ErrDate},
		{"century of an organisation", se, "165566778899", today, "", "", "", nationalid.ErrDate},
		{"Luhn over twelve digits", se, "201602032380", today, "", "", "", nationalid.ErrChecksum},
		{"TF number", se, "20160203TF12", today, "20160203TF12", nationalid.Temporary, "2016-02-03", nil},
		{"letter number, ten places", se, "160203-t220", today, "20160203T220", nationalid.Temporary, "2016-02-03", nil},
		{"unknown letter", se, "20160203Q220", today, "", "", "", nationalid.ErrFormat},

		{"with hyphen", dk, "250255-5254", today, "2502555254", nationalid.Ordinary, "2055-02-25", nil},
		{"without modulus 11", dk, "250255-5255", today, "2502555255", nationalid.Ordinary, "2055-02-25", nil},
		{"nineteenth century", dk, "010158-5000", today, "0101585000", nationalid.Ordinary, "1858-01-01", nil},
		{"fourth and new century", dk, "010136-4000", today, "0101364000", nationalid.Ordinary, "2036-01-01", nil},
		{"fourth and old century", dk, "010137-9000", today, "0101379000", nationalid.Ordinary, "1937-01-01", nil},
		{"replacement day", dk, "610116-4000", today, "6101164000", nationalid.Temporary, "2016-01-01", nil},
		{"replacement letters", dk, "010116-kot1", today, "010116KOT1", nationalid.Temporary, "2016-01-01", nil},
		{"mixed letters", dk, "010116-K1T1", today, "", "", "", nationalid.ErrFormat},
		{"no such day", dk, "310216-4000", today, "", "", "", nationalid.ErrDate},

		{"new separator", fi, "010594y9032", today, "010594Y9032", nationalid.Temporary, "1994-05-01", nil},
		{"new separator, this century", fi, "010516B903X", today, "010516B903X", nationalid.Temporary, "2016-05-01", nil},
		{"issued range", fi, "131052-308T", today, "131052-308T", nationalid.Ordinary, "1952-10-13", nil},
		{"nineteenth century", fi, "010180+950R", today, "010180+950R", nationalid.Temporary, "1880-01-01", nil},
		{"wrong check character", fi, "131052-308U", today, "", "", "", nationalid.ErrChecksum},
		{"unknown separator", fi, "131052;308T", today, "", "", "", nationalid.ErrFormat},

		{"example of the register", is, "120160-3389", today, "1201603389", nationalid.Ordinary, "1960-01-12", nil},
		{"check digit until 2026", is, "120160-3379", today, "", "", "", nationalid.ErrChecksum},
		{"no check digit from 2026", is, "120160-3379", in32, "1201603379", nationalid.Ordinary, "1960-01-12", nil},
		{"organisation", is, "520160-3389", in32, "", "", "", nationalid.ErrDate},

		{"unknown country", "XX", "16822548834", today, "", "", "", nationalid.ErrCountry},
		{"empty", no, "  ", today, "", "", "", nationalid.ErrFormat},
		{"very long", no, strings.Repeat("1", 1000), today, "", "", "", nationalid.ErrFormat},
	}
	for _, tt := range tests {
		t.Run(string(tt.country)+" "+tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := nationalid.Parse(tt.country, tt.in, tt.on)
			if !errors.Is(err, tt.err) {
				t.Fatalf("Parse error = %v, want %v", err, tt.err)
			}
			if got.Digits() != tt.want || got.Kind() != tt.kind {
				t.Errorf("got %s of kind %q, want %s of kind %q", got.Digits(), got.Kind(), tt.want, tt.kind)
			}
			if tt.err == nil && got.Birth().Format(time.DateOnly) != tt.born {
				t.Errorf("born %s, want %s", got.Birth().Format(time.DateOnly), tt.born)
			}
			if err != nil && len(tt.in) > 3 && strings.Contains(err.Error(), strings.TrimSpace(tt.in)) {
				t.Error("the error repeats the number")
			}
		})
	}
}

func TestConfirmedAndSynthetic(t *testing.T) {
	t.Parallel()
	tests := []struct {
		country              nationalid.Country
		in                   string
		on                   time.Time
		confirmed, synthetic bool
	}{
		{nationalid.Norway, "16822548834", today, true, true},
		{nationalid.Norway, "12668110159", today, true, true},
		{nationalid.Norway, "12818070088", in32, false, true},
		{nationalid.Norway, "12818070088", today, false, true},
		{nationalid.Sweden, "160203-2383", today, true, true},
		{nationalid.Sweden, "201908112392", today, true, true},
		{nationalid.Sweden, "195704289999", today, true, false},
		{nationalid.Sweden, "20160203TF12", today, false, false},
		{nationalid.Denmark, "250255-5254", today, true, false},
		{nationalid.Denmark, "250255-5255", today, false, false},
		{nationalid.Finland, "010594Y9032", today, true, true},
		{nationalid.Finland, "131052-308T", today, true, false},
		{nationalid.Iceland, "120160-3379", in32, false, false},
	}
	for _, tt := range tests {
		n, err := nationalid.Parse(tt.country, tt.in, tt.on)
		if err != nil || n.Confirmed() != tt.confirmed || n.IsSynthetic() != tt.synthetic {
			t.Errorf("%s: confirmed %v, synthetic %v, error %v; want %v, %v", tt.in, n.Confirmed(), n.IsSynthetic(), err, tt.confirmed, tt.synthetic)
		}
	}
}

// What comes with 2032 is taken already, which lets no slip of the hand through: no digit that is mistyped and no two that are exchanged.
func TestSlipsAreFoundBesideTheChecksOf2032(t *testing.T) {
	t.Parallel()
	relaxed := 0
	for serial := range 400 {
		synthetic, err := nationalid.Synthetic(nationalid.Norway, serial)
		if err != nil {
			t.Fatal(err)
		}
		for last := range 100 { // every number with these first nine digits
			right := fmt.Sprintf("%s%02d", synthetic.Digits()[:9], last)
			n, err := nationalid.Parse(nationalid.Norway, right, today)
			if err != nil {
				continue
			}
			if !n.Confirmed() {
				relaxed++
			}
			for i := range right {
				for digit := byte('0'); digit <= '9'; digit++ {
					wrong := right[:i] + string(digit) + right[i+1:]
					if _, err := nationalid.Parse(nationalid.Norway, wrong, today); wrong != right && err == nil {
						t.Fatalf("%s with one digit changed is taken: %s", right, wrong)
					}
				}
				if i == 0 || right[i] == right[i-1] {
					continue
				}
				wrong := right[:i-1] + string(right[i]) + string(right[i-1]) + right[i+1:]
				if _, err := nationalid.Parse(nationalid.Norway, wrong, today); err == nil {
					t.Fatalf("%s with two digits exchanged is taken: %s", right, wrong)
				}
			}
		}
	}
	if relaxed < 400 {
		t.Errorf("%d numbers of 2032 were tried: too few to tell anything", relaxed)
	}
}

func TestSwedishPublishedCases(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/swedish_cases.tsv")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for line := range strings.Lines(string(file)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		read++
		f := strings.Split(strings.TrimSpace(line), "\t")
		n, err := nationalid.Parse(nationalid.Sweden, f[0], today)
		if valid := err == nil; valid != (f[1] == "true") {
			t.Errorf("%s: valid = %v (%v), want %s", f[0], valid, err, f[1])
		}
		if err == nil && string(n.Kind()) != f[2] {
			t.Errorf("%s: kind %q, want %q", f[0], n.Kind(), f[2])
		}
	}
	if read < 20 {
		t.Fatalf("only %d cases read", read)
	}
}

func TestNormaliseIsOneTextPerPerson(t *testing.T) {
	t.Parallel()
	tests := map[nationalid.Country][]string{
		nationalid.Sweden:  {"201602032383", "20160203-2383", "160203-2383", "1602032383", " 1602032383\n"},
		nationalid.Norway:  {"16822548834", "168225 48834", "168225-48834"},
		nationalid.Denmark: {"2502555254", "250255-5254", "250255 5254"},
		nationalid.Finland: {"020504A902E", "020504a902e"},
		nationalid.Iceland: {"1201603389", "120160-3389"},
	}
	for country, spellings := range tests {
		for _, s := range spellings {
			got, err := nationalid.Normalise(country, s, today)
			if want := strings.ToUpper(spellings[0]); err != nil || got != want {
				t.Errorf("Normalise(%s, %q) = %q, %v; want %q", country, s, got, err, want)
			}
		}
	}
	if got, err := nationalid.Normalise(nationalid.Norway, "16822548835", today); err == nil || got != "" {
		t.Errorf("an invalid number gave %q", got)
	}
}

func TestParseAny(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in      string
		country nationalid.Country
		err     error
	}{
		{"16822548834", nationalid.Norway, nil},
		{"201602032383", nationalid.Sweden, nil},
		{"160203-2383", nationalid.Sweden, nil}, // a date in Denmark too, but without modulus 11
		{"020504A902E", nationalid.Finland, nil},
		{"250255-5255", nationalid.Denmark, nil},
		{"hello", nationalid.Any, nationalid.ErrFormat},
	}
	for _, tt := range tests {
		n, err := nationalid.Parse(nationalid.Any, tt.in, today)
		if n.Country() != tt.country || !errors.Is(err, tt.err) {
			t.Errorf("Parse(Any, %q) = %q, %v; want %q, %v", tt.in, n.Country(), err, tt.country, tt.err)
		}
	}
	// Born 3 December 2005 in Denmark or 5 December 2003 in Sweden: both check digits agree.
	const both = "0312054000"
	if readings := nationalid.Readings(both, today); len(readings) != 2 {
		t.Fatalf("%d readings of %s, want 2", len(readings), both)
	}
	if _, err := nationalid.Parse(nationalid.Any, both, today); !errors.Is(err, nationalid.ErrAmbiguous) {
		t.Errorf("two readings, error %v", err)
	}
}

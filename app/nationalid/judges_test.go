package nationalid_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"budstikke.example/app/nationalid"
	"budstikke.example/notify/sandbox/npm"
)

// Validators of others agree: on numbers of every kind that are right, that have one digit changed or two exchanged, and that are nothing but
// digits. Where they differ by design the test says how: norsk-validator does not know the check digits of 2032, which are those without our
// confirmation, neither knows the synthetic months + 65, one looks at no dates, and modulus 11 says nothing against a Danish number.
func TestValidatorsOfOthersAgree(t *testing.T) {
	t.Parallel()
	const each = 4000
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // any number will do
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // the numbers are to be repeatable, not secret
	var lines []string
	for range each {
		lines = append(lines, "NO "+norwegianCandidate(random), "SE "+swedishCandidate(random), "DK "+danishCandidate(random))
	}
	file := filepath.Join(t.TempDir(), "numbers")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	said := strings.Fields(npm.Run(t, "nationalid.mjs", file))
	if len(said) != len(lines) {
		t.Fatalf("%d numbers, %d answers", len(lines), len(said))
	}
	on := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	accepted := map[string]int{}
	for i, line := range lines {
		country, text, _ := strings.Cut(line, " ")
		n, now := nationalid.Parse(nationalid.Country(country), text, on)
		verdict := func(judge int) bool { return said[i][judge] == 'y' }
		agree := true
		switch country {
		case "NO":
			if month := text[2:4]; month < "66" || month > "77" {
				agree = (now == nil) == verdict(0)
			}
			if !errors.Is(now, nationalid.ErrDate) { // a date is nothing to the second judge
				agree = agree && (now == nil && n.Confirmed()) == verdict(1)
			}
		case "SE":
			agree = (now == nil) == verdict(0)
		case "DK":
			switch {
			case errors.Is(now, nationalid.ErrDate): // a date is nothing to this judge
			case now != nil:
				agree = !verdict(0)
			case n.Kind() == nationalid.Ordinary:
				agree = n.Confirmed() == verdict(0)
			}
		}
		if !agree {
			t.Errorf("%s: we say %v; they say %s", line, now, said[i])
		}
		if now == nil {
			accepted[country]++
		}
	}
	for _, country := range []string{"NO", "SE", "DK"} {
		if accepted[country] < each/10 || accepted[country] > each*9/10 {
			t.Errorf("%s: %d of %d numbers were right: too few or too many to tell anything", country, accepted[country], each)
		}
	}
}

// day is some day of the last hundred years, but no 29 February: the validators do not derive the century as the register does.
func day(random *rand.Rand) time.Time {
	for {
		d := time.Date(1926, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, random.IntN(100*365))
		if d.Month() != time.February || d.Day() != 29 {
			return d
		}
	}
}

func norwegianCandidate(random *rand.Rand) string {
	d := day(random)
	first, month := d.Day()+40*random.IntN(2), int(d.Month())+40*random.IntN(3)
	nine := fmt.Sprintf("%02d%02d%02d%03d", first, month, d.Year()%100, random.IntN(1000))
	one := (11 - weigh(nine, 3, 7, 6, 1, 8, 9, 4, 5, 2) + random.IntN(4)*random.IntN(2)) % 11 // sometimes one of the digits that come with 2032
	two := (11 - weigh(nine+string(rune('0'+one%10)), 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
	return spoil(random, fmt.Sprintf("%s%d%d", nine, one%10, two%10))
}

func swedishCandidate(random *rand.Rand) string {
	d := day(random)
	nine := fmt.Sprintf("%02d%02d%02d%03d", d.Year()%100, d.Month(), d.Day()+60*random.IntN(2), random.IntN(1000))
	sum := 0
	for i, c := range nine {
		v := int(c-'0') * (2 - i%2)
		sum += v/10 + v%10
	}
	ten := spoil(random, nine+string(rune('0'+(10-sum%10)%10)))
	switch random.IntN(4) {
	case 0:
		return fmt.Sprintf("%02d", d.Year()/100) + ten
	case 1:
		return ten[:6] + "-" + ten[6:]
	case 2:
		return fmt.Sprintf("%02d%s-%s", d.Year()/100, ten[:6], ten[6:])
	}
	return ten
}

func danishCandidate(random *rand.Rand) string {
	d := day(random)
	nine := fmt.Sprintf("%02d%02d%02d%03d", d.Day(), d.Month(), d.Year()%100, random.IntN(1000))
	check := (11 - weigh(nine, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
	return spoil(random, fmt.Sprintf("%s%d", nine, check%10))
}

func weigh(digits string, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += int(digits[i]-'0') * w
	}
	return sum % 11
}

// spoil leaves half of the numbers alone; in the others it changes a digit, exchanges two, or all of them.
func spoil(random *rand.Rand, s string) string {
	b := []byte(s)
	switch random.IntN(6) {
	case 0:
		b[random.IntN(len(b))] = byte('0' + random.IntN(10))
	case 1:
		i := random.IntN(len(b) - 1)
		b[i], b[i+1] = b[i+1], b[i]
	case 2:
		for i := range b {
			b[i] = byte('0' + random.IntN(10))
		}
	}
	return string(b)
}

package totp_test

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/pquerna/otp"

	"budstikke.example/auth/totp"
)

var rfcSecret = []byte("12345678901234567890") // of RFC 6238, appendix B

// RFC 6238, appendix B, SHA-1: its codes have eight digits, of which an authenticator app shows the last six.
func TestCodesOfTheRFC(t *testing.T) {
	t.Parallel()
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		got, err := totp.Code(rfcSecret, totp.Step(time.Unix(at, 0)))
		if err != nil || got != want {
			t.Errorf("at %d: Code = %s, %v, want %s", at, got, err, want)
		}
	}
}

func TestCheckTakesOneStepEitherWay(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_015, 0)
	current := totp.Step(now)
	for off := int64(-3); off <= 3; off++ {
		code, err := totp.Code(rfcSecret, current+off)
		if err != nil {
			t.Fatal(err)
		}
		step, ok, err := totp.Check(rfcSecret, code, now, 0)
		want := off >= -1 && off <= 1
		if err != nil || ok != want || ok && step != current+off {
			t.Errorf("%d steps off: Check = step %d, %t, %v, want %t", off, step-current, ok, err, want)
		}
	}
}

func TestNoCodeCountsTwice(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_015, 0)
	current := totp.Step(now)
	code, _ := totp.Code(rfcSecret, current)
	earlier, _ := totp.Code(rfcSecret, current-1)
	next, _ := totp.Code(rfcSecret, current+1)
	for name, c := range map[string]struct {
		code string
		want bool
	}{"the same again": {code, false}, "an earlier one": {earlier, false}, "the next": {next, true}} {
		if _, ok, _ := totp.Check(rfcSecret, c.code, now, current); ok != c.want {
			t.Errorf("%s: %t, want %t", name, ok, c.want)
		}
	}
}

func TestWhatIsNoCodeIsRefused(t *testing.T) {
	t.Parallel()
	now := time.Unix(59, 0)
	for _, code := range []string{"", "287083", "28708", "2870821", "94287082", " 87082", "28708\x00", "２８７０８２"} {
		if _, ok, err := totp.Check(rfcSecret, code, now, 0); ok || err != nil {
			t.Errorf("Check of %q = %t, %v", code, ok, err)
		}
	}
	if _, ok, err := totp.Check(nil, "328482", now, 0); ok || !errors.Is(err, totp.ErrSecret) {
		t.Errorf("without a secret Check = %t, %v, want ErrSecret", ok, err)
	}
}

// The library that authenticator apps' addresses are usually read with reads ours.
func TestURL(t *testing.T) {
	t.Parallel()
	secret := totp.NewSecret()
	if len(secret) != totp.SecretSize {
		t.Fatalf("a secret of %d bytes", len(secret))
	}
	address := totp.URL("Budstikke Åsby", "kari@example.com", secret)
	key, err := otp.NewKeyFromURL(address)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if key.Issuer() != "Budstikke Åsby" || key.AccountName() != "kari@example.com" || key.Period() != 30 || key.Digits() != 6 || u.Scheme != "otpauth" {
		t.Errorf("URL = %s", address)
	}
}

package auth_test

import (
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/auth"
)

func TestRefreshTokensOfASessionShareAStem(t *testing.T) {
	t.Parallel()
	m := uuid.New()
	first, made := auth.NewRefresh(m)
	text := first.Reveal()
	if len(text) != auth.RefreshLength || !strings.HasPrefix(text, auth.RefreshPrefix) || made.Municipality != m ||
		made.Digest != sha256.Sum256([]byte(text)) || made.Key() == made.Digest {
		t.Fatalf("made a refresh token of %d characters", len(text))
	}
	_, read, err := auth.ParseRefresh(text)
	if err != nil || read.Stem != made.Stem || read.Digest != made.Digest || read.Key() != made.Key() {
		t.Errorf("ParseRefresh = %+v, %v", read, err)
	}
	second, next, err := first.Next()
	if err != nil || next.Stem != made.Stem || next.Digest == made.Digest || next.Key() == made.Key() || next.Municipality != m || second.Reveal() == text {
		t.Errorf("Next = %+v, %v", next, err)
	}
	if _, other := auth.NewRefresh(m); other.Stem == made.Stem {
		t.Error("two sessions share a stem")
	}
	if _, _, err := (auth.Token{}).Next(); !errors.Is(err, auth.ErrMalformed) {
		t.Errorf("Next of nothing: %v", err)
	}
	access, _ := auth.NewToken(m)
	nobody, _ := auth.NewRefresh(uuid.Nil)
	for name, bad := range map[string]string{
		"nothing": "", "an access token": access.Reveal(), "cut": text[:len(text)-1], "longer": text + "A", "no municipality": nobody.Reveal(),
		"line breaks": text[:4] + strings.Repeat("\r\n", (auth.RefreshLength-4)/2), "upper": "BSR_" + text[4:],
	} {
		if _, _, err := auth.ParseRefresh(bad); !errors.Is(err, auth.ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
	}
	if _, err := auth.ParseToken(text); !errors.Is(err, auth.ErrMalformed) {
		t.Errorf("a refresh token opens a scope: %v", err)
	}
}

func TestDevices(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("a", 43)
	device, err := auth.ParseDevice(secret, "  Saras \x00\n telefon\u202e ")
	if err != nil || device.Name != "Saras telefon" || len(device.Digest) != 32 {
		t.Errorf("ParseDevice = %+v, %v", device, err)
	}
	long, err := auth.ParseDevice(secret, strings.Repeat("ø", 200))
	if err != nil || len([]rune(long.Name)) != auth.MostDeviceName {
		t.Errorf("a long name: %d characters, %v", len([]rune(long.Name)), err)
	}
	for _, bad := range []string{"", secret[1:], secret + "a", strings.Repeat("+", 43)} {
		if _, err := auth.ParseDevice(bad, "x"); !errors.Is(err, auth.ErrMalformed) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

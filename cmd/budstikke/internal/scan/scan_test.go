package scan_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"budstikke.example/cmd/budstikke/internal/scan"
)

var today = time.Date(2026, time.November, 22, 0, 0, 0, 0, time.UTC)

// What is planted is found, wherever in the text it stands: also across the pieces that are read, and however small those are.
func TestWhatIsPlantedIsFound(t *testing.T) {
	t.Parallel()
	s, err := scan.New(today, map[string][]string{"token": {"bst_abcdefghijklmnop"}, "note": {"Qvistlund"}})
	if err != nil {
		t.Fatal(err)
	}
	for kind, texts := range map[string][]string{
		"identity number": {"16822548834", "168225 48834", "20160203-2383", "160203-2383", "201602032383", "090527+1474", "250255-5254", "010594Y9032", "131052-308T",
			"/v1/persons/16822548834/x", `a\n16822548834`, `\t160203-2383`, `"id":"16822548834"`, "=16822548834&", "fnr.16822548834", "250255-5254", "41810190084", "12668110159"},
		"token": {"bst_abcdefghijklmnop", "xbst_abcdefghijklmnopx"},
		"note": {"Qvistlund", "hos Qvistlunds", hex.EncodeToString([]byte("en Qvistlund")), base64.StdEncoding.EncodeToString([]byte("Qvistlund")),
			base64.StdEncoding.EncodeToString([]byte("hos Qvistlund är")), base64.RawURLEncoding.EncodeToString([]byte("a Qvistlund"))},
		"secret by its form": {"bst_" + strings.Repeat("Ab_-", 16), `"bsr_` + strings.Repeat("x", 64) + `"`, "/bew_" + strings.Repeat("Z", 43), "otpauth://totp/x?secret=y",
			"eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJ4In0.abc", "-----BEGIN EC PRIVATE KEY-----", "postgres://api:geheim@db:5432/x"},
	} {
		for _, text := range texts {
			for _, before := range []int{0, 1, 65_520, 65_530, 65_536, 131_060, 200_000} {
				whole := strings.Repeat("y ", before/2) + strings.Repeat(" ", before%2) + text + "\tand more"
				for name, r := range map[string]io.Reader{
					"at once": strings.NewReader(whole), "byte by byte": iotest.OneByteReader(strings.NewReader(whole)),
				} {
					found, err := s.Scan("dump", r)
					if err != nil || len(found) != 1 || found[0].Kind != kind {
						t.Errorf("%q after %d bytes, %s: %v, %v", text, before, name, found, err)
					}
				}
			}
		}
	}
}

func TestWhatIsNoSecretIsNotFound(t *testing.T) {
	t.Parallel()
	s, err := scan.New(today, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"", "16822548835", "0.16822548834", "0.0011527378", "a16822548834", "n16822548834", `\\x16822548834`, "postgres://api:***@db:5432/x", "bst_", "bst_...", "-----BEGIN CERTIFICATE-----", "eyJhbGciOi", "168225488341", "0191e0f0-16822548834", "20160203-2383-7000-8000-000000000003", `\x16822548834a`,
		"2026-11-22 04:12:01.123456+00", "+46701740605", "556677-8899",
	} {
		if found, err := s.Scan("dump", strings.NewReader(text)); err != nil || len(found) != 0 {
			t.Errorf("%q: %v, %v", text, found, err)
		}
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same bytes every time
	raw := make([]byte, 1<<20)
	for i := range raw {
		raw[i] = byte(random.Uint32())
	}
	if found, err := s.Scan("noise", bytes.NewReader(raw)); err != nil || len(found) != 0 {
		t.Errorf("in noise: %v, %v", found, err)
	}
}

func TestScanSaysWhereAndNeverWhat(t *testing.T) {
	t.Parallel()
	if _, err := scan.New(today, map[string][]string{"x": {"short"}}); !errors.Is(err, scan.ErrShort) {
		t.Errorf("a short word: %v", err)
	}
	s, err := scan.New(today, map[string][]string{"token": {"bst_secret"}})
	if err != nil {
		t.Fatal(err)
	}
	found, err := s.Scan("log", iotest.DataErrReader(strings.NewReader("0123 bst_secret")))
	if err != nil || len(found) != 1 || found[0].Offset != 5 || strings.Contains(found[0].String(), "secret") {
		t.Errorf("%v, %v", found, err)
	}
	if _, err := s.Scan("log", iotest.ErrReader(io.ErrClosedPipe)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a reader that fails: %v", err)
	}
}

package seal_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/seal"
)

// key returns a recognisable key: 32 times the same byte.
func key(b byte) (raw [seal.KeySize]byte, text string) {
	for i := range raw {
		raw[i] = b
	}
	return raw, base64.StdEncoding.EncodeToString(raw[:])
}

func ring(t *testing.T, sealing, index string) *seal.Keyring {
	t.Helper()
	k, err := seal.Parse(sealing, index)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSealOpens(t *testing.T) {
	t.Parallel()
	_, a := key('a')
	_, i := key('i')
	k := ring(t, "1:"+a, "1:"+i)
	row := []string{"m", "app.persons", "national_id_sealed", "row"}
	for _, plain := range [][]byte{nil, []byte("10915596784"), bytes.Repeat([]byte("x"), 10_000)} {
		sealed, version, err := k.Seal(plain, row...)
		if err != nil || version != 1 {
			t.Fatalf("Seal = version %d, %v", version, err)
		}
		if len(plain) > 0 && bytes.Contains(sealed, plain) {
			t.Error("the sealed value contains the plain one")
		}
		again, _, _ := k.Seal(plain, row...)
		if bytes.Equal(sealed, again) {
			t.Error("sealing twice gave the same bytes: the nonce is not random")
		}
		got, err := k.Open(sealed, version, row...)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("Open = %q, %v, want %q", got, err, plain)
		}
	}
}

// P15: a value that was moved to another row, or changed, does not open.
func TestSealedValueIsBoundToItsRow(t *testing.T) {
	t.Parallel()
	_, a := key('a')
	_, i := key('i')
	k := ring(t, "1:"+a, "1:"+i)
	row := []string{"m", "app.persons", "national_id_sealed", "row"}
	sealed, version, err := k.Seal([]byte("10915596784"), row...)
	if err != nil {
		t.Fatal(err)
	}
	for name, other := range map[string][]string{
		"another row":          {"m", "app.persons", "national_id_sealed", "row2"},
		"another column":       {"m", "app.persons", "contact_email", "row"},
		"another municipality": {"n", "app.persons", "national_id_sealed", "row"},
		"parts run together":   {"m", "app.persons", "national_id_sealedrow"},
		"parts cut elsewhere":  {"m", "app.personsn", "ational_id_sealed", "row"},
		"a part more":          {"m", "app.persons", "national_id_sealed", "row", "x"},
	} {
		if _, err := k.Open(sealed, version, other...); !errors.Is(err, seal.ErrNotAuthentic) {
			t.Errorf("%s: Open = %v, want ErrNotAuthentic", name, err)
		}
	}
	for at := range sealed {
		changed := bytes.Clone(sealed)
		changed[at] ^= 1
		if _, err := k.Open(changed, version, row...); !errors.Is(err, seal.ErrNotAuthentic) {
			t.Errorf("byte %d changed: Open = %v, want ErrNotAuthentic", at, err)
		}
		if _, err := k.Open(sealed[:at], version, row...); !errors.Is(err, seal.ErrNotAuthentic) {
			t.Errorf("cut to %d bytes: Open = %v, want ErrNotAuthentic", at, err)
		}
	}
	for _, unbound := range [][]string{nil, {"m", ""}} {
		if _, _, err := k.Seal([]byte("x"), unbound...); !errors.Is(err, seal.ErrUnbound) {
			t.Errorf("Seal bound to %q = %v, want ErrUnbound", unbound, err)
		}
		if _, err := k.Open(sealed, version, unbound...); !errors.Is(err, seal.ErrUnbound) {
			t.Errorf("Open bound to %q = %v, want ErrUnbound", unbound, err)
		}
	}
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	_, a := key('a')
	_, b := key('b')
	_, i := key('i')
	_, j := key('j')
	before := ring(t, "1:"+a, "1:"+i)
	prepared := ring(t, "*1:"+a+", 2:"+b, "*1:"+i+",2:"+j) // the new keys are known everywhere, nobody makes anything with them yet
	after := ring(t, "1:"+a+",2:"+b, "1:"+i+",2:"+j)
	done := ring(t, "2:"+b, "2:"+j)
	if before.Current() != 1 || prepared.Current() != 1 || after.Current() != 2 {
		t.Fatalf("current versions are %d, %d, %d, want 1, 1, 2", before.Current(), prepared.Current(), after.Current())
	}
	old, version, _ := before.Seal([]byte("secret"), "row")
	fresh, freshVersion, _ := after.Seal([]byte("secret"), "row")
	for name, k := range map[string]*seal.Keyring{"prepared": prepared, "after": after} {
		for v, sealed := range map[seal.KeyVersion][]byte{version: old, freshVersion: fresh} {
			if got, err := k.Open(sealed, v, "row"); err != nil || string(got) != "secret" {
				t.Errorf("%s: Open of version %d = %q, %v", name, v, got, err)
			}
		}
	}
	if _, err := done.Open(old, version, "row"); !errors.Is(err, seal.ErrUnknownKey) || !strings.Contains(err.Error(), "version 1") {
		t.Errorf("without the old key Open = %v, want ErrUnknownKey that names version 1", err)
	}
	if _, err := after.Open(old, freshVersion, "row"); !errors.Is(err, seal.ErrNotAuthentic) {
		t.Errorf("under the wrong version Open = %v, want ErrNotAuthentic", err)
	}

	m := uuid.New()
	oldIndex, oldVersion := before.Index("national_id", m, "10915596784")
	all := after.IndexVersions("national_id", m, "10915596784")
	if len(all) != 2 || all[0].Version != 2 || all[1].Version != oldVersion || !bytes.Equal(all[1].Sum, oldIndex) {
		t.Errorf("IndexVersions = %v, want version 2 and then the old one", all)
	}
}

func TestIndexComparesOnlyWhatBelongsTogether(t *testing.T) {
	t.Parallel()
	_, a := key('a')
	_, i := key('i')
	_, j := key('j')
	k, other := ring(t, "1:"+a, "1:"+i), ring(t, "1:"+a, "1:"+j)
	m := uuid.MustParse("01900000-0000-7000-8000-000000000001")
	base, version := k.Index("national_id", m, "10915596784")
	if again, _ := k.Index("national_id", m, "10915596784"); !bytes.Equal(base, again) || version != 1 || len(base) != 32 {
		t.Fatalf("the index of equal values differs, or is of version %d, or of %d bytes", version, len(base))
	}
	elsewhere, _ := k.Index("national_id", uuid.New(), "10915596784")
	purpose, _ := k.Index("attempt", m, "10915596784")
	shifted, _ := k.Index("national_id1", m, "0915596784")
	value, _ := k.Index("national_id", m, "10915596785")
	foreign, _ := other.Index("national_id", m, "10915596784")
	for name, digest := range map[string][]byte{"municipality": elsewhere, "purpose": purpose, "border": shifted, "value": value, "key": foreign} {
		if bytes.Equal(base, digest) {
			t.Errorf("another %s gives the same index", name)
		}
	}
}

// Made apart from this package, by Python's hmac and cryptography modules.
const (
	indexVector  = "2b3e5f91ca266393995090cfcda23fa6c3822cf5eedb94650457e9d351181258"
	sealedVector = "01000102030405060708090a0b862addd165ba7ba3e8f11b7614c8507d08090730c5fb25b5b11478"
)

// The formats are stored: a change of either would make what is stored unreadable.
func TestFormatsStayReadable(t *testing.T) {
	t.Parallel()
	_, a := key('a')
	_, i := key('i')
	k := ring(t, "1:"+a, "1:"+i)
	m := uuid.MustParse("01900000-0000-7000-8000-000000000001")
	digest, _ := k.Index("national_id", m, "10915596784")
	if got := hex.EncodeToString(digest); got != indexVector {
		t.Errorf("Index = %s, want %s", got, indexVector)
	}
	sealed, _ := hex.DecodeString(sealedVector)
	if got, err := k.Open(sealed, 1, m.String(), "app.persons", "national_id_sealed", "row"); err != nil || string(got) != "10915596784" {
		t.Errorf("Open = %q, %v", got, err)
	}
}

func TestKeysAreRefused(t *testing.T) {
	t.Parallel()
	_, a := key('a')
	_, b := key('b')
	_, zero := key(0)
	for name, text := range map[string]string{
		"nothing": "", "no version": a, "version 0": "0:" + a, "negative": "-1:" + a, "too large": "40000:" + a, "short": "1:YWJj",
		"not base64": "1:!!!", "twice": "1:" + a + ",1:" + b, "same key": "1:" + a + ",2:" + a, "zeros": "1:" + zero,
		"two stars": "*1:" + a + ",*2:" + b, "trailing comma": "1:" + a + ",", "url alphabet": "1:" + strings.Repeat("_", 43) + "=",
	} {
		_, err := seal.ParseKeys(text)
		if !errors.Is(err, seal.ErrKeys) {
			t.Errorf("%s: ParseKeys = %v, want ErrKeys", name, err)
			continue
		}
		if strings.Contains(err.Error(), a) || strings.Contains(err.Error(), "YWJj") {
			t.Errorf("%s: the error shows a key: %v", name, err)
		}
	}
	if _, err := seal.Parse("1:"+a, "1:"+a); !errors.Is(err, seal.ErrKeys) {
		t.Errorf("one key for both uses: Parse = %v, want ErrKeys", err)
	}
	if _, err := seal.New(seal.Keys{}, seal.Keys{}); !errors.Is(err, seal.ErrKeys) {
		t.Errorf("no keys: New = %v, want ErrKeys", err)
	}
	if _, err := seal.ParseKeys(seal.FreshKey(3)); err != nil {
		t.Errorf("FreshKey cannot be read: %v", err)
	}
}

func TestKeysAreNeverPrinted(t *testing.T) {
	t.Parallel()
	raw, a := key('a')
	_, i := key('i')
	k := ring(t, "1:"+a, "1:"+i)
	keys, err := seal.ParseKeys("1:" + a)
	if err != nil {
		t.Fatal(err)
	}
	type config struct {
		Ring  *seal.Keyring
		Keys  seal.Keys
		quiet seal.Keys
		copy  seal.Keyring
	}
	c := config{Ring: k, Keys: keys, quiet: keys, copy: *k}
	var out bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&out, nil))
	for _, v := range []any{k, *k, keys, &keys, c, &c} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
			fmt.Fprintf(&out, verb, v)
		}
		logger.Info("x", "v", v)
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(encoded)
	}
	for name, secret := range map[string]string{
		"text": a, "bytes": string(raw[:]), "hex": hex.EncodeToString(raw[:]), "decimal": "97 97 97", "hex list": "0x61, 0x61",
	} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("a key was printed as %s", name)
		}
	}
}

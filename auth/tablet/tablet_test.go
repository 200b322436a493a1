package tablet_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/tablet"
)

// V7: a PIN that is guessed first is none.
func TestWeakPINsAreRefused(t *testing.T) {
	t.Parallel()
	born := time.Date(1984, 3, 17, 0, 0, 0, 0, time.UTC)
	for pin, good := range map[string]bool{
		"493827": true, "100200": true, "938471": true,
		"111111": false, "121212": false, "123123": false, "123456": false, "654321": false, "024680": false, "890123": false,
		"170384": false, "840317": false, "031784": false, "198455": false, "551984": false,
		"": false, "12345": false, "1234567": false, "49382a": false, "４９３８２７": false, "493827\n": false,
	} {
		if err := tablet.CheckPIN(pin, born); (err == nil) != good {
			t.Errorf("%q: %v", pin, err)
		}
	}
	if err := tablet.CheckPIN("170384", time.Time{}); err != nil {
		t.Errorf("nobody's birthday: %v", err)
	}
}

func TestCodeIsReadAsItIsTyped(t *testing.T) {
	t.Parallel()
	code, digest := tablet.NewCode()
	for _, typed := range []string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", ""), strings.ReplaceAll(code, "-", " ")} {
		if got, err := tablet.ReadCode(typed); err != nil || got != digest {
			t.Errorf("%q is not the code: %v", typed, err)
		}
	}
	for _, typed := range []string{"", "ABCDE", code + "A", strings.Repeat("-", 1000), strings.Replace(code, code[:1], "0", 1), "ÄBCDE-FGHJK-LMNPQ"} {
		if _, err := tablet.ReadCode(typed); err == nil {
			t.Errorf("%q was read as a code", typed)
		}
	}
}

// V12: a proof is bound to the tablet, its secret and its moment.
func TestProofIsBoundToAllOfIt(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, digest := tablet.NewSecret()
	_, other := tablet.NewSecret()
	p := tablet.Proof{Municipality: uuid.New(), Tablet: uuid.New(), SecretDigest: digest[:], At: time.UnixMilli(1_790_000_000_000)}
	signature := base64.RawURLEncoding.EncodeToString(ed25519.Sign(private, p.Message()))
	if !p.Signed(public, signature) {
		t.Fatal("the tablet's own proof was refused")
	}
	for name, changed := range map[string]tablet.Proof{
		"another municipality": {uuid.New(), p.Tablet, p.SecretDigest, p.At},
		"another tablet":       {p.Municipality, uuid.New(), p.SecretDigest, p.At},
		"another secret":       {p.Municipality, p.Tablet, other[:], p.At},
		"another moment":       {p.Municipality, p.Tablet, p.SecretDigest, p.At.Add(time.Millisecond)},
	} {
		if changed.Signed(public, signature) {
			t.Errorf("%s: the proof was taken", name)
		}
	}
	stranger, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "!", signature[:40], signature + "AA"} {
		if p.Signed(public, bad) {
			t.Errorf("signature %q was taken", bad)
		}
	}
	if p.Signed(stranger, signature) || p.Signed(nil, signature) {
		t.Error("another key's signature was taken")
	}
}

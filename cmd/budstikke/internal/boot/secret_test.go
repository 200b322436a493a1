package boot

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// key is a synthetic key of 32 equal bytes in base64.
func key(b byte) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32)) }

func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	var ring Keyring
	if err := ring.UnmarshalText([]byte("1:" + key('q') + ",2:" + key('z'))); err != nil {
		t.Fatal(err)
	}
	type nested struct {
		Password Secret
		Ring     Keyring
		List     []Secret
	}
	value := nested{Password: "quux-secret", Ring: ring, List: []Secret{"quux-secret"}}
	var seen strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
		fmt.Fprintf(&seen, verb+"\n", value.Password)
		fmt.Fprintf(&seen, verb+"\n", value.Ring)
		fmt.Fprintf(&seen, verb+"\n", value)
		fmt.Fprintf(&seen, verb+"\n", &value)
	}
	asJSON, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	seen.Write(asJSON)
	for _, handler := range []slog.Handler{slog.NewTextHandler(&seen, nil), slog.NewJSONHandler(&seen, nil)} {
		slog.New(handler).Info("x", "secret", value.Password, "ring", value.Ring, "all", value)
	}
	seen.WriteString(value.Password.String() + value.Ring.String())

	for _, leak := range []string{"quux", fmt.Sprintf("%x", "quux"), "qqqq", "zzzz", "113 113", "122 122", "71717171", key('q')[:12]} {
		if at := strings.Index(seen.String(), leak); at >= 0 {
			t.Errorf("%q can be seen: …%s…", leak, seen.String()[max(0, at-60):at])
		}
	}
	if !strings.Contains(seen.String(), "***") || !strings.Contains(string(asJSON), `"Ring":"1:***,2:***"`) {
		t.Errorf("nothing shows that there are secrets: %s", asJSON)
	}
	if value.Password.Reveal() != "quux-secret" {
		t.Error("Reveal does not give the secret out")
	}
	if Secret("").String() != "" {
		t.Error("a secret that is not set looks as if it were")
	}
}

func TestKeyring(t *testing.T) {
	t.Parallel()
	var ring Keyring
	if err := ring.UnmarshalText([]byte("3:" + key('a') + ", 12:" + key('b'))); err != nil {
		t.Fatal(err)
	}
	if ring.Keys().Current() != 12 || len(ring.Keys().Versions()) != 2 {
		t.Errorf("current %d, all %v", ring.Keys().Current(), ring)
	}
	if (Keyring{}).Keys().Current() != 0 {
		t.Error("an empty ring has a current key")
	}
	for text, want := range map[string]string{
		"":                                 "key number 1",
		key('a'):                           "key number 1",
		"0:" + key('a'):                    "VERSION:BASE64",
		"1:" + key('a') + ",1:" + key('b'): "twice",
		"1:c2hvcnQ=":                       "32 bytes",
		"1:not base64":                     "openssl rand",
	} {
		err := new(Keyring).UnmarshalText([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
		if err != nil && (strings.Contains(err.Error(), "c2hvcnQ") || strings.Contains(err.Error(), "not base64")) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}

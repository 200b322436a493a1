package oidc_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"budstikke.example/auth/oidc"
)

const entryHead = head + "  - {id: uni, municipality: budvik, client_id: c, preset: unilogin}\n  - {id: idp, municipality: budvik, client_id: c, preset: idporten}\n"

// doorkeepers is a municipality whose links are signed by an Ed25519 key and, while that is new, by a shared secret.
type doorkeepers struct {
	set    *oidc.Set
	key    ed25519.PrivateKey
	secret []byte
	public string // the public key's file
}

func openDoors(t *testing.T) doorkeepers {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	der, err := x509.MarshalPKIXPublicKey(public)
	must(t, err)
	d := doorkeepers{key: private, secret: []byte(strings.Repeat("k", 32)), public: filepath.Join(t.TempDir(), "public.pem")}
	older := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(d.public, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o600))
	must(t, os.WriteFile(older, []byte(base64.StdEncoding.EncodeToString(d.secret)+"\n"), 0o600))
	d.set, err = oidc.Load([]byte(entryHead+"entries: [{municipality: budvik, provider: uni, key_file: "+d.public+", older_key_file: "+older+"}]\n"), oidc.Config{})
	must(t, err)
	return d
}

func signed(t *testing.T, algorithm jose.SignatureAlgorithm, key any, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, nil)
	must(t, err)
	payload, err := json.Marshal(claims)
	must(t, err)
	object, err := signer.Sign(payload)
	must(t, err)
	link, err := object.CompactSerialize()
	must(t, err)
	return link
}

// U6: a link is followed when one of the municipality's keys has signed it, for this municipality, within the last minute, to a place that there is.
func TestLinksOfAnEntry(t *testing.T) {
	t.Parallel()
	d := openDoors(t)
	now := time.Unix(1_800_000_000, 0)
	claims := map[string]any{"aud": "budvik", "jti": "0123456789abcdef", "iat": now.Unix(), "target": "absences"}
	with := func(name string, value any) map[string]any {
		changed := maps.Clone(claims)
		changed[name] = value
		return changed
	}
	good := map[string]string{
		"Ed25519": signed(t, jose.EdDSA, d.key, claims), "HMAC": signed(t, jose.HS256, d.secret, claims),
		"a minute old":         signed(t, jose.EdDSA, d.key, with("iat", now.Unix()-60)),
		"a clock that is fast": signed(t, jose.EdDSA, d.key, with("iat", now.Unix()+10)),
		"an end of its own":    signed(t, jose.EdDSA, d.key, with("exp", now.Unix()+5)),
	}
	for name, link := range good {
		got, err := d.set.Follow("budvik", link, now)
		if err != nil || got.Provider != "uni" || got.Target != "absences" || len(got.Digest) != 32 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	_, foreign, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	der, err := os.ReadFile(d.public)
	must(t, err)
	parts := strings.Split(good["Ed25519"], ".")
	other := strings.Split(signed(t, jose.EdDSA, d.key, with("target", "notices")), ".")
	bad := map[string]string{
		"nothing": "", "no JWT": "x.y", "too many parts": good["HMAC"] + ".x",
		"altered":                      parts[0] + "." + other[1] + "." + parts[2],
		"unsigned":                     base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + ".",
		"another key":                  signed(t, jose.EdDSA, foreign, claims),
		"another secret":               signed(t, jose.HS256, []byte(strings.Repeat("x", 32)), claims),
		"the public key as a secret":   signed(t, jose.HS256, der, claims),
		"a longer hash":                signed(t, jose.HS512, []byte(strings.Repeat("k", 64)), claims),
		"another municipality's":       signed(t, jose.EdDSA, d.key, with("aud", "storby")),
		"nobody's":                     signed(t, jose.EdDSA, d.key, with("aud", "")),
		"more than a minute old":       signed(t, jose.EdDSA, d.key, with("iat", now.Unix()-61)),
		"of tomorrow":                  signed(t, jose.EdDSA, d.key, with("iat", now.Unix()+11)),
		"of no time":                   signed(t, jose.EdDSA, d.key, with("iat", nil)),
		"of the end of time":           signed(t, jose.EdDSA, d.key, with("iat", 1e300)),
		"of before time":               signed(t, jose.EdDSA, d.key, with("iat", -1e300)),
		"expired":                      signed(t, jose.EdDSA, d.key, with("exp", now.Unix())),
		"without an id":                signed(t, jose.EdDSA, d.key, with("jti", "")),
		"with a huge id":               signed(t, jose.EdDSA, d.key, with("jti", strings.Repeat("j", 129))),
		"to an address":                signed(t, jose.EdDSA, d.key, with("target", "https://evil.example")),
		"to nowhere":                   signed(t, jose.EdDSA, d.key, with("target", "")),
		"with a claim of another kind": signed(t, jose.EdDSA, d.key, with("jti", 7)),
	}
	for name, link := range bad {
		if got, err := d.set.Follow("budvik", link, now); !errors.Is(err, oidc.ErrNoEntry) || got.Target != "" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, set := range map[string]*oidc.Set{"no entry": d.set, "no provider at all": nil} {
		if _, err := set.Follow("storby", signed(t, jose.EdDSA, d.key, with("aud", "storby")), now); !errors.Is(err, oidc.ErrNoEntry) {
			t.Errorf("a municipality with %s: %v", name, err)
		}
	}
}

func TestMistakesInEntries(t *testing.T) {
	t.Parallel()
	d := openDoors(t)
	short := filepath.Join(t.TempDir(), "short")
	must(t, os.WriteFile(short, []byte(base64.StdEncoding.EncodeToString([]byte("short"))), 0o600))
	one := "{municipality: budvik, provider: uni, key_file: " + d.public + "}"
	for name, file := range map[string]struct{ text, says string }{
		"no municipality":        {"{provider: uni, key_file: " + d.public + "}", "municipality is missing"},
		"another's provider":     {"{municipality: storby, provider: uni, key_file: " + d.public + "}", "same municipality"},
		"a guardians' provider":  {"{municipality: budvik, provider: idp, key_file: " + d.public + "}", "staff"},
		"two":                    {one + ", " + one, "two"},
		"no key":                 {"{municipality: budvik, provider: uni}", "key_file is missing"},
		"no such file":           {"{municipality: budvik, provider: uni, key_file: /does/not/exist}", "key_file"},
		"too short a secret":     {"{municipality: budvik, provider: uni, key_file: " + short + "}", "32 bytes"},
		"too short an older one": {"{municipality: budvik, provider: uni, key_file: " + d.public + ", older_key_file: " + short + "}", "32 bytes"},
	} {
		if _, err := oidc.Load([]byte(entryHead+"entries: ["+file.text+"]\n"), oidc.Config{}); err == nil || !strings.Contains(err.Error(), file.says) {
			t.Errorf("%s: %v, want it to speak of %q", name, err, file.says)
		}
	}
}

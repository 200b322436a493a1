package oidc_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"budstikke.example/auth/oidc"
)

const head = "returns: {app: \"https://app.budvik.example/signed-in\"}\nproviders:\n"

func TestPresetsAreComplete(t *testing.T) {
	t.Parallel()
	for _, preset := range oidc.Presets() {
		file := head + "  - {id: one, municipality: budvik, client_id: c, issuer: \"https://issuer.example\", preset: " + preset + "}\n"
		set, err := oidc.Load([]byte(file), oidc.Config{})
		if err != nil {
			t.Errorf("%s: %v", preset, err)
			continue
		}
		one := set.Of("budvik")[0]
		if one.For(oidc.Guardian) == one.For(oidc.Staff) || one.Name == "" || !one.Level.Least.AtLeast(oidc.Substantial) {
			t.Errorf("%s: %+v", preset, one.Profile)
		}
		if one.For(oidc.Guardian) && one.FreshWithin == 0 {
			t.Errorf("%s lets a guardian in who signed in any time ago (H8)", preset)
		}
		if len(set.Of("storby")) != 0 {
			t.Errorf("%s is another municipality's too", preset)
		}
	}
}

func TestMistakesInTheFile(t *testing.T) {
	t.Parallel()
	one := "{id: one, municipality: budvik, client_id: c, preset: idporten"
	for name, file := range map[string]struct{ text, says string }{
		"nothing":           {"", "names none"},
		"no YAML":           {"\t", "cannot be read"},
		"no returns":        {"providers: [" + one + "}]", "returns"},
		"an open return":    {strings.Replace(head, "https", "http", 1) + " - " + one + "}", "https://"},
		"a return with ?":   {strings.Replace(head, "in\"", "in?x=\"", 1) + " - " + one + "}", "?"},
		"a word too many":   {head + " - " + one + ", colour: red}", "colour"},
		"unknown preset":    {head + " - {id: one, municipality: budvik, client_id: c, preset: facebook}", "facebook"},
		"twice":             {head + " - " + one + "}\n - " + one + "}", "two providers"},
		"an open issuer":    {head + " - " + one + ", issuer: \"http://issuer.example\"}", "https://"},
		"no client":         {head + " - {id: one, municipality: budvik, preset: idporten}", "client_id"},
		"no municipality":   {head + " - {id: one, client_id: c, preset: idporten}", "municipality"},
		"a bad id":          {head + " - {id: One, municipality: budvik, client_id: c, preset: idporten}", "lower-case"},
		"too weak a level":  {head + " - " + one + ", level: {least: low}}", "guardians need"},
		"no such level":     {head + " - " + one + ", level: {least: huge}}", "level.least"},
		"no such strength":  {head + " - " + one + ", level: {values: {x: huge}}}", "huge"},
		"groups of none":    {head + " - " + one + ", groups: {claim: groups}}", "any"},
		"open groups":       {head + " - " + one + ", groups: {any: [a], endpoint: \"http://graph.example\"}}", "endpoint"},
		"no secret file":    {head + " - " + one + ", client_secret_file: /does/not/exist}", "client_secret_file"},
		"no key":            {head + " - " + one + ", client_key_file: /etc/hostname}", "PEM"},
		"both":              {head + " - " + one + ", client_key_file: a, client_secret_file: b}", "keep one"},
		"negative":          {head + " - " + one + ", fresh_within: -1m}", "fresh_within"},
		"staff by nothing":  {head + " - " + one + ", staff: {country: SE}}", "staff needs"},
		"a number of where": {head + " - " + one + ", guardian: {national_id: pid}}", "country"},
	} {
		if _, err := oidc.Load([]byte(file.text), oidc.Config{}); err == nil || !strings.Contains(err.Error(), file.says) {
			t.Errorf("%s: %v, want it to speak of %q", name, err, file.says)
		}
	}
}

func TestKeysOfOurOwn(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	path := filepath.Join(t.TempDir(), "key.pem")
	must(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	file := head + "  - {id: one, municipality: budvik, client_id: c, preset: idporten, client_key_file: " + path + ", client_key_id: k}\n"
	_, err = oidc.Load([]byte(file), oidc.Config{})
	must(t, err)
}

func TestGuidanceInEveryLanguage(t *testing.T) {
	t.Parallel()
	reasons := []oidc.Reason{oidc.Denied, oidc.TooWeak, oidc.TooLongAgo, oidc.NotAllowed, oidc.NotBelieved, oidc.Unavailable}
	for _, reason := range reasons {
		seen := map[string]bool{}
		for _, locale := range []string{"nb", "nn", "da", "sv", "en"} {
			text := oidc.Guidance(locale, reason)
			if n := utf8.RuneCountInString(text); n < 10 || n > 160 || !strings.HasSuffix(text, ".") || seen[text] {
				t.Errorf("%s, %s: %q is not a short sentence of its own", reason, locale, text)
			}
			seen[text] = true
		}
		if oidc.Guidance("fi", reason) != oidc.Guidance("en", reason) || oidc.Guidance("sv-SE", reason) != oidc.Guidance("sv", reason) {
			t.Errorf("%s: other locales", reason)
		}
	}
	if oidc.Guidance("en", "new") != oidc.Guidance("en", oidc.NotBelieved) {
		t.Error("a reason that is not known has no words")
	}
}

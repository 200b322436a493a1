package oidc_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"budstikke.example/auth"
	"budstikke.example/auth/oidc"
	"budstikke.example/notify/sandbox/npm"
)

// certified is what the certified provider is to be.
type certified struct {
	Client  map[string]any `json:"client"`
	Claims  []string       `json:"claims"`
	IDToken bool           `json:"idToken"` // the claims stand in the ID token too, not at userinfo only
	Account map[string]any `json:"account"`
	ACR     string         `json:"acr"`
	Alg     string         `json:"alg"`
}

// browse opens an address as a browser would, and returns the address of ours that it ends at.
func browse(t *testing.T, address string) *url.URL {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	var landed *url.URL
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), back) {
			landed = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}}
	response, err := browser.Get(address)
	must(t, err)
	defer func() { _ = response.Body.Close() }()
	if landed == nil {
		t.Fatalf("the browser stayed at %s: %s", response.Request.URL, response.Status)
	}
	return landed
}

// A provider that nobody here wrote, in the shape of each one that municipalities use: it takes what we ask for, and we take what it answers.
func TestCertifiedProvider(t *testing.T) {
	t.Parallel()
	npm.Folder(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	keyFile := filepath.Join(t.TempDir(), "key.pem")
	must(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	public := jose.JSONWebKey{Key: &key.PublicKey, KeyID: "ours", Algorithm: "ES256", Use: "sig"}
	for name, try := range map[string]struct {
		is      certified
		profile oidc.Profile
		as      oidc.Audience
		right   func(oidc.Identity) bool
	}{
		"ID-porten, with a key of our own": {
			is: certified{Client: map[string]any{"token_endpoint_auth_method": "private_key_jwt", "jwks": map[string]any{"keys": []any{public}}},
				Claims: []string{"pid"}, IDToken: true, Account: map[string]any{"pid": "10915596784"}, ACR: "idporten-loa-high", Alg: "RS256"},
			profile: oidc.Profile{Preset: "idporten", ClientKeyFile: keyFile, ClientKeyID: "ours", Scopes: []string{}},
			as:      oidc.Guardian,
			right: func(who oidc.Identity) bool {
				return who.NationalID.Reveal() == "10915596784" && who.Assurance == oidc.High
			},
		},
		"a broker of MitID, which tells at userinfo": {
			is: certified{Client: map[string]any{"token_endpoint_auth_method": "client_secret_basic", "client_secret": "s3cret/with+signs"},
				Claims: []string{"nin", "nin_type", "nin_issuing_country", "mitid_loa", "mitid_name_and_address_protection", "name"}, ACR: "x", Alg: "PS256",
				Account: map[string]any{"nin": "0107729995", "nin_type": "PERSON", "nin_issuing_country": "DK", "mitid_loa": "SUBSTANTIAL", "mitid_name_and_address_protection": true, "name": ""}},
			profile: oidc.Profile{Preset: "mitid", ClientSecret: auth.Hide("s3cret/with+signs"), Scopes: []string{}},
			as:      oidc.Guardian,
			right:   func(who oidc.Identity) bool { return who.NationalID.Reveal() == "0107729995" && who.Protected },
		},
		"Unilogin": {
			is: certified{Client: map[string]any{"token_endpoint_auth_method": "client_secret_post", "client_secret": "s3cret"},
				Claims: []string{"uniid", "aktoer_gruppe", "unilogin_loa"}, IDToken: true, ACR: "x", Alg: "ES256",
				Account: map[string]any{"uniid": "1000013b36", "aktoer_gruppe": "Medarbejder", "unilogin_loa": "ToFaktor"}},
			profile: oidc.Profile{Preset: "unilogin", ClientSecret: auth.Hide("s3cret")},
			as:      oidc.Staff,
			right:   func(who oidc.Identity) bool { return who.Username.Reveal() == "1000013b36" },
		},
		"Feide, which tells at userinfo": {
			is: certified{Client: map[string]any{"token_endpoint_auth_method": "client_secret_basic", "client_secret": "s3cret"},
				Claims: []string{"https://n.feide.no/claims/eduPersonPrincipalName"}, ACR: "urn:mace:feide.no:auth:level:fad08:3", Alg: "RS256",
				Account: map[string]any{"https://n.feide.no/claims/eduPersonPrincipalName": "kim@budvik.example"}},
			profile: oidc.Profile{Preset: "feide", ClientSecret: auth.Hide("s3cret"), Scopes: []string{}},
			as:      oidc.Staff,
			right: func(who oidc.Identity) bool {
				return who.Username.Reveal() == "kim@budvik.example" && who.Assurance == oidc.Substantial
			},
		},
		"AD FS": {
			is: certified{Client: map[string]any{"token_endpoint_auth_method": "client_secret_post", "client_secret": "s3cret"}, Claims: []string{"upn", "groups", "amr"}, IDToken: true,
				ACR: "x", Alg: "RS256", Account: map[string]any{"upn": "kim@budvik.example", "groups": []string{"BUDVIK\\staff"}, "amr": []string{"http://schemas.microsoft.com/claims/multipleauthn"}}},
			profile: oidc.Profile{Preset: "adfs", ClientSecret: auth.Hide("s3cret"), Scopes: []string{}, Groups: &oidc.Groups{Claim: "groups", Any: []string{"BUDVIK\\staff"}}},
			as:      oidc.Staff,
			right:   func(who oidc.Identity) bool { return who.Username.Reveal() == "kim@budvik.example" },
		},
		"Entra, to a public client": {
			is: certified{Client: map[string]any{"token_endpoint_auth_method": "none"}, Claims: []string{"oid", "groups", "amr"}, IDToken: true, ACR: "x", Alg: "EdDSA",
				Account: map[string]any{"oid": "66666666-7777", "groups": []string{"staff"}, "amr": []string{"pwd", "mfa"}}},
			profile: oidc.Profile{Preset: "entra", Scopes: []string{}, Groups: &oidc.Groups{Claim: "groups", Any: []string{"staff"}}},
			as:      oidc.Staff,
			right:   func(who oidc.Identity) bool { return who.Username.Reveal() == "66666666-7777" },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			try.is.Client["client_id"], try.is.Client["redirect_uris"] = "budstikke", []string{back}
			description, err := json.Marshal(try.is)
			must(t, err)
			p := try.profile
			p.ID, p.Municipality, p.ClientID, p.Issuer = "one", "exempelby", "budstikke", npm.Serve(t, "oidc.mjs", string(description))
			set, err := oidc.Open(oidc.File{Returns: map[string]string{"app": back}, Providers: []oidc.Profile{p}}, oidc.Config{})
			must(t, err)
			rp := set.Of("exempelby")[0]
			begun, err := rp.Begin(context.Background(), "app", false)
			must(t, err)
			q := browse(t, begun.URL).Query()
			if q.Get("state") != begun.State || q.Get("error") != "" {
				t.Fatalf("it came back with %v", q)
			}
			answer := oidc.Answer{Code: q.Get("code"), Issuer: q.Get("iss")}
			who, err := rp.Finish(context.Background(), "app", try.as, begun.Secrets, answer)
			if err != nil || !try.right(who) {
				t.Fatalf("Finish = %+v, %v", who, err)
			}
			_, err = rp.Finish(context.Background(), "app", try.as, begun.Secrets, answer)
			refused(t, "the same code again", err, oidc.NotBelieved)
		})
	}
}

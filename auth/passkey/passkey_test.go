package passkey_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/descope/virtualwebauthn"

	"budstikke.example/auth/passkey"
)

// device is an authenticator that nobody here wrote, with one passkey on it.
type device struct {
	site virtualwebauthn.RelyingParty
	auth virtualwebauthn.Authenticator
	key  virtualwebauthn.Credential
}

var handle = []byte("0123456789abcdef")

func newDevice(kind virtualwebauthn.KeyType) *device {
	made := virtualwebauthn.NewCredential(kind)
	// The library leaves out a zero at the beginning of a coordinate, which no authenticator does.
	for kind == virtualwebauthn.KeyTypeEC2 && len(made.Key.AttestationData()) != 77 {
		made = virtualwebauthn.NewCredential(kind)
	}
	d := &device{
		site: virtualwebauthn.RelyingParty{ID: "budvik.example", Name: passkey.Name, Origin: "https://budvik.example"},
		auth: virtualwebauthn.NewAuthenticator(), key: made,
	}
	d.auth.Options.UserHandle = handle
	return d
}

func (d *device) make(t *testing.T, challenge string) passkey.Attestation {
	t.Helper()
	var said struct {
		ID       string
		Response struct{ ClientDataJSON, AttestationObject string }
	}
	must(t, json.Unmarshal([]byte(virtualwebauthn.CreateAttestationResponse(d.site, d.auth, d.key,
		virtualwebauthn.AttestationOptions{Challenge: bytesOf(t, challenge)})), &said))
	return passkey.Attestation{ID: said.ID, ClientData: said.Response.ClientDataJSON, Object: said.Response.AttestationObject, Transports: []string{"internal"}}
}

func (d *device) sign(t *testing.T, challenge string) passkey.Assertion {
	t.Helper()
	var said struct {
		ID       string
		Response struct{ ClientDataJSON, AuthenticatorData, Signature, UserHandle string }
	}
	must(t, json.Unmarshal([]byte(virtualwebauthn.CreateAssertionResponse(d.site, d.auth, d.key,
		virtualwebauthn.AssertionOptions{Challenge: bytesOf(t, challenge)})), &said))
	r := said.Response
	return passkey.Assertion{ID: said.ID, ClientData: r.ClientDataJSON, AuthenticatorData: r.AuthenticatorData, Signature: r.Signature, UserHandle: r.UserHandle}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func bytesOf(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(text)
	must(t, err)
	return raw
}

func party(t *testing.T) *passkey.Party {
	t.Helper()
	p, err := passkey.New(passkey.Config{ID: "budvik.example", Origins: []string{"https://budvik.example", "android:apk-key-hash:7d1043473d55bfa90e8530d35801d4e381bc69f0"}})
	must(t, err)
	return p
}

// A passkey of each kind is made once and used often, from the site and from the app; its count goes on.
func TestPasskeyIsMadeAndUsed(t *testing.T) {
	t.Parallel()
	p := party(t)
	for name, kind := range map[string]virtualwebauthn.KeyType{"EC": virtualwebauthn.KeyTypeEC2, "RSA": virtualwebauthn.KeyTypeRSA} {
		d := newDevice(kind)
		d.key.Counter = 3
		made := passkey.NewChallenge()
		answer := d.make(t, made)
		if passkey.ChallengeOf(answer.ClientData) != made {
			t.Fatalf("%s: the challenge is read as %q", name, passkey.ChallengeOf(answer.ClientData))
		}
		c, err := p.Register(made, handle, answer)
		must(t, err)
		if c.Count != 3 || c.BackedUp || c.BackupEligible || len(c.PublicKey) == 0 || len(c.Transports) != 1 {
			t.Errorf("%s: kept %+v", name, c)
		}
		for _, origin := range []string{"https://budvik.example", "android:apk-key-hash:7d1043473d55bfa90e8530d35801d4e381bc69f0"} {
			d.site.Origin = origin
			d.key.Counter++
			challenge := passkey.NewChallenge()
			use, err := p.Assert(challenge, true, c, handle, d.sign(t, challenge))
			must(t, err)
			if use.WentBack || use.Count != c.Count+1 || !use.Verified {
				t.Errorf("%s: used %+v", name, use)
			}
			c.Count = use.Count
		}
		// A count that stands still or goes back is told; authenticators that do not count say 0 for ever.
		for _, count := range []uint32{c.Count, c.Count - 1, 0} {
			d.key.Counter = count
			challenge := passkey.NewChallenge()
			if use, err := p.Assert(challenge, true, c, handle, d.sign(t, challenge)); err != nil || !use.WentBack {
				t.Errorf("%s: a count of %d after %d: %+v, %v", name, count, c.Count, use, err)
			}
		}
		c.Count, d.key.Counter = 0, 0
		challenge := passkey.NewChallenge()
		if use, err := p.Assert(challenge, true, c, handle, d.sign(t, challenge)); err != nil || use.WentBack {
			t.Errorf("%s: an authenticator that does not count: %+v, %v", name, use, err)
		}
	}
}

// Whatever is not right about an answer, it proves nothing.
func TestWhatProvesNothing(t *testing.T) {
	t.Parallel()
	p := party(t)
	d := newDevice(virtualwebauthn.KeyTypeEC2)
	first := passkey.NewChallenge()
	c, err := p.Register(first, handle, d.make(t, first))
	must(t, err)
	elsewhere, stranger, copied := *d, *newDevice(virtualwebauthn.KeyTypeEC2), *d
	elsewhere.site.Origin = "https://budvik.example.evil.example"
	stranger.key.ID = d.key.ID // says that it is this one
	copied.auth.Options.UserHandle = []byte("fedcba9876543210")
	other, unseen, absent, backed := *d, *d, *d, *d
	other.site.ID = "evil.example"
	unseen.auth.Options.UserNotVerified = true
	absent.auth.Options.UserNotPresent = true
	backed.auth.Options.BackupEligible = true
	for name, bad := range map[string]*device{
		"signed at another site": &elsewhere, "signed by another key": &stranger, "for another account": &copied, "for another relying party": &other,
		"without verifying anybody": &unseen, "without anybody there": &absent, "from an authenticator that changed its kind": &backed,
	} {
		challenge := passkey.NewChallenge()
		if _, err := p.Assert(challenge, true, c, handle, bad.sign(t, challenge)); !errors.Is(err, passkey.ErrRefused) {
			t.Errorf("used %s: %v", name, err)
		}
	}
	challenge := passkey.NewChallenge()
	right := d.sign(t, challenge)
	if _, err := p.Assert(challenge, false, c, handle, unseen.sign(t, challenge)); err != nil {
		t.Errorf("beside a password nobody has to be verified: %v", err)
	}
	if _, err := p.Assert(passkey.NewChallenge(), true, c, handle, right); !errors.Is(err, passkey.ErrRefused) {
		t.Errorf("another challenge: %v", err)
	}
	for name, change := range map[string]func(*passkey.Assertion){
		"no id":          func(a *passkey.Assertion) { a.ID = "" },
		"another id":     func(a *passkey.Assertion) { a.ID = "AAAA" },
		"no client data": func(a *passkey.Assertion) { a.ClientData = "" },
		"client data that are no JSON": func(a *passkey.Assertion) {
			a.ClientData = base64.RawURLEncoding.EncodeToString([]byte("x"))
		},
		"short data":   func(a *passkey.Assertion) { a.AuthenticatorData = "AAAA" },
		"no signature": func(a *passkey.Assertion) { a.Signature = "" },
		"a bit flipped": func(a *passkey.Assertion) {
			a.Signature = a.Signature[:len(a.Signature)-4] + strings.Map(func(r rune) rune {
				if r == 'A' {
					return 'B'
				}
				return 'A'
			}, a.Signature[len(a.Signature)-4:])
		},
		"no account":        func(a *passkey.Assertion) { a.UserHandle = "" },
		"the making of one": func(a *passkey.Assertion) { a.ClientData = d.make(t, challenge).ClientData },
		"not base64":        func(a *passkey.Assertion) { a.AuthenticatorData = "%%%" },
		"huge":              func(a *passkey.Assertion) { a.AuthenticatorData = strings.Repeat("A", 1<<16) },
	} {
		bad := right
		change(&bad)
		if _, err := p.Assert(challenge, true, c, handle, bad); !errors.Is(err, passkey.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, bad := range map[string]*device{"at another site": &elsewhere, "without verifying anybody": &unseen, "for another relying party": &other} {
		if _, err := p.Register(challenge, handle, bad.make(t, challenge)); !errors.Is(err, passkey.ErrRefused) {
			t.Errorf("made %s: %v", name, err)
		}
	}
	if _, err := p.Register(challenge, handle, passkey.Attestation{ID: right.ID, ClientData: right.ClientData, Object: right.Signature}); !errors.Is(err, passkey.ErrRefused) {
		t.Errorf("made of a use: %v", err)
	}
}

// Passkeys are bound to a domain for good: what is none is refused before the first is made.
func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]passkey.Config{
		"no domain": {Origins: []string{"https://budvik.example"}}, "an address": {ID: "127.0.0.1", Origins: []string{"https://127.0.0.1"}},
		"no origin": {ID: "budvik.example"}, "a scheme": {ID: "https://budvik.example", Origins: []string{"https://budvik.example"}},
		"an origin that none has": {ID: "budvik.example", Origins: []string{"https://budvik.example", "budvik"}},
	} {
		if _, err := passkey.New(c); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if got := passkey.ChallengeOf("%"); got != "" {
		t.Errorf("a challenge is read out of nothing: %q", got)
	}
}

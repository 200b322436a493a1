package openid

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Person is somebody who can sign in.
type Person struct {
	Subject string
	Name    string         // shown on the page
	Claims  map[string]any // what the ID token says beside the standard claims
}

// Client is the relying party.
type Client struct {
	ID, Secret string
	Returns    []string // where people may be sent back to
}

// Token is an ID token before it is signed. Twist may change anything in it.
type Token struct {
	Claims map[string]any
	// Raw, when set, is sent in place of the signed claims.
	Raw string
}

// Provider answers under its Issuer. Fill in the exported fields before it is used; Twist and Discovery may be nil.
type Provider struct {
	Issuer  string
	Client  Client
	Persons []Person
	Clock   func() time.Time
	// Usual are claims of everybody whose own say nothing of them.
	Usual map[string]any
	// Twist changes an ID token before it is signed: how to lie.
	Twist func(*Token)
	// Discovery changes what the provider says about itself.
	Discovery func(map[string]any)
	// Groups are told at /groups, 100 a page.
	Groups []string
	// UserInfo is what /userinfo says more than the ID token.
	UserInfo map[string]any

	mu    sync.Mutex
	key   *ecdsa.PrivateKey
	keyID string
	codes map[string]grant
	held  map[string]grant // by access token
}

// grant is what a code or an access token was given for.
type grant struct {
	person                     Person
	redirect, challenge, nonce string
	acr, client                string
	at                         time.Time
}

// codeLife is how long a code can be used.
const codeLife = time.Minute

// Rotate makes a new signing key; the earlier one is told no more.
func (p *Provider) Rotate() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rotate()
}

func (p *Provider) rotate() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic("openid: no randomness: " + err.Error()) // crypto/rand ends the program itself
	}
	p.key, p.keyID = key, random()[:8]
}

// signing makes sure that there is a key. The lock is held.
func (p *Provider) signing() (*ecdsa.PrivateKey, string) {
	if p.key == nil {
		p.rotate()
	}
	return p.key, p.keyID
}

// PublicKey is the present signing key as a JWK.
func (p *Provider) PublicKey() jose.JSONWebKey {
	p.mu.Lock()
	defer p.mu.Unlock()
	key, id := p.signing()
	return jose.JSONWebKey{Key: &key.PublicKey, KeyID: id, Algorithm: string(jose.ES256), Use: "sig"}
}

// Sign signs claims with the present key.
func (p *Provider) Sign(claims map[string]any) (string, error) {
	p.mu.Lock()
	key, id := p.signing()
	p.mu.Unlock()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", id))
	if err != nil {
		return "", fmt.Errorf("openid: sign: %w", err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("openid: sign: %w", err)
	}
	signed, err := signer.Sign(body)
	if err != nil {
		return "", fmt.Errorf("openid: sign: %w", err)
	}
	return signed.CompactSerialize()
}

// idToken makes the ID token of a grant.
func (p *Provider) idToken(g grant) (string, error) {
	now := p.Clock()
	token := Token{Claims: map[string]any{
		"iss": p.Issuer, "aud": g.client, "sub": g.person.Subject, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
		"auth_time": g.at.Unix(), "nonce": g.nonce,
	}}
	if g.acr != "" {
		token.Claims["acr"] = g.acr
	}
	maps.Copy(token.Claims, p.Usual)
	maps.Copy(token.Claims, g.person.Claims)
	if p.Twist != nil {
		p.Twist(&token)
	}
	if token.Raw != "" {
		return token.Raw, nil
	}
	return p.Sign(token.Claims)
}

// ErrNoPerson means that nobody with this subject can sign in here.
var ErrNoPerson = errors.New("openid: there is nobody with this subject")

func (p *Provider) person(subject string) (Person, error) {
	for _, person := range p.Persons {
		if person.Subject == subject {
			return person, nil
		}
	}
	return Person{}, ErrNoPerson
}

func random() string {
	var raw [24]byte
	_, _ = rand.Read(raw[:]) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller has hung up
}

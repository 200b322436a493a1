package oidc

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"budstikke.example/auth"
)

// Set holds the providers of all municipalities. It is safe for concurrent use; the zero Set and nil have none.
type Set struct {
	returns map[string]string
	all     []*Provider
	entries []entry
}

// Of lists the providers of a municipality, by its slug, in the order of the file.
func (s *Set) Of(municipality string) []*Provider {
	var own []*Provider
	if s != nil {
		for _, p := range s.all {
			if p.Municipality == municipality || p.Municipality == "*" {
				own = append(own, p)
			}
		}
	}
	return own
}

// Admits tells whether any municipality has a provider that an audience can use.
func (s *Set) Admits(a Audience) bool {
	return s != nil && slices.ContainsFunc(s.all, func(p *Provider) bool { return p.For(a) })
}

// Find returns a municipality's provider that an audience can use; false if there is none.
func (s *Set) Find(municipality, id string, a Audience) (*Provider, bool) {
	own := s.Of(municipality)
	i := slices.IndexFunc(own, func(p *Provider) bool { return p.ID == id && p.For(a) })
	if i < 0 {
		return nil, false
	}
	return own[i], true
}

// Returning tells whether people can be sent back to the client of this name.
func (s *Set) Returning(client string) bool {
	return s != nil && s.returns[client] != ""
}

// Provider is one provider of one municipality.
type Provider struct {
	Profile

	proof   clientProof
	returns map[string]string
	client  *http.Client
	now     func() time.Time
	turn    chan struct{} // holds one: who asks the provider about itself
	about   *about        // what it said, guarded by turn
}

func newProvider(p Profile, proof clientProof, returns map[string]string, c Config) *Provider {
	if c.Now == nil {
		c.Now = time.Now
	}
	provider := &Provider{Profile: p, proof: proof, returns: returns, client: bounded(c), now: c.Now, turn: make(chan struct{}, 1)}
	provider.turn <- struct{}{}
	return provider
}

// Secrets are what the order of a sign-in keeps: they bind the answer to the very request.
type Secrets struct {
	Verifier auth.Hidden // of PKCE
	Nonce    auth.Hidden
	// Since is when a running session was asked to be proved anew: a sign-in at the provider from before does not count. Zero does not ask.
	Since time.Time
}

// Begun is a sign-in that can be sent to the provider.
type Begun struct {
	URL     string // to open in the person's browser
	State   string // what has to come back
	Secrets Secrets
}

// Begin makes the address that a sign-in begins at. client names the return address. anew makes the person sign in again however short ago they
// did. Error: *Refused with Unavailable.
func (p *Provider) Begin(ctx context.Context, client string, anew bool) (Begun, error) {
	known, err := p.discover(ctx)
	if err != nil {
		return Begun{}, err
	}
	begun := Begun{State: random(), Secrets: Secrets{Verifier: auth.Hide(oauth2.GenerateVerifier()), Nonce: auth.Hide(random())}}
	extra := []oauth2.AuthCodeOption{goidc.Nonce(begun.Secrets.Nonce.Reveal()), oauth2.S256ChallengeOption(begun.Secrets.Verifier.Reveal())}
	if len(p.ACRValues) > 0 {
		extra = append(extra, oauth2.SetAuthURLParam("acr_values", strings.Join(p.ACRValues, " ")))
	}
	if p.FreshWithin > 0 {
		extra = append(extra, oauth2.SetAuthURLParam("max_age", strconv.Itoa(int(p.FreshWithin.Seconds()))))
	}
	if anew {
		extra = append(extra, oauth2.SetAuthURLParam("prompt", "login"))
		if p.FreshWithin == 0 {
			extra = append(extra, oauth2.SetAuthURLParam("max_age", strconv.Itoa(int(anewWithin.Seconds())))) // makes the provider say auth_time
		}
	}
	begun.URL = p.oauth(known, client).AuthCodeURL(begun.State, extra...)
	return begun, nil
}

// anewWithin is what is asked for where a profile asks for nothing itself; what counts is checked by Secrets.Since.
const anewWithin = 15 * time.Minute

// Answer is what a provider sends back through the person's browser. Nothing of it is believed yet.
type Answer struct {
	Code   string
	Issuer string // RFC 9207
	Error  string // the provider's word, instead of a code
}

// Finish turns the code of an answer into who signed in. The caller has made sure that the answer's state is that of the secrets, and that nobody
// else does the same at this time. Error: *Refused.
func (p *Provider) Finish(ctx context.Context, client string, a Audience, s Secrets, answer Answer) (Identity, error) {
	known, err := p.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	// Mix-up: an answer of another provider must not make us send its code here, or the other way round.
	if answer.Issuer != "" && answer.Issuer != p.Issuer || answer.Issuer == "" && known.NamesItself {
		return Identity{}, refuse(NotBelieved, "the answer names another issuer")
	}
	if answer.Error != "" {
		return Identity{}, told(answer.Error)
	}
	if answer.Code == "" {
		return Identity{}, refuse(NotBelieved, "the answer has no code")
	}
	ctx = goidc.ClientContext(ctx, p.client)
	options, err := p.proof.options(p.ClientID, known.TokenURL, p.now())
	if err != nil {
		return Identity{}, err
	}
	token, err := p.oauth(known, client).Exchange(ctx, answer.Code, append(options, oauth2.VerifierOption(s.Verifier.Reveal()))...)
	if err != nil {
		return Identity{}, exchangeFailed(err)
	}
	claims, err := p.verify(ctx, known, token, s.Nonce.Reveal())
	if err != nil {
		return Identity{}, err
	}
	if err := p.anew(s.Since, claims); err != nil {
		return Identity{}, err
	}
	return p.identify(ctx, a, claims, token)
}

func (p *Provider) oauth(known *about, client string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.proof.secret, RedirectURL: p.returns[client],
		Endpoint: oauth2.Endpoint{AuthURL: known.AuthURL, TokenURL: known.TokenURL, AuthStyle: p.proof.style(known)},
		Scopes:   append([]string{goidc.ScopeOpenID}, p.Scopes...),
	}
}

// random makes 256 bits that nobody guesses.
func random() string {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

package oidc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
)

const (
	// askAgain is how long what a provider says about itself is believed. New keys are seen at once, because an unknown key makes go-oidc ask.
	askAgain = time.Hour
	// maxAnswer bounds an answer of a provider in bytes; the largest are tokens with hundreds of groups.
	maxAnswer = 1 << 20
	// defaultTimeout is for one question to a provider.
	defaultTimeout = 5 * time.Second
)

// about is what a provider says about itself.
type about struct {
	provider    *goidc.Provider
	at          time.Time
	AuthURL     string   `json:"authorization_endpoint"`
	TokenURL    string   `json:"token_endpoint"`
	KeysURL     string   `json:"jwks_uri"`
	UserInfoURL string   `json:"userinfo_endpoint"`
	ClientProof []string `json:"token_endpoint_auth_methods_supported"`
	Challenges  []string `json:"code_challenge_methods_supported"`
	NamesItself bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207
}

// discover asks the provider about itself, once an hour at most. Whoever comes while it is being asked waits for the same answer. When it does
// not answer, what it said last is used further. Error: *Refused with Unavailable, or the context's.
func (p *Provider) discover(ctx context.Context) (*about, error) {
	select {
	case <-p.turn:
	case <-ctx.Done():
		return nil, refuse(Unavailable, "the provider takes too long to say who it is")
	}
	defer func() { p.turn <- struct{}{} }()
	if p.about != nil && p.now().Sub(p.about.at) < askAgain {
		return p.about, nil
	}
	fresh, err := p.ask(ctx)
	if err != nil && p.about != nil && fresh == nil && !errors.Is(err, errUnsafe) {
		p.about.at = p.now().Add(time.Minute - askAgain)
		return p.about, nil
	}
	if err != nil {
		return nil, refuse(Unavailable, "the provider does not say who it is: "+kind(err))
	}
	p.about = fresh
	return fresh, nil
}

var errUnsafe = errors.New("oidc: an address of the provider is not https")

func (p *Provider) ask(ctx context.Context) (*about, error) {
	provider, err := goidc.NewProvider(goidc.ClientContext(ctx, p.client), p.Issuer)
	if err != nil {
		return nil, err
	}
	fresh := &about{provider: provider, at: p.now()}
	if err := provider.Claims(fresh); err != nil {
		return nil, err
	}
	for _, address := range []string{fresh.AuthURL, fresh.TokenURL, fresh.KeysURL} {
		if !secure(address) {
			return nil, errUnsafe
		}
	}
	if fresh.UserInfoURL != "" && !secure(fresh.UserInfoURL) || p.UserInfo && fresh.UserInfoURL == "" {
		return nil, errUnsafe
	}
	if len(fresh.Challenges) > 0 && !slices.Contains(fresh.Challenges, "S256") {
		return nil, errors.New("oidc: the provider does not take PKCE with S256")
	}
	return fresh, nil
}

// kind tells a few causes apart without repeating what a provider said.
func kind(err error) string {
	var other *goidc.IssuerMismatchError
	switch {
	case errors.As(err, &other):
		return "it names another issuer"
	case errors.Is(err, errUnsafe):
		return "an address is not https or missing"
	case errors.Is(err, errTooLong):
		return "its answer is too long"
	}
	return "no usable answer"
}

// Doer is the part of an http.Client that a test exchanges.
type Doer = http.RoundTripper

var errTooLong = errors.New("oidc: the provider's answer is too long")

// bounded is a client that takes no redirect, no answer above maxAnswer and no more time than the configured.
func bounded(c Config) *http.Client {
	inner := c.Client
	if inner == nil {
		inner = &http.Transport{
			TLSHandshakeTimeout: defaultTimeout, ResponseHeaderTimeout: defaultTimeout, IdleConnTimeout: time.Minute, MaxConnsPerHost: 64,
			ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 64 << 10,
		}
	}
	timeout := c.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	return &http.Client{
		Transport: shortAnswers{inner}, Timeout: timeout,
		// A provider that sends us elsewhere is not asked there: its addresses are those that it names under its own name.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type shortAnswers struct{ http.RoundTripper }

// RoundTrip lets an answer end with an error when it is longer than any that is right.
func (s shortAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := s.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, fmt.Errorf("oidc: no answer: %w", err)
	}
	response.Body = &shortBody{response.Body, maxAnswer}
	return response, nil
}

type shortBody struct {
	io.ReadCloser
	left int
}

func (b *shortBody) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	if b.left -= n; b.left < 0 {
		return 0, errTooLong
	}
	return n, err
}

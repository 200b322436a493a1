package oidc

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	// skew is how far the provider's clock may be from ours.
	skew = time.Minute
	// youngest is how old an ID token may be that was made for the code we just handed in.
	youngest = 10 * time.Minute
)

// algorithms that an ID token may be signed with, whatever the provider says of itself. "none" and those with a shared secret (HS…) are not
// among them: a provider's public key would be such a secret to whoever mixes the two up.
var algorithms = []string{
	goidc.RS256, goidc.RS384, goidc.RS512, goidc.PS256, goidc.PS384, goidc.PS512, goidc.ES256, goidc.ES384, goidc.ES512, goidc.EdDSA,
}

// claims are what an ID token says, and what the userinfo endpoint adds.
type claims map[string]any

// verify checks the ID token of an answer, by the rules of OpenID Connect Core 3.1.3.7 and by our own. Error: *Refused.
func (p *Provider) verify(ctx context.Context, known *about, token *oauth2.Token, nonce string) (claims, error) {
	raw, ok := token.Extra("id_token").(string)
	if !ok || raw == "" {
		return nil, refuse(NotBelieved, "the answer to the code has no ID token")
	}
	// go-oidc checks signature, algorithm, issuer and audience; the times are checked below, where the skew is ours.
	verifier := known.provider.VerifierContext(ctx, &goidc.Config{ClientID: p.ClientID, SupportedSigningAlgs: algorithms, SkipExpiryCheck: true})
	id, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, refuse(NotBelieved, "signature, algorithm, issuer or audience of the ID token is wrong")
	}
	said := claims{}
	var body json.RawMessage
	if id.Claims(&body) != nil || said.read(body) != nil {
		return nil, refuse(NotBelieved, "the ID token cannot be read")
	}
	now := p.now()
	issued, hasIssued := said.moment("iat")
	expires, hasExpiry := said.moment("exp")
	notBefore, hasNotBefore := said.moment("nbf")
	azp, hasAzp := said["azp"]
	for _, rule := range []struct {
		broken bool
		says   string
	}{
		{id.Issuer != p.Issuer, "the ID token is of another issuer"},
		{!slices.Contains(id.Audience, p.ClientID), "the ID token is for another client"},
		{len(id.Audience) > 1 && !hasAzp, "the ID token is for several clients and does not say which asked"},
		{hasAzp && azp != p.ClientID, "the ID token was asked for by another client"},
		{id.Subject == "" || len(id.Subject) > 255, "the ID token is about nobody"},
		{nonce == "" || id.Nonce != nonce, "the ID token belongs to another sign-in"},
		{!hasExpiry || !now.Before(expires.Add(skew)), "the ID token has expired"},
		{!hasIssued || issued.After(now.Add(skew)), "the ID token is of the future"},
		{now.Sub(issued) > youngest+skew, "the ID token was not made for this sign-in"},
		{hasNotBefore && notBefore.After(now.Add(skew)), "the ID token is not valid yet"},
		{id.AccessTokenHash != "" && id.VerifyAccessToken(token.AccessToken) != nil, "the access token is not that of the ID token"},
	} {
		if rule.broken {
			return nil, refuse(NotBelieved, rule.says)
		}
	}
	if p.UserInfo {
		return p.addUserInfo(ctx, known, token, said)
	}
	return said, nil
}

// addUserInfo adds what the provider tells at its userinfo endpoint. What the signed ID token says stands.
func (p *Provider) addUserInfo(ctx context.Context, known *about, token *oauth2.Token, said claims) (claims, error) {
	info, err := known.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, refuse(Unavailable, "the provider does not say who signed in")
	}
	more := claims{}
	var body json.RawMessage
	if info.Claims(&body) != nil || more.read(body) != nil {
		return nil, refuse(NotBelieved, "what the provider says of who signed in cannot be read")
	}
	if more["sub"] != said["sub"] {
		return nil, refuse(NotBelieved, "the provider speaks about somebody else than the ID token") // Core 5.3.2
	}
	for name, value := range more {
		if _, signed := said[name]; !signed && !slices.Contains(ofTheSignIn, name) {
			said[name] = value
		}
	}
	return said, nil
}

// ofTheSignIn are the claims about how and when somebody signed in, as against who they are. They count from the signed ID token alone: userinfo
// speaks about a person, and what it says of their last sign-in need not be this one.
var ofTheSignIn = []string{"acr", "amr", "auth_time", "nonce", "azp", "iat", "exp", "nbf"}

func (c *claims) read(body []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	return decoder.Decode(c)
}

// moment reads a claim in seconds since 1970; false if there is none or it is no number.
func (c claims) moment(name string) (time.Time, bool) {
	number, ok := c[name].(json.Number)
	if !ok {
		return time.Time{}, false
	}
	seconds, err := number.Float64()
	if err != nil || math.Abs(seconds) > 1e11 {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0), true
}

// text reads a claim that is a text; numbers count as their digits, and one text in a list as itself.
func (c claims) text(name string) string {
	if words := c.words(name); len(words) == 1 {
		return words[0]
	}
	return ""
}

// words reads a claim that is a text or a list of texts.
func (c claims) words(name string) []string {
	list, ok := c[name].([]any)
	if !ok {
		list = []any{c[name]}
	}
	var words []string
	for _, item := range list {
		switch value := item.(type) {
		case string:
			words = append(words, value)
		case json.Number:
			words = append(words, value.String())
		}
	}
	return words
}

// protected reads the claim of whether name and address are protected. Only a plain no means no, which some brokers write as text or as a number: to
// take somebody for protected who is not costs a visit, the other way round an address is shown to whom it was kept from (H7, B8). told is false
// where the claim is missing or empty.
func (c claims) protected(name string) (protected, told bool) {
	value := c[name]
	if value == nil || value == "" {
		return false, false
	}
	word := strings.ToLower(fmt.Sprint(value))
	return word != "false" && word != "0", true
}

// yes reads a claim that is true or false, which some brokers write as text.
func (c claims) yes(name string) bool {
	value := c[name]
	return value == true || value == "true" || value == "True" || value == "1"
}

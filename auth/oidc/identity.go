package oidc

import (
	"context"
	"slices"
	"time"

	"golang.org/x/oauth2"

	"budstikke.example/auth"
)

// Identity is who signed in, as far as the provider told and was believed. It is handed to the flow and not kept.
type Identity struct {
	Issuer  string
	Client  string      // our id at the issuer: subjects can differ from client to client
	Subject auth.Hidden // who it is to the issuer
	// NationalID is the number as the provider wrote it, and Country whose number it is; empty when staff are recognised by Username.
	NationalID auth.Hidden
	Country    string
	// Username is the name that the register knows a member of the staff by.
	Username auth.Hidden
	// Protected is set when the provider says that name and address are protected, or anything else than that they are not; nobody may show them (H7).
	Protected bool
	// Assurance is how strongly they signed in (H8).
	Assurance Strength
}

// identify reads who signed in out of claims that have been verified, and refuses who may not come in by this door. Error: *Refused.
func (p *Provider) identify(ctx context.Context, a Audience, said claims, token *oauth2.Token) (Identity, error) {
	strength := p.strength(said)
	if !strength.AtLeast(p.Level.Least) {
		return Identity{}, refuse(TooWeak, "signed in less strongly than the profile asks")
	}
	if p.FreshWithin > 0 {
		at, told := said.moment("auth_time")
		switch age := p.now().Sub(at); {
		case !told:
			return Identity{}, refuse(TooLongAgo, "the provider does not say when the person signed in")
		case age < -skew:
			return Identity{}, refuse(NotBelieved, "the person signed in in the future")
		case age > p.FreshWithin+skew:
			return Identity{}, refuse(TooLongAgo, "signed in at the provider too long ago")
		}
	}
	who := Identity{
		Issuer: p.Issuer, Client: p.ClientID, Subject: auth.Hide(said.text("sub")), Assurance: strength,
	}
	var require map[string][]string
	var protected string
	switch {
	case a == Guardian && p.Guardian != nil:
		require, protected = p.Guardian.Require, p.Guardian.Protected
		who.NationalID, who.Country = auth.Hide(said.text(p.Guardian.NationalID)), p.Guardian.Country
	case a == Staff && p.Staff != nil:
		require, protected = p.Staff.Require, p.Staff.Protected
		if p.Staff.Username != "" {
			who.Username = auth.Hide(said.text(p.Staff.Username))
		}
		if p.Staff.NationalID != "" {
			who.NationalID, who.Country = auth.Hide(said.text(p.Staff.NationalID)), p.Staff.Country
		}
	default:
		return Identity{}, refuse(NotAllowed, "the profile is not for this kind of person")
	}
	for name, values := range require {
		if !slices.ContainsFunc(said.words(name), func(word string) bool { return slices.Contains(values, word) }) {
			return Identity{}, refuse(NotAllowed, "a claim that the profile requires is missing or says something else")
		}
	}
	if protected != "" {
		told := false
		if who.Protected, told = said.protected(protected); !told { // as when the scope that brings it is not asked for
			return Identity{}, refuse(NotAllowed, "the provider does not say whether the name is protected: the claim "+protected+" is missing; look at the profile's scopes")
		}
	}
	if who.NationalID.Reveal() == "" && who.Username.Reveal() == "" {
		return Identity{}, refuse(NotAllowed, "the provider does not say by what the register knows the person")
	}
	if err := p.inGroup(ctx, said, token); err != nil {
		return Identity{}, err
	}
	return who, nil
}

// anew refuses a sign-in that does not prove a running session anew: from before it was asked for, of no known time, or too weak for anything that
// asks for a proof, whatever the profile lets in (RFC 9470). Error: *Refused.
func (p *Provider) anew(since time.Time, said claims) error {
	if since.IsZero() {
		return nil
	}
	at, told := said.moment("auth_time")
	switch {
	case !told:
		return refuse(TooLongAgo, "the provider does not say when the person signed in: let it put auth_time into the ID token")
	case at.Before(since.Add(-skew)):
		return refuse(TooLongAgo, "the person did not sign in anew")
	case at.After(p.now().Add(skew)): // it would stay younger than every question for as long
		return refuse(NotBelieved, "the person signed in in the future")
	case !p.strength(said).AtLeast(Substantial):
		return refuse(TooWeak, "signed in less strongly than a proof asks")
	}
	return nil
}

// strength is the highest that the provider's words have.
func (p *Provider) strength(said claims) Strength {
	var best Strength
	for _, word := range said.words(p.Level.Claim) {
		if s := p.Level.Values[word]; s != "" && (best == "" || !best.AtLeast(s)) {
			best = s
		}
	}
	return best
}

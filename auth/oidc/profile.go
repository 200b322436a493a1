package oidc

import (
	"time"

	"budstikke.example/auth"
	"budstikke.example/migrations/scope"
)

// Audience is whom somebody signs in as.
type Audience string

// The audiences. What a profile does not name for one of them cannot be used by it.
const (
	Guardian Audience = "guardian"
	Staff    Audience = "staff"
)

// Profile is one provider of one municipality, as the file of providers describes it. A preset fills in what is left empty.
type Profile struct {
	ID           string `yaml:"id"`           // names it in the API: lower-case letters, digits and hyphens
	Preset       string `yaml:"preset"`       // see presets.go; empty for a provider that is described in full
	Municipality string `yaml:"municipality"` // by its slug; * is every one, for trying out
	Name         string `yaml:"name"`         // what people know it by: "ID-porten"

	Issuer   string `yaml:"issuer"`
	ClientID string `yaml:"client_id"`
	// ClientSecretFile or ClientKeyFile holds what proves us to the provider: a secret, or a private key in PEM for private_key_jwt. With neither
	// we are a public client, whom PKCE alone protects.
	ClientSecretFile string      `yaml:"client_secret_file"`
	ClientSecret     auth.Hidden `yaml:"-"` // of a provider that does not come from a file
	ClientKeyFile    string      `yaml:"client_key_file"`
	ClientKeyID      string      `yaml:"client_key_id"` // the key's kid at the provider; may be empty

	Scopes    []string `yaml:"scopes"`     // besides openid
	ACRValues []string `yaml:"acr_values"` // asked for; what is believed stands in Level
	UserInfo  bool     `yaml:"userinfo"`   // the provider tells claims at its userinfo endpoint only
	Level     Level    `yaml:"level"`
	// FreshWithin is how long ago the person may have signed in at the provider; 0 does not ask. Single sign-on of staff leaves it 0.
	FreshWithin time.Duration `yaml:"fresh_within"`

	Guardian *GuardianClaims `yaml:"guardian"` // nil: guardians cannot use it
	Staff    *StaffClaims    `yaml:"staff"`    // nil: staff cannot use it
	Groups   *Groups         `yaml:"groups"`   // nil: groups are not asked for
}

// Level says how strongly somebody has to have signed in, and in whose words.
type Level struct {
	Claim string `yaml:"claim"` // "acr" when empty
	// Values gives the provider's words their strength. A word that does not stand here is too weak.
	Values map[string]Strength `yaml:"values"`
	Least  Strength            `yaml:"least"` // what is asked of everybody; substantial when empty
}

// Strength is how sure it is who signed in, by the words of eIDAS.
type Strength = scope.Assurance

// The strengths. From Substantial on a session counts as strong (H8).
const (
	Low         = scope.Low
	Substantial = scope.Substantial
	High        = scope.High
)

// GuardianClaims says how a guardian is recognised: by the national identity number only (H11).
type GuardianClaims struct {
	NationalID string `yaml:"national_id"` // the claim
	Country    string `yaml:"country"`     // whose number it is: NO, SE, DK, FI
	// Protected is a claim that is false for everybody but those whose name and address are protected; such a person is led to the institution (H7).
	// Where it is named, who comes without it is refused: not to be told is not to be told no. Empty: the provider does not know.
	Protected string `yaml:"protected"`
	// Require lists claims of which at least one of the values has to be there.
	Require map[string][]string `yaml:"require"`
}

// StaffClaims says how staff are recognised: by the user name that the register has for them, or by the national identity number (U5, U6, U7).
type StaffClaims struct {
	Username   string              `yaml:"username"`    // the claim, for example uniid
	NationalID string              `yaml:"national_id"` // the claim
	Country    string              `yaml:"country"`
	Protected  string              `yaml:"protected"` // as for guardians
	Require    map[string][]string `yaml:"require"`   // as for guardians, for example aktoer_gruppe: [Medarbejder]
}

// Groups says which groups of the provider somebody has to be in. Groups only keep people out; they give nothing (U1).
type Groups struct {
	Claim string   `yaml:"claim"`
	Any   []string `yaml:"any"` // at least one of these
	// Endpoint lists the groups of whoever holds the access token, for tokens that leave them out because there are too many, and for providers
	// that never put them in (Claim empty). Where it is empty such a token is refused: no list is not an empty list.
	Endpoint string `yaml:"endpoint"`
}

// For tells whether the profile can be used by an audience.
func (p *Profile) For(a Audience) bool {
	return a == Guardian && p.Guardian != nil || a == Staff && p.Staff != nil
}

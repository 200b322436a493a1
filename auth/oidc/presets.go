package oidc

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// presets are the providers that municipalities of the Nordic countries use, each with what its own documentation says of its claims. Client,
// groups and where an issuer differs from customer to customer are the municipality's to fill in.
var presets = map[string]func() Profile{
	// Unilogin says who works at an institution, without a name or an identity number.
	"unilogin": func() Profile {
		return Profile{
			Name: "Unilogin", Issuer: "https://broker.unilogin.dk/auth/realms/broker",
			Level: Level{Claim: "unilogin_loa", Values: map[string]Strength{"EnFaktor": Low, "ToFaktor": Substantial, "VoksenVerificeret": Substantial}},
			Staff: &StaffClaims{Username: "uniid", Require: map[string][]string{"aktoer_gruppe": {"Medarbejder", "Ekstern"}}},
		}
	},
	// ID-porten is the door of the Norwegian state to BankID, MinID and others; the client has to check acr by itself.
	"idporten": func() Profile {
		return Profile{
			Name: "ID-porten", Issuer: "https://idporten.no", Scopes: []string{"profile"}, ACRValues: []string{"idporten-loa-high", "idporten-loa-substantial"},
			Level: Level{Values: map[string]Strength{
				"idporten-loa-low": Low, "idporten-loa-substantial": Substantial, "idporten-loa-high": High, "Level3": Substantial, "Level4": High,
			}},
			FreshWithin: 15 * time.Minute,
			Guardian:    &GuardianClaims{NationalID: "pid", Country: "NO"},
		}
	},
	// BankID Norway without ID-porten tells the number (nnin) to clients that may have it.
	"bankid-no": func() Profile {
		return Profile{
			Name: "BankID", Issuer: "https://auth.bankid.no/auth/realms/prod", Scopes: []string{"profile", "nnin"}, UserInfo: true,
			Level:       Level{Claim: "amr", Values: map[string]Strength{"BID": High}},
			FreshWithin: 15 * time.Minute,
			Guardian:    &GuardianClaims{NationalID: "nnin", Country: "NO"},
		}
	},
	// MitID is reached through a broker; somebody with a protected name and address has no name there.
	"mitid": func() Profile {
		return Profile{
			Name: "MitID", Scopes: []string{"profile", "nin", "mitid-extra"}, UserInfo: true,
			Level:       Level{Claim: "mitid_loa", Values: map[string]Strength{"LOW": Low, "SUBSTANTIAL": Substantial, "HIGH": High}},
			FreshWithin: 15 * time.Minute,
			Guardian: &GuardianClaims{
				NationalID: "nin", Country: "DK", Protected: "mitid_name_and_address_protection",
				Require: map[string][]string{"nin_type": {"PERSON"}, "nin_issuing_country": {"DK"}},
			},
		}
	},
	// Feide is for staff of schools in Norway; its groups stand at an address of their own.
	"feide": func() Profile {
		return Profile{
			Name: "Feide", Issuer: "https://auth.dataporten.no", Scopes: []string{"userid", "userid-feide", "groups-org"}, UserInfo: true,
			ACRValues: []string{"urn:mace:feide.no:auth:level:fad08:3"}, // a provider need not say at which level somebody signed in unless it is asked
			Level: Level{Values: map[string]Strength{
				"urn:mace:feide.no:auth:level:fad08:2": Low, "urn:mace:feide.no:auth:level:fad08:3": Substantial, "urn:mace:feide.no:auth:level:fad08:4": High,
			}},
			Staff: &StaffClaims{Username: "https://n.feide.no/claims/eduPersonPrincipalName"},
		}
	},
	// Entra leaves groups out of a token when there are more than 200 and points to Graph. The tenant's id belongs into the issuer.
	"entra": func() Profile {
		return Profile{
			Name: "Microsoft", Scopes: []string{"profile"},
			Level: Level{Claim: "amr", Values: map[string]Strength{"mfa": Substantial, "ngcmfa": Substantial}},
			Staff: &StaffClaims{Username: "oid"},
		}
	},
	// ADFS is the same on the municipality's own machines.
	"adfs": func() Profile {
		return Profile{
			Name: "AD FS", Scopes: []string{"allatclaims"},
			Level: Level{Claim: "amr", Values: map[string]Strength{
				"http://schemas.microsoft.com/claims/multipleauthn": Substantial, "mfa": Substantial,
			}},
			Staff: &StaffClaims{Username: "upn"},
		}
	},
}

// Presets lists the names of the presets.
func Presets() []string { return slices.Sorted(maps.Keys(presets)) }

// withPreset fills in what the profile leaves empty. An audience that the file names takes the place of the preset's as a whole.
func (p Profile) withPreset() (Profile, bool) {
	if p.Preset == "" {
		return p, true
	}
	preset, known := presets[p.Preset]
	if !known {
		return p, false
	}
	usual := preset()
	p.Name, p.Issuer = cmp.Or(p.Name, usual.Name), cmp.Or(p.Issuer, usual.Issuer)
	p.FreshWithin = cmp.Or(p.FreshWithin, usual.FreshWithin)
	p.UserInfo = p.UserInfo || usual.UserInfo
	if p.Scopes == nil {
		p.Scopes = usual.Scopes
	}
	if p.ACRValues == nil {
		p.ACRValues = usual.ACRValues
	}
	p.Level.Claim, p.Level.Least = cmp.Or(p.Level.Claim, usual.Level.Claim), cmp.Or(p.Level.Least, usual.Level.Least)
	if p.Level.Values == nil {
		p.Level.Values = usual.Level.Values
	}
	if p.Guardian == nil && p.Staff == nil {
		p.Guardian, p.Staff = usual.Guardian, usual.Staff
	}
	return p, true
}

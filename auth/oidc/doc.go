// Package oidc signs people in with an OpenID Connect provider: authorization code with PKCE. What a provider says is believed only after it was
// checked here: issuer, audience, nonce, times, how strongly the person signed in and when, and who may come in this way. A token of a provider
// never gives a role or a right (U1): it says who somebody is, and the municipality's register says what they may do.
//
// The providers of a municipality stand in one file (Load); presets know the claims of Unilogin, ID-porten, MitID brokers, Feide, Entra and ADFS.
// It may open the providers' addresses and nothing else; it keeps nothing. Start reading at Provider, then claims.go.
package oidc

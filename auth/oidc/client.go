package oidc

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"
)

// clientProof is what proves us to a provider: a shared secret, or a key that signs an assertion (private_key_jwt, RFC 7523), or nothing.
type clientProof struct {
	secret string
	signer jose.Signer
}

// assertionLife is how long an assertion is valid; providers refuse long ones.
const assertionLife = time.Minute

// style says how the secret travels, as the provider has it.
func (c clientProof) style(known *about) oauth2.AuthStyle {
	if c.secret != "" && (len(known.ClientProof) == 0 || slices.Contains(known.ClientProof, "client_secret_basic")) {
		return oauth2.AuthStyleInHeader
	}
	return oauth2.AuthStyleInParams
}

// options are what a question with a code carries besides it.
func (c clientProof) options(client, tokenURL string, now time.Time) ([]oauth2.AuthCodeOption, error) {
	if c.signer == nil {
		return nil, nil
	}
	body, err := json.Marshal(map[string]any{
		"iss": client, "sub": client, "aud": tokenURL, "jti": random(), "iat": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
	if err != nil {
		return nil, refuse(Unavailable, "our assertion cannot be written")
	}
	signed, err := c.signer.Sign(body)
	if err != nil {
		return nil, refuse(Unavailable, "our assertion cannot be signed")
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		return nil, refuse(Unavailable, "our assertion cannot be written")
	}
	return []oauth2.AuthCodeOption{
		oauth2.SetAuthURLParam("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
		oauth2.SetAuthURLParam("client_assertion", text),
	}, nil
}

// keyProof reads a private key: PKCS#8 in PEM, RSA, P-256 or Ed25519. The error does not quote it.
func keyProof(file []byte, id string) (clientProof, error) {
	block, _ := pem.Decode(file)
	if block == nil {
		return clientProof{}, errors.New("client_key_file holds no PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return clientProof{}, errors.New("client_key_file holds no private key in PKCS#8")
	}
	var algorithm jose.SignatureAlgorithm
	switch key := key.(type) {
	case *rsa.PrivateKey:
		algorithm = jose.RS256
	case *ecdsa.PrivateKey:
		if key.Curve.Params().BitSize != 256 {
			return clientProof{}, errors.New("client_key_file holds an elliptic key that is not P-256")
		}
		algorithm = jose.ES256
	case ed25519.PrivateKey:
		algorithm = jose.EdDSA
	}
	options := (&jose.SignerOptions{}).WithType("JWT")
	if id != "" {
		options = options.WithHeader("kid", id)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		return clientProof{}, errors.New("client_key_file holds a key that cannot sign")
	}
	return clientProof{signer: signer}, nil
}

// Package passkey checks what authenticators sign (Web Authentication Level 3): that a passkey was made for us, and that somebody who has it is
// there now. It keeps nothing and knows no accounts: who asked for which challenge, and whose passkey it is, is in auth/store.
//
// What it asks of a device: that the passkey can be found without an account name, and that its owner was verified when it was made. Attestation
// is not asked for: what kind of authenticator somebody trusts is theirs to choose. It may open nothing. Start reading at Party.
package passkey

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
)

// Timeout is how long a browser waits for its user, and how long a challenge counts.
const Timeout = 5 * time.Minute

// Name is what browsers and authenticators call us.
const Name = "Budstikke"

// Algorithms are the COSE algorithms that a passkey may sign with, the best first: ES256, EdDSA, RS256.
var Algorithms = []int{int(webauthncose.AlgES256), int(webauthncose.AlgEdDSA), int(webauthncose.AlgRS256)}

// ErrRefused means that what came from an authenticator does not prove anything: it is malformed, signed by another key, for another site, for
// another challenge, or without its owner. The error that it wraps is for the log.
var ErrRefused = errors.New("passkey: this proves nothing")

// Config says for whom passkeys are made.
type Config struct {
	// ID is the relying party's: a domain, without a port. Passkeys are bound to it for good.
	ID string
	// Origins are where people sign in, as browsers say it: https://app.example.com, or android:apk-key-hash:… for an app.
	Origins []string
}

// Party is whom passkeys are made for: this installation. It is safe for concurrent use.
type Party struct {
	id  string
	web *webauthn.WebAuthn
}

// New makes a Party. The error says what is wrong with the configuration.
func New(c Config) (*Party, error) {
	config := webauthn.Config{
		RPID: c.ID, RPDisplayName: Name, AttestationPreference: protocol.PreferNoAttestation,
		// What a browser adds unasked says nothing about who is there, and is not read.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	}
	if c.ID == "" {
		return nil, errors.New("passkey: the domain that passkeys are made for is not set")
	}
	for _, origin := range c.Origins {
		if strings.HasPrefix(origin, "https://") || strings.HasPrefix(origin, "http://") {
			config.RPOrigins = append(config.RPOrigins, origin)
		} else {
			config.RPOpaqueOrigins = append(config.RPOpaqueOrigins, origin)
		}
	}
	web, err := webauthn.New(&config)
	if err != nil {
		return nil, fmt.Errorf("passkey: %w", err)
	}
	return &Party{id: c.ID, web: web}, nil
}

// ID is the domain that passkeys are made for.
func (p *Party) ID() string { return p.id }

// NewChallenge returns 256 random bits in base64url, for one ceremony.
func NewChallenge() string {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// ChallengeOf reads which challenge an authenticator answers; "" for what cannot be read. Nothing is proved by it.
func ChallengeOf(clientData string) string {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(clientData, "="))
	if err != nil {
		return ""
	}
	var said struct {
		Challenge string `json:"challenge"`
	}
	if json.Unmarshal(raw, &said) != nil {
		return ""
	}
	return said.Challenge
}

// Credential is what is kept of a passkey.
type Credential struct {
	ID, PublicKey            []byte
	AAGUID                   uuid.UUID // the model of the authenticator, uuid.Nil when it does not say
	Transports               []string
	Count                    uint32
	BackupEligible, BackedUp bool
}

// Attestation is what a browser answers when a passkey was made; all of it base64url.
type Attestation struct {
	ID, ClientData, Object string
	Transports             []string
}

// Register checks that a passkey was made for the challenge and for the account of a handle, with its owner verified, and returns what to keep of
// it. Error: one that wraps ErrRefused.
func (p *Party) Register(challenge string, handle []byte, a Attestation) (Credential, error) {
	raw, err := json.Marshal(map[string]any{
		"id": a.ID, "rawId": a.ID, "type": "public-key",
		"response": map[string]any{"clientDataJSON": a.ClientData, "attestationObject": a.Object, "transports": a.Transports},
	})
	if err != nil {
		return Credential{}, refused(err)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(raw)
	if err != nil {
		return Credential{}, refused(err)
	}
	session := webauthn.SessionData{
		Challenge: challenge, RelyingPartyID: p.id, UserID: handle, UserVerification: protocol.VerificationRequired, CredParams: parameters(),
	}
	made, err := p.web.CreateCredential(owner{handle: handle}, session, parsed)
	if err != nil {
		return Credential{}, refused(err)
	}
	c := Credential{
		ID: made.ID, PublicKey: made.PublicKey, Count: made.Authenticator.SignCount, BackupEligible: made.Flags.BackupEligible, BackedUp: made.Flags.BackupState,
	}
	for _, t := range made.Transport {
		c.Transports = append(c.Transports, string(t))
	}
	if c.AAGUID, err = uuid.FromBytes(made.Authenticator.AAGUID); err != nil {
		c.AAGUID = uuid.Nil
	}
	return c, nil
}

// Assertion is what a browser answers when a passkey was used; all of it base64url.
type Assertion struct {
	ID, ClientData, AuthenticatorData, Signature, UserHandle string
}

// CredentialID is the id that the answer names, nil for what is none.
func (a Assertion) CredentialID() []byte { return decoded(a.ID) }

// Use is what a passkey that was used said.
type Use struct {
	Count              uint32
	BackedUp, Verified bool
	// WentBack says that the count is not above the one before: there are two of this passkey, and one of them is a copy.
	WentBack bool
}

// Assert checks that the passkey of a handle signed the challenge, and, if verified asks for it, that its owner was verified as they did. Error:
// one that wraps ErrRefused.
func (p *Party) Assert(challenge string, verified bool, c Credential, handle []byte, a Assertion) (Use, error) {
	raw, err := json.Marshal(map[string]any{
		"id": a.ID, "rawId": a.ID, "type": "public-key",
		"response": map[string]any{"clientDataJSON": a.ClientData, "authenticatorData": a.AuthenticatorData, "signature": a.Signature, "userHandle": a.UserHandle},
	})
	if err != nil {
		return Use{}, refused(err)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(raw)
	if err != nil {
		return Use{}, refused(err)
	}
	session := webauthn.SessionData{Challenge: challenge, RelyingPartyID: p.id, UserVerification: protocol.VerificationPreferred}
	if verified {
		session.UserVerification = protocol.VerificationRequired
	}
	whose := owner{handle: handle, credentials: []webauthn.Credential{{
		ID: c.ID, PublicKey: c.PublicKey, Authenticator: webauthn.Authenticator{SignCount: c.Count},
		Flags: webauthn.CredentialFlags{UserPresent: true, UserVerified: true, BackupEligible: c.BackupEligible, BackupState: c.BackedUp},
	}}}
	_, used, err := p.web.ValidatePasskeyLogin(func(id, said []byte) (webauthn.User, error) {
		if !bytes.Equal(id, c.ID) || !bytes.Equal(said, handle) {
			return nil, errors.New("the passkey is another's")
		}
		return whose, nil
	}, session, parsed)
	if err != nil {
		return Use{}, refused(err)
	}
	return Use{
		Count: used.Authenticator.SignCount, BackedUp: used.Flags.BackupState, Verified: parsed.Response.AuthenticatorData.Flags.HasUserVerified(),
		WentBack: used.Authenticator.CloneWarning,
	}, nil
}

func refused(err error) error { return fmt.Errorf("%w: %w", ErrRefused, err) }

func parameters() []protocol.CredentialParameter {
	list := make([]protocol.CredentialParameter, len(Algorithms))
	for i, algorithm := range Algorithms {
		list[i] = protocol.CredentialParameter{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.COSEAlgorithmIdentifier(algorithm)}
	}
	return list
}

func decoded(text string) []byte {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return nil
	}
	return raw
}

// owner is an account as the library wants to see it.
type owner struct {
	handle      []byte
	credentials []webauthn.Credential
}

func (o owner) WebAuthnID() []byte                         { return o.handle }
func (o owner) WebAuthnName() string                       { return Name }
func (o owner) WebAuthnDisplayName() string                { return Name }
func (o owner) WebAuthnCredentials() []webauthn.Credential { return o.credentials }

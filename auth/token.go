package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/google/uuid"
)

// Prefixes of the secrets that leave the server. They let secret scanners find a leaked one, and keep one kind from passing as another.
const (
	TokenPrefix  = "bst_" // a session
	HolderPrefix = "bsh_" // a BankID order, held by the device that started it
)

const (
	secretSize = 32 // bytes: 256 bits
	// SecretLength is the length of every token and holder secret in characters: a prefix of 4, then 48 bytes in base64url.
	SecretLength = 4 + (16+secretSize)/3*4
)

// ErrMalformed means that a text is not a token of ours. It says nothing about whether a session exists.
var ErrMalformed = errors.New("auth: this is not a token; sign in again")

// Token is a secret that was just made. It is shown to its owner once, by Reveal, and prints as stars.
type Token struct {
	text func() string // a function, because package fmt prints what stands in fields that are not exported; nil in the zero Token
}

// Credential is what a presented token turns into at once: the municipality it names, and the digest that is compared. The token itself goes
// no further.
type Credential struct {
	Municipality uuid.UUID
	Digest       [sha256.Size]byte
}

// NewToken makes the token of a session and the digest to store in its place.
func NewToken(municipality uuid.UUID) (Token, [sha256.Size]byte) {
	return newSecret(TokenPrefix, municipality)
}

// Known hides a secret that was made before: the answer that is given to it once more.
func Known(text string) Token { return Token{text: func() string { return text }} }

// ParseToken reads a presented session token. Error: ErrMalformed.
func ParseToken(text string) (Credential, error) { return parseSecret(TokenPrefix, text) }

// NewHolder makes the secret of whoever starts a BankID order: only who shows it may collect the order.
func NewHolder(municipality uuid.UUID) (Token, [sha256.Size]byte) {
	return newSecret(HolderPrefix, municipality)
}

// ParseHolder reads a presented holder secret. Error: ErrMalformed.
func ParseHolder(text string) (Credential, error) { return parseSecret(HolderPrefix, text) }

func newSecret(prefix string, municipality uuid.UUID) (Token, [sha256.Size]byte) {
	var raw [16 + secretSize]byte
	copy(raw[:], municipality[:])
	_, _ = rand.Read(raw[16:]) // never fails: crypto/rand ends the program instead
	text := prefix + base64.RawURLEncoding.EncodeToString(raw[:])
	return Token{text: func() string { return text }}, sha256.Sum256([]byte(text))
}

func parseSecret(prefix, text string) (Credential, error) {
	if len(text) != SecretLength || !strings.HasPrefix(text, prefix) {
		return Credential{}, ErrMalformed
	}
	var raw [16 + secretSize]byte
	// 48 bytes are a whole number of base64 groups, so every secret has one spelling only. The decoder skips line breaks: then raw stays short.
	n, err := base64.RawURLEncoding.Decode(raw[:], []byte(text[len(prefix):]))
	if err != nil || n != len(raw) {
		return Credential{}, ErrMalformed
	}
	municipality := uuid.UUID(raw[:16])
	if municipality == uuid.Nil {
		return Credential{}, ErrMalformed
	}
	return Credential{Municipality: municipality, Digest: sha256.Sum256([]byte(text))}, nil
}

const hiddenToken = "***"

// Reveal returns the secret, for the one answer that hands it to its owner; empty for the zero Token. Never log it.
func (t Token) Reveal() string {
	if t.text == nil {
		return ""
	}
	return t.text()
}

// String hides the secret.
func (t Token) String() string { return hiddenToken }

// Format hides the secret, whatever the verb.
func (t Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hiddenToken) }

// LogValue hides the secret.
func (t Token) LogValue() slog.Value { return slog.StringValue(hiddenToken) }

// MarshalText hides the secret, in JSON and other encodings: an answer that is meant to carry it calls Reveal.
func (t Token) MarshalText() ([]byte, error) { return []byte(hiddenToken), nil }

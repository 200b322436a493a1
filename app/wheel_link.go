package app

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// wheelPrefix lets secret scanners find the secret of a leaked link, and keeps it from passing as another.
const wheelPrefix = "bew_"

// NewWheelSecret makes the secret of a link to a calendar, 256 bits of it, and the digest to keep in its place.
func NewWheelSecret() (secret string, digest [sha256.Size]byte) {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails: crypto/rand ends the program instead
	secret = wheelPrefix + base64.RawURLEncoding.EncodeToString(raw[:])
	return secret, sha256.Sum256([]byte(secret))
}

// ReadWheelSecret returns the digest of a secret that was presented. Fault: not_found for what is none at all.
func ReadWheelSecret(secret string) ([sha256.Size]byte, error) {
	if len(secret) != len(wheelPrefix)+43 || secret[:len(wheelPrefix)] != wheelPrefix {
		return [sha256.Size]byte{}, ErrNotFound
	}
	return sha256.Sum256([]byte(secret)), nil
}

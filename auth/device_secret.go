package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
	"unicode"
)

// Device is what a client says of the device it runs on when it signs in. The zero Device belongs to a client that keeps no secret: its
// session cannot be prolonged.
type Device struct {
	// Digest is SHA-256 of the secret that the device made for itself; nil for the zero Device.
	Digest []byte
	// Name is what its owner knows it by in the list of their sessions.
	Name string
}

// MostDeviceName is how many characters of the name of a device or a passkey are kept.
const MostDeviceName = 60

var deviceSecret = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`) // 256 bits in base64url

// ParseDevice reads a device's secret and name. The name is cut to MostDeviceName and loses what cannot be seen. Error: ErrMalformed.
func ParseDevice(secret, name string) (Device, error) {
	if !deviceSecret.MatchString(secret) {
		return Device{}, ErrMalformed
	}
	digest := sha256.Sum256([]byte("budstikke device\x00" + secret))
	return Device{Digest: digest[:], Name: Label(name)}, nil
}

// Label is a name that somebody gave to something of theirs, as it is kept: cut to MostDeviceName, and without what cannot be seen.
func Label(name string) string {
	seen := strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return ' '
	}, name)), " ")
	if runes := []rune(seen); len(runes) > MostDeviceName {
		seen = strings.TrimSpace(string(runes[:MostDeviceName]))
	}
	return seen
}

// Alias is a name for the device that somebody outside may know it by: always the same for one of them, and not the one that others know. Empty
// for the zero Device.
func (d Device) Alias(outside string) string {
	if len(d.Digest) == 0 {
		return ""
	}
	digest := sha256.Sum256([]byte("budstikke device for " + outside + "\x00" + string(d.Digest)))
	return base64.RawURLEncoding.EncodeToString(digest[:])
}

// Package tablet is the rule of shared tablets (V7, V12): the code that enrols one, the proof by which it renews its access, and which PINs
// are good enough. It is pure; auth/store keeps the rows and auth/proof puts the two together.
//
// The package opens nothing. Start reading at Proof.
package tablet

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

const (
	// Access is how long the access token of a tablet lasts: a copy of it without the tablet's key is worth nothing after that.
	Access = 10 * time.Minute
	// Idle is how long a person's work on a tablet stays open without being used (V7).
	Idle = time.Minute
	// Work is how long it stays open at most, however much it is used: then the PIN is asked again.
	Work = time.Hour
	// CodeLifetime is how long a code that enrols a tablet is good for.
	CodeLifetime = 10 * time.Minute
	// MostTries is how many wrong PINs a person has on one tablet.
	MostTries = 5
	// Skew is how far a tablet's clock may be from ours.
	Skew = 5 * time.Minute
)

// ErrMalformed means that a key, a code or a signature is not one at all.
var ErrMalformed = errors.New("tablet: this is not what a tablet sends")

// ErrWeakPIN means that a PIN is not six digits, or is one of those that are guessed first.
var ErrWeakPIN = errors.New("tablet: choose six digits that are no sequence, no repetition and not your birthday")

var alphabet = base32.NewEncoding("ABCDEFGHJKLMNPQRSTUVWXYZ23456789").WithPadding(base32.NoPadding) // no I, O, 0, 1: it is read aloud

// NewCode makes a code that enrols a tablet, as it is shown to the head (ABCDE-FGHJK-LMNPQ, 75 bits), and the digest to store in its place.
func NewCode() (code string, digest [sha256.Size]byte) {
	var raw [10]byte
	_, _ = rand.Read(raw[:]) // never fails: crypto/rand ends the program instead
	text := alphabet.EncodeToString(raw[:])[:15]
	return text[:5] + "-" + text[5:10] + "-" + text[10:], sha256.Sum256([]byte(text))
}

// ReadCode returns the digest of a code as somebody typed it: small letters, spaces and hyphens do not matter. Error: ErrMalformed.
func ReadCode(typed string) ([sha256.Size]byte, error) {
	if len(typed) > 40 {
		return [sha256.Size]byte{}, ErrMalformed
	}
	text := strings.NewReplacer("-", "", " ", "").Replace(strings.ToUpper(typed))
	if len(text) != 15 || strings.Trim(text, "ABCDEFGHJKLMNPQRSTUVWXYZ23456789") != "" {
		return [sha256.Size]byte{}, ErrMalformed
	}
	return sha256.Sum256([]byte(text)), nil
}

// NewSecret makes the secret of a tablet's generation and its digest.
func NewSecret() (secret string, digest [sha256.Size]byte) {
	var raw [32]byte
	_, _ = rand.Read(raw[:])
	text := base64.RawURLEncoding.EncodeToString(raw[:])
	return text, sha256.Sum256([]byte(text))
}

// ParseKey reads a tablet's public key: 32 bytes of Ed25519 in base64url. Error: ErrMalformed.
func ParseKey(text string) (ed25519.PublicKey, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != ed25519.PublicKeySize {
		return nil, ErrMalformed
	}
	return raw, nil
}

// Proof is what a tablet signs to renew its access. It holds the digest of the tablet's secret, so that a key without the present secret
// proves nothing (V12), and the moment, so that a proof works once: the next one must be later.
type Proof struct {
	Municipality, Tablet uuid.UUID
	SecretDigest         []byte // SHA-256 of the secret, as text
	At                   time.Time
}

// Message is the text that is signed: five lines, each ended by a line feed: the words "budstikke tablet", the municipality's id, the tablet's
// id, the digest in small hexadecimal letters, and the moment in milliseconds since 1970.
func (p Proof) Message() []byte {
	return []byte("budstikke tablet\n" + p.Municipality.String() + "\n" + p.Tablet.String() + "\n" +
		hex.EncodeToString(p.SecretDigest) + "\n" + strconv.FormatInt(p.At.UnixMilli(), 10) + "\n")
}

// Signed tells whether signature, in base64url, is this key's for the proof.
func (p Proof) Signed(key ed25519.PublicKey, signature string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	return err == nil && len(key) == ed25519.PublicKeySize && ed25519.Verify(key, p.Message(), raw)
}

var sixDigits = regexp.MustCompile(`^[0-9]{6}$`)

// CheckPIN tells whether somebody born on that day (the zero time when unknown) may choose a PIN. Error: ErrWeakPIN.
func CheckPIN(pin string, born time.Time) error {
	if !sixDigits.MatchString(pin) || repeats(pin) || steps(pin) {
		return ErrWeakPIN
	}
	if !born.IsZero() {
		for _, form := range []string{"020106", "060102", "010206"} {
			if pin == born.Format(form) {
				return ErrWeakPIN
			}
		}
		if strings.HasPrefix(pin, born.Format("2006")) || strings.HasSuffix(pin, born.Format("2006")) {
			return ErrWeakPIN
		}
	}
	return nil
}

// repeats tells whether a PIN is one piece over and over: 111111, 121212, 123123.
func repeats(pin string) bool {
	for _, n := range []int{1, 2, 3} {
		if strings.Repeat(pin[:n], len(pin)/n) == pin {
			return true
		}
	}
	return false
}

// steps tells whether each digit is as far from the one before as every other: 123456, 654321, 024680, 987654.
func steps(pin string) bool {
	step := (pin[1] - pin[0] + 10) % 10
	for i := 2; i < len(pin); i++ {
		if (pin[i]-pin[i-1]+10)%10 != step {
			return false
		}
	}
	return true
}

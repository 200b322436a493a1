// Package totp checks the six digits of an authenticator app (RFC 6238: HMAC-SHA-1, 30 seconds), each of them once.
//
// It opens nothing and keeps nothing: the caller stores the secret (sealed) and the last step that was used. Start reading at Check.
package totp

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"net/url"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

const (
	// Period is how long one code is shown, in seconds.
	Period = 30
	// Skew is how many steps a clock may be off in either direction.
	Skew = 1
	// SecretSize is the length of a secret in bytes, as RFC 4226 advises.
	SecretSize = 20
	digits     = 6
)

// ErrSecret means that a stored secret is empty.
var ErrSecret = errors.New("totp: there is no secret")

// NewSecret makes a secret.
func NewSecret() []byte {
	secret := make([]byte, SecretSize)
	_, _ = rand.Read(secret) // never fails: crypto/rand ends the program instead
	return secret
}

// URL is what an authenticator app reads from a QR code. issuer is the name the app shows; holder is whose code it is, such as a user name.
// It contains the secret.
func URL(issuer, holder string, secret []byte) string {
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + holder}
	q := url.Values{"secret": {encode(secret)}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	u.RawQuery = q.Encode()
	return u.String()
}

// Step returns the time step that t lies in.
func Step(t time.Time) int64 { return t.Unix() / Period }

// Code returns the code of a step: what the authenticator app shows then.
func Code(secret []byte, step int64) (string, error) {
	if len(secret) == 0 {
		return "", ErrSecret
	}
	return hotp.GenerateCodeCustom(encode(secret), uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
}

// Check tells whether code is the one of now, or of one step before or after, and returns the step it belongs to. Steps up to lastUsed are
// refused: the caller stores the returned step in the same transaction that signs in, and only if it still is above the stored one, so that a
// code that was looked at over a shoulder is worth nothing. It compares every step in constant time. Error: ErrSecret.
func Check(secret []byte, code string, now time.Time, lastUsed int64) (step int64, ok bool, err error) {
	current := Step(now)
	for candidate := current - Skew; candidate <= current+Skew; candidate++ {
		want, err := Code(secret, candidate)
		if err != nil {
			return 0, false, err
		}
		if len(code) == digits && subtle.ConstantTimeCompare([]byte(code), []byte(want)) == 1 && candidate > lastUsed {
			step, ok = candidate, true // the newest of equal codes, so that none is left to be used again
		}
	}
	return step, ok, nil
}

func encode(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

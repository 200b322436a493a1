package confirm

import (
	"crypto/hmac"
	"encoding/base32"
	"strings"

	"github.com/google/uuid"
)

// A bounce token stands in a mail's Message-ID and in the address that reports about it come back to, whose local part holds 64 characters and loses
// its capitals on the way: hence base32, and a code of ten bytes, which nobody guesses one mail at a time.
const bounceMAC = 10

var bounceText = base32.StdEncoding.WithPadding(base32.NoPadding)

// BounceToken returns the word, 42 letters and digits, by which a report about a delivery's mail is known to be about it.
func (s *Signer) BounceToken(delivery uuid.UUID) string {
	return strings.ToLower(bounceText.EncodeToString(s.bounce(delivery)))
}

// ReadBounce returns which delivery a bounce token names. Error: ErrInvalid.
func (s *Signer) ReadBounce(token string) (delivery uuid.UUID, err error) {
	if len(token) != bounceText.EncodedLen(16+bounceMAC) {
		return uuid.Nil, ErrInvalid
	}
	raw, err := bounceText.DecodeString(strings.ToUpper(token))
	if err != nil || len(raw) != 16+bounceMAC || !hmac.Equal(raw, s.bounce(uuid.UUID(raw[:16]))) {
		return uuid.Nil, ErrInvalid
	}
	return uuid.UUID(raw[:16]), nil
}

func (s *Signer) bounce(delivery uuid.UUID) []byte {
	return s.signed("budstikke bounce\x00", delivery[:])[:16+bounceMAC]
}

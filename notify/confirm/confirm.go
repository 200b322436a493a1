// Package confirm makes and reads the token in the mail that asks somebody to confirm their e-mail address (H3).
//
// The token is computed from what the gateway's delivery holds anyway, so that no secret has to be stored or queued for it: whoever has the
// key can make it again for every attempt, and nobody else can make it. It does no input or output. Start reading at Signer.
package confirm

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Prefix begins every token that confirms, UnsubscribePrefix every token that unsubscribes, so that one that leaks can be recognised.
const (
	Prefix            = "bec_"
	UnsubscribePrefix = "beu_"
)

// Errors of Read.
var (
	ErrInvalid = errors.New("confirm: this is not one of our tokens")
	ErrExpired = errors.New("confirm: this token has expired")
)

const (
	bodyLength = 16 + 16 + 8 // municipality, endpoint, expiry in seconds
	macLength  = sha256.Size
)

// Signer makes and reads tokens. It is safe for concurrent use.
type Signer struct{ key []byte }

// New returns a signer; key has at least 32 bytes, and is the same for the API and the notify worker.
func New(key []byte) (*Signer, error) {
	if len(key) < 32 {
		return nil, errors.New("confirm: the key needs at least 32 bytes")
	}
	return &Signer{key}, nil
}

// Token returns the token that confirms an endpoint of a municipality until it expires.
func (s *Signer) Token(municipality, endpoint uuid.UUID, expires time.Time) string {
	body := make([]byte, 0, bodyLength+macLength)
	body = append(body, municipality[:]...)
	body = append(body, endpoint[:]...)
	body = binary.BigEndian.AppendUint64(body, uint64(expires.Unix())) //nolint:gosec // read back the same way
	return Prefix + base64.RawURLEncoding.EncodeToString(s.mac(body))
}

// Read returns which endpoint a token confirms. Errors: ErrInvalid, ErrExpired.
func (s *Signer) Read(token string, now time.Time) (municipality, endpoint uuid.UUID, err error) {
	text, found := strings.CutPrefix(strings.TrimSpace(token), Prefix)
	raw, err := decode(text)
	if !found || err != nil || len(raw) != bodyLength+macLength || !hmac.Equal(raw, s.mac(raw[:bodyLength:bodyLength])) {
		return uuid.Nil, uuid.Nil, ErrInvalid
	}
	if !now.Before(time.Unix(int64(binary.BigEndian.Uint64(raw[32:bodyLength])), 0)) { //nolint:gosec // written by Token
		return uuid.Nil, uuid.Nil, ErrExpired
	}
	return uuid.UUID(raw[:16]), uuid.UUID(raw[16:32]), nil
}

// UnsubscribeToken returns the token by which a mail program stops routine mail to an endpoint (RFC 8058). It never expires: a mail may be
// opened years later.
func (s *Signer) UnsubscribeToken(municipality, endpoint uuid.UUID) string {
	body := append(append(make([]byte, 0, 32+macLength), municipality[:]...), endpoint[:]...)
	return UnsubscribePrefix + base64.RawURLEncoding.EncodeToString(s.signed("budstikke unsubscribe\x00", body))
}

// ReadUnsubscribe returns which endpoint a token unsubscribes. Error: ErrInvalid.
func (s *Signer) ReadUnsubscribe(token string) (municipality, endpoint uuid.UUID, err error) {
	text, found := strings.CutPrefix(token, UnsubscribePrefix)
	raw, err := decode(text)
	if !found || err != nil || len(raw) != 32+macLength || !hmac.Equal(raw, s.signed("budstikke unsubscribe\x00", raw[:32:32])) {
		return uuid.Nil, uuid.Nil, ErrInvalid
	}
	return uuid.UUID(raw[:16]), uuid.UUID(raw[16:32]), nil
}

// decode takes the one spelling of a token only: the decoder would skip line breaks, even a strict one.
func decode(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, ErrInvalid
	}
	return base64.RawURLEncoding.Strict().DecodeString(text)
}

// mac returns body followed by its code.
func (s *Signer) mac(body []byte) []byte { return s.signed("budstikke e-mail confirmation\x00", body) }

// signed returns body followed by its code for one purpose.
func (s *Signer) signed(purpose string, body []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(purpose))
	h.Write(body)
	return h.Sum(body)
}

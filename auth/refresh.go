package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/google/uuid"
)

// RefreshPrefix begins a refresh token: what a device prolongs its session with.
const RefreshPrefix = "bsr_"

const (
	stemSize = 24 // bytes: 192 bits that all refresh tokens of a session share
	// RefreshLength is the length of every refresh token in characters: a prefix of 4, then 72 bytes in base64url.
	RefreshLength = 4 + (16+stemSize+secretSize)/3*4
)

// Refresh is what a presented refresh token turns into.
type Refresh struct {
	Municipality uuid.UUID
	// Stem is the digest of the part that all refresh tokens of one session share. Nobody can name a session by it who never held one of them.
	Stem [sha256.Size]byte
	// Digest is that of the whole token.
	Digest [sha256.Size]byte
	key    func() [sha256.Size]byte // a function, for the reason given at Token; nil in the zero Refresh
}

// Key is the key that what the token was answered is sealed under. It is another digest than the one that is kept.
func (r Refresh) Key() [sha256.Size]byte {
	if r.key == nil {
		return [sha256.Size]byte{}
	}
	return r.key()
}

// NewRefresh makes the first refresh token of a session.
func NewRefresh(municipality uuid.UUID) (Token, Refresh) {
	var raw [16 + stemSize + secretSize]byte
	copy(raw[:], municipality[:])
	_, _ = rand.Read(raw[16:])
	return newRefresh(raw)
}

// Next makes the successor of a token: of the same session, with a secret of its own.
func (t Token) Next() (Token, Refresh, error) {
	raw, err := readRefresh(t.Reveal())
	if err != nil {
		return Token{}, Refresh{}, err
	}
	_, _ = rand.Read(raw[16+stemSize:])
	next, refresh := newRefresh(raw)
	return next, refresh, nil
}

// ParseRefresh reads a presented refresh token; Token is the same text again, hidden. Error: ErrMalformed.
func ParseRefresh(text string) (Token, Refresh, error) {
	raw, err := readRefresh(text)
	if err != nil {
		return Token{}, Refresh{}, err
	}
	token, refresh := newRefresh(raw)
	return token, refresh, nil
}

func newRefresh(raw [16 + stemSize + secretSize]byte) (Token, Refresh) {
	text := RefreshPrefix + base64.RawURLEncoding.EncodeToString(raw[:])
	return Token{text: func() string { return text }}, Refresh{
		Municipality: uuid.UUID(raw[:16]),
		Stem:         sha256.Sum256(raw[16 : 16+stemSize]),
		Digest:       sha256.Sum256([]byte(text)),
		key:          func() [sha256.Size]byte { return sha256.Sum256([]byte("budstikke successor\x00" + text)) },
	}
}

func readRefresh(text string) (raw [16 + stemSize + secretSize]byte, err error) {
	if len(text) != RefreshLength || !strings.HasPrefix(text, RefreshPrefix) {
		return raw, ErrMalformed
	}
	n, err := base64.RawURLEncoding.Decode(raw[:], []byte(text[len(RefreshPrefix):]))
	if err != nil || n != len(raw) || uuid.UUID(raw[:16]) == uuid.Nil {
		return raw, ErrMalformed
	}
	return raw, nil
}

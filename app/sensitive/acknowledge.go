package sensitive

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"
)

// AcknowledgementLife is how long an acknowledgement can be used. It also bounds how long the answer "send anyway" may lie in an offline queue.
const AcknowledgementLife = 10 * time.Minute

// minimumKey is the shortest key accepted, in bytes.
const minimumKey = 32

var (
	// ErrAcknowledgementExpired: the token was right, but is older than AcknowledgementLife. Show the warning again.
	ErrAcknowledgementExpired = errors.New("the acknowledgement has expired: show the warning again and send with the new token")
	// ErrAcknowledgementMismatch: the token is for another text, another ruleset or another subject, or was never issued.
	ErrAcknowledgementMismatch = errors.New("the acknowledgement does not belong to this text: check the text again and send with the new token")
	// ErrKey: the key is too short.
	ErrKey = errors.New("an acknowledgement key needs at least 32 random bytes: configure a longer one")
)

// Acknowledger issues and verifies the proof that somebody has seen the warning about exactly this text. It keeps nothing: all servers with
// the same key accept each other's tokens. Safe for concurrent use.
type Acknowledger struct{ key []byte }

// NewAcknowledger takes a secret key of at least 32 random bytes. Error: ErrKey.
func NewAcknowledger(key []byte) (*Acknowledger, error) {
	if len(key) < minimumKey {
		return nil, ErrKey
	}
	return &Acknowledger{key: append([]byte(nil), key...)}, nil
}

// Token is the acknowledgement of a text as it stands, under the ruleset of now, by a subject. The subject names the person and where the
// text goes (the child of an absence, or the conversation), so that a token cannot be used by somebody else or elsewhere. The token holds a
// time and a MAC: nothing of the text, which cannot be found from it without the key.
func (a *Acknowledger) Token(text, subject string, now time.Time) string {
	expires := now.Add(AcknowledgementLife).Unix()
	token := binary.BigEndian.AppendUint64(nil, uint64(expires))
	return base64.RawURLEncoding.EncodeToString(append(token, a.mac(text, subject, expires)...))
}

// Verify checks a token that came back with a text. Errors: ErrAcknowledgementExpired, ErrAcknowledgementMismatch.
func (a *Acknowledger) Verify(token, text, subject string, now time.Time) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != 8+sha256.Size {
		return ErrAcknowledgementMismatch
	}
	expires := int64(binary.BigEndian.Uint64(raw[:8]))
	if !hmac.Equal(raw[8:], a.mac(text, subject, expires)) {
		return ErrAcknowledgementMismatch
	}
	if now.Unix() >= expires {
		return ErrAcknowledgementExpired
	}
	return nil
}

// mac binds text, ruleset, subject and expiry; each part is hashed or of fixed length, so that no two sets of parts give the same input.
func (a *Acknowledger) mac(text, subject string, expires int64) []byte {
	m := hmac.New(sha256.New, a.key)
	m.Write([]byte("budstikke sensitive acknowledgement 1\n"))
	for _, part := range []string{text, Ruleset(), subject} {
		sum := sha256.Sum256([]byte(part))
		m.Write(sum[:])
	}
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(expires)))
	return m.Sum(nil)
}

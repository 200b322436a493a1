package trail

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// Anchor is the end of a chain at one moment, signed and kept outside Postgres: whoever can rewrite the whole database cannot rewrite it.
type Anchor struct {
	Municipality uuid.UUID `json:"municipality"`
	Seq          int64     `json:"seq"`
	Hash         []byte    `json:"hash"`
	At           time.Time `json:"at"`
	Signature    []byte    `json:"signature"` // Ed25519 over everything above
}

// Sink is a place outside Postgres where anchors are kept: a file, or what a municipality sends them to.
type Sink interface {
	// Append keeps the anchors for good before it returns.
	Append(ctx context.Context, anchors []Anchor) error
}

// File is a Sink: one JSON document per line. Several processes may append to it.
type File struct{ Path string }

// Append writes the lines in one piece and waits until the disk has them.
func (f File) Append(_ context.Context, anchors []Anchor) error {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	for _, a := range anchors {
		if err := encoder.Encode(a); err != nil {
			return err
		}
	}
	file, err := os.OpenFile(f.Path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(lines.Bytes())
	return errors.Join(err, file.Sync(), file.Close())
}

// Key is the key that anchors are signed with. Nothing prints it.
type Key struct{ private func() ed25519.PrivateKey }

// ErrKey means that the key cannot be read; it never repeats it.
var ErrKey = errors.New("trail: the key of the anchors is 32 bytes in base64: make one with `openssl rand -base64 32`")

// ParseKey reads a key from 32 bytes in base64. Error: ErrKey.
func ParseKey(text string) (Key, error) {
	seed, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(seed) != ed25519.SeedSize {
		return Key{}, ErrKey
	}
	private := ed25519.NewKeyFromSeed(seed)
	return Key{private: func() ed25519.PrivateKey { return private }}, nil
}

// String hides the key.
func (k Key) String() string { return "trail.Key(***)" }

func (a *Anchor) signed() []byte {
	b := append([]byte("budstikke anchor 1"), a.Municipality[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(a.Seq))            //nolint:gosec // the same bits
	b = binary.BigEndian.AppendUint64(b, uint64(a.At.UnixMicro())) //nolint:gosec // the same bits
	return append(b, a.Hash...)
}

// Sign makes the anchor of a head.
func (k Key) Sign(h Head, at time.Time) Anchor {
	a := Anchor{Municipality: h.Municipality, Seq: h.Seq, Hash: h.Hash, At: at.UTC().Truncate(time.Microsecond)}
	a.Signature = ed25519.Sign(k.private(), a.signed())
	return a
}

// ReadAnchors reads what File wrote and checks every signature. Error: one that names the line that is not an anchor of this key; a last line
// that was cut off by a crash is passed over, since nobody was told that it is kept.
func (k Key) ReadAnchors(r io.Reader) (map[uuid.UUID][]Anchor, error) {
	public, _ := k.private().Public().(ed25519.PublicKey)
	found := map[uuid.UUID][]Anchor{}
	lines := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		var a Anchor
		if err := json.Unmarshal(line, &a); err != nil || !ed25519.Verify(public, a.signed(), a.Signature) {
			return nil, fmt.Errorf("trail: line %d of the anchors is not signed by this key: it was changed, or belongs to another installation", n)
		}
		found[a.Municipality] = append(found[a.Municipality], a)
	}
}

// Anchors signs the present head of every municipality that has entries and hands them to the sinks. Every sink is tried; the error joins
// theirs.
func Anchors(ctx context.Context, db *scope.DB, municipalities []uuid.UUID, key Key, sinks ...Sink) (int, error) {
	var anchors []Anchor
	for _, m := range municipalities {
		head, err := HeadOf(ctx, db, m)
		if err != nil {
			return 0, err
		}
		if head.Seq > 0 {
			anchors = append(anchors, key.Sign(head, db.Now()))
		}
	}
	if len(anchors) == 0 {
		return 0, nil
	}
	var errs []error
	for _, sink := range sinks {
		errs = append(errs, sink.Append(ctx, anchors))
	}
	return len(anchors), errors.Join(errs...)
}

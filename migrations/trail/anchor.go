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

// Append writes the lines in one piece and waits until the disk has them. What a crash cut off stays a line by itself, for Verify to name: it does
// not spoil those that come after it.
func (f File) Append(_ context.Context, anchors []Anchor) error {
	file, err := os.OpenFile(f.Path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	lines, err := rest(file)
	for i := 0; i < len(anchors) && err == nil; i++ {
		var line []byte
		line, err = anchors[i].line()
		lines = append(lines, line...)
	}
	if err == nil {
		_, err = file.Write(lines)
	}
	return errors.Join(err, file.Sync(), file.Close())
}

// rest is what the last line of a file lacks: its end, or nothing.
func rest(file *os.File) ([]byte, error) {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return nil, err
	}
	var last [1]byte
	if _, err := file.ReadAt(last[:], size-1); err != nil || last[0] == '\n' {
		return nil, err
	}
	return []byte{'\n'}, nil
}

// line is the one form in which an anchor is kept.
func (a *Anchor) line() ([]byte, error) {
	line, err := json.Marshal(a)
	return append(line, '\n'), err
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

// Misread is a line of the anchors that is not as it was written.
type Misread struct {
	Line    int // from 1
	Problem string
}

// Error says where and what.
func (m *Misread) Error() string {
	return fmt.Sprintf("trail: line %d of the anchors %s", m.Line, m.Problem)
}

// ReadAnchors reads what File wrote and checks every signature and every byte: a line that says the same in other bytes is not the line that was
// written. It returns the anchors of all lines that are right. Error: a *Misread for each of the others, joined, or that of r alone.
func (k Key) ReadAnchors(r io.Reader) (map[uuid.UUID][]Anchor, error) {
	public, _ := k.private().Public().(ed25519.PublicKey)
	found := map[uuid.UUID][]Anchor{}
	var wrong []error
	lines := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0:
			return found, errors.Join(wrong...)
		case errors.Is(err, io.EOF):
			return found, errors.Join(append(wrong, &Misread{n, "has no end: a crash cut it off while it was written, or somebody did"})...)
		case err != nil:
			return nil, err
		}
		var a Anchor
		if json.Unmarshal(line, &a) == nil && ed25519.Verify(public, a.signed(), a.Signature) {
			if written, err := a.line(); err == nil && bytes.Equal(written, line) {
				found[a.Municipality] = append(found[a.Municipality], a)
				continue
			}
		}
		wrong = append(wrong, &Misread{n, "is not signed by this key: it was changed, or belongs to another installation"})
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

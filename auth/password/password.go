// Package password turns passwords into Argon2id hashes and checks them, at a cost that is the same whether or not the account exists, and
// that an attacker cannot make the whole machine pay: only a few hashes are computed at a time.
//
// It opens nothing. Start reading at Hasher.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Limits of a password that is set.
const (
	MinRunes = 12  // characters
	MaxRunes = 256 // characters, after normalization; longer ones are refused and never hashed
)

// maxBytes is more than any password of MaxRunes has in any normalization that people type.
const maxBytes = 4 * 4 * MaxRunes

// Errors of setting and checking.
var (
	// ErrBusy means that no place at the hasher came free in time: too many sign-ins at once. Ask to try again in a moment.
	ErrBusy = errors.New("password: too many sign-ins at the moment; try again shortly")
	// ErrTooShort means that a new password has fewer than MinRunes characters.
	ErrTooShort = fmt.Errorf("password: choose one of at least %d characters", MinRunes)
	// ErrTooLong means that a new password has more than MaxRunes characters.
	ErrTooLong = fmt.Errorf("password: choose one of at most %d characters", MaxRunes)
	// ErrHash means that a stored hash cannot be read. It is a fault of the stored data, not of whoever signs in.
	ErrHash = errors.New("password: the stored hash cannot be read")
)

// Config says what a hash costs and how many are computed at a time. The zero value is what OWASP advises for Argon2id, two at a time.
type Config struct {
	Memory uint32        // KiB, 19456 (19 MiB) when 0
	Passes uint32        // 2 when 0
	Lanes  uint8         // 1 when 0
	Slots  int           // hashes computed at the same time, 2 when 0
	Queue  int           // how many may wait for a place, 64 when 0; more are answered ErrBusy at once
	Wait   time.Duration // longest wait for a place, 3 s when 0; the deadline of the request may come first; then ErrBusy
}

// Hasher hashes and checks. It is safe for concurrent use.
type Hasher struct {
	params params
	slots  chan struct{}
	queue  chan struct{} // a place in it is taken by whoever waits
	wait   time.Duration
	dummy  phc // what a missing account is checked against
}

// New makes a hasher.
func New(c Config) *Hasher {
	if c.Memory == 0 {
		c.Memory = 19 * 1024
	}
	if c.Passes == 0 {
		c.Passes = 2
	}
	if c.Lanes == 0 {
		c.Lanes = 1
	}
	if c.Slots == 0 {
		c.Slots = 2
	}
	if c.Queue == 0 {
		c.Queue = 64
	}
	if c.Wait == 0 {
		c.Wait = 3 * time.Second
	}
	h := &Hasher{
		params: params{memory: c.Memory, passes: c.Passes, lanes: c.Lanes}, slots: make(chan struct{}, c.Slots), queue: make(chan struct{}, c.Queue), wait: c.Wait,
	}
	h.dummy = phc{params: h.params, salt: make([]byte, saltSize), sum: make([]byte, sumSize)}
	_, _ = rand.Read(h.dummy.salt)
	_, _ = rand.Read(h.dummy.sum)
	return h
}

// Check tells whether a new password is acceptable: nil, ErrTooShort or ErrTooLong.
func Check(password string) error {
	if len(password) > maxBytes {
		return ErrTooLong
	}
	switch n := utf8.RuneCountInString(norm.NFC.String(password)); {
	case n > MaxRunes:
		return ErrTooLong
	case n < MinRunes:
		return ErrTooShort
	}
	return nil
}

// Hash returns the hash to store, in PHC form. Errors: ErrTooShort, ErrTooLong, ErrBusy.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := Check(password); err != nil {
		return "", err
	}
	release, err := h.acquire(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	made := phc{params: h.params, salt: make([]byte, saltSize)}
	_, _ = rand.Read(made.salt) // never fails: crypto/rand ends the program instead
	made.sum = made.compute(password)
	return made.String(), nil
}

// Result is what a check found.
type Result struct {
	Match bool
	// Outdated is set for a match whose hash was made with other costs than today's: hash the password again and store that.
	Outdated bool
}

// Verify checks a password against a stored hash. An empty stored hash, of an account that does not exist, costs the same and never matches.
// Errors: ErrBusy, and ErrHash for a stored hash that cannot be read, at the same cost.
func (h *Hasher) Verify(ctx context.Context, password, stored string) (Result, error) {
	release, err := h.acquire(ctx)
	if err != nil {
		return Result{}, err
	}
	defer release()
	against, known := h.dummy, false
	var broken error
	if stored != "" {
		if parsed, err := parsePHC(stored); err != nil {
			broken = err
		} else {
			against, known = parsed, true
		}
	}
	if len(password) > maxBytes {
		password, known = "", false
	}
	match := subtle.ConstantTimeCompare(against.compute(password), against.sum) == 1 && known
	return Result{Match: match, Outdated: match && against.params != h.params}, broken
}

// acquire takes a place at the hasher, so that hashing never takes more memory and processors than it was given.
func (h *Hasher) acquire(ctx context.Context) (release func(), err error) {
	release = func() { <-h.slots }
	select {
	case h.slots <- struct{}{}:
		return release, nil
	default:
	}
	select {
	case h.queue <- struct{}{}:
		defer func() { <-h.queue }()
	default:
		return nil, ErrBusy // whoever came now would wait in vain
	}
	timer := time.NewTimer(h.wait)
	defer timer.Stop()
	select {
	case h.slots <- struct{}{}:
		return release, nil
	case <-timer.C:
		return nil, ErrBusy
	case <-ctx.Done():
		return nil, errors.Join(ErrBusy, ctx.Err())
	}
}

// compute hashes in Unicode NFC, so that a letter such as å typed on different keyboards is the same letter.
func (p phc) compute(password string) []byte {
	return argon2.IDKey(norm.NFC.Bytes([]byte(password)), p.salt, p.passes, p.memory, p.lanes, sumSize)
}

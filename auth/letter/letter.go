// Package letter makes and reads the code of an activation letter: what somebody who cannot sign in otherwise is handed on paper, and sets
// their first password with (U5, U7, U8, H7).
//
// It opens nothing. auth/store keeps the digests, once and for Lifetime. Start reading at New.
package letter

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"
)

const (
	// Lifetime is how long a letter counts from the moment it is issued.
	Lifetime = 14 * 24 * time.Hour
	// HandedOver is the same for one that is handed over in person and used at home (H7).
	HandedOver = 3 * 24 * time.Hour

	symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // Crockford's: none looks like another when it is printed
	length  = 28                                 // symbols of 5 bits: 140 random bits
	group   = 4
)

// ErrMalformed means that a text is no code of a letter. Answer it like one that nobody was given.
var ErrMalformed = errors.New("letter: this is not a code of ours")

// Code is the code of one letter. It is shown once, by Print, and prints as stars otherwise.
type Code struct{ canonical func() string }

// New makes a code.
func New() Code {
	var random [length]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	for i, b := range random {
		random[i] = symbols[b&31] // 256 is a whole number of 32s: every symbol is equally likely
	}
	return code(string(random[:]))
}

func code(canonical string) Code { return Code{canonical: func() string { return canonical }} }

// Parse reads a code as people type it: in upper or lower case, with or without hyphens and spaces, O for 0, I and L for 1. Error: ErrMalformed.
func Parse(text string) (Code, error) {
	if len(text) > 4*length {
		return Code{}, ErrMalformed
	}
	var b strings.Builder
	for _, r := range strings.ToUpper(text) {
		switch r {
		case '-', ' ', '\u00a0', '\u2010', '\u2011':
			continue
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		}
		if !strings.ContainsRune(symbols, r) {
			return Code{}, ErrMalformed
		}
		b.WriteRune(r)
	}
	if b.Len() != length {
		return Code{}, ErrMalformed
	}
	return code(b.String()), nil
}

// Print returns the code in groups of four, for the one answer that hands it out. Never log it.
func (c Code) Print() string {
	if c.canonical == nil {
		return ""
	}
	var b strings.Builder
	for i, r := range c.canonical() {
		if i > 0 && i%group == 0 {
			b.WriteByte('-')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Number is the first group of the code: what failed tries at one letter are counted by. What is left of the code is 120 bits.
func (c Code) Number() string {
	if c.canonical == nil {
		return ""
	}
	return c.canonical()[:group]
}

// Digest is what is stored in place of the code. It is bound to the municipality that issued the letter.
func (c Code) Digest(municipality uuid.UUID) [sha256.Size]byte {
	canonical := ""
	if c.canonical != nil {
		canonical = c.canonical()
	}
	return sha256.Sum256([]byte("budstikke letter " + municipality.String() + " " + canonical))
}

const hidden = "***"

// String hides the code.
func (c Code) String() string { return hidden }

// Format hides the code, whatever the verb.
func (c Code) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue hides the code.
func (c Code) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the code, in JSON and other encodings: an answer that is meant to carry it calls Print.
func (c Code) MarshalText() ([]byte, error) { return []byte(hidden), nil }

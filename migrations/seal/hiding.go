package seal

import (
	"fmt"
	"io"
	"log/slog"
)

const (
	hiddenKeys    = "seal.Keys(***)"
	hiddenKeyring = "seal.Keyring(***)"
)

// String hides the keys.
func (k Keys) String() string { return hiddenKeys }

// GoString hides the keys.
func (k Keys) GoString() string { return hiddenKeys }

// Format hides the keys, whatever the verb.
func (k Keys) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hiddenKeys) }

// LogValue hides the keys.
func (k Keys) LogValue() slog.Value { return slog.StringValue(hiddenKeys) }

// MarshalText hides the keys, in JSON and other encodings.
func (k Keys) MarshalText() ([]byte, error) { return []byte(hiddenKeys), nil }

// String hides the keys.
func (k *Keyring) String() string { return hiddenKeyring }

// GoString hides the keys.
func (k *Keyring) GoString() string { return hiddenKeyring }

// Format hides the keys, whatever the verb.
func (k *Keyring) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hiddenKeyring) }

// LogValue hides the keys.
func (k *Keyring) LogValue() slog.Value { return slog.StringValue(hiddenKeyring) }

// MarshalText hides the keys, in JSON and other encodings.
func (k *Keyring) MarshalText() ([]byte, error) { return []byte(hiddenKeyring), nil }

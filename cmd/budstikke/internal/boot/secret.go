package boot

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"budstikke.example/migrations/seal"
)

// hidden is what a secret prints as, everywhere.
const hidden = "***"

// Secret is a value that must not be seen: it prints as *** in every format, in logs and in JSON. Only Reveal
// gives it out.
type Secret string

// Reveal returns the value itself, for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

// Format prints *** whatever the verb is, or nothing when there is no secret. A String method would not do: %d of a
// string type prints the string.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.shown()) }

// String is what a table shows.
func (s Secret) String() string { return s.shown() }

// LogValue hides the secret in logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.shown()) }

// MarshalText hides the secret in JSON and every other encoding; it never fails.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.shown()), nil }

func (s Secret) shown() string {
	if s == "" {
		return ""
	}
	return hidden
}

// Keyring is a set of versioned keys, so that a key can be replaced while what was written with an older one stays readable. It prints its
// versions and never a key.
type Keyring struct{ keys seal.Keys }

// UnmarshalText reads "1:BASE64,2:BASE64" (see seal.ParseKeys). Errors name the version and never the key.
func (k *Keyring) UnmarshalText(text []byte) error {
	keys, err := seal.ParseKeys(string(text))
	if err != nil {
		return err
	}
	k.keys = keys
	return nil
}

// Keys returns the keys.
func (k Keyring) Keys() seal.Keys { return k.keys }

// Format prints the versions whatever the verb is.
func (k Keyring) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// String lists the versions, for example "1:***,2:***"; it is empty without keys.
func (k Keyring) String() string {
	var entries []string
	versions := k.keys.Versions()
	slices.Sort(versions)
	for _, version := range versions {
		entries = append(entries, strconv.Itoa(int(version))+":"+hidden)
	}
	return strings.Join(entries, ",")
}

// LogValue lists the versions in logs.
func (k Keyring) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText lists the versions in JSON and every other encoding; it never fails.
func (k Keyring) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

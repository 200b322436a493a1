package boot

import (
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
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

// keyLength is the length of every key in bytes: AES-256 and HMAC-SHA-256.
const keyLength = 32

// Keyring is a set of keys of 256 bits with their versions, so that a key can be replaced while what was written
// with an older one stays readable. It prints its versions and never a key.
type Keyring struct {
	keys map[int][]byte
}

// UnmarshalText reads "1:BASE64,2:BASE64": versions from 1 upwards, each with 32 bytes in standard base64. Errors
// name the version and never the key.
func (k *Keyring) UnmarshalText(text []byte) error {
	keys := map[int][]byte{}
	for i, entry := range strings.Split(string(text), ",") {
		version, encoded, ok := strings.Cut(strings.TrimSpace(entry), ":")
		number, err := strconv.Atoi(version)
		if !ok || err != nil || number < 1 {
			return fmt.Errorf("entry %d is not VERSION:BASE64 with a version from 1 upwards", i+1)
		}
		key, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(key) != keyLength {
			return fmt.Errorf("the key of version %d is not %d bytes in base64 (make one with: openssl rand -base64 %d)",
				number, keyLength, keyLength)
		}
		if _, twice := keys[number]; twice {
			return fmt.Errorf("version %d is there twice", number)
		}
		keys[number] = key
	}
	k.keys = keys
	return nil
}

// Current is the highest version, which new values are written with; 0 when there is no key.
func (k Keyring) Current() int {
	if len(k.keys) == 0 {
		return 0
	}
	return slices.Max(slices.Collect(maps.Keys(k.keys)))
}

// All returns a copy of the keys by version.
func (k Keyring) All() map[int][]byte {
	all := make(map[int][]byte, len(k.keys))
	for version, key := range k.keys {
		all[version] = slices.Clone(key)
	}
	return all
}

// Format prints the versions whatever the verb is.
func (k Keyring) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// String lists the versions, for example "1:***,2:***"; it is empty without keys.
func (k Keyring) String() string {
	var entries []string
	for _, version := range slices.Sorted(maps.Keys(k.keys)) {
		entries = append(entries, strconv.Itoa(version)+":"+hidden)
	}
	return strings.Join(entries, ",")
}

// LogValue lists the versions in logs.
func (k Keyring) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText lists the versions in JSON and every other encoding; it never fails.
func (k Keyring) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

package seal

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// KeySize is the length of every key, in bytes.
const KeySize = 32

// KeyVersion names one key. It is stored beside everything that was made with the key, and is never used for another key.
type KeyVersion = int16

// Keys is a set of versioned keys of one kind. Nothing prints them.
type Keys struct {
	set func() *keySet // behind a function: package fmt follows a pointer in a field that is not exported, and never a function
}

type keySet struct {
	current KeyVersion
	keys    map[KeyVersion][KeySize]byte
}

// ErrKeys is wrapped by every error of reading keys. The errors name versions and positions, never the keys.
var ErrKeys = errors.New("keys cannot be read")

// NewKeys makes a set; current is the version that new values are made with. Versions start at 1. The map is copied.
func NewKeys(keys map[KeyVersion][KeySize]byte, current KeyVersion) (Keys, error) {
	set := &keySet{current: current, keys: make(map[KeyVersion][KeySize]byte, len(keys))}
	seen := map[[KeySize]byte]KeyVersion{{}: 0}
	for version, key := range keys {
		if version < 1 {
			return Keys{}, fmt.Errorf("seal: %w: version %d: versions start at 1", ErrKeys, version)
		}
		if _, twice := seen[key]; twice {
			return Keys{}, fmt.Errorf("seal: %w: version %d is all zeros or the same key as another version", ErrKeys, version)
		}
		seen[key], set.keys[version] = version, key
	}
	if _, ok := set.keys[current]; !ok {
		return Keys{}, fmt.Errorf("seal: %w: the current version %d has no key", ErrKeys, current)
	}
	return Keys{set: func() *keySet { return set }}, nil
}

// ParseKeys reads the textual form "1:base64,2:base64": versions with 32 bytes each in standard base64. The highest version is the current
// one unless another is marked with a star, "*1:base64,2:base64": so a new key can be handed to every process before the first of them
// begins to use it.
func ParseKeys(text string) (Keys, error) {
	keys := map[KeyVersion][KeySize]byte{}
	var current KeyVersion
	starred := false
	for i, part := range strings.Split(strings.TrimSpace(text), ",") {
		part, star := strings.CutPrefix(strings.TrimSpace(part), "*")
		number, encoded, found := strings.Cut(part, ":")
		version, err := strconv.ParseInt(strings.TrimSpace(number), 10, 16)
		if !found || err != nil || version < 1 {
			return Keys{}, fmt.Errorf("seal: %w: key number %d in the list: write it as VERSION:BASE64, for example 1:…", ErrKeys, i+1)
		}
		raw, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(encoded))
		if err != nil || len(raw) != KeySize {
			return Keys{}, fmt.Errorf("seal: %w: version %d must be %d bytes in base64: make one with `openssl rand -base64 %d`",
				ErrKeys, version, KeySize, KeySize)
		}
		if _, twice := keys[KeyVersion(version)]; twice {
			return Keys{}, fmt.Errorf("seal: %w: version %d is given twice", ErrKeys, version)
		}
		if star && starred {
			return Keys{}, fmt.Errorf("seal: %w: two versions are marked as the current one with a star", ErrKeys)
		}
		keys[KeyVersion(version)] = [KeySize]byte(raw)
		if star || !starred && KeyVersion(version) > current {
			current = KeyVersion(version)
		}
		starred = starred || star
	}
	return NewKeys(keys, current)
}

// FreshKey makes a random key in the textual form that ParseKeys reads, for trying out and for tests.
func FreshKey(version KeyVersion) string {
	var key [KeySize]byte
	_, _ = rand.Read(key[:]) // never fails: crypto/rand ends the program instead
	return fmt.Sprintf("%d:%s", version, base64.StdEncoding.EncodeToString(key[:]))
}

// Current returns the version that new values are made with, 0 for an empty set.
func (k Keys) Current() KeyVersion {
	if k.set == nil {
		return 0
	}
	return k.set().current
}

// Versions returns all versions, the current one first and then the newest.
func (k Keys) Versions() []KeyVersion {
	if k.set == nil {
		return nil
	}
	set := k.set()
	versions := make([]KeyVersion, 0, len(set.keys))
	for version := range set.keys {
		versions = append(versions, version)
	}
	slices.SortFunc(versions, func(a, b KeyVersion) int {
		if (a == set.current) != (b == set.current) {
			if a == set.current {
				return -1
			}
			return 1
		}
		return int(b) - int(a)
	})
	return versions
}

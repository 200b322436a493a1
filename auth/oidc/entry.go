package oidc

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"budstikke.example/auth"
)

// Entry lets staff come in from another service that they are signed in to, such as Aula: a button there opens a link that the municipality's key
// has signed (U6). The link starts a sign-in with the provider, as if its bearer had chosen it, and gives nothing by itself.
type Entry struct {
	Municipality string `yaml:"municipality"` // by its slug; * is every one, for trying out
	Provider     string `yaml:"provider"`     // the id of a provider of the municipality that staff can use
	// KeyFile holds what links are checked with: an Ed25519 public key in PEM, or at least 32 random bytes in base64 (HMAC-SHA-256).
	KeyFile string `yaml:"key_file"`
	// OlderKeyFile is checked with as well, while the key is being changed.
	OlderKeyFile string      `yaml:"older_key_file"`
	Key          auth.Hidden `yaml:"-"` // of an entry that does not come from a file, as in one
}

// The limits on a link. Its signer's clock may be ahead of ours by EntrySkew.
const (
	EntryLifetime = time.Minute
	EntrySkew     = 10 * time.Second
)

// Targets are the places in the app that a link may lead to, and no others.
var Targets = []string{"children", "absences", "conversations", "notices"}

// ErrNoEntry means that a link is not to be followed: forged, altered, expired, for another municipality, or to nowhere. It is one and the same for
// all; what it wraps is for the log only.
var ErrNoEntry = errors.New("oidc: no such link")

// Link is a link that was checked. Whether it was used before is for the caller to find out.
type Link struct {
	Provider string // to sign in with
	Target   string // one of Targets
	Digest   []byte // tells it from every other one of the municipality
}

// entry is an Entry whose keys were read.
type entry struct {
	Entry
	keys []entryKey
}

// entryKey checks signatures by the one algorithm that fits it, so that a link cannot choose another.
type entryKey struct {
	algorithm jose.SignatureAlgorithm
	key       any
}

// entryClaims are what a link says. Everything but exp has to be there.
type entryClaims struct {
	Audience string   `json:"aud"` // the municipality's slug
	ID       string   `json:"jti"`
	IssuedAt *float64 `json:"iat"`
	Expires  *float64 `json:"exp"` // earlier than EntryLifetime allows, if at all
	Target   string   `json:"target"`
}

// Follow checks a link of a municipality, by its slug: a JWT in compact form. Error: ErrNoEntry, wrapped.
func (s *Set) Follow(municipality, link string, now time.Time) (Link, error) {
	if s == nil {
		return Link{}, ErrNoEntry
	}
	i := slices.IndexFunc(s.entries, func(e entry) bool { return e.Municipality == municipality || e.Municipality == "*" })
	if i < 0 {
		return Link{}, fmt.Errorf("%w: the municipality has none", ErrNoEntry)
	}
	c, err := s.entries[i].open(link)
	if err != nil {
		return Link{}, err
	}
	for _, rule := range []struct {
		broken bool
		says   string
	}{
		{c.Audience != municipality, "it is for another municipality"},
		{len(c.ID) < 16 || len(c.ID) > 128, "jti takes 16 to 128 characters"},
		{c.IssuedAt == nil, "it does not say when it was made"},
		{c.IssuedAt != nil && now.Sub(moment(*c.IssuedAt)) > EntryLifetime, "it is too old"},
		{c.IssuedAt != nil && moment(*c.IssuedAt).Sub(now) > EntrySkew, "it was made later than now"},
		{c.Expires != nil && !now.Before(moment(*c.Expires)), "it has expired"},
		{!slices.Contains(Targets, c.Target), "it leads to no place that there is"},
	} {
		if rule.broken {
			return Link{}, fmt.Errorf("%w: %s", ErrNoEntry, rule.says)
		}
	}
	digest := sha256.Sum256([]byte(c.ID))
	return Link{Provider: s.entries[i].Provider, Target: c.Target, Digest: digest[:]}, nil
}

// moment reads a NumericDate. What does not fit becomes a moment long past.
func moment(seconds float64) time.Time {
	if !(seconds >= 0 && seconds < 1<<40) {
		return time.Time{}
	}
	return time.UnixMilli(int64(seconds * 1000))
}

// open checks a link's signature and reads what it says.
func (e entry) open(link string) (entryClaims, error) {
	for _, k := range e.keys {
		signed, err := jose.ParseSignedCompact(link, []jose.SignatureAlgorithm{k.algorithm})
		if err != nil {
			continue // another algorithm, or no JWT
		}
		said, err := signed.Verify(k.key)
		if err != nil {
			continue
		}
		var c entryClaims
		if json.Unmarshal(said, &c) != nil {
			return entryClaims{}, fmt.Errorf("%w: its claims cannot be read", ErrNoEntry)
		}
		return c, nil
	}
	return entryClaims{}, fmt.Errorf("%w: the municipality's key has not signed it", ErrNoEntry)
}

// openEntry reads an entry's keys. The error does not quote them.
func (s *Set) openEntry(e Entry) (entry, error) {
	provider, known := s.Find(e.Municipality, e.Provider, Staff)
	switch {
	case e.Municipality == "":
		return entry{}, errors.New("municipality is missing: the slug of whose it is")
	case !known:
		return entry{}, errors.New("provider has to be the id of a provider of the same municipality that staff can use")
	case provider.Municipality == "*" && e.Municipality != "*":
		return entry{}, errors.New("provider is for trying out only")
	case slices.ContainsFunc(s.entries, func(other entry) bool { return other.Municipality == e.Municipality }):
		return entry{}, errors.New("the municipality has two")
	}
	texts := []string{e.Key.Reveal()}
	if e.KeyFile != "" || texts[0] == "" {
		texts = nil
		for _, path := range slices.DeleteFunc([]string{e.KeyFile, e.OlderKeyFile}, func(path string) bool { return path == "" }) {
			text, err := os.ReadFile(path)
			if err != nil {
				return entry{}, fmt.Errorf("key_file: %w", err)
			}
			texts = append(texts, string(text))
		}
	}
	if len(texts) == 0 {
		return entry{}, errors.New("key_file is missing: what links are checked with")
	}
	opened := entry{Entry: e}
	for _, text := range texts {
		key, err := readEntryKey(text)
		if err != nil {
			return entry{}, fmt.Errorf("key_file: %w", err)
		}
		opened.keys = append(opened.keys, key)
	}
	return opened, nil
}

func readEntryKey(text string) (entryKey, error) {
	if block, _ := pem.Decode([]byte(text)); block != nil {
		public, err := x509.ParsePKIXPublicKey(block.Bytes)
		if key, fits := public.(ed25519.PublicKey); err == nil && fits {
			return entryKey{jose.EdDSA, key}, nil
		}
		return entryKey{}, errors.New("it holds no Ed25519 public key (PUBLIC KEY in PEM)")
	}
	secret, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(secret) < 32 {
		return entryKey{}, errors.New("it holds neither a public key in PEM nor at least 32 bytes in base64")
	}
	return entryKey{jose.HS256, secret}, nil
}

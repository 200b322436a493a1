package oidc

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// File is the file of providers.
type File struct {
	// Returns are the addresses that a provider may send people back to, by the name of the client that asked: app, browser. They are links of
	// our own that the app or the browser opens; nobody outside can name another one.
	Returns   map[string]string `yaml:"returns"`
	Providers []Profile         `yaml:"providers"`
	Entries   []Entry           `yaml:"entries"` // from where staff may come in by a signed link; may be empty
}

// Config is what opening the providers needs besides the file.
type Config struct {
	Now    func() time.Time
	Client Doer // of our own making when nil; tests give one that trusts their certificates
	// Timeout is the longest one question to a provider may take, 5 s when 0.
	Timeout time.Duration
}

var (
	idForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)
	errEmpty = errors.New("oidc: the file of providers names none")
)

// Load reads the file of providers and opens each; no provider is asked anything yet. The error says which entry is wrong and how.
func Load(file []byte, c Config) (*Set, error) {
	var f File
	decoder := yaml.NewDecoder(bytes.NewReader(file))
	decoder.KnownFields(true)
	if err := decoder.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("oidc: the file of providers cannot be read: %w", err)
	}
	if len(f.Providers) == 0 {
		return nil, errEmpty
	}
	return Open(f, c)
}

// Open opens the providers of a file that has been read.
func Open(f File, c Config) (*Set, error) {
	if len(f.Returns) == 0 {
		return nil, errors.New("oidc: returns is empty: say where people come back to, for example app: https://app.municipality.example/signed-in")
	}
	for name, address := range f.Returns {
		if u, err := url.Parse(address); err != nil || u.Fragment != "" || u.RawQuery != "" || !idForm.MatchString(name) || !secure(address) {
			return nil, fmt.Errorf("oidc: the return address %s has to begin with https:// and to end without ? and #", name)
		}
	}
	set := &Set{returns: f.Returns}
	for _, p := range f.Providers {
		if slices.ContainsFunc(set.all, func(other *Provider) bool { return other.ID == p.ID && other.Municipality == p.Municipality }) {
			return nil, fmt.Errorf("oidc: %s has two providers with the id %s", p.Municipality, p.ID)
		}
		provider, err := open(p, f.Returns, c)
		if err != nil {
			return nil, fmt.Errorf("oidc: provider %q: %w", p.ID, err)
		}
		set.all = append(set.all, provider)
	}
	for _, e := range f.Entries {
		opened, err := set.openEntry(e)
		if err != nil {
			return nil, fmt.Errorf("oidc: entry of %q: %w", e.Municipality, err)
		}
		set.entries = append(set.entries, opened)
	}
	return set, nil
}

func open(p Profile, returns map[string]string, c Config) (*Provider, error) {
	p, known := p.withPreset()
	if !known {
		return nil, fmt.Errorf("there is no preset %q; there are %s", p.Preset, strings.Join(Presets(), ", "))
	}
	p.Level.Claim, p.Level.Least = cmp.Or(p.Level.Claim, "acr"), cmp.Or(p.Level.Least, Substantial)
	if err := p.check(); err != nil {
		return nil, err
	}
	proof, err := readProof(p)
	if err != nil {
		return nil, err
	}
	return newProvider(p, proof, returns, c), nil
}

// check says what keeps a profile from being used.
func (p *Profile) check() error {
	for _, rule := range []struct {
		broken bool
		says   string
	}{
		{!idForm.MatchString(p.ID), "id takes lower-case letters, digits and hyphens"},
		{p.Municipality == "", "municipality is missing: the slug of whose it is"},
		{p.Name == "", "name is missing: what people know the provider by"},
		{!secure(p.Issuer), "issuer has to begin with https://"},
		{p.ClientID == "", "client_id is missing"},
		{p.ClientSecretFile != "" && p.ClientKeyFile != "", "client_secret_file and client_key_file are both set: keep one"},
		{p.Guardian == nil && p.Staff == nil, "nobody could use it: say under guardian or staff how people are recognised"},
		{p.Guardian != nil && (p.Guardian.NationalID == "" || p.Guardian.Country == ""), "guardian needs national_id and country"},
		{p.Staff != nil && p.Staff.Username == "" && p.Staff.NationalID == "", "staff needs username or national_id"},
		{p.Staff != nil && p.Staff.NationalID != "" && p.Staff.Country == "", "staff needs country beside national_id"},
		{len(p.Level.Values) == 0, "level needs values: which word of the provider means which strength"},
		{!p.Level.Least.AtLeast(Low), "level.least is low, substantial or high"},
		{p.Guardian != nil && !p.Level.Least.AtLeast(Substantial), "guardians need level.least substantial or high (H1)"},
		{p.FreshWithin < 0, "fresh_within is a time like 15m"},
		{p.Groups != nil && len(p.Groups.Any) == 0, "groups needs any: groups only keep people out"},
		{p.Groups != nil && p.Groups.Claim == "" && p.Groups.Endpoint == "", "groups needs claim or endpoint"},
		{p.Groups != nil && p.Groups.Endpoint != "" && !secure(p.Groups.Endpoint), "groups.endpoint has to begin with https://"},
	} {
		if rule.broken {
			return errors.New(rule.says)
		}
	}
	for word, strength := range p.Level.Values {
		if !strength.AtLeast(Low) {
			return fmt.Errorf("level.values gives %q the strength %q, which is none of low, substantial and high", word, strength)
		}
	}
	return nil
}

// secure tells whether an address is https, or http on this very machine, which is for trying out.
func secure(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback())
}

// readProof reads what proves us to the provider. The error does not quote it.
func readProof(p Profile) (clientProof, error) {
	switch {
	case p.ClientSecretFile != "":
		secret, err := os.ReadFile(p.ClientSecretFile)
		if err != nil {
			return clientProof{}, fmt.Errorf("client_secret_file: %w", err)
		}
		if trimmed := strings.TrimSpace(string(secret)); trimmed != "" {
			return clientProof{secret: trimmed}, nil
		}
		return clientProof{}, errors.New("client_secret_file is empty")
	case p.ClientKeyFile != "":
		key, err := os.ReadFile(p.ClientKeyFile)
		if err != nil {
			return clientProof{}, fmt.Errorf("client_key_file: %w", err)
		}
		return keyProof(key, p.ClientKeyID)
	}
	return clientProof{secret: p.ClientSecret.Reveal()}, nil
}

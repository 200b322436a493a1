package system

import (
	"net"
	"net/url"
	"strings"

	"budstikke.example/auth/passkey"
	"budstikke.example/auth/proof"
	"budstikke.example/cmd/budstikke/internal/boot"
)

// passkeysOf says for which domain passkeys are made: the one that is set, or the host of the address that people use. Nil where that is an IP
// address, for which no browser makes any; a machine of one's own is "localhost" to its browser.
func passkeysOf(s boot.Passkeys, publicURL string) *passkey.Config {
	c := passkey.Config{ID: s.Domain, Origins: s.Origins}
	address, err := url.Parse(publicURL)
	if err != nil {
		return nil
	}
	if c.ID == "" {
		c.ID = address.Hostname()
	}
	if len(c.Origins) == 0 {
		c.Origins = []string{address.Scheme + "://" + address.Host}
	}
	ip := net.ParseIP(c.ID)
	if ip != nil && ip.IsLoopback() {
		return &passkey.Config{ID: "localhost", Origins: []string{address.Scheme + "://" + strings.TrimSuffix(net.JoinHostPort("localhost", address.Port()), ":")}}
	}
	if ip != nil || c.ID == "" {
		return nil
	}
	return &c
}

// passkeys are nil where none can be made.
func (b Base) passkeys() (*proof.Passkeys, error) {
	if b.Passkeys == nil {
		return nil, nil //nolint:nilnil // no passkeys is an answer
	}
	party, err := passkey.New(*b.Passkeys)
	if err != nil {
		return nil, err
	}
	return &proof.Passkeys{DB: b.DB, Party: party, Log: b.Log}, nil
}

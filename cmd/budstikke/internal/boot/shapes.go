package boot

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"budstikke.example/migrations/trail"
	"budstikke.example/notify/queue"
)

// SigningKeySize is how many bytes a signing key has at least.
const SigningKeySize = 32

// shape checks texts against the tags oneof and form.
func (f field) shape() error {
	var texts []string
	switch value := f.value.Interface().(type) {
	case string:
		texts = []string{value}
	case []string:
		texts = value
	case Secret:
		return secretFormed(f.form, value.Reveal())
	default:
		return nil
	}
	for _, text := range texts {
		if len(f.oneOf) > 0 && !slices.Contains(f.oneOf, text) {
			return fmt.Errorf("is %q and must be one of %s", text, strings.Join(f.oneOf, ", "))
		}
		if err := formed(f.form, text); err != nil {
			return err
		}
	}
	return nil
}

// formed checks one text against a form: url, public (an url that people use), mail or cidr.
func formed(form, text string) error {
	switch form {
	case "url", "public":
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			return fmt.Errorf("is %q and must be an address like https://name.example", text)
		}
		if u.User != nil {
			return fmt.Errorf("must be an address without a user name or password in it")
		}
		if form == "public" && u.Scheme != "https" && !thisMachine(u.Hostname()) {
			return fmt.Errorf("is %q and must begin with https://; http is for this machine alone, to try out", text)
		}
	case "mail":
		if _, err := mail.ParseAddress(text); err != nil {
			return fmt.Errorf("is %q and must be a mail address like Budstikke <no-reply@municipality.example>", text)
		}
	case "cidr":
		if _, err := netip.ParsePrefix(text); err != nil {
			return fmt.Errorf("holds %q, which is not a network like 10.0.0.0/8", text)
		}
	}
	return nil
}

// secretFormed checks one secret against a form: postgres, redis, signing or seed. Its errors never repeat it.
func secretFormed(form, text string) error {
	switch form {
	case "postgres":
		if _, err := pgx.ParseConfig(text); err != nil {
			return errors.New("cannot be read: it has the form postgres://login:password@host:port/database")
		}
	case "redis":
		if queue.CheckURL(text) != nil {
			return errors.New("cannot be read: it has the form redis://user:password@host:port/database, or one of those in docs/operations.md")
		}
	case "signing":
		if key, err := base64.StdEncoding.DecodeString(text); err != nil || len(key) < SigningKeySize {
			return fmt.Errorf("must be base64 of at least %d bytes; make one with: openssl rand -base64 %[1]d", SigningKeySize)
		}
	case "seed":
		if _, err := trail.ParseKey(text); err != nil {
			return errors.New("must be 32 bytes in base64; make one with: openssl rand -base64 32")
		}
	}
	return nil
}

// thisMachine tells whether a host is the machine itself.
func thisMachine(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

package system_test

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/cmd/budstikke/internal/system"
)

// settled is what api and notify start with, by the provider sandbox.
func settled(changes map[string]string) boot.Lookup {
	key := func(letter string) string {
		return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(letter, 32)))
	}
	all := map[string]string{
		"DATABASE_URL": "postgres://api:quux@db.example/x", "REDIS_URL": "redis://cache.example/0", "PUBLIC_URL": "https://budvik.example",
		"NATIONAL_ID_KEYS": "1:" + key("a"), "BLIND_INDEX_KEYS": "1:" + key("b"), "SIGNING_KEY": key("s"), "SANDBOX_URL": "http://sandbox.example",
	}
	for name, value := range changes {
		all[name] = value
	}
	return func(name string) (string, bool) {
		value, ok := all[name]
		return value, ok
	}
}

// TestWhatCannotBeMadeOfTheSettingsIsToldOfAtOnce holds that one look tells of everything: of single settings, of files that they name, and of channels.
func TestWhatCannotBeMadeOfTheSettingsIsToldOfAtOnce(t *testing.T) {
	t.Parallel()
	mail := map[string]string{"SMTP_HOST": "mail.example", "MAIL_FROM": "Budstikke <no-reply@budvik.example>"}
	with := func(more map[string]string) map[string]string {
		all := map[string]string{}
		for _, part := range []map[string]string{mail, more} {
			for name, value := range part {
				all[name] = value
			}
		}
		return all
	}
	for name, c := range map[string]struct {
		command string
		changes map[string]string
		wrong   []string
	}{
		"an API with the sandbox":       {command: "api"},
		"a worker with the sandbox":     {command: "notify"},
		"a worker with mail":            {command: "notify", changes: with(map[string]string{"SANDBOX_URL": ""})},
		"an API without a way to it":    {command: "api", changes: map[string]string{"SANDBOX_URL": ""}, wrong: []string{"BANKID_CERTIFICATE"}},
		"a worker without a channel":    {command: "notify", changes: map[string]string{"SANDBOX_URL": ""}, wrong: []string{"SMTP_HOST"}},
		"a domain that is not ours":     {command: "api", changes: map[string]string{"PASSKEY_DOMAIN": "https://"}, wrong: []string{"PASSKEY_DOMAIN"}},
		"a worker whose address is not": {command: "notify", changes: with(map[string]string{"PUBLIC_URL": "http://budvik.example"}), wrong: []string{"PUBLIC_URL"}},
		"much at once": {command: "api", changes: map[string]string{
			"SIGNING_KEY": "quux", "REDIS_URL": "quux", "WEB_REQUEST_TIMEOUT": "quux!", "NATIONAL_ID_KEYS": "1:quux", "BLIND_INDEX_KEYS": "quux", "OIDC_PROVIDERS": "/no/such/file",
			"BANKID_MOST_RISK": "none"},
			wrong: []string{"BANKID_MOST_RISK", "BLIND_INDEX_KEYS", "NATIONAL_ID_KEYS", "OIDC_PROVIDERS", "REDIS_URL", "SIGNING_KEY", "WEB_REQUEST_TIMEOUT"}},
		"a channel that lacks a setting": {command: "notify", changes: with(map[string]string{"MAIL_FROM": ""}), wrong: []string{"MAIL_FROM"}},
		"two channels": {command: "notify", changes: with(map[string]string{"MAIL_BOUNCES": "a+b@budvik.example", "FCM_CREDENTIALS": "{}"}),
			wrong: []string{"FCM_CREDENTIALS", "SMTP_HOST"}},
	} {
		_, err := system.Load(c.command, settled(c.changes))
		var mistakes boot.Mistakes
		errors.As(err, &mistakes)
		var names []string
		for _, m := range mistakes {
			names = append(names, m.Name)
		}
		slices.Sort(names)
		if !slices.Equal(names, c.wrong) || err != nil && strings.Contains(strings.ReplaceAll(err.Error(), "quux!", ""), "quux") {
			t.Errorf("%s: %v, want mistakes of %v", name, err, c.wrong)
		}
	}
}

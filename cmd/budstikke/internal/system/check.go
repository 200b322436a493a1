package system

import (
	"context"
	"errors"
	"slices"

	"budstikke.example/auth/bankid"
	"budstikke.example/auth/oidc"
	"budstikke.example/auth/passkey"
	"budstikke.example/cmd/budstikke/internal/boot"
)

var (
	// errNoChannel is of a worker that could carry nothing.
	errNoChannel = errors.New("no channel is set up: set SMTP_HOST, APNS_KEY, FCM_CREDENTIALS, WEBPUSH_PRIVATE_KEY or TWILIO_ACCOUNT_SID, or SANDBOX_URL to try out")
	// errNobodyIn is of an API that guardians could not sign in to.
	errNobodyIn = errors.New("guardians could not sign in: set BANKID_CERTIFICATE and BANKID_CA, or name a provider for guardians in OIDC_PROVIDERS, or set SANDBOX_URL to try out")
)

// Load is boot.Load, and for api and notify it also makes of the settings what can be made without asking anybody: certificates are read, files that
// settings name, keys of providers. What hangs together is looked at only where the single values are right. Error: boot.Mistakes with all that is wrong; whether a key is the right one only its provider can tell.
func Load(command string, lookup boot.Lookup) (boot.Settings, error) {
	s, err := boot.Load(command, lookup)
	var mistakes boot.Mistakes
	errors.As(err, &mistakes)
	single := slices.Clone(mistakes)
	if single.About("PUBLIC_URL") {
		s.Web.PublicURL = "https://budstikke.invalid" // what is made of it is then right, and one mistake is told of once
	}
	for _, mistake := range unusable(command, s) {
		if !single.About(boot.Section(mistake.Name)...) {
			mistakes = append(mistakes, mistake)
		}
	}
	if len(mistakes) > 0 {
		return s, mistakes
	}
	return s, nil
}

// unusable is what a command could not make of its settings.
func unusable(command string, s boot.Settings) boot.Mistakes {
	if command != "api" && command != "notify" {
		return nil
	}
	providers, err := ProvidersOf(s)
	var mistakes boot.Mistakes
	if errors.As(err, &mistakes) {
		return mistakes
	}
	b := Base{Providers: providers, PublicURL: s.Web.PublicURL, Passkeys: passkeysOf(s.Passkeys, s.Web.PublicURL), SigningKey: random(boot.SigningKeySize)}
	if command == "api" {
		return b.closed(s.Sandbox.URL != "")
	}
	w := &Worker{}
	_, err = w.senders(b)
	_ = w.Close(context.Background())
	switch {
	case errors.As(err, &mistakes):
		return mistakes
	case errors.Is(err, errNoChannel) && s.Sandbox.URL == "":
		return boot.Mistakes{{Name: "SMTP_HOST", Problem: "is not set, and " + err.Error()}}
	}
	return nil
}

// closed is what keeps people from signing in.
func (b Base) closed(sandbox bool) boot.Mistakes {
	var mistakes boot.Mistakes
	if b.Providers.BankID == nil && !b.Providers.OIDC.Admits(oidc.Guardian) && !sandbox {
		mistakes = append(mistakes, boot.Mistake{Name: "BANKID_CERTIFICATE", Problem: "is not set, and " + errNobodyIn.Error()})
	}
	if b.Providers.BankID != nil {
		if _, err := bankid.New(*b.Providers.BankID); err != nil {
			mistakes = append(mistakes, boot.Mistake{Name: "BANKID_URL", Problem: "and what belongs to it cannot be used: " + err.Error()})
		}
	}
	if b.Passkeys != nil {
		if _, err := passkey.New(*b.Passkeys); err != nil {
			mistakes = append(mistakes, boot.Mistake{Name: "PASSKEY_DOMAIN", Problem: "or PASSKEY_ORIGINS cannot be used: " + err.Error()})
		}
	}
	return mistakes
}

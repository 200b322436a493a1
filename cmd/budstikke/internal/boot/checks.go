package boot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"budstikke.example/migrations/seal"
)

// bounds checks a number, or a duration in seconds, against the tags min and max.
func (f field) bounds() error {
	var got float64
	unit := ""
	switch value := f.value.Interface().(type) {
	case int:
		got = float64(value)
	case time.Duration:
		got, unit = value.Seconds(), " s"
	default:
		return nil
	}
	if least, err := strconv.ParseFloat(f.least, 64); err == nil && got < least {
		return fmt.Errorf("is %v%s and must be at least %s%s", got, unit, f.least, unit)
	}
	if most, err := strconv.ParseFloat(f.most, 64); err == nil && got > most {
		return fmt.Errorf("is %v%s and must be at most %s%s", got, unit, f.most, unit)
	}
	return nil
}

// check finds what is wrong between settings that are right one by one.
func (s Settings) check() Mistakes {
	var all Mistakes
	all = append(all, together(s.Email.Host != "", "SMTP_HOST", map[string]bool{"MAIL_FROM": s.Email.From != ""})...)
	all = append(all, together(s.APNs.Key != "", "APNS_KEY", map[string]bool{
		"APNS_KEY_ID": s.APNs.KeyID != "", "APNS_TEAM_ID": s.APNs.TeamID != "", "APNS_TOPIC": s.APNs.Topic != ""})...)
	all = append(all, together(s.WebPush.PrivateKey != "", "WEBPUSH_PRIVATE_KEY", map[string]bool{
		"WEBPUSH_PUBLIC_KEY": s.WebPush.PublicKey != "", "WEBPUSH_SUBJECT": s.WebPush.Subject != ""})...)
	all = append(all, together(s.SMS.AccountSID != "", "TWILIO_ACCOUNT_SID", map[string]bool{
		"TWILIO_AUTH_TOKEN": s.SMS.AuthToken != "", "TWILIO_SENDER": s.SMS.Sender != ""})...)
	all = append(all, together(s.BankID.URL != "", "BANKID_URL", map[string]bool{"BANKID_CERTIFICATE": s.BankID.Certificate != ""})...)
	all = append(all, together(s.BankID.Passphrase != "", "BANKID_PASSPHRASE", map[string]bool{"BANKID_CERTIFICATE": s.BankID.Certificate != ""})...)
	all = append(all, together(s.BankID.Certificate != "", "BANKID_CERTIFICATE", map[string]bool{"BANKID_CA": s.BankID.Authority != ""})...)
	all = append(all, together(s.Email.Username != "", "SMTP_USERNAME", map[string]bool{"SMTP_PASSWORD": s.Email.Password != ""})...)
	if s.Email.Username != "" && s.Email.TLS == "none" {
		all = append(all, Mistake{"SMTP_TLS", "is none, which would send SMTP_PASSWORD in the clear: use starttls or tls"})
	} else if s.Email.Host != "" && s.Email.TLS == "none" && !thisMachine(s.Email.Host) {
		all = append(all, Mistake{"SMTP_TLS", "is none, which is for a mail server on the same machine only: use starttls or tls"})
	}
	for _, code := range s.SMS.Countries {
		if n, err := strconv.Atoi(strings.TrimPrefix(code, "+")); err != nil || n <= 0 || !strings.HasPrefix(code, "+") {
			all = append(all, Mistake{"SMS_COUNTRIES", fmt.Sprintf("holds %q, which is not a country code like +46", code)})
		}
	}
	if sealing, index := s.Keys.NationalID.Keys(), s.Keys.BlindIndex.Keys(); sealing.Current() != 0 && index.Current() != 0 {
		if _, err := seal.New(sealing, index); err != nil {
			all = append(all, Mistake{"BLIND_INDEX_KEYS", "holds a key that is in NATIONAL_ID_KEYS too: every key has one use"})
		}
	}
	return all
}

// together asks for the settings that one that is set cannot do without, in the order of their names.
func together(on bool, switched string, others map[string]bool) Mistakes {
	var missing Mistakes
	for name, there := range others {
		if on && !there {
			missing = append(missing, Mistake{name, "is not set, and " + switched + " needs it"})
		}
	}
	slices.SortFunc(missing, func(a, b Mistake) int { return strings.Compare(a.Name, b.Name) })
	return missing
}

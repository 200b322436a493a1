package boot

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// environment is a lookup in a map.
func environment(variables map[string]string) Lookup {
	return func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}
}

// enough is what the command api cannot do without.
func enough() map[string]string {
	return map[string]string{
		"DATABASE_URL": "postgres://app:quux@db.example/x", "REDIS_URL": "redis://cache.example/0",
		"PUBLIC_URL": "https://budstikke.example", "NATIONAL_ID_KEYS": "1:" + key('a'), "BLIND_INDEX_KEYS": "1:" + key('b'), "SIGNING_KEY": key('s'),
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	variables := enough()
	variables["SMS_COUNTRIES"] = "+46, +47"
	variables["DATABASE_CONNECTIONS"] = "7"
	variables["NOTIFY_RELAY_INTERVAL"] = "50ms"
	s, err := Load("api", environment(variables))
	if err != nil {
		t.Fatal(err)
	}
	if s.Database.URL.Reveal() != variables["DATABASE_URL"] || s.Database.Connections != 7 || s.Notify.Relay != 50*time.Millisecond ||
		!slices.Equal(s.SMS.Countries, []string{"+46", "+47"}) || s.Keys.NationalID.Keys().Current() != 1 {
		t.Errorf("read %+v", s)
	}
	if s.Database.StatementTime != 5*time.Second || s.Process.LogFormat != "auto" || s.Notify.Poll != 500*time.Millisecond {
		t.Errorf("defaults: %+v", s)
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Load("api", environment(map[string]string{
		"DATABASE_URL":         "postgres://app:quux@db.example/x",
		"DATABASE_URL_FILE":    "/etc/hostname",
		"REDIS_URL_FILE":       "/no/such/file",
		"SIGNING_KEY":          "quux",
		"AUDIT_ANCHOR_KEY":     "quux",
		"DATABASE_MIGRATE_URL": "quux://x",
		"BLIND_INDEX_KEYS":     "quux",
		"PUBLIC_URL":           "budstikke.example",
		"NATIONAL_ID_KEYS":     "1:quux",
		"LOG_LEVEL":            "loud",
		"DATABASE_CONNECTIONS": "many",
		"SMTP_PORT":            "99999",
		"STOP_TIMEOUT":         "10",
		"WEB_READ_TIMEOUT":     "-1s",
		"NOTIFY_SLOTS":         "-1",
		"WEB_TRUSTED_PROXIES":  "10.0.0.0/8,somewhere",
		"SMTP_HOST":            "mail.example",
		"SMTP_TLS":             "none",
		"SMTP_USERNAME":        "x",
		"APNS_KEY":             "quux",
		"APNS_URL":             "https://user:quux@push.example",
		"SMS_COUNTRIES":        "+46,47",
		"BANKID_URL":           "https://bankid.example",
	}))
	var mistakes Mistakes
	if !errors.As(err, &mistakes) {
		t.Fatalf("error %v", err)
	}
	var names []string
	for _, m := range mistakes {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	want := []string{
		"APNS_KEY_ID", "APNS_TEAM_ID", "APNS_TOPIC", "APNS_URL", "AUDIT_ANCHOR_KEY", "BANKID_CERTIFICATE", "BLIND_INDEX_KEYS",
		"DATABASE_CONNECTIONS", "DATABASE_MIGRATE_URL", "DATABASE_URL", "LOG_LEVEL", "MAIL_FROM", "NATIONAL_ID_KEYS", "NOTIFY_SLOTS",
		"PUBLIC_URL", "REDIS_URL", "SIGNING_KEY", "SMS_COUNTRIES", "SMTP_PASSWORD", "SMTP_PORT", "SMTP_TLS",
		"STOP_TIMEOUT", "WEB_READ_TIMEOUT", "WEB_TRUSTED_PROXIES",
	}
	if !slices.Equal(names, want) {
		t.Errorf("mistakes\n%v\nwant\n%v", names, want)
	}
	if strings.Contains(err.Error(), "quux") {
		t.Errorf("the error shows a secret: %v", err)
	}
	if lines := strings.Count(err.Error(), "\n"); lines != len(want) {
		t.Errorf("%d lines for %d mistakes", lines, len(want))
	}
}

// TestAddressesAndKeysAreRead holds that a setting that is there and cannot be used is told of before anything starts, and that secrets stay secret.
func TestAddressesAndKeysAreRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		setting, value string
		right          bool
	}{
		"no address of Redis":             {setting: "REDIS_URL", value: "quux"},
		"Redis of another kind":           {setting: "REDIS_URL", value: "http://quux.example"},
		"Redis behind one name":           {setting: "REDIS_URL", value: "rediss+cluster://cache.example:6379", right: true},
		"no address of a database":        {setting: "DATABASE_URL", value: "https://quux.example/x"},
		"two servers":                     {setting: "DATABASE_URL", value: "postgres://api:quux@/x?host=a.example,b.example&port=5432,5432", right: true},
		"a signing key of a few bytes":    {setting: "SIGNING_KEY", value: "cXV1eA=="},
		"a signing key that is no base64": {setting: "SIGNING_KEY", value: "quux!"},
		"an anchor key of a few bytes":    {setting: "AUDIT_ANCHOR_KEY", value: "cXV1eA=="},
		"an anchor key":                   {setting: "AUDIT_ANCHOR_KEY", value: key('n'), right: true},
		"people by http":                  {setting: "PUBLIC_URL", value: "http://budvik.example"},
		"people on this machine by http":  {setting: "PUBLIC_URL", value: "http://127.0.0.1:8080", right: true},
		"people on localhost by http":     {setting: "PUBLIC_URL", value: "http://localhost:8080", right: true},
	} {
		variables := enough()
		variables[c.setting] = c.value
		_, err := Load("api", environment(variables))
		var mistakes Mistakes
		switch {
		case c.right && err != nil:
			t.Errorf("%s: %v", name, err)
		case !c.right && (!errors.As(err, &mistakes) || len(mistakes) != 1 || mistakes[0].Name != c.setting):
			t.Errorf("%s: %v", name, err)
		case !c.right && strings.Contains(err.Error(), "quux") || !c.right && strings.Contains(err.Error(), "cXV1eA"):
			t.Errorf("%s: the error shows it: %v", name, err)
		}
	}
}

// H1: the system's own authorities are never trusted for BankID, so that its certificate is nothing without the root.
func TestBankIDNeedsItsRoot(t *testing.T) {
	t.Parallel()
	_, err := Load("api", environment(map[string]string{"BANKID_CERTIFICATE": "quux"}))
	var mistakes Mistakes
	if !errors.As(err, &mistakes) || !slices.ContainsFunc(mistakes, func(m Mistake) bool { return m.Name == "BANKID_CA" }) {
		t.Errorf("a certificate without the root: %v", err)
	}
}

func TestEveryCommandAsksOnlyForWhatItNeeds(t *testing.T) {
	t.Parallel()
	if _, err := Load("", environment(nil)); err != nil {
		t.Errorf("without a command: %v", err)
	}
	_, err := Load("migrate", environment(nil))
	var mistakes Mistakes
	if !errors.As(err, &mistakes) || len(mistakes) != 1 || mistakes[0].Name != "DATABASE_URL" {
		t.Errorf("migrate: %v", err)
	}
}

func TestSecretsFromFiles(t *testing.T) {
	t.Parallel()
	file := func(content string) string {
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	variables := enough()
	delete(variables, "DATABASE_URL")
	delete(variables, "BLIND_INDEX_KEYS")
	variables["DATABASE_URL_FILE"] = file("postgres://app:from-file@db.example/x\r\n")
	variables["BLIND_INDEX_KEYS_FILE"] = file("1:" + key('c') + "\n")
	variables["BANKID_CERTIFICATE_FILE"] = file("\x30\x82\xff\x0d\x0a")
	variables["BANKID_CA"], variables["BANKID_URL"] = "root.pem", "https://bankid.example"
	variables["MAIL_FROM_FILE"] = file("not a secret, so not read")
	s, err := Load("api", environment(variables))
	if err != nil {
		t.Fatal(err)
	}
	if s.BankID.Certificate.Reveal() != "\x30\x82\xff\x0d\x0a" {
		t.Errorf("a file that is no text was cut: %x", s.BankID.Certificate.Reveal())
	}
	if s.Database.URL.Reveal() != "postgres://app:from-file@db.example/x" || s.Keys.BlindIndex.Keys().Current() != 1 || s.Email.From != "" {
		t.Errorf("database %q, index %v, from %q", s.Database.URL.Reveal(), s.Keys.BlindIndex, s.Email.From)
	}
	variables["DATABASE_URL_FILE"] = file("\n")
	if _, err := Load("api", environment(variables)); err == nil || !strings.Contains(err.Error(), "is empty in the file") {
		t.Errorf("an empty file: %v", err)
	}
}

func TestOneKeyHasOneUse(t *testing.T) {
	t.Parallel()
	variables := enough()
	variables["BLIND_INDEX_KEYS"] = "7:" + key('a')
	if _, err := Load("api", environment(variables)); err == nil || !strings.Contains(err.Error(), "one use") {
		t.Errorf("error %v", err)
	}
}

// TestEverySettingIsExplainedAndReadable walks all fields, so that a new one cannot be forgotten half way.
func TestEverySettingIsExplainedAndReadable(t *testing.T) {
	t.Parallel()
	var s Settings
	seen := map[string]bool{}
	for _, f := range fields(&s) {
		if f.name == "" || f.name != strings.ToUpper(f.name) || seen[f.name] {
			t.Errorf("%s has the variable %q, which is missing, not upper case or taken", f.section, f.name)
		}
		seen[f.name] = true
		if len(f.help) < 9 || !strings.HasSuffix(f.help, ".") {
			t.Errorf("%s is not explained by a sentence: %q", f.name, f.help)
		}
		if f.fallback != "" {
			if problem := f.set(f.fallback); problem != "" {
				t.Errorf("the default of %s %s", f.name, problem)
			}
		}
		switch f.value.Interface().(type) {
		case string, int, []string, time.Duration, Secret, Keyring:
		default:
			t.Errorf("%s has the type %s, which the loader does not read", f.name, f.value.Type())
		}
		for _, word := range []string{"TOKEN", "PASSWORD", "_KEYS", "PRIVATE", "CREDENTIALS"} {
			if strings.Contains(f.name, word) && !f.secret() {
				t.Errorf("%s looks like a secret and is a %s", f.name, f.value.Type())
			}
		}
	}
	if reflect.TypeFor[Settings]().NumField() < 12 {
		t.Error("a section is missing")
	}
}

func TestTableHidesSecrets(t *testing.T) {
	t.Parallel()
	s, err := Load("api", environment(enough()))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := Table(&out, s); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"DATABASE_URL ", "***", "1:***", "Needed by api", "Or DATABASE_URL_FILE", "(not set)", "SMS\n", "10m0s"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q", want)
		}
	}
	if strings.Contains(out.String(), "quux") || strings.Contains(out.String(), key('a')) {
		t.Error("the table shows a secret")
	}
}

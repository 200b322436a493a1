package pages_test

import (
	"strings"
	"testing"

	"budstikke.example/app/web/pages"
)

func TestPagesSpeakTheReadersLanguage(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"": "en", "sv-SE,sv;q=0.9,en;q=0.8": "sv", "no": "nb", "nn-NO": "nn", "DA": "da", "fi,de;q=0.5": "en", "fi, nb;q=0.7": "nb", ";;,,": "en",
	} {
		for name, page := range map[string]pages.Page{"confirm": pages.Confirm(accept), "open": pages.Open(accept), "unsubscribe": pages.Unsubscribe(accept)} {
			if !strings.Contains(string(page.HTML), `<html lang="`+want+`">`) {
				t.Errorf("%s for %q is not in %s", name, accept, want)
			}
		}
	}
}

// The page that opens from a notice runs nothing; the ones with buttons run their own script, and talk to nobody but us.
func TestPolicies(t *testing.T) {
	t.Parallel()
	open, confirm := pages.Open("sv"), pages.Confirm("sv")
	if strings.Contains(open.Policy, "script-src") || strings.Contains(string(open.HTML), "<script") {
		t.Error("the page that says to open the app has a script")
	}
	for name, page := range map[string]pages.Page{"confirm": confirm, "unsubscribe": pages.Unsubscribe("sv")} {
		for _, want := range []string{"default-src 'none'", "script-src 'sha256-", "connect-src 'self'", "frame-ancestors 'none'"} {
			if !strings.Contains(page.Policy, want) {
				t.Errorf("%s: the policy lacks %s: %s", name, want, page.Policy)
			}
		}
		if strings.Contains(string(page.HTML), "http://") || strings.Contains(string(page.HTML), "https://") {
			t.Errorf("%s: the page names another host", name)
		}
	}
}

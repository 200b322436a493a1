package outbox_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// browser is a subscription as a browser gives it.
func browser(endpoint string, point, secret int) string {
	text := func(n int) string { return base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("\xfb", n))) }
	return fmt.Sprintf(`{"endpoint":%q,"expirationTime":null,"keys":{"p256dh":%q,"auth":%q}}`, endpoint, text(point), text(secret))
}

func TestDeviceTokensHaveTheirProvidersForm(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	s := h.signIn(t, h.guardians[0], scope.Guardian)
	const push = "https://push.example/send/abc"
	for name, c := range map[string]struct {
		provider notify.Provider
		token    string
		fits     bool
	}{
		"Apple":                    {notify.ProviderAPNs, strings.Repeat("0aF9", 16), true},
		"Apple, longer":            {notify.ProviderAPNs, strings.Repeat("0aF9", 50), true},
		"Apple, too short":         {notify.ProviderAPNs, strings.Repeat("0aF9", 15), false},
		"Apple, too long":          {notify.ProviderAPNs, strings.Repeat("0aF9", 51), false},
		"Apple, not hexadecimal":   {notify.ProviderAPNs, strings.Repeat("0xyz", 16), false},
		"Google":                   {notify.ProviderFCM, "cXyZ_0-9:APA91b" + strings.Repeat("k", 120), true},
		"Google, in the demo":      {notify.ProviderFCM, "fcm-device-00ff00ff00ff", true},
		"Google, too short":        {notify.ProviderFCM, strings.Repeat("k", 19), false},
		"Google, too long":         {notify.ProviderFCM, strings.Repeat("k", 4097), false},
		"Google, with a slash":     {notify.ProviderFCM, strings.Repeat("k", 30) + "/", false},
		"Google, with a line":      {notify.ProviderFCM, strings.Repeat("k", 30) + "\n", false},
		"Google, with an å":        {notify.ProviderFCM, strings.Repeat("k", 30) + "å", false},
		"browser":                  {notify.ProviderWebPush, browser(push, 65, 16), true},
		"browser, no JSON":         {notify.ProviderWebPush, "no-json-at-all-here", false},
		"browser, a list":          {notify.ProviderWebPush, `["` + push + `"]`, false},
		"browser, null":            {notify.ProviderWebPush, "null", false},
		"browser, in clear":        {notify.ProviderWebPush, browser("http://push.example/a", 65, 16), false},
		"browser, credentials":     {notify.ProviderWebPush, browser("https://a:b@push.example/a", 65, 16), false},
		"browser, no host":         {notify.ProviderWebPush, browser("https:///a", 65, 16), false},
		"browser, no point":        {notify.ProviderWebPush, browser(push, 0, 16), false},
		"browser, a short secret":  {notify.ProviderWebPush, browser(push, 65, 15), false},
		"browser, not base64url":   {notify.ProviderWebPush, strings.ReplaceAll(browser(push, 65, 16), "-", "+"), false},
		"browser, padded":          {notify.ProviderWebPush, strings.Replace(browser(push, 65, 16), `","auth"`, `=","auth"`, 1), true},
		"browser, without any key": {notify.ProviderWebPush, `{"endpoint":"` + push + `"}`, false},
	} {
		err := h.API.WithScope(context.Background(), s, func(tx *scope.Tx) error {
			_, err := outbox.RegisterEndpoint(context.Background(), tx,
				outbox.Endpoint{Person: h.guardians[0], Provider: c.provider, Address: c.token, Locale: notify.Swedish})
			return err
		})
		if c.fits && err != nil || !c.fits && !errors.Is(err, outbox.ErrBadEndpoint) {
			t.Errorf("%s: %v, and it fits: %t", name, err, c.fits)
		}
	}
}

// B14: one person's devices never become so many that they hold up everybody else's alert, however fast they are registered.
func TestDevicesAreLimited(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 2)
	person := h.guardians[0]
	s := h.signIn(t, person, scope.Guardian)
	live := `select count(*) from notify.endpoints where person_id = $1 and channel = 'push' and state <> 'retired'`
	failed := make(chan error, 100)
	ready := make(chan struct{})
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() {
			<-ready
			failed <- h.API.WithScope(context.Background(), s, func(tx *scope.Tx) error {
				_, err := outbox.RegisterEndpoint(context.Background(), tx, outbox.Endpoint{
					Person: person, Provider: notify.ProviderFCM, Address: fmt.Sprintf("one-of-a-hundred-devices-%03d", i), Locale: notify.Swedish,
				})
				return err
			})
		})
	}
	close(ready)
	group.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			t.Error(err)
		}
	}
	if n := h.count(t, live, person); n != outbox.MaxDevices {
		t.Errorf("%d devices are live, want %d", n, outbox.MaxDevices)
	}
	if n := h.count(t, live, h.guardians[1]); n != 1 {
		t.Errorf("the other guardian has %d devices, want the one they had", n)
	}
}

// One more retires the one that was named longest ago, and naming a device again keeps it.
func TestOneMoreRetiresTheOldest(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	person := h.guardians[0]
	s := h.signIn(t, person, scope.Guardian)
	token := func(i int) string { return fmt.Sprintf("a-device-of-the-guardian-%02d", i) }
	register := func(i int) {
		t.Helper()
		h.Clock.Advance(time.Minute)
		h.register(t, s, outbox.Endpoint{Person: person, Provider: notify.ProviderFCM, Address: token(i), Locale: notify.Swedish})
	}
	for i := range outbox.MaxDevices {
		register(i)
	}
	register(0)
	register(outbox.MaxDevices)
	for i, want := range map[int]string{0: "active", 1: "retired", 2: "active", outbox.MaxDevices: "active"} {
		if got := h.text(t, "select state from notify.endpoints where address = $1", token(i)); got != want {
			t.Errorf("device %d is %s, want %s", i, got, want)
		}
	}
}

// Numbers that somebody only typed never push out one that they have proven to be theirs (H5).
func TestMobilesAreLimited(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	person := h.guardians[0]
	s := h.signIn(t, person, scope.Guardian)
	proven := h.endpoint(t, person, notify.ProviderTwilio, "+46701740605")
	for i := range 6 {
		h.Clock.Advance(time.Minute)
		h.register(t, s, outbox.Endpoint{Person: person, Provider: notify.ProviderTwilio, Address: fmt.Sprintf("+4670174061%d", i), Locale: notify.Swedish})
	}
	if n := h.count(t, `select count(*) from notify.endpoints where person_id = $1 and channel = 'sms' and state <> 'retired'`, person); n != outbox.MaxMobiles {
		t.Errorf("%d numbers are live, want %d", n, outbox.MaxMobiles)
	}
	if n := h.count(t, `select count(*) from notify.endpoints where id = $1 and state = 'active'`, proven); n != 1 {
		t.Error("the number that was proven is gone")
	}
}

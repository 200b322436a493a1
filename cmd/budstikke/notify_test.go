package main

import (
	"maps"
	"testing"

	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/migrations/seal"
	"budstikke.example/notify"
	"budstikke.example/notify/worker"
)

// carriedBy is what a worker is configured with in an environment.
func carriedBy(t *testing.T, set map[string]string) (c worker.Config) {
	t.Helper()
	fresh := seal.FreshKey(1)
	variables := map[string]string{
		"DATABASE_URL": "postgres://app:quux@db.example/x", "REDIS_URL": "redis://cache.example/0", "PUBLIC_URL": "https://budstikke.example",
		"SIGNING_KEY": fresh[len("1:"):],
	}
	maps.Copy(variables, set)
	settings, err := boot.Load("notify", func(name string) (string, bool) { value, found := variables[name]; return value, found })
	if err != nil {
		t.Fatal(err)
	}
	carrying(settings)(&c)
	return c
}

// B14: each provider has the rate that the operator has set for it, and no other; nobody has one by default.
func TestEachProviderHasItsRate(t *testing.T) {
	t.Parallel()
	rates := map[string]string{"APNS_RATE": "101", "FCM_RATE": "102", "WEBPUSH_RATE": "103", "TWILIO_RATE": "104", "SMTP_RATE": "105"}
	want := map[notify.Provider]float64{
		notify.ProviderAPNs: 101, notify.ProviderFCM: 102, notify.ProviderWebPush: 103, notify.ProviderTwilio: 104, notify.ProviderSMTP: 105,
	}
	given, left := carriedBy(t, rates).Rates, carriedBy(t, nil).Rates
	for _, p := range notify.Providers() {
		if given[p] != want[p] || want[p] == 0 {
			t.Errorf("%s may take %v in a second, want %v", p, given[p], want[p])
		}
		if left[p] != 0 {
			t.Errorf("%s may take %v in a second, and nobody said so", p, left[p])
		}
	}
}

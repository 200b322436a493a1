package oidc_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"budstikke.example/auth"
	"budstikke.example/auth/oidc"
	"budstikke.example/notify/sandbox/openid"
)

// lab is a provider that can lie, and the relying party that asks it.
type lab struct {
	*openid.Provider
	rp  *oidc.Provider
	now atomic.Int64 // seconds; both sides live by it
	// asked counts what was posted to the provider: codes, and what goes with them.
	asked atomic.Int64
}

const back = "https://app.budstikke.example/signed-in"

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (l *lab) clock() time.Time { return time.Unix(l.now.Load(), 0) }

// start starts the two; change may change what the relying party is told of the provider.
func start(t *testing.T, change func(*oidc.Profile)) *lab {
	t.Helper()
	l := &lab{}
	l.now.Store(1_800_000_000)
	l.Provider = &openid.Provider{
		Client: openid.Client{ID: "budstikke", Secret: "s3cret", Returns: []string{back}}, Clock: l.clock,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			l.asked.Add(1)
		}
		l.Provider.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	l.Issuer = server.URL
	l.rp = l.open(t, change)
	return l
}

func (l *lab) open(t *testing.T, change func(*oidc.Profile)) *oidc.Provider {
	t.Helper()
	p := oidc.Profile{
		ID: "lab", Municipality: "exempelby", Name: "Lab", Issuer: l.Issuer, ClientID: "budstikke", ClientSecret: auth.Hide("s3cret"),
		ACRValues: []string{"idporten-loa-high"}, FreshWithin: 15 * time.Minute,
		Level:    oidc.Level{Values: map[string]oidc.Strength{"idporten-loa-substantial": oidc.Substantial, "idporten-loa-high": oidc.High, "one-factor": oidc.Low}},
		Guardian: &oidc.GuardianClaims{NationalID: "pid", Country: "NO", Protected: "protected"},
		Staff:    &oidc.StaffClaims{Username: "uniid", Require: map[string][]string{"aktoer_gruppe": {"Medarbejder"}}},
	}
	if change != nil {
		change(&p)
	}
	set, err := oidc.Open(oidc.File{Returns: map[string]string{"app": back}, Providers: []oidc.Profile{p}}, oidc.Config{Now: l.clock, Timeout: 2 * time.Second})
	must(t, err)
	return set.Of("exempelby")[0]
}

var kari = openid.Person{Subject: "kari", Claims: map[string]any{"pid": "10915596784", "uniid": "1000013b36", "aktoer_gruppe": "Medarbejder", "protected": false}}

// through goes through the browser: it returns what comes back with the person.
func (l *lab) through(t *testing.T, begun oidc.Begun, who openid.Person) oidc.Answer {
	t.Helper()
	landed, err := l.SignIn(begun.URL, who)
	must(t, err)
	u, err := url.Parse(landed)
	must(t, err)
	if u.Query().Get("state") != begun.State {
		t.Fatalf("the state came back as %q", u.Query().Get("state"))
	}
	return oidc.Answer{Code: u.Query().Get("code"), Issuer: u.Query().Get("iss")}
}

// signIn goes the whole way.
func (l *lab) signIn(t *testing.T, a oidc.Audience, who openid.Person) (oidc.Identity, error) {
	t.Helper()
	begun, err := l.rp.Begin(context.Background(), "app", false)
	must(t, err)
	return l.rp.Finish(context.Background(), "app", a, begun.Secrets, l.through(t, begun, who))
}

// refused fails unless err is a refusal with this reason.
func refused(t *testing.T, what string, err error, want oidc.Reason) {
	t.Helper()
	var got *oidc.Refused
	if !errors.As(err, &got) || got.Reason != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

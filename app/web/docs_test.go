package web_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	budstikke "budstikke.example"
	"budstikke.example/app/web"
)

// The reference names every operation with its problems, and fetches nothing from anywhere.
func TestDocs(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	got := b.raw(httptest.NewRequest(http.MethodGet, "/docs", http.NoBody)).want(t, http.StatusOK, "")
	if got.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("Content-Type is %q", got.header.Get("Content-Type"))
	}
	for _, operation := range b.Contract().Operations {
		article := html.UnescapeString(between(got.body, `<article id="`+operation.ID+`">`, "</article>"))
		for _, want := range append([]string{operation.Path, operation.Method, operation.Spec.Summary}, operation.Codes...) {
			if !strings.Contains(article, want) {
				t.Errorf("%s: the reference does not show %q", operation.ID, want)
			}
		}
	}
	if foreign := regexp.MustCompile(`(?i)(src|href)="(https?:)?//|url\(|@import`).FindString(got.body); foreign != "" {
		t.Errorf("the page fetches from elsewhere: %s", foreign)
	}
	policy := got.header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", digest(between(got.body, "<style>", "</style>")), digest(between(got.body, "<script>", "</script>"))} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q does not hold %s", policy, want)
		}
	}
	if strings.Contains(got.body, "ZgotmplZ") {
		t.Error("the template engine took something of the page for an attack")
	}
}

func TestOpenAPI(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	got := b.raw(httptest.NewRequest(http.MethodGet, "/openapi.yaml", http.NoBody)).want(t, http.StatusOK, "")
	if got.body != string(budstikke.OpenAPI) || got.header.Get("Content-Type") != "application/yaml" {
		t.Errorf("openapi.yaml is served as %q, %d bytes", got.header.Get("Content-Type"), len(got.body))
	}
}

func TestHealthAddresses(t *testing.T) {
	t.Parallel()
	down := web.Check{Name: "postgres", Vital: true, Ready: func(context.Context) error { return errors.New("CANARY") }}
	b := setup(t, nil, func(c *web.Config) { c.Checks = []web.Check{down} })
	live := b.raw(httptest.NewRequest(http.MethodGet, "/health/live", http.NoBody)).want(t, http.StatusOK, "")
	if live.body != `{"status":"live"}` {
		t.Errorf("live is %s", live.body)
	}
	ready := b.raw(httptest.NewRequest(http.MethodGet, "/health/ready", http.NoBody)).want(t, http.StatusServiceUnavailable, "")
	if ready.body != `{"status":"unavailable","checks":{"postgres":"failing"}}` || ready.header.Get("Cache-Control") != "no-store" {
		t.Errorf("ready is %s", ready.body)
	}
	b.Drain()
	b.raw(httptest.NewRequest(http.MethodGet, "/health/live", http.NoBody)).want(t, http.StatusOK, "")
}

func between(text, from, to string) string {
	_, rest, _ := strings.Cut(text, from)
	found, _, _ := strings.Cut(rest, to)
	return found
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

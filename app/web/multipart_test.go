package web_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/netip"
	"testing"

	"budstikke.example/app/web"
	"budstikke.example/auth"

	"context"
)

// Mail programs send a one-click unsubscribe as a multipart form or as a plain one; both stop routine mail (RFC 8058).
func TestUnsubscribeTakesBothForms(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	if got := b.do(b.request("UnsubscribeEmail")); got.status != http.StatusNoContent {
		t.Errorf("plain: %d %s", got.status, got.body)
	}
	multi := func(write func(*multipart.Writer)) answer {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		write(form)
		_ = form.Close()
		req := b.request("UnsubscribeEmail")
		req.Body, req.ContentLength = io.NopCloser(&body), int64(body.Len())
		req.Header.Set("Content-Type", form.FormDataContentType())
		return b.do(req)
	}
	if got := multi(func(w *multipart.Writer) { _ = w.WriteField("List-Unsubscribe", "One-Click") }); got.status != http.StatusNoContent {
		t.Errorf("multipart: %d %s", got.status, got.body)
	}
	if got := multi(func(w *multipart.Writer) { _ = w.WriteField("List-Unsubscribe", "Perhaps") }); got.status != http.StatusBadRequest {
		t.Errorf("multipart with another value: %d", got.status)
	}
	if got := multi(func(w *multipart.Writer) { _, _ = w.CreateFormFile("List-Unsubscribe", "x") }); got.status != http.StatusUnsupportedMediaType {
		t.Errorf("a file: %d", got.status)
	}
	if got := multi(func(w *multipart.Writer) {
		for range 100 {
			_ = w.WriteField("List-Unsubscribe", "One-Click")
		}
	}); got.status != http.StatusUnsupportedMediaType {
		t.Errorf("a hundred fields: %d", got.status)
	}
}

// X-Forwarded-For is believed as far as proxies we trust wrote it, and no further: what stands left of that the caller made up.
func TestDeviceAddress(t *testing.T) {
	t.Parallel()
	var seen netip.Addr
	note := hooks{"ListMunicipalities": func(ctx context.Context, _ any) error { seen = auth.DeviceOf(ctx); return nil }}
	trusting := setup(t, note, func(c *web.Config) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/32"), netip.MustParsePrefix("10.0.0.0/8")} // 0.0.0.0: the peer of a request made in memory
	})
	wary := setup(t, note)
	for _, c := range []struct {
		b         *bundle
		forwarded string
		want      string
	}{
		{wary, "198.51.100.7", "0.0.0.0"},
		{trusting, "", "0.0.0.0"},
		{trusting, "198.51.100.7", "198.51.100.7"},
		{trusting, "203.0.113.9, 198.51.100.7", "198.51.100.7"},
		{trusting, "203.0.113.9, 198.51.100.7, 10.1.2.3", "198.51.100.7"},
		{trusting, "nonsense", "0.0.0.0"},
		{trusting, "2001:db8::1", "2001:db8::1"},
		{trusting, "198.51.100.7:4711", "198.51.100.7"},
		{trusting, "198.51.100.7, [2001:db8::1]:4711, 10.1.2.3:80", "2001:db8::1"},
		{trusting, "[2001:db8::1]", "2001:db8::1"},
		{trusting, "203.0.113.9, ::ffff:198.51.100.7", "198.51.100.7"},
		{trusting, "203.0.113.9, 198.51.100.7 10.1.2.3", "0.0.0.0"},
		{trusting, "203.0.113.9, ", "0.0.0.0"},
	} {
		req := c.b.request("ListMunicipalities")
		if c.forwarded != "" {
			req.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := c.b.do(req); got.status != http.StatusOK || seen.String() != c.want {
			t.Errorf("%q: %d, device %s, want %s", c.forwarded, got.status, seen, c.want)
		}
	}
}

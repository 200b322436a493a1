package sandbox_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"budstikke.example/notify/sandbox"
)

// ask calls the control interface and returns status and body.
func ask(t *testing.T, s *sandbox.Sandbox, method, path, body string, change ...func(*http.Request)) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(within(t, 10*time.Second), method, s.Addresses().Control+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(req)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, bodyOf(t, res)
}

func TestControlSteersFaults(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	for _, step := range []struct {
		method, path, body string
		status             int
	}{
		{"PUT", "/faults/apns", `{"mode":"429","count":2,"retryAfter":3}`, 204},
		{"PUT", "/faults/apns", `{"mode":"503"}`, 204}, // takes the place of the first
		{"POST", "/faults/apns", `{"mode":"hang","match":"ab*"}`, 204},
		{"PUT", "/faults/apns", `{"mode":"explode"}`, 400},
		{"PUT", "/faults/apns", `{"mood":"429"}`, 400},
		{"PUT", "/faults/pigeon", `{"mode":"429"}`, 404},
		{"PUT", "/latency/smtp", `{"latency":"50ms"}`, 204},
		{"PUT", "/latency/smtp", `{"latency":"soon"}`, 400},
		{"PUT", "/gone/fcm", `{"receivers":["a"],"since":"2026-01-02T03:04:05Z"}`, 204},
	} {
		if status, body := ask(t, s, step.method, step.path, step.body); status != step.status {
			t.Errorf("%s %s %s: got %d %s", step.method, step.path, step.body, status, body)
		}
	}
	if got := s.Faults()[sandbox.APNs]; len(got) != 2 || got[0].Mode != "503" || got[1].Match != "ab*" {
		t.Errorf("faults %+v", got)
	}
	if _, body := ask(t, s, "GET", "/faults", ""); !strings.Contains(body, `"apns":[{"mode":"503"}`) {
		t.Errorf("listed %s", body)
	}
	if _, body := ask(t, s, "GET", "/gone/fcm", ""); !strings.Contains(body, `{"a":"2026-01-02T03:04:05Z"}`) {
		t.Errorf("gone %s", body)
	}
	if status, _ := ask(t, s, "DELETE", "/faults", ""); status != 204 || len(s.Faults()) != 0 {
		t.Errorf("after DELETE: %d %+v", status, s.Faults())
	}
	if status, _ := ask(t, s, "DELETE", "/gone/fcm", ""); status != 204 {
		t.Errorf("DELETE /gone: %d", status)
	}
}

func TestControlShowsTheJournal(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	if err := sendRaw(s, "ida@example.com", "Subject: Hei\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><head></head><body><script>alert(1)</script><a href='https://app.example/'>app</a></body></html>\r\n"); err != nil {
		t.Fatal(err)
	}
	if res, err := apple(t, s).Push(notification(s, deviceToken(1))); err != nil || !res.Sent() {
		t.Fatalf("%+v, %v", res, err)
	}
	var found []sandbox.Delivered
	for query, want := range map[string]int{"": 2, "?channel=push": 1, "?provider=smtp": 1, "?to=ida@example.com": 1, "?receiver=IDA": 1, "?since=1": 1, "?limit=1": 1, "?channel=sms": 0} {
		_, body := ask(t, s, "GET", "/journal"+query, "")
		if err := json.Unmarshal([]byte(body), &found); err != nil || len(found) != want {
			t.Errorf("%s: got %s, %v", query, body, err)
		}
	}
	if status, _ := ask(t, s, "GET", "/journal?since=x", ""); status != 400 {
		t.Errorf("bad since: %d", status)
	}
	if _, body := ask(t, s, "GET", "/journal/2", ""); !strings.Contains(body, `"apns-collapse-id":"alert-7"`) || !strings.Contains(body, `"raw":"`) {
		t.Errorf("one delivery: %s", body)
	}
	if status, _ := ask(t, s, "GET", "/journal/99", ""); status != 404 {
		t.Errorf("unknown delivery: %d", status)
	}
	res, err := http.Get(s.Addresses().Control + "/journal/1/html")
	if err != nil {
		t.Fatal(err)
	}
	policy := res.Header.Get("Content-Security-Policy")
	if html := bodyOf(t, res); !strings.Contains(html, `<head><base target="_blank">`) || !strings.Contains(policy, "sandbox allow-popups") || strings.Contains(policy, "script") {
		t.Errorf("mail: %s with %s", html, policy)
	}
	if status, body := ask(t, s, "GET", "/wait?n=2&timeout=5s", ""); status != 200 || !strings.Contains(body, `"seq":2`) {
		t.Errorf("wait: %d %s", status, body)
	}
	if status, body := ask(t, s, "GET", "/wait?n=3&timeout=1ms", ""); status != 504 || !strings.Contains(body, `"seq":2`) {
		t.Errorf("wait for too much: %d %s", status, body)
	}
	if _, body := ask(t, s, "GET", "/stats", ""); !strings.Contains(body, `"smtp":{"accepted":1`) {
		t.Errorf("stats: %s", body)
	}
	if status, _ := ask(t, s, "DELETE", "/journal", ""); status != 204 || len(s.Deliveries(nil)) != 0 {
		t.Errorf("DELETE: %d", status)
	}
}

func TestControlTellsWhenSomethingArrives(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	req, err := http.NewRequestWithContext(within(t, 10*time.Second), "GET", s.Addresses().Control+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	lines := bufio.NewScanner(res.Body)
	next := func() string {
		for lines.Scan() {
			if lines.Text() != "" {
				return lines.Text()
			}
		}
		return "the stream ended"
	}
	if got := next(); got != "data: 0" {
		t.Fatal(got)
	}
	if err := sendRaw(s, "ida@example.com", "Subject: Hei\r\n\r\nHei\r\n"); err != nil {
		t.Fatal(err)
	}
	if got := next(); got != "data: 1" {
		t.Error(got)
	}
}

func TestControlPlaysTheBankIDApp(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	rp := newRelyingParty(t, s)
	a, b := rp.auth(nil), rp.auth(nil)
	if _, body := ask(t, s, "GET", "/bankid/orders", ""); !strings.Contains(body, a.OrderRef) || strings.Contains(body, a.QRStartSecret) {
		t.Errorf("orders: %s", body)
	}
	if status, body := ask(t, s, "POST", "/bankid/scan", `{"qr":"`+qr(a, 0)+`"}`); status != 200 || !strings.Contains(body, a.OrderRef) {
		t.Errorf("scan: %d %s", status, body)
	}
	if status, _ := ask(t, s, "POST", "/bankid/scan", `{"qr":"bankid.x"}`); status != 400 {
		t.Errorf("bad scan: %d", status)
	}
	if status, body := ask(t, s, "POST", "/bankid/orders/"+a.OrderRef+"/hint", `{"hintCode":"userSign"}`); status != 204 {
		t.Errorf("hint: %d %s", status, body)
	}
	if status, body := ask(t, s, "POST", "/bankid/orders/"+a.OrderRef+"/complete", `{"personalNumber":"198501019809","givenName":"Astrid","surname":"Ekdal"}`); status != 204 {
		t.Errorf("complete: %d %s", status, body)
	}
	if status, body := ask(t, s, "POST", "/bankid/orders/"+b.OrderRef+"/fail", `{"hintCode":"userCancel"}`); status != 204 {
		t.Errorf("fail: %d %s", status, body)
	}
	if status, _ := ask(t, s, "POST", "/bankid/orders/"+b.OrderRef+"/fail", `{"hintCode":"userCancel"}`); status != 400 {
		t.Errorf("failed twice: %d", status)
	}
	if got := rp.collect(a.OrderRef); got.CompletionData.User.Name != "Astrid Ekdal" {
		t.Errorf("collected %+v", got)
	}
	if got := rp.collect(b.OrderRef); got.HintCode != "userCancel" {
		t.Errorf("collected %+v", got)
	}
	if status, body := ask(t, s, "PUT", "/bankid/scripts/any", `{"fail":"expiredTransaction"}`); status != 204 {
		t.Errorf("script: %d %s", status, body)
	}
	if got := rp.collect(rp.auth(nil).OrderRef); got.HintCode != "expiredTransaction" {
		t.Errorf("scripted %+v", got)
	}
}

func TestControlKeepsOtherSitesAway(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	if status, _ := ask(t, s, "GET", "/manifest", "", func(r *http.Request) { r.Host = "rebound.example" }); status != 421 {
		t.Errorf("foreign host: %d", status)
	}
	if status, _ := ask(t, s, "DELETE", "/journal", "", func(r *http.Request) {
		r.Header.Set("Origin", "https://evil.example")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	}); status != 403 {
		t.Errorf("foreign origin: %d", status)
	}
	if status, body := ask(t, s, "GET", "/manifest", ""); status != 200 || !strings.Contains(body, s.Credentials().Twilio.AuthToken) {
		t.Errorf("manifest: %d %s", status, body)
	}
}

func TestPageIsSelfContained(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	for path, kind := range map[string]string{"/": "text/html", "/page.css": "text/css", "/page.js": "text/javascript", "/bankid.js": "text/javascript"} {
		res, err := http.Get(s.Addresses().Control + path)
		if err != nil {
			t.Fatal(err)
		}
		body := bodyOf(t, res)
		if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), kind) || !strings.HasPrefix(res.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %d %v", path, res.StatusCode, res.Header)
		}
		if strings.Contains(body, `src="http`) || strings.Contains(body, "url(") || strings.Contains(body, "innerHTML") {
			t.Errorf("%s uses something from elsewhere or writes markup", path)
		}
	}
	if status, body := ask(t, s, "POST", "/subscriptions", `{"applicationServerKey":""}`); status != 201 || !strings.Contains(body, s.Addresses().WebPush+"/push/") {
		t.Errorf("subscription: %d %s", status, body)
	}
}

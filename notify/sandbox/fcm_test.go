package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	firebase "firebase.google.com/go/v4"
	"firebase.google.com/go/v4/errorutils"
	"firebase.google.com/go/v4/messaging"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
	"google.golang.org/api/option"

	"budstikke.example/notify/sandbox"
)

const fcmToken = "cQ3xYz_test-1:APA91bExample"

// googleClient is Firebase's own client, pointed at the sandbox; endpoint is FCM or FCMTLS.
func googleClient(t *testing.T, s *sandbox.Sandbox, endpoint string, source oauth2.TokenSource) *messaging.Client {
	t.Helper()
	plain := web(t, s, true)
	hc := &http.Client{Transport: &oauth2.Transport{Source: source, Base: plain.Transport}}
	app, err := firebase.NewApp(t.Context(), &firebase.Config{ProjectID: s.Credentials().FCM.ProjectID}, option.WithHTTPClient(hc), option.WithEndpoint(endpoint+"/v1"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := app.Messaging(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func static(s *sandbox.Sandbox) oauth2.TokenSource {
	return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: s.Credentials().FCM.StaticBearer})
}

func androidMessage(to string) *messaging.Message {
	ttl := 90 * time.Second
	return &messaging.Message{Token: to, Notification: &messaging.Notification{Title: "Solbakken", Body: "A new message"}, Data: map[string]string{"notice": "7"},
		Android: &messaging.AndroidConfig{Priority: "high", TTL: &ttl, CollapseKey: "messages", Notification: &messaging.AndroidNotification{Tag: "notice-7"}}}
}

func TestFCMDeliversOverBothTransports(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	for _, endpoint := range []string{s.Addresses().FCM, s.Addresses().FCMTLS} {
		name, err := googleClient(t, s, endpoint, static(s)).Send(within(t, 10*time.Second), androidMessage(fcmToken))
		if err != nil || !strings.HasPrefix(name, "projects/"+s.Credentials().FCM.ProjectID+"/messages/") {
			t.Fatalf("%s: got %q, %v", endpoint, name, err)
		}
	}
	got := s.Deliveries(sandbox.Via(sandbox.FCM))
	if len(got) != 2 {
		t.Fatalf("%d deliveries", len(got))
	}
	d := got[0]
	if d.To != fcmToken || d.Title != "Solbakken" || d.Body != "A new message" || d.Key != "tag:notice-7" {
		t.Errorf("delivered %+v", d)
	}
	for name, want := range map[string]string{"priority": "high", "collapse_key": "messages", "tag": "notice-7", "data.notice": "7", "ttl": "90s"} {
		if d.Headers.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, d.Headers.Get(name), want)
		}
	}
	if dup := s.Duplicates(); len(dup) != 1 || dup[0].Count != 2 || dup[0].Key != "tag:notice-7" {
		t.Errorf("duplicates %+v", dup)
	}
}

func TestFCMServiceAccountFlow(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	account, err := google.JWTConfigFromJSON([]byte(s.Credentials().FCM.ServiceAccountJSON), "https://www.googleapis.com/auth/firebase.messaging")
	if err != nil {
		t.Fatal(err)
	}
	client := googleClient(t, s, s.Addresses().FCM, account.TokenSource(t.Context()))
	if _, err := client.Send(within(t, 10*time.Second), androidMessage(fcmToken)); err != nil {
		t.Fatal(err)
	}
	account.Scopes = []string{"https://www.googleapis.com/auth/drive"}
	if _, err := account.TokenSource(t.Context()).Token(); err == nil || !strings.Contains(err.Error(), "invalid_scope") {
		t.Errorf("another scope: %v", err)
	}
	account.Email = "somebody@example.com"
	if _, err := account.TokenSource(t.Context()).Token(); err == nil || !strings.Contains(err.Error(), "invalid_grant") {
		t.Errorf("another account: %v", err)
	}
}

func TestFCMErrors(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	client := googleClient(t, s, s.Addresses().FCM, static(s))
	s.MarkGone(sandbox.FCM, time.Now(), "gone-token")
	fault(t, s, sandbox.FCM, sandbox.Fault{Mode: "429", Match: "quota-token", RetryAfter: 7})
	fault(t, s, sandbox.FCM, sandbox.Fault{Mode: "500", Match: "internal-token"})
	tests := []struct {
		name   string
		client *messaging.Client
		msg    *messaging.Message
		is     func(error) bool
		status int
	}{
		{"unregistered", client, androidMessage("gone-token"), messaging.IsUnregistered, 404},
		{"quota", client, androidMessage("quota-token"), messaging.IsQuotaExceeded, 429},
		{"internal", client, androidMessage("internal-token"), messaging.IsInternal, 500},
		{"bad token", client, androidMessage("not a token"), messaging.IsInvalidArgument, 400},
		{"too big", client, &messaging.Message{Token: fcmToken, Data: map[string]string{"text": strings.Repeat("a", 4097)}}, messaging.IsInvalidArgument, 400},
		{"no bearer", googleClient(t, s, s.Addresses().FCM, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "ya29.unknown"})), androidMessage(fcmToken), errorutils.IsUnauthenticated, 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.client.Send(within(t, 10*time.Second), tt.msg)
			if err == nil || !tt.is(err) {
				t.Fatalf("got %v", err)
			}
			res := errorutils.HTTPResponse(err)
			if res == nil || res.StatusCode != tt.status {
				t.Fatalf("got %+v", res)
			}
			if tt.status == 429 && res.Header.Get("Retry-After") != "7" {
				t.Errorf("Retry-After is %q", res.Header.Get("Retry-After"))
			}
		})
	}
	if n := s.LastSeq(); n != 0 {
		t.Errorf("%d deliveries of refused messages", n)
	}
}

func TestFCMShape(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	for name, tt := range map[string]struct {
		body, field string
	}{
		"no JSON":         {`{`, ""},
		"no message":      {`{}`, `"message"`},
		"unknown field":   {`{"message":{"token":"a","colour":"red"}}`, "colour"},
		"no receiver":     {`{"message":{"notification":{"title":"x"}}}`, "Recipient"},
		"two receivers":   {`{"message":{"token":"a","topic":"b"}}`, "Exactly one"},
		"number in data":  {`{"message":{"token":"a","data":{"n":1}}}`, "strings"},
		"reserved key":    {`{"message":{"token":"a","data":{"google.x":"1"}}}`, "google.x"},
		"bad ttl":         {`{"message":{"token":"a","android":{"ttl":"5m"}}}`, "message.android.ttl"},
		"bad priority":    {`{"message":{"token":"a","android":{"priority":"urgent"}}}`, "message.android.priority"},
		"unknown android": {`{"message":{"token":"a","android":{"loud":true}}}`, "loud"},
	} {
		res := post(t, s, "/v1/projects/"+s.Credentials().FCM.ProjectID+"/messages:send", tt.body)
		body := bodyOf(t, res)
		if res.StatusCode != 400 || !strings.Contains(body, "INVALID_ARGUMENT") || !strings.Contains(body, tt.field) {
			t.Errorf("%s: got %d %s", name, res.StatusCode, body)
		}
	}
	if res := post(t, s, "/v1/projects/another/messages:send", `{"message":{"token":"a"}}`); res.StatusCode != 403 || !strings.Contains(bodyOf(t, res), "SENDER_ID_MISMATCH") {
		t.Errorf("another project: %d", res.StatusCode)
	}
	if res := post(t, s, "/v1/projects/"+s.Credentials().FCM.ProjectID+"/messages:send", `{"validate_only":true,"message":{"token":"a"}}`); res.StatusCode != 200 || s.LastSeq() != 0 {
		t.Errorf("validate_only: %d %s, %d deliveries", res.StatusCode, bodyOf(t, res), s.LastSeq())
	}
}

func post(t *testing.T, s *sandbox.Sandbox, path, body string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(within(t, 10*time.Second), "POST", s.Addresses().FCM+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.Credentials().FCM.StaticBearer)
	res, err := web(t, s, false).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestFCMUnavailableShape(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	fault(t, s, sandbox.FCM, sandbox.Fault{Mode: "503", RetryAfter: 3})
	res := post(t, s, "/v1/projects/"+s.Credentials().FCM.ProjectID+"/messages:send", `{"message":{"token":"a"}}`)
	var answer struct {
		Error struct {
			Status  string
			Details []map[string]string
		}
	}
	if err := json.Unmarshal([]byte(bodyOf(t, res)), &answer); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != 503 || res.Header.Get("Retry-After") != "3" || answer.Error.Status != "UNAVAILABLE" || answer.Error.Details[0]["errorCode"] != "UNAVAILABLE" {
		t.Errorf("got %d %+v", res.StatusCode, answer)
	}
}

func TestFCMConnectionFaults(t *testing.T) {
	t.Parallel()
	for mode, accepted := range map[string]bool{sandbox.ModeDropAfterAccept: true, sandbox.ModeReset: false, sandbox.ModeHang: false, sandbox.ModeHangAfterAccept: true, sandbox.ModeAcceptThen500: true} {
		for _, h2 := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, HTTP/2 %v", mode, h2), func(t *testing.T) {
				t.Parallel()
				s := start(t, sandbox.Config{})
				fault(t, s, sandbox.FCM, sandbox.Fault{Mode: mode, Count: 1})
				base := s.Addresses().FCM
				if h2 {
					base = s.Addresses().FCMTLS
				}
				ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
				req, _ := http.NewRequestWithContext(ctx, "POST", base+"/v1/projects/"+s.Credentials().FCM.ProjectID+"/messages:send", strings.NewReader(`{"message":{"token":"a"}}`))
				req.Header.Set("Authorization", "Bearer "+s.Credentials().FCM.StaticBearer)
				res, err := web(t, s, h2).Do(req)
				if err == nil {
					_ = bodyOf(t, res)
				}
				cancel()
				if mode == sandbox.ModeAcceptThen500 && (err != nil || res.StatusCode != 500) || mode != sandbox.ModeAcceptThen500 && err == nil {
					t.Errorf("%s, HTTP/2 %v: got %v", mode, h2, err)
				}
				if got := s.Deliveries(nil); (len(got) == 1) != accepted || accepted && !got[0].Unanswered {
					t.Errorf("%s, HTTP/2 %v: delivered %+v", mode, h2, got)
				}
			})
		}
	}
}

package sms

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"budstikke.example/notify"
)

// Over the wire: the code, or else the status, decides; Retry-After and the status of an answer that is no JSON survive twilio-go.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		status, code int
		want         notify.Outcome
	}{
		{"no number", 400, 21211, notify.EndpointGone},
		{"opted out", 400, 21610, notify.EndpointGone},
		{"not a mobile", 400, 21614, notify.EndpointGone},
		{"too many", 429, 20429, notify.Throttled},
		{"too many without code", 429, 0, notify.Throttled},
		{"queue full", 400, 21611, notify.Throttled},
		{"wrong token", 401, 20003, notify.Misconfigured},
		{"forbidden", 403, 0, notify.Misconfigured},
		{"no account", 404, 20404, notify.Misconfigured},
		{"country closed for this receiver", 400, 21408, notify.Refused},
		{"country closed, as forbidden", 403, 21408, notify.Refused},
		{"not our sender", 400, 21606, notify.Misconfigured},
		{"too long", 400, 21617, notify.Refused},
		{"bad request", 400, 0, notify.Refused},
		{"their fault", 500, 20500, notify.Unknown},
		{"unavailable", 503, 20503, notify.Unknown},
		{"a known code does not make a 500 certain", 500, 21211, notify.Unknown},
		{"a proxy's page", 502, -1, notify.Unknown},
		{"a firewall's page", 403, -1, notify.Misconfigured},
		{"redirect", 301, -1, notify.Misconfigured},
		{"taken but unreadable", 201, -1, notify.Accepted},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "12")
				w.WriteHeader(c.status)
				switch c.code {
				case -1:
					_, _ = io.WriteString(w, "<html>")
				default:
					_, _ = fmt.Fprintf(w, `{"code":%d,"message":"about +46701740605","status":%d}`, c.code, c.status)
				}
			})
			r := newSender(t, base).Send(t.Context(), testSMS(t))
			if r.Outcome != c.want || r.Status != c.status {
				t.Errorf("Send = %+v, want %s", r, c.want)
			}
			if r.Outcome != notify.Accepted && r.RetryAfter != 12*time.Second {
				t.Errorf("Retry-After is lost: %+v", r)
			}
			if strings.Contains(r.Reason, "+46") {
				t.Errorf("the reason %q holds the number", r.Reason)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"": 0, "3": 3 * time.Second, "x": 0, "-1": 0, testNow.Add(time.Minute).Format(http.TimeFormat): time.Minute,
	} {
		if got := retryAfter(value, testNow); got != want {
			t.Errorf("retryAfter(%q) = %s, want %s", value, got, want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Config){
		"plain http":       func(c *Config) { c.BaseURL = "http://api.twilio.example" },
		"no account":       func(c *Config) { c.AccountSID = "" },
		"an API key there": func(c *Config) { c.AccountSID = "SK00000000000000000000000000000001" },
		"no password":      func(c *Config) { c.Password = "" },
		// twilio-go would refuse each message with a made-up status 400 before sending it
		"password with signs": func(c *Config) { c.Password = "hush-4711" },
		"no sender":           func(c *Config) { c.From = "" },
		"two senders":         func(c *Config) { c.MessagingService = "MG1" },
		"callback without TLS": func(c *Config) {
			c.StatusCallback = func(notify.Delivery) string { return "http://budstikke.example/x" }
		},
		"validity too long": func(c *Config) { c.Validity = 11 * time.Hour },
		"bad country":       func(c *Config) { c.Countries = []string{"SE"} },
	} {
		c := testConfig("")
		change(&c)
		_, err := New(c)
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if c.Password != "" && strings.Contains(err.Error(), c.Password) {
			t.Errorf("%s: the error repeats the password", name)
		}
	}
	if _, err := New(testConfig("")); err != nil {
		t.Errorf("the good configuration: %v", err)
	}
}

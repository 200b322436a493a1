package push

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"budstikke.example/notify"
)

func TestAPNsOutcomes(t *testing.T) {
	t.Parallel()
	registered := testNow.Add(-time.Hour)
	before, after := registered.Add(-time.Minute), registered.Add(time.Minute)
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   notify.Outcome
		reason string
	}{
		{"taken", 200, ``, notify.Accepted, ""},
		{"gone", 410, `{"reason":"Unregistered"}`, notify.EndpointGone, "Unregistered"},
		{"gone after the registration", 410, fmt.Sprintf(`{"reason":"Unregistered","timestamp":%d}`, after.UnixMilli()), notify.EndpointGone, "Unregistered"},
		{"gone at the registration", 410, fmt.Sprintf(`{"reason":"Unregistered","timestamp":%d}`, registered.UnixMilli()), notify.EndpointGone, "Unregistered"},
		{"gone before the registration", 410, fmt.Sprintf(`{"reason":"Unregistered","timestamp":%d}`, before.UnixMilli()), notify.Unavailable, "gone_before_registration"},
		{"expired token", 410, `{"reason":"ExpiredToken"}`, notify.EndpointGone, "ExpiredToken"},
		{"bad token", 400, `{"reason":"BadDeviceToken"}`, notify.EndpointGone, "BadDeviceToken"},
		{"other app", 400, `{"reason":"DeviceTokenNotForTopic"}`, notify.EndpointGone, "DeviceTokenNotForTopic"},
		{"our topic", 400, `{"reason":"TopicDisallowed"}`, notify.Misconfigured, "TopicDisallowed"},
		{"no topic", 400, `{"reason":"MissingTopic"}`, notify.Misconfigured, "MissingTopic"},
		{"idle", 400, `{"reason":"IdleTimeout"}`, notify.Unavailable, "IdleTimeout"},
		{"bad message", 400, `{"reason":"BadExpirationDate"}`, notify.Refused, "BadExpirationDate"},
		{"key", 403, `{"reason":"InvalidProviderToken"}`, notify.Misconfigured, "InvalidProviderToken"},
		{"expired key", 403, `{"reason":"ExpiredProviderToken"}`, notify.Misconfigured, "ExpiredProviderToken"},
		{"path", 404, `{"reason":"BadPath"}`, notify.Misconfigured, "BadPath"},
		{"method", 405, `{"reason":"MethodNotAllowed"}`, notify.Refused, "MethodNotAllowed"},
		{"too large", 413, `{"reason":"PayloadTooLarge"}`, notify.Refused, "PayloadTooLarge"},
		{"too many", 429, `{"reason":"TooManyRequests"}`, notify.Throttled, "TooManyRequests"},
		{"token updates", 429, `{"reason":"TooManyProviderTokenUpdates"}`, notify.Throttled, "TooManyProviderTokenUpdates"},
		{"their fault", 500, `{"reason":"InternalServerError"}`, notify.Unavailable, "InternalServerError"},
		{"shutdown", 503, `{"reason":"Shutdown"}`, notify.Unavailable, "Shutdown"},
		{"redirect", 301, ``, notify.Misconfigured, ""},
		{"no JSON", 502, `<html>Bad gateway</html>`, notify.Unavailable, ""},
		{"a sentence", 400, `{"reason":"token 00fc13 is bad"}`, notify.Refused, "other"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := apnsOutcome(&exchange{status: c.status, body: []byte(c.body), header: http.Header{}}, registered)
			if got.Outcome != c.want || got.Reason != c.reason || got.Status != c.status {
				t.Errorf("got %+v, want %s %q", got, c.want, c.reason)
			}
		})
	}
	gone := apnsOutcome(&exchange{status: 410, body: fmt.Appendf(nil, `{"timestamp":%d}`, after.UnixMilli()), header: http.Header{}}, registered)
	if !gone.GoneSince.Equal(after) {
		t.Errorf("GoneSince is %s, want %s", gone.GoneSince, after)
	}
}

// Over the wire: the status and Retry-After survive a body that is no JSON, which apns2 alone would turn into an error without a status.
func TestAPNsAnswerWithoutJSON(t *testing.T) {
	t.Parallel()
	url := serveHTTP2(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte("<html>maintenance</html>"))
	})
	want := notify.Result{Outcome: notify.Unavailable, Status: 503, RetryAfter: 7 * time.Second}
	if r := newAPNs(t, url).Send(t.Context(), testPush()); r != want {
		t.Errorf("Send = %+v, want %+v", r, want)
	}
}

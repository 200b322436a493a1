package push

import (
	"net/http"
	"sync/atomic"
	"testing"

	"budstikke.example/notify"
)

// B13: a wrong topic or address of ours makes Apple call every token bad; that retires nobody's device. Once Apple has taken a push, it is believed.
func TestNoDeviceIsRetiredBeforeAppleHasTakenAPush(t *testing.T) {
	t.Parallel()
	var answer atomic.Pointer[string]
	var status atomic.Int64
	url := serveHTTP2(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(int(status.Load()))
		_, _ = w.Write([]byte(*answer.Load()))
	})
	a := newAPNs(t, url)
	for _, c := range []struct {
		status int
		body   string
		want   notify.Outcome
	}{
		{400, `{"reason":"BadDeviceToken"}`, notify.Refused},
		{400, `{"reason":"DeviceTokenNotForTopic"}`, notify.Refused},
		{410, `{"reason":"Unregistered"}`, notify.EndpointGone},
		{400, `{"reason":"BadDeviceToken"}`, notify.Refused}, // 410 is no push taken
		{200, ``, notify.Accepted},
		{400, `{"reason":"BadDeviceToken"}`, notify.EndpointGone},
		{400, `{"reason":"DeviceTokenNotForTopic"}`, notify.EndpointGone},
	} {
		status.Store(int64(c.status))
		answer.Store(&c.body)
		if r := a.Send(t.Context(), testPush()); r.Outcome != c.want || r.Status != c.status {
			t.Errorf("%d %s: Send = %+v, want %s", c.status, c.body, r, c.want)
		}
	}
}

package sandbox

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio's signature is HMAC-SHA1
	"encoding/base64"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// isEnding says whether a fault decides how an accepted SMS ends, rather than how the request is answered.
func isEnding(f Fault) bool {
	return f.Mode == ModeUndelivered || f.Mode == ModeFailed || f.Mode == ModeNoCallback
}

// progress takes an SMS through its statuses and reports each to the status callback, in order. The first status is in the answer to the
// request and is not reported. A callback that fails is not repeated.
func (t *twilioServer) progress(m *twilioMessage, ending Fault) {
	steps := []string{"sent", "delivered"}
	switch ending.Mode {
	case ModeUndelivered:
		steps = []string{"sent", "undelivered"}
	case ModeFailed:
		steps = []string{"failed"}
	}
	if m.service != "" {
		steps = slices.Insert(steps, 0, "queued")
	}
	for _, status := range steps {
		if !t.s.pause(t.s.cfg.Twilio.CallbackDelay) {
			return
		}
		t.mu.Lock()
		m.status, m.updated = status, t.s.now()
		switch status {
		case "sent":
			m.sent = m.updated
		case "undelivered", "failed":
			if m.errorCode = ending.Reason; m.errorCode == "" {
				m.errorCode = "30003"
			}
		}
		form := t.callbackForm(m)
		t.mu.Unlock()
		if m.callback != "" && ending.Mode != ModeNoCallback {
			t.call(m.callback, form)
		}
	}
}

// callbackForm is what Twilio posts for the status that m has now.
func (t *twilioServer) callbackForm(m *twilioMessage) url.Values {
	form := url.Values{"MessageSid": {m.sid}, "SmsSid": {m.sid}, "MessageStatus": {m.status}, "SmsStatus": {m.status}, "To": {m.to}, "From": {m.from},
		"AccountSid": {t.s.keys.twilioSID}, "ApiVersion": {"2010-04-01"}}
	if m.service != "" {
		form.Set("MessagingServiceSid", m.service)
	}
	if m.errorCode != "" {
		form.Set("ErrorCode", m.errorCode)
	}
	if m.status == "delivered" {
		form.Set("RawDlrDoneDate", m.updated.UTC().Format("0601021504")) // to the minute, without a zone, as Twilio does
	}
	return form
}

// call posts a status callback, if its host may be called at all.
func (t *twilioServer) call(to string, form url.Values) {
	u, err := url.Parse(to)
	if err != nil || !t.mayCall(u.Hostname()) {
		t.s.cfg.Log.Warn("status callback is not called: its host is neither loopback nor in TwilioConfig.CallbackHosts")
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	go func() { // a stopping sandbox does not wait for somebody else's server
		select {
		case <-t.s.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	u.Fragment = "" // connection overrides are not part of the request or of the signature
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	req.Header.Set("User-Agent", "TwilioProxy/1.1")
	req.Header.Set("X-Twilio-Signature", TwilioSignature(t.s.keys.twilioToken, u.String(), form))
	res, err := t.calls.Do(req)
	if err != nil {
		t.s.cfg.Log.Warn("status callback failed", "host", u.Host)
		return
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // only to keep the connection
	_ = res.Body.Close()
	if res.StatusCode >= 300 {
		t.s.cfg.Log.Warn("status callback was refused", "host", u.Host, "status", res.StatusCode)
	}
}

func (t *twilioServer) mayCall(host string) bool {
	if host == "localhost" || slices.Contains(t.s.cfg.Twilio.CallbackHosts, host) {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// TwilioSignature is the X-Twilio-Signature of a form post: base64 of HMAC-SHA1, keyed with the auth token, over the URL and each parameter's
// name and value in the order of the names.
func TwilioSignature(authToken, callbackURL string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(authToken))
	_, _ = io.WriteString(mac, callbackURL) // a hash takes everything
	for _, name := range slices.Sorted(maps.Keys(form)) {
		_, _ = io.WriteString(mac, name+form.Get(name))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// view is a message as Twilio's API shows it.
func (t *twilioServer) view(m *twilioMessage) map[string]any {
	t.mu.Lock()
	defer t.mu.Unlock()
	date := func(at time.Time) any {
		if at.IsZero() {
			return nil
		}
		return at.UTC().Format(time.RFC1123Z)
	}
	orNil := func(v string) any {
		if v == "" {
			return nil
		}
		return v
	}
	var code any
	if n, err := strconv.Atoi(m.errorCode); err == nil {
		code = n
	}
	uri := "/2010-04-01/Accounts/" + t.s.keys.twilioSID + "/Messages/" + m.sid
	return map[string]any{
		"sid": m.sid, "account_sid": t.s.keys.twilioSID, "api_version": "2010-04-01", "body": m.body, "to": m.to, "from": orNil(m.from),
		"messaging_service_sid": orNil(m.service), "status": m.status, "direction": "outbound-api", "num_segments": strconv.Itoa(m.segments), "num_media": "0",
		"date_created": date(m.created), "date_updated": date(m.updated), "date_sent": date(m.sent), "price": nil, "price_unit": "USD",
		"error_code": code, "error_message": nil, "uri": uri + ".json", "subresource_uris": map[string]string{"media": uri + "/Media.json"},
	}
}

package push

import (
	"encoding/json"
	"net/http"

	"budstikke.example/notify"
)

// fcmAnswer is the part of an FCM answer that matters: a name for a taken message, an error otherwise.
type fcmAnswer struct {
	Name  string `json:"name"`
	Error struct {
		Status  string `json:"status"`
		Details []struct {
			Type      string `json:"@type"`
			ErrorCode string `json:"errorCode"`
			Fields    []struct {
				Field string `json:"field"`
			} `json:"fieldViolations"`
		} `json:"details"`
	} `json:"error"`
}

const fcmErrorType = "type.googleapis.com/google.firebase.fcm.v1.FcmError"

// fcmOutcome tells what an answer of FCM means. It reads FCM's own error code and falls back to the HTTP status: firebase's IsUnavailable
// and its siblings see only the former, which proxies and outages leave out.
func fcmOutcome(e *exchange) notify.Result {
	var answer fcmAnswer
	_ = json.Unmarshal(e.body, &answer) // an unreadable body leaves everything empty; the status decides then
	code, tokenInvalid := answer.Error.Status, false
	for _, d := range answer.Error.Details {
		if d.Type == fcmErrorType {
			code = d.ErrorCode
		}
		for _, f := range d.Fields {
			tokenInvalid = tokenInvalid || f.Field == "message.token"
		}
	}
	r := notify.Result{Status: e.status, Reason: machineWord(code), RetryAfter: e.retryAfter}
	switch {
	case e.status >= 200 && e.status < 300:
		return notify.Result{Outcome: notify.Accepted, Status: e.status, ProviderID: answer.Name}
	case code == "UNREGISTERED", tokenInvalid:
		r.Outcome = notify.EndpointGone
	case code == "QUOTA_EXCEEDED", e.status == http.StatusTooManyRequests:
		r.Outcome = notify.Throttled
	case code == "SENDER_ID_MISMATCH":
		// The token belongs to another project. That may be a client's invention, which must not stop the provider for everybody, or our
		// own wrong key, which must not retire every endpoint: so this message only, and an operator hears of many.
		r.Outcome, r.Foreign = notify.Refused, true
	case e.status == http.StatusUnauthorized, e.status == http.StatusForbidden, code == "THIRD_PARTY_AUTH_ERROR":
		r.Outcome = notify.Misconfigured
	case e.status == http.StatusNotFound, e.status >= 300 && e.status < 400:
		r.Outcome = notify.Misconfigured // not FCM's UNREGISTERED: the project or the address is wrong
	case e.status >= 500:
		r.Outcome = notify.Unavailable
	default:
		r.Outcome = notify.Refused
	}
	return r
}

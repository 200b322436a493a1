package push

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/sideshow/apns2"

	"budstikke.example/notify"
)

// apnsAnswer is what APNs says in the body of a refusal. apns2 decodes it too, but gives up the status when the body is no JSON.
type apnsAnswer struct {
	Reason    string `json:"reason"`
	Timestamp int64  `json:"timestamp"` // milliseconds since 1970; only with 410
}

// apnsOutcome tells what an answer of APNs means for a delivery.
func apnsOutcome(e *exchange, registered time.Time) notify.Result {
	var answer apnsAnswer
	_ = json.Unmarshal(e.body, &answer) // an unreadable body leaves the reason empty; the status decides then
	r := notify.Result{Status: e.status, Reason: machineWord(answer.Reason), RetryAfter: e.retryAfter, ProviderID: e.header.Get("apns-id")}
	switch {
	case e.status == http.StatusOK:
		r.Outcome = notify.Accepted
	case e.status == http.StatusGone:
		return apnsGone(r, answer.Timestamp, registered)
	case e.status == http.StatusForbidden, e.status == http.StatusUnauthorized, e.status == http.StatusNotFound:
		r.Outcome = notify.Misconfigured // 403: our token or key; 404: a wrong path, so a wrong host
	case e.status == http.StatusTooManyRequests:
		r.Outcome = notify.Throttled
	case e.status >= 500:
		r.Outcome = notify.Unavailable
	case e.status == http.StatusBadRequest:
		r.Outcome = apnsBadRequest(answer.Reason)
	case e.status >= 300 && e.status < 400:
		r.Outcome = notify.Misconfigured
	default:
		r.Outcome = notify.Refused
	}
	return r
}

// apnsGone compares Apple's moment with the endpoint's registration: a token that registered itself after Apple saw it die lives again.
func apnsGone(r notify.Result, millis int64, registered time.Time) notify.Result {
	r.Outcome = notify.EndpointGone
	if millis > 0 {
		r.GoneSince = time.UnixMilli(millis).UTC()
	}
	if millis > 0 && r.GoneSince.Before(registered) {
		r.Outcome = notify.Unavailable
		r.Reason = "gone_before_registration"
	}
	return r
}

// apnsBadRequest sorts the reasons of status 400: the device, our configuration, the connection, or this message.
func apnsBadRequest(reason string) notify.Outcome {
	switch reason {
	case apns2.ReasonBadDeviceToken, apns2.ReasonDeviceTokenNotForTopic, apns2.ReasonMissingDeviceToken:
		return notify.EndpointGone
	case apns2.ReasonBadTopic, apns2.ReasonMissingTopic, apns2.ReasonTopicDisallowed:
		return notify.Misconfigured
	case apns2.ReasonIdleTimeout:
		return notify.Unavailable
	}
	return notify.Refused
}

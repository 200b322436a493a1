package push

import (
	"encoding/json"
	"net/http"
	"strings"

	"budstikke.example/notify"
)

// webPushOutcome tells what an answer means. Only 404 and 410 retire an endpoint: everything else can be a bad day of the push service.
func webPushOutcome(e *exchange) notify.Result {
	r := notify.Result{Status: e.status, RetryAfter: e.retryAfter}
	switch s := e.status; {
	case s >= 200 && s < 300:
		r.Outcome = notify.Accepted // Location is not kept: whoever knows it can withdraw the push
	case s == http.StatusNotFound, s == http.StatusGone:
		r.Outcome = notify.EndpointGone
	case s == http.StatusTooManyRequests:
		r.Outcome = notify.Throttled
	case s >= 500:
		r.Outcome = notify.Unavailable
	case boundToAnotherKey(e.body): // Apple says so with 400, too
		r.Outcome, r.Reason, r.Foreign = notify.Refused, "other_key", true
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		return webPushDenied(e.body, r)
	default:
		r.Outcome = notify.Refused // also 3xx: push services do not redirect, and following one would defeat the allow-list
	}
	return r
}

// webPushDenied sorts 401 and 403. What speaks of our token is about us: a clock that is off, a subject that Apple does not like, a signature. An answer
// that says nothing (Windows', with an empty body) or speaks of anything else is taken to be about this endpoint, whose address came from a client:
// what a client can invent must not hold the lane for everybody.
func webPushDenied(body []byte, r notify.Result) notify.Result {
	if !aboutOurToken(body) {
		r.Outcome, r.Reason, r.Foreign = notify.Refused, "not_authorized", true
		return r
	}
	r.Outcome, r.Reason = notify.Misconfigured, "credentials_refused"
	var answer struct {
		Reason string `json:"reason"` // Apple's
	}
	if json.Unmarshal(body, &answer) == nil && answer.Reason != "" {
		r.Reason = machineWord(answer.Reason)
	}
	return r
}

// boundToAnotherKey tells whether a push service says that the subscription was made for another VAPID key than the one we sign with: Apple's
// VapidPkHashMismatch, Mozilla's 401 with errno 109, and Google's 403. Nothing but the words tells these from a token that is refused.
func boundToAnotherKey(body []byte) bool {
	return says(body, "vapidpkhashmismatch", "vapid public key mismatch", "do not correspond to the credentials used to create the subscription")
}

// aboutOurToken tells whether a refusal speaks of the token that we signed: Apple's BadJwtToken, Mozilla's errno 109, Google's "invalid JWT provided", or a
// header that nobody can read.
func aboutOurToken(body []byte) bool {
	var answer struct {
		Errno int `json:"errno"` // Mozilla's
	}
	const invalidAuthentication = 109
	return json.Unmarshal(body, &answer) == nil && answer.Errno == invalidAuthentication || says(body, "jwt", "vapid", "authorization header")
}

// says tells whether one of words, in small letters, stands in a body.
func says(body []byte, words ...string) bool {
	text := strings.ToLower(string(body))
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

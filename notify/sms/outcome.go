package sms

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strconv"

	twilio "github.com/twilio/twilio-go/client"

	"budstikke.example/notify"
)

// codes is what Twilio's own error codes mean, where the status alone would say something else.
var codes = map[int]notify.Outcome{
	20003: notify.Misconfigured, // wrong account or token
	20005: notify.Misconfigured, // the account is not active
	20404: notify.Misconfigured, // no such account
	20429: notify.Throttled,     // too many requests
	21211: notify.EndpointGone,  // no phone number
	21408: notify.Refused,       // the account may not send to this receiver's country; others are reached
	21606: notify.Misconfigured, // the sender is not ours
	21610: notify.EndpointGone,  // the receiver has opted out with STOP
	21611: notify.Throttled,     // the sender's queue is full
	21614: notify.EndpointGone,  // not a mobile number
	21659: notify.Misconfigured, // the sender is not ours
	63017: notify.Throttled,     // the account's rate
}

// outcome tells what a call that Twilio did not accept means. err is what twilio-go returned.
func outcome(c *call, err error) notify.Result {
	if c.status == 0 {
		return failure(c, err)
	}
	r := notify.Result{Status: c.status, RetryAfter: c.retryAfter}
	var refusal *twilio.TwilioRestError
	if errors.As(err, &refusal) && refusal.Code != 0 {
		r.Reason = strconv.Itoa(refusal.Code)
		if known, ok := codes[refusal.Code]; ok && c.status < 500 {
			r.Outcome = known
			return r
		}
	}
	switch s := c.status; {
	case s == http.StatusTooManyRequests:
		r.Outcome = notify.Throttled
	case s == http.StatusUnauthorized, s == http.StatusForbidden, s == http.StatusNotFound, s >= 300 && s < 400:
		r.Outcome = notify.Misconfigured
	case s >= 500:
		// Twilio is not idempotent: the message may have been sent in spite of the error (its page on error 20500 says so).
		r.Outcome = notify.Unknown
	case s >= 200 && s < 300:
		r.Outcome, r.Reason = notify.Accepted, "no_sid" // taken, with an answer that could not be read
	default:
		r.Outcome = notify.Refused
	}
	return r
}

// failure tells what a call without an answer means: Unknown once it was written; before that Misconfigured when the server's certificate
// is not trusted, and otherwise Unavailable. The error's own text is dropped, it may hold the number.
func failure(c *call, err error) notify.Result {
	if c.err != nil {
		err = c.err
	}
	var timeout net.Error
	reason := "not_reached"
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		reason = "timeout"
	case errors.Is(err, context.Canceled):
		reason = "cancelled"
	case c.wrote.Load():
		reason = "no_answer"
	}
	var verify *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	switch {
	case c.wrote.Load():
		return notify.Result{Outcome: notify.Unknown, Reason: reason}
	case errors.As(err, &verify), errors.As(err, &authority):
		return notify.Result{Outcome: notify.Misconfigured, Reason: "certificate_not_trusted"}
	}
	return notify.Result{Outcome: notify.Unavailable, Reason: reason}
}

// Package sessions is the rule of how sessions last: how long each kind does, and what becomes of a refresh token that is shown (P11). It is
// pure; auth/store asks it inside the transaction that holds the session.
//
// The package may open migrations/scope, for the kinds of caller, and nothing else. Start reading at Judge.
package sessions

import (
	"crypto/subtle"
	"time"

	"budstikke.example/migrations/scope"
)

// Access is how long an access token lasts: the time for which a stolen one is good when nobody ends the session.
const Access = 10 * time.Minute

// Grace is for how long the immediate predecessor of a refresh token is given the same answer again: an app that lost the answer, or that
// asked from two places at once, is no thief.
const Grace = 10 * time.Second

// Most is how many sessions a person has at a time, one per device; the oldest ends for an eleventh.
const Most = 10

// Span is how long a session lasts.
type Span struct {
	// Whole is from its beginning to its end, whatever happens.
	Whole time.Duration
	// Idle is how long it may be left alone: after so much time without being prolonged it cannot be prolonged any more.
	Idle time.Duration
	// Token is how long one access token lasts.
	Token time.Duration
}

// SpanOf returns how long a session of this kind lasts, false for a kind that has no sessions. Guardians: a phone that is used once a fortnight
// stays signed in for a school term. Staff: a working day, and not over a long meeting on a device that was put down. Applicants have one hour
// to hand their application in and cannot prolong it (H1). Whoever must have a second factor has a quarter of an hour for it.
func SpanOf(kind scope.Caller) (Span, bool) {
	switch kind {
	case scope.Guardian:
		return Span{Whole: 90 * 24 * time.Hour, Idle: 15 * 24 * time.Hour, Token: Access}, true
	case scope.Staff:
		return Span{Whole: 12 * time.Hour, Idle: 4 * time.Hour, Token: Access}, true
	case scope.Applicant:
		return Span{Whole: time.Hour, Token: time.Hour}, true
	case scope.SecondFactor:
		return Span{Whole: 15 * time.Minute, Token: 15 * time.Minute}, true
	}
	return Span{}, false
}

// State is what is known of a session when one of its refresh tokens is shown. Digests are SHA-256.
type State struct {
	Current, Previous []byte    // of the good refresh token, and of its immediate predecessor (nil before the first rotation)
	Device            []byte    // of the device's secret
	Rotated           time.Time // when Current came into being
	IdleUntil, Ends   time.Time
	Ended             bool // by anybody, or with its account (H4, V15)
}

// Verdict is what becomes of a refresh token that is shown.
type Verdict int

// The verdicts. The caller of the API can tell Rotate and Again from the rest, and the rest not from each other.
const (
	Refuse  Verdict = iota // the session is over
	Rotate                 // give a successor
	Again                  // give the answer that its predecessor was given, once more
	Foreign                // a good token without the secret of its device: somebody has copied it
	Reused                 // issued long ago: somebody kept a copy. The session ends, whoever it was
)

// Judge says what becomes of a token with this digest, shown by a device with this digest. The token's stem has led to the session, so it was
// issued for it once.
func Judge(s State, token, device []byte, now time.Time) Verdict {
	bound := subtle.ConstantTimeCompare(s.Device, device) == 1 && len(s.Device) > 0
	switch {
	case s.Ended || !now.Before(s.Ends):
		return Refuse
	case subtle.ConstantTimeCompare(s.Current, token) == 1:
		if !now.Before(s.IdleUntil) {
			return Refuse
		}
		if !bound {
			return Foreign
		}
		return Rotate
	case len(s.Previous) > 0 && subtle.ConstantTimeCompare(s.Previous, token) == 1 && now.Before(s.Rotated.Add(Grace)):
		if !bound {
			return Foreign
		}
		return Again
	}
	return Reused
}

package notify

import "time"

// Outcome is what became of one attempt; it decides what happens next (reference/gateway.md §2.4).
type Outcome string

// The outcomes.
const (
	Accepted     Outcome = "accepted"      // the provider took it
	EndpointGone Outcome = "endpoint_gone" // the address or token no longer exists: retire the endpoint
	Refused      Outcome = "refused"       // this message can never be sent: dead
	Throttled    Outcome = "throttled"     // the provider asks us to slow down: retry after RetryAfter
	Unavailable  Outcome = "unavailable"   // a passing fault before the provider took it: retry
	// Unknown: no answer, so it may or may not have been taken (timeout, reset after write). It is tried again and counted as a possible duplicate. An SMS
	// is critical (V20), and one too many is better than one too late: the first repetition leaves at once; before any later one, and before one that an
	// operator replays, the provider is asked whether it has it.
	Unknown       Outcome = "unknown"
	Misconfigured Outcome = "misconfigured" // our key, certificate or account is refused: page the operator, burn no attempt
)

// Result is what a channel's sender reports of one attempt.
type Result struct {
	Outcome    Outcome
	ProviderID string        // the provider's own id of the message, when it gave one
	Status     int           // HTTP or SMTP status, 0 if there was none
	Reason     string        // the provider's reason as a short machine word; never an address, never text
	RetryAfter time.Duration // how long the provider asked us to wait; 0 if it did not say
	GoneSince  time.Time     // for EndpointGone: since when, if the provider says so (APNs 410); zero means now
	// Shared tells of an Unknown or Unavailable that a connection has failed which others were using, too, and that the result of one of them stands for
	// that failure: a hundred pushes on a connection that was cut are one thing that went wrong with the provider, not a hundred.
	Shared bool
	// Foreign tells of a Refused that the endpoint belongs to another key or sender than ours, or is said to by nothing but a bare 401 or 403. One is a device
	// with a past, or a client's invention, and holds up nobody else; many are a key of ours that was exchanged by mistake, and an operator has to look. The
	// endpoint stays: when the key is back, it is good again.
	Foreign bool
}

package sms

import (
	"context"
	"net/http"

	"budstikke.example/notify"
)

// Check tells whether Twilio would take an SMS at this moment, as far as that can be known without sending one (V20): by the connections and the
// credentials of Send it asks for the account, which must be active. It waits until ctx ends or Config.Timeout has passed. What no SMS can come of is never
// Unknown.
func (s *Sender) Check(ctx context.Context) notify.Result {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	c := &call{ctx: ctx, base: s.base, next: s.transport, now: s.config.Now}
	account, err := s.service(c).FetchAccount(s.config.AccountSID)
	if err != nil || c.status != http.StatusOK {
		r := outcome(c, err)
		switch r.Outcome {
		case notify.Unknown, notify.Accepted:
			r.Outcome = notify.Unavailable
		case notify.EndpointGone, notify.Refused: // nobody was to be reached: what is refused is our question
			r.Outcome = notify.Misconfigured
		}
		return r
	}
	if account == nil || text(account.Status) != "active" {
		return notify.Result{Outcome: notify.Misconfigured, Status: c.status, Reason: "account_not_active"}
	}
	return notify.Result{Outcome: notify.Accepted, Status: c.status}
}

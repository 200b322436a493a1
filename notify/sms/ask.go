package sms

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"budstikke.example/notify"
)

const (
	// askedPage is how many of a number's latest messages are looked through. Nobody gets as many within a delivery's life.
	askedPage = 20
	// clockSkew is how far Twilio's clock may be from ours.
	clockSkew = 2 * time.Minute
)

// ErrNoAnswer is returned when Twilio did not say what it was asked. Its text holds neither number nor words.
var ErrNoAnswer = errors.New("sms: Twilio did not say")

// Taken lists the messages that Twilio took for the number of m with its very words since a moment, oldest first, without those that it says have
// failed. The words hold the link to what the event is about, and that is as much of a mark as Twilio's list shows: it tells neither our id nor where
// reports go. It sends nothing. Errors: ErrNoAnswer.
func (s *Sender) Taken(ctx context.Context, m notify.SMS, since time.Time) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	c := &call{ctx: ctx, base: s.base, next: s.transport, now: s.config.Now}
	// Not narrowed by DateSent: what waits in Twilio's own queue has none yet.
	page, err := s.service(c).PageMessage((&api.ListMessageParams{}).SetTo(m.Delivery().Address).SetPageSize(askedPage), "", "")
	if err != nil || c.status != http.StatusOK || page == nil {
		return nil, fmt.Errorf("%w: status %d", ErrNoAnswer, c.status)
	}
	var found []string
	for _, one := range page.Messages {
		switch {
		case one.Sid == nil, text(one.Body) != m.Text(), text(one.To) != m.Delivery().Address, failed(text(one.Status)):
			continue
		}
		if at, err := time.Parse(time.RFC1123Z, text(one.DateCreated)); err == nil && !at.Before(since.Add(-clockSkew)) {
			found = append(found, *one.Sid)
		}
	}
	slices.Reverse(found) // Twilio tells the newest first
	return found, nil
}

// Status asks what became of a message that Twilio took, in Twilio's word for it. Errors: ErrNoAnswer.
func (s *Sender) Status(ctx context.Context, sid string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	if !alphanumeric(sid) {
		return "", fmt.Errorf("%w: no id of a message", ErrNoAnswer)
	}
	c := &call{ctx: ctx, base: s.base, next: s.transport, now: s.config.Now}
	one, err := s.service(c).FetchMessage(sid, &api.FetchMessageParams{})
	if err != nil || c.status != http.StatusOK || one == nil || text(one.Sid) != sid {
		return "", fmt.Errorf("%w: status %d", ErrNoAnswer, c.status)
	}
	return text(one.Status), nil
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// failed tells whether a status says that nobody got the message and nobody will.
func failed(status string) bool {
	return status == "failed" || status == "undelivered" || status == "canceled"
}

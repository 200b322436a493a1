package worker

import (
	"context"
	"time"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// Asker is a Texter that can be asked about messages it has handed over before: package sms. One that cannot is not asked.
type Asker interface {
	// Taken lists the provider's ids of what it took for the same number with the same words since a moment, oldest first, without what failed.
	Taken(ctx context.Context, s notify.SMS, since time.Time) ([]string, error)
	// Status asks what became of a message, in the words of outbox.ReceiptStatus.
	Status(ctx context.Context, providerID string) (string, error)
}

// askTimeout bounds the question before an SMS is sent again: one too many is better than one too late (B2).
const askTimeout = 2 * time.Second

// taken answers that the provider has an SMS already whose end we did not see, so that it is not sent twice: it has reported on it since, or shows
// it when asked. Nobody is asked before the first repetition of a critical one without an answer, which leaves at once and counts as a possible
// duplicate; later ones have waited, one that a worker died with has, and one that an operator replays can. When nobody can say, it is sent.
func (c *carrier) taken(ctx context.Context, d notify.Delivery, words notify.Words) (notify.Result, bool) {
	if d.Channel != notify.ChannelSMS || d.Fence <= 1 {
		return notify.Result{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	doubt, err := c.w.outbox.Doubt(ctx, d)
	if err != nil {
		c.w.log.Warn("notify: it is not known whether an SMS was taken before; it is sent", "delivery", d.ID, "error", err)
		return notify.Result{}, false
	}
	switch rank := doubt.Receipt.Rank(); {
	case !doubt.Possible:
		return notify.Result{}, false
	case rank > 0 && rank != outbox.ReceiptFailed.Rank():
		return notify.Result{Outcome: notify.Accepted, Reason: "receipt"}, true
	case rank > 0 || doubt.AtOnce:
		return notify.Result{}, false // it failed, or is sent again at once
	}
	return c.found(ctx, d, words, doubt.Since)
}

// found asks the provider for an SMS.
func (c *carrier) found(ctx context.Context, d notify.Delivery, words notify.Words, since time.Time) (notify.Result, bool) {
	asker, can := c.w.config.SMS.(Asker)
	sms, err := notify.JustifySMS(d, words)
	if !can || err != nil {
		return notify.Result{}, false
	}
	ids, err := asker.Taken(ctx, sms, since)
	if err == nil {
		var id string
		if id, err = c.w.outbox.Adopt(ctx, d, ids); err == nil && id != "" {
			c.w.metrics.reconciled.Inc()
			return notify.Result{Outcome: notify.Accepted, ProviderID: id, Reason: "found"}, true
		}
	}
	if err != nil {
		c.w.log.Warn("notify: the provider did not say whether it has an SMS; it is sent", "delivery", d.ID, "error", err)
	}
	return notify.Result{}, false
}

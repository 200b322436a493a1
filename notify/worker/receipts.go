package worker

import (
	"context"
	"errors"
	"time"

	"budstikke.example/notify/outbox"
)

const (
	receiptsBatch = 20              // SMS asked after in a round: ten a second
	receiptsEvery = 2 * time.Second // see Config.ReceiptsEvery
)

// receipts asks after SMS that were taken more than a minute ago and whose end no call has told, one after the other (B2).
func (w *Worker) receipts(asker Asker) {
	for w.rest(w.config.ReceiptsEvery) {
		ctx, cancel := context.WithTimeout(w.sendCtx, relayTimeout)
		overdue, err := w.outbox.Overdue(ctx, receiptsBatch)
		cancel()
		if err != nil {
			w.log.Error("notify: SMS are not asked after", "error", err)
			continue
		}
		for i, a := range overdue {
			if w.stopped() {
				w.askLater(overdue[i:])
				break
			}
			if !w.askAfter(asker, a) {
				w.askLater(overdue[i+1:])
				break
			}
		}
	}
}

// askLater leaves questions for another time: a provider that does not answer for a while must not cost those that nobody asked their turns (B2).
func (w *Worker) askLater(list []outbox.Awaited) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.sendCtx), relayTimeout)
	defer cancel()
	if err := w.outbox.Unasked(ctx, list); err != nil {
		w.log.Error("notify: SMS that were not asked after wait longer than they should", "sms", len(list), "error", err)
	}
}

// askAfter asks after one SMS and keeps the answer. False means that the provider does not answer at the moment.
func (w *Worker) askAfter(asker Asker, a outbox.Awaited) bool {
	ctx, cancel := context.WithTimeout(w.sendCtx, relayTimeout)
	defer cancel()
	status, err := asker.Status(ctx, a.ProviderID)
	if err != nil {
		w.log.Warn("notify: the provider does not say what became of an SMS", "delivery", a.Delivery, "error", err)
		return false
	}
	w.metrics.asked.Inc()
	if err := w.outbox.Answered(ctx, a, outbox.ReceiptStatus(status)); err != nil && !errors.Is(err, outbox.ErrUnknownReceipt) {
		w.log.Error("notify: an answer about an SMS is not kept", "delivery", a.Delivery, "error", err)
	}
	return true
}

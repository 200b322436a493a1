package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

const (
	syntheticEvery = time.Minute
	// Each worker looks more often than that, so that when the one that sent last ends, another sends in its place within seconds.
	syntheticLooks = 12
)

// Checker is a Texter that can ask its provider whether it would take an SMS, by the connection and the credentials of a real one, without sending
// any: package sms. A synthetic notice by SMS is no SMS, because it is not critical that it arrives (V20).
type Checker interface {
	Check(ctx context.Context) notify.Result
}

// checkSynthetic tells what is wrong with the addresses of synthetic notices, for the start of a worker that serves some providers.
func (c *Config) checkSynthetic(served []notify.Provider) error {
	var errs []error
	for p, address := range c.Synthetic {
		if !slices.Contains(served, p) {
			errs = append(errs, fmt.Errorf("worker: there is an address for synthetic notices by %s, which is not set up", p))
			continue
		}
		if p == notify.ProviderTwilio {
			if _, can := c.SMS.(Checker); !can {
				errs = append(errs, errors.New("worker: the sender of SMS cannot check without sending, and a synthetic notice must not be an SMS (V20)"))
			}
			continue
		}
		if err := outbox.CheckAddress(p, address); err != nil {
			errs = append(errs, fmt.Errorf("worker: the address for synthetic notices by %s: %w", p, err))
		}
	}
	return errors.Join(errs...)
}

// synthesize sends a synthetic notice by each channel every minute, or lets another worker do it: one of all sends.
func (w *Worker) synthesize() {
	for {
		ctx, cancel := context.WithTimeout(w.sendCtx, relayTimeout)
		refs, err := w.outbox.SendSynthetic(ctx, w.config.Synthetic, w.config.SyntheticEvery)
		if err != nil {
			w.log.Error("notify: synthetic notices are not sent", "error", err)
		} else if w.config.Queue != nil && w.beltHere.Load() {
			if err := w.config.Queue.Ring(ctx, refs); err != nil {
				w.log.Debug("notify: the bell of synthetic notices was not heard; the relay rings it", "error", err)
			}
		}
		cancel()
		if !w.rest(w.config.SyntheticEvery / syntheticLooks) {
			return
		}
	}
}

// check is what a synthetic notice by SMS comes to.
func (c *Config) check(ctx context.Context) notify.Result {
	checker, can := c.SMS.(Checker)
	if !can {
		return notify.Result{Outcome: notify.Refused, Reason: "no_check"}
	}
	return checker.Check(ctx)
}

package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"budstikke.example/notify/outbox"
)

// Ring puts refs on the belt, so that workers take them at once. Call it after the commit that wrote the parcels. Its error is one to
// log, not to pass on: the worker's reconciler finds by itself what did not get here. Refs may be put on the belt twice without harm.
//
// Errors: ErrAway for a moment after a failure, or what Redis answered; some of the refs may be on the belt all the same.
func (q *Queue) Ring(ctx context.Context, refs []outbox.Ref) error {
	if len(refs) == 0 {
		return nil
	}
	if q.away.Load() {
		return ErrAway
	}
	for len(refs) > 0 {
		n := min(len(refs), ringBatch)
		if err := q.ring(ctx, refs[:n]); err != nil {
			if ctx.Err() == nil && !q.away.Swap(true) {
				time.AfterFunc(ringPause, func() { q.away.Store(false) })
			}
			return fmt.Errorf("queue: ring: %w", err)
		}
		refs = refs[n:]
	}
	return nil
}

func (q *Queue) ring(ctx context.Context, refs []outbox.Ref) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := q.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, r := range refs {
			p.XAdd(ctx, &redis.XAddArgs{
				Stream: laneKey(q.prefix, outbox.Lane{Provider: r.Provider, Urgency: r.Urgency}),
				MaxLen: maxEntries, Approx: true,
				Values: []any{fieldMunicipality, r.Municipality.String(), fieldParcel, r.Parcel.String(), fieldAttempt, r.Attempt, fieldSize, r.Size},
			})
		}
		return nil
	})
	return err
}

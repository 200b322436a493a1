package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"budstikke.example/notify"
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
		err := q.ring(ctx, refs[:n])
		if wrongType(err) || full(err) { // seen to by now: once more
			err = q.ring(ctx, refs[:n])
		}
		if err != nil {
			if ctx.Err() == nil && !q.away.Swap(true) {
				time.AfterFunc(ringPause, func() { q.away.Store(false) })
			}
			return fmt.Errorf("queue: ring: %w", err)
		}
		refs = refs[n:]
	}
	return nil
}

// Forewarn tells all workers that something critical is being written and will be on a belt in a moment. They claim nothing routine for a
// second then, and begin nothing of what is claimed for a part of it, or until it is there (B14); another warning counts only when the last one has been over for four times as long. Nothing is kept: who does not hear it goes on as before. Errors: ErrAway, or what Redis answered.
func (q *Queue) Forewarn(ctx context.Context) error {
	if q.away.Load() {
		return ErrAway
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	bells := q.client.Pipeline()
	for _, p := range notify.Providers() {
		bells.Publish(ctx, bellKey(q.prefix, p), told(notify.UrgencyCritical, nil)) // a bell for nobody's belt yet
	}
	if _, err := bells.Exec(ctx); err != nil {
		return fmt.Errorf("queue: forewarn: %w", err)
	}
	return nil
}

// ring writes entries and then rings the bells of those who take them. In a cluster these lie on different machines, and a bell that is heard before its
// entry can be read is heard in vain: so it waits for the entries there. Where all is one machine they go together.
func (q *Queue) ring(ctx context.Context, refs []outbox.Ref) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	entries := q.client.Pipeline()
	for _, r := range refs {
		entries.XAdd(ctx, &redis.XAddArgs{
			Stream: laneKey(q.prefix, r.Municipality, outbox.Lane{Provider: r.Provider, Urgency: r.Urgency}),
			MaxLen: maxEntries, Approx: true,
			Values: []any{fieldParcel, r.Parcel.String(), fieldAttempt, r.Attempt, fieldSize, r.Size},
		})
	}
	bells := entries
	if q.spread {
		if commands, err := entries.Exec(ctx); err != nil {
			return q.written(ctx, commands, err)
		}
		bells = q.client.Pipeline()
	}
	for lane, whose := range byLane(refs) {
		bells.Publish(ctx, bellKey(q.prefix, lane.Provider), told(lane.Urgency, whose))
	}
	commands, err := bells.Exec(ctx)
	return q.written(ctx, commands, err)
}

// written answers what became of entries and bells, of which the first error is err, and sets aside whatever was in the place of a belt. A bell that may
// not be rung only makes it a little slower: the relay looks by itself.
func (q *Queue) written(ctx context.Context, commands []redis.Cmder, err error) error {
	var refused redis.Error
	if !errors.As(err, &refused) {
		return err
	}
	var failed error
	for _, c := range commands {
		switch err := c.Err(); {
		case err == nil, c.Name() == "publish":
		case wrongType(err), full(err):
			if err := q.setAside(ctx, fmt.Sprint(c.Args()[1])); err != nil {
				return err
			}
			failed = err
		default:
			return err
		}
	}
	return failed
}

// byLane lists whose refs there are in each lane.
func byLane(refs []outbox.Ref) map[outbox.Lane][]uuid.UUID {
	lanes := map[outbox.Lane][]uuid.UUID{}
	for _, r := range refs {
		lane := outbox.Lane{Provider: r.Provider, Urgency: r.Urgency}
		lanes[lane] = append(lanes[lane], r.Municipality)
	}
	for lane, whose := range lanes {
		slices.SortFunc(whose, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
		lanes[lane] = slices.Compact(whose)
	}
	return lanes
}

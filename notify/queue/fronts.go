package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"budstikke.example/notify/outbox"
)

// Fronts tells how long the oldest ref of each lane has been on its belt, by Redis's own clock; 0 for an empty belt. The reconciler needs
// it to know what cannot be there any more. A ref that was taken and not acknowledged counts as being there.
func (q *Queue) Fronts(ctx context.Context, lanes []outbox.Lane) ([]outbox.Belt, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	asked := q.client.Pipeline()
	clock := asked.Time(ctx)
	groups, taken := make([]*redis.XInfoGroupsCmd, len(lanes)), make([]*redis.XPendingCmd, len(lanes))
	for i, lane := range lanes {
		groups[i] = asked.XInfoGroups(ctx, laneKey(q.prefix, lane))
		taken[i] = asked.XPending(ctx, laneKey(q.prefix, lane), group)
	}
	_, _ = asked.Exec(ctx) // the first error of many; each is looked at below
	now, err := clock.Result()
	if err != nil {
		return nil, fmt.Errorf("queue: fronts: %w", err)
	}
	asked = q.client.Pipeline()
	next := make([]*redis.XMessageSliceCmd, len(lanes))
	for i, lane := range lanes {
		from := "-"
		for _, g := range groups[i].Val() {
			if g.Name == group {
				from = "(" + g.LastDeliveredID
			}
		}
		next[i] = asked.XRangeN(ctx, laneKey(q.prefix, lane), from, "+", 1)
	}
	if _, err := asked.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("queue: fronts: %w", err)
	}
	belts := make([]outbox.Belt, len(lanes))
	for i, lane := range lanes {
		belts[i].Lane = lane
		if p, err := taken[i].Result(); err == nil && p.Count > 0 {
			belts[i].Front = age(now, p.Lower)
		}
		if waiting := next[i].Val(); len(waiting) > 0 {
			belts[i].Front = max(belts[i].Front, age(now, waiting[0].ID))
		}
	}
	return belts, nil
}

// age reads the time out of an entry's id, which begins with Redis's milliseconds.
func age(now time.Time, id string) time.Duration {
	millis, _, _ := strings.Cut(id, "-")
	n, err := strconv.ParseInt(millis, 10, 64)
	if err != nil {
		return 0
	}
	return max(now.Sub(time.UnixMilli(n)), 0)
}

// Depth tells how many refs lie on a lane's belt, taken ones included.
func (q *Queue) Depth(ctx context.Context, lane outbox.Lane) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	n, err := q.client.XLen(ctx, laneKey(q.prefix, lane)).Result()
	if err != nil {
		return 0, fmt.Errorf("queue: depth: %w", err)
	}
	return int(n), nil
}

// Leave takes this process off the lists of consumers that it holds nothing of. A consumer with refs of its own stays, because removing it
// would lose them to everybody; Stale hands them on. Call it after the last Ack.
func (q *Queue) Leave(ctx context.Context, lanes []outbox.Lane) error {
	var errs []error
	for _, lane := range lanes {
		errs = append(errs, q.leave(ctx, laneKey(q.prefix, lane)))
	}
	return errors.Join(errs...)
}

func (q *Queue) leave(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	held, err := q.client.XPendingExt(ctx, &redis.XPendingExtArgs{
		Stream: key, Group: group, Start: "-", End: "+", Count: 1, Consumer: q.consumer,
	}).Result()
	switch {
	case noGroup(err):
		return nil
	case err != nil && !errors.Is(err, redis.Nil):
		return fmt.Errorf("queue: leave: %w", err)
	case len(held) > 0:
		return nil
	}
	if err := q.client.XGroupDelConsumer(ctx, key, group, q.consumer).Err(); err != nil && !noGroup(err) {
		return fmt.Errorf("queue: leave: %w", err)
	}
	return nil
}

// Wipe empties the lanes' belts, for whoever wants to see that nothing is lost by it: tests, and operators who must clear a Redis.
func (q *Queue) Wipe(ctx context.Context, lanes []outbox.Lane) error {
	for _, lane := range lanes { // one by one: in a cluster they lie apart
		if err := q.client.Del(ctx, laneKey(q.prefix, lane)).Err(); err != nil {
			return fmt.Errorf("queue: wipe: %w", err)
		}
	}
	return nil
}

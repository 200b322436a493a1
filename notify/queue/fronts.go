package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"budstikke.example/notify/outbox"
)

// Fronts fills in how long the oldest ref of each belt has been on it, by Redis's own clock; 0 for an empty belt. The reconciler needs
// it to know what cannot be there any more. A ref that was taken and not acknowledged counts as being there. In a cluster it is the clock of any of its
// machines: one that goes wrong by more than outbox.Terms.Grace makes refs be put on the belt twice, or later.
//
// A belt whose readers are told that they are further than it ever was gives nobody anything: it is set aside, and empty (B3).
func (q *Queue) Fronts(ctx context.Context, belts []outbox.Belt) ([]outbox.Belt, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*callTimeout)
	defer cancel()
	asked := q.client.Pipeline()
	clock := asked.Time(ctx)
	groups, taken := make([]*redis.XInfoGroupsCmd, len(belts)), make([]*redis.XPendingCmd, len(belts))
	streams := make([]*redis.XInfoStreamCmd, len(belts))
	for i, b := range belts {
		key := laneKey(q.prefix, b.Municipality, b.Lane)
		taken[i] = asked.XPending(ctx, key, group)
		groups[i] = asked.XInfoGroups(ctx, key)
		streams[i] = asked.XInfoStream(ctx, key) // after its groups: it goes ahead of them
	}
	_, _ = asked.Exec(ctx) // the first error of many; each is looked at below
	now, err := clock.Result()
	if err != nil {
		return nil, fmt.Errorf("queue: fronts: %w", err)
	}
	asked = q.client.Pipeline()
	next := make([]*redis.XMessageSliceCmd, len(belts))
	for i, b := range belts {
		key, from := laneKey(q.prefix, b.Municipality, b.Lane), "-"
		if reached := reachedIn(groups[i].Val()); reached != "" {
			from = "(" + reached
			if stream := streams[i].Val(); stream != nil && beyond(reached, stream.LastGeneratedID) {
				if err := q.setAside(ctx, key); err != nil {
					return nil, err
				}
				from, taken[i] = "-", redis.NewXPendingCmd(ctx)
			}
		}
		next[i] = asked.XRangeN(ctx, key, from, "+", 1)
	}
	_, _ = asked.Exec(ctx)
	for _, c := range next { // where the name of a belt has something else, the belt is empty: Ring makes it
		if err := c.Err(); err != nil && !errors.Is(err, redis.Nil) && !wrongType(err) {
			return nil, fmt.Errorf("queue: fronts: %w", err)
		}
	}
	told := make([]outbox.Belt, len(belts))
	for i, b := range belts {
		told[i] = b
		if p := taken[i].Val(); p != nil && p.Count > 0 {
			told[i].Front = age(now, p.Lower)
		}
		if waiting := next[i].Val(); len(waiting) > 0 {
			told[i].Front = max(told[i].Front, age(now, waiting[0].ID))
		}
	}
	return told, nil
}

// reachedIn is the last entry that the workers were given; "" where they have no group.
func reachedIn(groups []redis.XInfoGroup) string {
	for _, g := range groups {
		if g.Name == group {
			return g.LastDeliveredID
		}
	}
	return ""
}

// age is how long ago an entry was written.
func age(now time.Time, id string) time.Duration {
	at := moment(id)
	if at.IsZero() {
		return 0
	}
	return max(now.Sub(at), 0)
}

// moment reads the time out of an entry's id, which begins with Redis's milliseconds; the zero time when it has none.
func moment(id string) time.Time {
	millis, _, _ := strings.Cut(id, "-")
	n, err := strconv.ParseInt(millis, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(n)
}

// Depth tells how many refs lie on a municipality's belt, taken ones included.
func (q *Queue) Depth(ctx context.Context, municipality uuid.UUID, lane outbox.Lane) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	n, err := q.client.XLen(ctx, laneKey(q.prefix, municipality, lane)).Result()
	if err != nil {
		return 0, fmt.Errorf("queue: depth: %w", err)
	}
	return int(n), nil
}

// leave takes this process off the consumers of streams where it holds nothing.
func (q *Queue) leave(ctx context.Context, keys []string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	asked, held := q.client.Pipeline(), make([]*redis.XPendingExtCmd, len(keys))
	for i, key := range keys {
		held[i] = asked.XPendingExt(ctx, &redis.XPendingExtArgs{Stream: key, Group: group, Start: "-", End: "+", Count: 1, Consumer: q.consumer})
	}
	_, _ = asked.Exec(ctx)
	asked = q.client.Pipeline()
	for i, key := range keys {
		switch refs, err := held[i].Result(); {
		case noGroup(err), len(refs) > 0:
		case err != nil && !errors.Is(err, redis.Nil):
			return fmt.Errorf("queue: leave: %w", err)
		default:
			asked.XGroupDelConsumer(ctx, key, group, q.consumer)
		}
	}
	commands, _ := asked.Exec(ctx)
	for _, c := range commands {
		if err := c.Err(); err != nil && !noGroup(err) {
			return fmt.Errorf("queue: leave: %w", err)
		}
	}
	return nil
}

// Wipe empties the lanes' belts of all municipalities, for whoever wants to see that nothing is lost by it: tests, and operators who must clear a Redis.
func (q *Queue) Wipe(ctx context.Context, lanes []outbox.Lane) error {
	for _, lane := range lanes {
		pattern := escaped(under(q.prefix, "notify:{")) + "*}:" + string(lane.Provider) + ":" + string(lane.Urgency)
		err := q.each(ctx, func(ctx context.Context, node *redis.Client) error {
			keys := node.Scan(ctx, 0, pattern, 1000).Iterator()
			for keys.Next(ctx) {
				if err := node.Del(ctx, keys.Val()).Err(); err != nil {
					return err
				}
			}
			return keys.Err()
		})
		if err != nil {
			return fmt.Errorf("queue: wipe: %w", err)
		}
	}
	return nil
}

// escaped writes a text for Redis's patterns, where it means itself.
var escaped = strings.NewReplacer("\\", "\\\\", "*", "\\*", "?", "\\?", "[", "\\[", "]", "\\]").Replace

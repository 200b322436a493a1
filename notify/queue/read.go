package queue

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// Message is a ref taken from the belt. It stays this process's until it is acknowledged, or until Stale gives it to another. One that is made of a
// ref that did not come from the belt has nothing to acknowledge.
type Message struct {
	Ref outbox.Ref
	id  string
}

// Read takes refs of an urgency, for about so many deliveries as there is room for, and does not wait for any. They are of all municipalities whose turn
// it is, some of each: first those that have waited longest for it. Left out are those of whom busy says that it has some of theirs still; they keep their
// turn. busy may be nil.
//
// The reading is not ended by ctx's cancellation, because one given up by its caller would take refs that nobody then has. Errors: what Redis answered;
// what could be read is returned all the same.
func (r *Reader) Read(ctx context.Context, u notify.Urgency, room int, busy func(municipality uuid.UUID) bool) ([]Message, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	turns, sizes := r.next(u, max(room, 1), busy)
	if len(turns) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*callTimeout)
	defer cancel()
	messages, again, err := r.read(ctx, u, turns, sizes, room)
	if len(again) > 0 && err == nil { // their belts were missing and are made now
		var more []Message
		more, again, err = r.read(ctx, u, again, sizes, room)
		messages = append(messages, more...)
	}
	r.mark(u, again...)
	if err != nil {
		r.mark(u, turns...)
		return messages, fmt.Errorf("queue: read: %w", err)
	}
	return messages, nil
}

// read reads once from each belt. It answers whose belts were missing, with those made.
func (r *Reader) read(ctx context.Context, u notify.Urgency, turns []uuid.UUID, sizes map[uuid.UUID]int, room int) ([]Message, []uuid.UUID, error) {
	lane := outbox.Lane{Provider: r.provider, Urgency: u}
	asked, commands, counts := r.q.client.Pipeline(), make([]*redis.XStreamSliceCmd, len(turns)), make([]int, len(turns))
	for i, m := range turns {
		counts[i] = max(room/max(sizes[m], 1)/len(turns), 1)
		commands[i] = asked.XReadGroup(ctx, &redis.XReadGroupArgs{
			Group: group, Consumer: r.q.consumer, Count: int64(counts[i]), Block: -1, // leaves BLOCK out; 0 would wait for ever
			Streams: []string{laneKey(r.q.prefix, m, lane), ">"},
		})
	}
	_, _ = asked.Exec(ctx) // the first error of many; each is looked at below
	var messages []Message
	var missing []uuid.UUID
	var failed error
	for i, m := range turns {
		streams, err := commands[i].Result()
		switch {
		case errors.Is(err, redis.Nil):
		case noGroup(err):
			missing = append(missing, m)
		case wrongType(err):
			missing = append(missing, m)
			if err := r.q.setAside(ctx, laneKey(r.q.prefix, m, lane)); err != nil {
				failed = err
			}
		case err != nil:
			failed = err
		default:
			for _, s := range streams {
				messages = append(messages, r.take(ctx, m, u, s.Messages)...)
				if len(s.Messages) == counts[i] { // there may be more
					r.mark(u, m)
				}
			}
		}
	}
	if failed == nil && len(missing) > 0 {
		failed = r.q.makeGroups(ctx, lane, missing)
	}
	return messages, missing, failed
}

// take reads entries and notes how large they are.
func (r *Reader) take(ctx context.Context, m uuid.UUID, u notify.Urgency, entries []redis.XMessage) []Message {
	messages := r.q.parse(ctx, m, outbox.Lane{Provider: r.provider, Urgency: u}, entries)
	total := 0
	for _, message := range messages {
		total += message.Ref.Size
	}
	if len(messages) > 0 {
		r.sized(u, m, max(total/len(messages), 1))
	}
	return messages
}

// makeGroups makes streams and their group, reading from the beginning: what was rung while there was no group is not skipped.
func (q *Queue) makeGroups(ctx context.Context, lane outbox.Lane, municipalities []uuid.UUID) error {
	asked := q.client.Pipeline()
	for _, m := range municipalities {
		asked.XGroupCreateMkStream(ctx, laneKey(q.prefix, m, lane), group, "0")
	}
	commands, _ := asked.Exec(ctx)
	for _, c := range commands {
		if err := c.Err(); err != nil && !strings.HasPrefix(err.Error(), "BUSYGROUP") {
			return fmt.Errorf("queue: make group: %w", err)
		}
	}
	return nil
}

// Stale takes over refs of an urgency that some process took and did not acknowledge within idle, up to n of each municipality that was heard of: it has
// died, or is stuck. Whether they are still to be done is for the claim to say.
func (r *Reader) Stale(ctx context.Context, u notify.Urgency, idle time.Duration, n int) ([]Message, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*callTimeout)
	defer cancel()
	lane, whose := outbox.Lane{Provider: r.provider, Urgency: u}, r.seen(u)
	asked := r.q.client.Pipeline()
	lengths := make([]*redis.IntCmd, len(whose))
	for i, m := range whose {
		lengths[i] = asked.XLen(ctx, laneKey(r.q.prefix, m, lane))
	}
	if _, err := asked.Exec(ctx); err != nil && !wrongType(err) { // what is no belt has no length, and is seen to when it is read
		return nil, fmt.Errorf("queue: take over: %w", err)
	}
	asked = r.q.client.Pipeline()
	taken := map[uuid.UUID]*redis.XAutoClaimCmd{}
	for i, m := range whose {
		if lengths[i].Val() > 0 {
			taken[m] = asked.XAutoClaim(ctx, &redis.XAutoClaimArgs{
				Stream: laneKey(r.q.prefix, m, lane), Group: group, Consumer: r.q.consumer, MinIdle: idle, Start: "0", Count: int64(n),
			})
		}
	}
	_, _ = asked.Exec(ctx)
	var messages []Message
	var failed error
	for m, c := range taken {
		entries, _, err := c.Result()
		switch {
		case err == nil:
			messages = append(messages, r.q.parse(ctx, m, lane, entries)...)
		case !noGroup(err) && !errors.Is(err, redis.Nil):
			failed = fmt.Errorf("queue: take over: %w", err)
		}
	}
	return messages, failed
}

// parse reads entries; those that are no refs are parked.
func (q *Queue) parse(ctx context.Context, municipality uuid.UUID, lane outbox.Lane, entries []redis.XMessage) []Message {
	messages := make([]Message, 0, len(entries))
	var broken []redis.XMessage
	for _, e := range entries {
		m := Message{id: e.ID, Ref: outbox.Ref{Municipality: municipality, Provider: lane.Provider, Urgency: lane.Urgency}}
		if m.read(e.Values) {
			messages = append(messages, m)
		} else {
			broken = append(broken, e)
		}
	}
	if len(broken) > 0 {
		q.park(ctx, laneKey(q.prefix, municipality, lane), broken)
	}
	return messages
}

// sizeMost is more than any parcel holds.
const sizeMost = 1000

func (m *Message) read(values map[string]any) bool {
	parcel, _ := values[fieldParcel].(string)
	attempt, _ := values[fieldAttempt].(string)
	size, _ := values[fieldSize].(string)
	var errs [3]error
	m.Ref.Parcel, errs[0] = uuid.Parse(parcel)
	m.Ref.Attempt, errs[1] = strconv.Atoi(attempt)
	m.Ref.Size, errs[2] = strconv.Atoi(size)
	return errors.Join(errs[:]...) == nil && m.Ref.Size > 0 && m.Ref.Size <= sizeMost && m.Ref.Attempt >= 0 && m.Ref.Attempt <= math.MaxInt16
}

// Ack says that messages are dealt with and takes them off the belt.
func (q *Queue) Ack(ctx context.Context, messages ...Message) error {
	byBelt := map[outbox.Belt][]string{}
	for _, m := range messages {
		if m.id == "" {
			continue
		}
		belt := outbox.Belt{Municipality: m.Ref.Municipality, Lane: outbox.Lane{Provider: m.Ref.Provider, Urgency: m.Ref.Urgency}}
		byBelt[belt] = append(byBelt[belt], m.id)
	}
	if len(byBelt) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := q.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for belt, ids := range byBelt {
			p.XAck(ctx, laneKey(q.prefix, belt.Municipality, belt.Lane), group, ids...)
			p.XDel(ctx, laneKey(q.prefix, belt.Municipality, belt.Lane), ids...)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("queue: ack: %w", err)
	}
	return nil
}

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

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// Message is a ref taken from the belt. It stays this process's until it is acknowledged, or until Stale gives it to another. One that is made of a
// ref that did not come from the belt has nothing to acknowledge.
type Message struct {
	Ref outbox.Ref
	id  string
}

// Read takes up to n refs from each of a provider's named lanes, waiting at most block (one second at most, 0 for not at all) when there
// are none. No refs and no error means that nothing came. Refs of the critical lane come first.
//
// The wait is not ended by ctx's cancellation; ctx's deadline is ignored while blocking, because a read given up by its caller would take
// refs nobody then has. Errors: what Redis answered; groups that are missing are made first.
func (q *Queue) Read(ctx context.Context, provider notify.Provider, n int, block time.Duration, lanes ...notify.Urgency) ([]Message, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	block = min(block, maxBlock)
	args := &redis.XReadGroupArgs{Group: group, Consumer: q.consumer, Count: int64(n), Block: block}
	if block < time.Millisecond {
		args.Block = -1 // leaves BLOCK out; 0 would wait for ever
	}
	for _, u := range lanes {
		args.Streams = append(args.Streams, laneKey(q.prefix, outbox.Lane{Provider: provider, Urgency: u}))
	}
	for range lanes {
		args.Streams = append(args.Streams, ">")
	}
	streams, err := q.read(ctx, args)
	if noGroup(err) {
		if err := q.makeGroups(ctx, args.Streams[:len(lanes)]); err != nil {
			return nil, err
		}
		streams, err = q.read(ctx, args)
	}
	switch {
	case errors.Is(err, redis.Nil), noGroup(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("queue: read: %w", err)
	}
	var messages []Message
	for _, u := range lanes { // Redis answers in the order of the keys, which is not promised
		lane := outbox.Lane{Provider: provider, Urgency: u}
		for _, s := range streams {
			if s.Stream == laneKey(q.prefix, lane) {
				messages = append(messages, q.parse(ctx, lane, s.Messages)...)
			}
		}
	}
	return messages, nil
}

func (q *Queue) read(ctx context.Context, args *redis.XReadGroupArgs) ([]redis.XStream, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(args.Block, 0)+2*callTimeout)
	defer cancel()
	return q.client.XReadGroup(ctx, args).Result()
}

// makeGroups makes the streams and their group, reading from the beginning: what was rung while there was no group is not skipped.
func (q *Queue) makeGroups(ctx context.Context, keys []string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	for _, key := range keys {
		err := q.client.XGroupCreateMkStream(ctx, key, group, "0").Err()
		if err != nil && !strings.HasPrefix(err.Error(), "BUSYGROUP") {
			return fmt.Errorf("queue: make group: %w", err)
		}
	}
	return nil
}

// Stale takes over up to n refs of a lane that some process took and did not acknowledge within idle: it has died, or is stuck. Whether
// they are still to be done is for the claim to say.
func (q *Queue) Stale(ctx context.Context, lane outbox.Lane, idle time.Duration, n int) ([]Message, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	entries, _, err := q.client.XAutoClaim(ctx, &redis.XAutoClaimArgs{
		Stream: laneKey(q.prefix, lane), Group: group, Consumer: q.consumer, MinIdle: idle, Start: "0", Count: int64(n),
	}).Result()
	switch {
	case noGroup(err), errors.Is(err, redis.Nil):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("queue: take over: %w", err)
	}
	return q.parse(ctx, lane, entries), nil
}

// parse reads entries; one that is no ref is thrown away, because nobody could ever carry it out.
func (q *Queue) parse(ctx context.Context, lane outbox.Lane, entries []redis.XMessage) []Message {
	messages := make([]Message, 0, len(entries))
	var broken []Message
	for _, e := range entries {
		m := Message{id: e.ID, Ref: outbox.Ref{Provider: lane.Provider, Urgency: lane.Urgency}}
		if m.read(e.Values) {
			messages = append(messages, m)
		} else {
			broken = append(broken, m)
		}
	}
	if len(broken) > 0 {
		_ = q.Ack(ctx, broken...) // stays for Stale when it fails
	}
	return messages
}

func (m *Message) read(values map[string]any) bool {
	municipality, _ := values[fieldMunicipality].(string)
	parcel, _ := values[fieldParcel].(string)
	attempt, _ := values[fieldAttempt].(string)
	size, _ := values[fieldSize].(string)
	var errs [4]error
	m.Ref.Municipality, errs[0] = uuid.Parse(municipality)
	m.Ref.Parcel, errs[1] = uuid.Parse(parcel)
	m.Ref.Attempt, errs[2] = strconv.Atoi(attempt)
	m.Ref.Size, errs[3] = strconv.Atoi(size)
	return errors.Join(errs[:]...) == nil && m.Ref.Size > 0
}

// Ack says that messages are dealt with and takes them off the belt.
func (q *Queue) Ack(ctx context.Context, messages ...Message) error {
	byLane := map[outbox.Lane][]string{}
	for _, m := range messages {
		if m.id == "" {
			continue
		}
		lane := outbox.Lane{Provider: m.Ref.Provider, Urgency: m.Ref.Urgency}
		byLane[lane] = append(byLane[lane], m.id)
	}
	if len(byLane) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := q.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for lane, ids := range byLane {
			p.XAck(ctx, laneKey(q.prefix, lane), group, ids...)
			p.XDel(ctx, laneKey(q.prefix, lane), ids...)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("queue: ack: %w", err)
	}
	return nil
}

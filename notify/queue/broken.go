package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	brokenMost   = 1000 // entries that are kept, the last ones
	brokenFields = 2000 // characters of the fields of an entry
)

// Broken is what lay on a belt and is nobody's work: an entry that is no ref, or a whole key under a belt's name that is no belt, or none any more.
type Broken struct {
	At     time.Time `json:"at"`    // when it was found, by Redis's clock
	Key    string    `json:"key"`   // the belt
	Entry  string    `json:"entry"` // the entry's id; for a key, the name under which it is kept now
	Fields string    `json:"fields,omitempty"`
}

// brokenKey names what is kept of broken entries. Redis type: stream, of the last 1000.
func brokenKey(prefix string) string { return under(prefix, "notify:broken") }

// Broken lists what was found broken by any process and not yet pushed out by later finds, newest first, most of them at most. Errors: what Redis answered.
func (q *Queue) Broken(ctx context.Context, most int) ([]Broken, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	entries, err := q.client.XRevRangeN(ctx, brokenKey(q.prefix), "+", "-", int64(most)).Result()
	if err != nil {
		return nil, fmt.Errorf("queue: broken: %w", err)
	}
	list := make([]Broken, len(entries))
	for i, e := range entries {
		key, _ := e.Values["key"].(string)
		entry, _ := e.Values["entry"].(string)
		fields, _ := e.Values["fields"].(string)
		list[i] = Broken{At: moment(e.ID).UTC(), Key: key, Entry: entry, Fields: fields}
	}
	return list, nil
}

// BrokenFound counts what this process has found broken.
func (q *Queue) BrokenFound() int64 { return q.broken.Load() }

// park keeps entries that are no refs where an operator can look, and takes them off their belt: nobody could ever carry them out. What they were about
// comes back from Postgres. When that fails they stay for Stale.
func (q *Queue) park(ctx context.Context, key string, entries []redis.XMessage) {
	ids := make([]string, len(entries))
	asked := q.client.Pipeline()
	for i, e := range entries {
		ids[i] = e.ID
		fields, _ := json.Marshal(e.Values)
		q.keep(ctx, asked, key, e.ID, strings.ToValidUTF8(string(fields[:min(len(fields), brokenFields)]), ""))
	}
	asked.XAck(ctx, key, group, ids...)
	asked.XDel(ctx, key, ids...)
	_, _ = asked.Exec(ctx)
	q.broken.Add(int64(len(entries)))
}

func (q *Queue) keep(ctx context.Context, in redis.Pipeliner, key, entry, fields string) {
	in.XAdd(ctx, &redis.XAddArgs{
		Stream: brokenKey(q.prefix), MaxLen: brokenMost, Values: []any{"key", key, "entry", entry, "fields", fields},
	})
}

// setAside gives whatever has the name of a belt and cannot be one another name, so that the belt can be made: `…:aside`, in the place of what was set aside
// before.
func (q *Queue) setAside(ctx context.Context, key string) error {
	switch err := q.client.Rename(ctx, key, key+":aside").Err(); {
	case noKey(err): // somebody else has seen to it
		return nil
	case err != nil:
		return fmt.Errorf("queue: set aside: %w", err)
	}
	q.broken.Add(1)
	asked := q.client.Pipeline()
	q.keep(ctx, asked, key, key+":aside", "")
	_, _ = asked.Exec(ctx)
	return nil
}

// wrongType tells whether a command met something that is no stream.
func wrongType(err error) bool { return err != nil && strings.HasPrefix(err.Error(), "WRONGTYPE") }

// full tells whether a stream has used up the last id that there is, and takes no entry any more.
func full(err error) bool {
	return err != nil && strings.Contains(err.Error(), "exhausted the last possible ID")
}

// beyond tells whether a group has got further than its stream ever was, so that it is given nothing that is written now; also where both are at the end
// of all ids. An id that cannot be read is beyond nothing.
func beyond(group, stream string) bool {
	g, known := position(group)
	s, there := position(stream)
	return known && there && (slices.Compare(g[:], s[:]) > 0 || g == [2]uint64{math.MaxUint64, math.MaxUint64})
}

// position reads an entry's id: milliseconds and a number.
func position(id string) (p [2]uint64, ok bool) {
	millis, number, _ := strings.Cut(id, "-")
	var errs [2]error
	p[0], errs[0] = strconv.ParseUint(millis, 10, 64)
	p[1], errs[1] = strconv.ParseUint(number, 10, 64)
	return p, errors.Join(errs[:]...) == nil
}

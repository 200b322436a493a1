package queue

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// Timeouts and bounds.
const (
	dialTimeout = 300 * time.Millisecond
	callTimeout = time.Second            // one command or one pipeline; a busy machine is not a dead Redis
	ringBatch   = 500                    // entries per pipeline
	maxEntries  = 200_000                // per lane, roughly; what is trimmed comes back through the reconciler
	ringPause   = 300 * time.Millisecond // after a failed ring, so that requests do not queue up behind a dead Redis
)

// Errors.
var (
	// ErrEviction means that Redis may throw entries away when its memory is full. Set maxmemory-policy to noeviction. Nothing is lost by
	// it, but notices are delayed until the reconciler finds them.
	ErrEviction = errors.New("queue: Redis may evict keys: set maxmemory-policy to noeviction")
	// ErrAway means that Redis did not answer a moment ago and was not asked again.
	ErrAway = errors.New("queue: Redis is away")
)

// Config is how the belt is reached.
type Config struct {
	URL      string // see Open
	Prefix   string // put before every key; lets several systems, or several tests, share a Redis
	Consumer string // unique name of this process among the workers; made up when empty
}

// Queue is the belt. It is safe for concurrent use.
type Queue struct {
	client   redis.UniversalClient
	spread   bool // it lies on several machines: what one pipeline asks is not done in order
	prefix   string
	consumer string
	away     atomic.Bool
	broken   atomic.Int64 // entries that were no refs
}

// quiet keeps the library from writing to standard error by itself: whatever it has to say comes back as an error, which the caller logs.
var quiet = sync.OnceFunc(func() { redis.SetLogger(silence{}) })

type silence struct{}

// Printf implements the library's logger.
func (silence) Printf(context.Context, string, ...any) {}

func consumerName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "worker"
	}
	var random [4]byte
	_, _ = rand.Read(random[:]) // never fails
	return fmt.Sprintf("%s-%d-%s", host, os.Getpid(), hex.EncodeToString(random[:]))
}

// Close closes the connections. Call Leave before it.
func (q *Queue) Close() error { return q.client.Close() }

// Ping tells whether Redis answers, all masters of a cluster.
func (q *Queue) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := q.each(ctx, func(ctx context.Context, node *redis.Client) error { return node.Ping(ctx).Err() })
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	return nil
}

// each does something with every machine that takes writes: the one there is, or all masters of a cluster, at the same time.
func (q *Queue) each(ctx context.Context, do func(context.Context, *redis.Client) error) error {
	if cluster, ok := q.client.(*redis.ClusterClient); ok {
		return cluster.ForEachMaster(ctx, do)
	}
	return do(ctx, q.client.(*redis.Client))
}

// Check tells whether Redis is set up as a belt needs it. Errors: ErrEviction, or what Redis answered. A Redis that does not let its
// configuration be read passes.
func (q *Queue) Check(ctx context.Context) error {
	if err := q.Ping(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return q.each(ctx, checkNode)
}

func checkNode(ctx context.Context, node *redis.Client) error {
	settings, err := node.ConfigGet(ctx, "maxmemory*").Result()
	var answered redis.Error
	switch {
	case errors.As(err, &answered): // hosted Redis and miniredis refuse CONFIG
		return nil
	case err != nil:
		return fmt.Errorf("queue: %w", err)
	}
	policy, limit := settings["maxmemory-policy"], settings["maxmemory"]
	if policy != "" && policy != "noeviction" && limit != "" && limit != "0" {
		return fmt.Errorf("%w (it is %s)", ErrEviction, policy)
	}
	return nil
}

// noGroup tells whether a lane or its group is missing, as after FLUSHALL: a reader that was blocked gets UNBLOCKED, the next one NOGROUP.
func noGroup(err error) bool {
	if err == nil {
		return false
	}
	message := err.Error()
	return strings.HasPrefix(message, "NOGROUP") || strings.HasPrefix(message, "UNBLOCKED") || noKey(err)
}

func noKey(err error) bool { return err != nil && strings.Contains(err.Error(), "no such key") }

package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-redisstream/pkg/redisstream"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/redis/go-redis/v9"
)

// watermillTopic is the stream, and watermillGroup its group of consumers.
const (
	watermillTopic = "watermill.push"
	watermillGroup = "workers"
)

// Watermill is ThreeDotsLabs/watermill over Redis Streams. A subscriber handles one message after the other, so there is one for each send
// that may run at the same time.
type Watermill struct {
	apple       *Apple
	redis       *redis.Client
	publisher   *redisstream.Publisher
	subscribers []*redisstream.Subscriber
	handling    sync.WaitGroup
	turn        atomic.Pointer[tally]
}

// NewWatermill subscribes with so many consumers.
func NewWatermill(ctx context.Context, apple *Apple, url string, workers int) (*Watermill, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("watermill: %w", err)
	}
	options.PoolSize = workers + 16 // a consumer that waits holds a connection
	w := &Watermill{apple: apple, redis: redis.NewClient(options)}
	silent := watermill.NopLogger{}
	if w.publisher, err = redisstream.NewPublisher(redisstream.PublisherConfig{Client: w.redis}, silent); err != nil {
		return nil, fmt.Errorf("watermill: %w", err)
	}
	for range workers {
		s, err := redisstream.NewSubscriber(redisstream.SubscriberConfig{
			Client: w.redis, ConsumerGroup: watermillGroup, OldestId: "0", DisableIndefiniteInitialBlock: true,
		}, silent)
		if err != nil {
			return nil, fmt.Errorf("watermill: %w", err)
		}
		w.subscribers = append(w.subscribers, s)
		messages, err := s.Subscribe(context.WithoutCancel(ctx), watermillTopic)
		if err != nil {
			return nil, fmt.Errorf("watermill: %w", err)
		}
		w.handling.Go(func() {
			for m := range messages {
				w.handle(m)
			}
		})
	}
	return w, nil
}

// handle sends, and tries again in place as watermill's middleware for retries does.
func (w *Watermill) handle(m *message.Message) {
	var r Receiver
	if json.Unmarshal(m.Payload, &r) == nil {
		for attempt := 1; attempt <= 5; attempt++ {
			if err := w.apple.Push(m.Context(), r); err == nil || errors.Is(err, errGone) {
				break
			}
			time.Sleep(again(attempt))
		}
	}
	m.Ack()
	w.turn.Load().end(r.Push)
}

// Name implements Contender.
func (w *Watermill) Name() string { return "watermill over Redis Streams" }

// Send implements Contender.
func (w *Watermill) Send(ctx context.Context, to []Receiver) (Run, error) {
	turn := newTally(to)
	w.turn.Store(turn)
	began := time.Now()
	messages := make([]*message.Message, len(to))
	for i, r := range to {
		payload, err := json.Marshal(r)
		if err != nil {
			return Run{}, err
		}
		messages[i] = message.NewMessage(r.Push, payload)
	}
	const publishers = 8 // Publish writes one message after the other
	var publishing sync.WaitGroup
	failures := make([]error, publishers)
	for p := range publishers {
		publishing.Go(func() {
			from, end := p*len(messages)/publishers, (p+1)*len(messages)/publishers
			failures[p] = w.publisher.Publish(watermillTopic, messages[from:end]...)
		})
	}
	publishing.Wait()
	if err := errors.Join(failures...); err != nil {
		return Run{}, fmt.Errorf("watermill: publish: %w", err)
	}
	accepted := time.Since(began)
	if err := turn.wait(ctx); err != nil {
		return Run{Gone: int(w.apple.gone.Load())}, err
	}
	for ctx.Err() == nil {
		if p, err := w.redis.XPending(ctx, watermillTopic, watermillGroup).Result(); err != nil || p.Count == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	return Run{Accepted: accepted, Total: time.Since(began), Gone: int(w.apple.gone.Load())}, ctx.Err()
}

// Close implements Contender.
func (w *Watermill) Close(context.Context) error {
	var errs []error
	for _, s := range w.subscribers {
		errs = append(errs, s.Close())
	}
	w.handling.Wait()
	errs = slices.DeleteFunc(append(errs, w.publisher.Close()), func(err error) bool {
		return errors.Is(err, redis.ErrClosed) // the first of them closes the client of all
	})
	return errors.Join(errs...)
}

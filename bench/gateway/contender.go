package gateway

import (
	"context"
	"time"
)

// Receiver is one device, with what names the push to it: a delivery of ours, or what a peer would use as a task's id.
type Receiver struct {
	Token string // an APNs device token
	Push  string // a UUID, sent as apns-id
}

// Contender sends one push to each receiver through the same provider.
type Contender interface {
	// Name is what the tables call it.
	Name() string
	// Send hands the whole work over at once and returns when every push was answered by the provider and every result is as durable as
	// this contender makes it. It may be called again with other receivers.
	Send(ctx context.Context, to []Receiver) (Run, error)
	// Close stops what the contender runs.
	Close(ctx context.Context) error
}

// Run is one turn of a contender.
type Run struct {
	Accepted time.Duration // until the work was handed over: for those with a store, until it was durable there
	Total    time.Duration // until everything was answered and its result was durable
	Gone     int           // how many receivers the provider said are no longer there
}

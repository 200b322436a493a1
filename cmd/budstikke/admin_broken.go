package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/notify/queue"
)

type outboxBroken struct {
	Most int  `default:"100" help:"No more than so many, the last ones."`
	JSON bool `help:"Print one JSON document per line instead of text."`
}

// Run shows what lay on the belt and was nobody's work. It is of no municipality and about nobody, so that the trail has nothing of it (B5); what came
// there by mistake may be anything, and is shown to whoever has the password of Redis.
func (c outboxBroken) Run(ctx context.Context, t terminal) error {
	if c.Most < 1 {
		return errors.New("--most must be more than nothing")
	}
	settings, err := boot.LoadFromEnvironment("audit")
	if err != nil {
		return err
	}
	if settings.Redis.URL.Reveal() == "" {
		return errors.New("REDIS_URL is not set")
	}
	belt, err := queue.Open(queue.Config{URL: settings.Redis.URL.Reveal(), Prefix: settings.Redis.Prefix})
	if err != nil {
		return err
	}
	defer func() { _ = belt.Close() }()
	broken, err := belt.Broken(ctx, c.Most)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(t.out)
	for _, b := range broken {
		if c.JSON {
			err = encoder.Encode(b)
		} else {
			_, err = fmt.Fprintf(t.out, "%s\t%s\t%s\t%q\n", b.At.Format(time.RFC3339), b.Key, b.Entry, b.Fields)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

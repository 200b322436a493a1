package gateway

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

var quick = flag.Bool("quick", false, "only the floor and Budstikke")

// device is the device token of the nth receiver.
func device(n int) string { return fmt.Sprintf("%064x", n) }

// contenders are made one after the other, as they are asked for, so that nobody's workers look for work while another has their turn.
func contenders(b *testing.B, t *town, p *provider, workers int) func(func(int, Contender) bool) {
	redis, database := os.Getenv("REDIS_URL"), t.adminURL(b)
	make := []func() (Contender, error){
		func() (Contender, error) { return NewFloor(apple(b, p), workers), nil },
		func() (Contender, error) { return newOurs(b, t, p, workers), nil },
		func() (Contender, error) { return NewAsynq(apple(b, p), redis, workers, true) },
		func() (Contender, error) { return NewAsynq(apple(b, p), redis, workers, false) },
		func() (Contender, error) { return NewRiver(b.Context(), apple(b, p), database, workers, true) },
		func() (Contender, error) { return NewRiver(b.Context(), apple(b, p), database, workers, false) },
		func() (Contender, error) { return NewWatermill(b.Context(), apple(b, p), redis, workers) },
	}
	return func(yield func(int, Contender) bool) {
		for i, m := range make {
			if *quick && i > 1 {
				return
			}
			t.freshen(b)
			p.become(b, conditions{}) // connections are warmed in good weather
			c, err := m()
			if err != nil {
				b.Fatal(err)
			}
			if !yield(i, c) {
				return
			}
		}
	}
}

func apple(b *testing.B, p *provider) *Apple {
	b.Helper()
	a, err := NewApple(b.Context(), p.Manifest)
	if err != nil {
		b.Fatal(err)
	}
	return a
}

package sandbox_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/sideshow/apns2"
	"github.com/sideshow/apns2/payload"

	"budstikke.example/notify/sandbox"
)

// BenchmarkAPNs sends with apns2 over two connections, client and sandbox in one process: what the sandbox leaves of the machine to a sender.
func BenchmarkAPNs(b *testing.B) {
	s, err := sandbox.Start(b.Context(), sandbox.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	clients := []*apns2.Client{apple(b, s), apple(b, s)}
	push := func(c *apns2.Client, i int) {
		n := &apns2.Notification{DeviceToken: deviceToken(i), Topic: s.Credentials().APNs.Topic, ApnsID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), Priority: 10,
			Payload: payload.NewPayload().AlertTitle("Solbakken").AlertBody("A new message")}
		if res, err := c.Push(n); err != nil || !res.Sent() {
			b.Errorf("push %d: %+v, %v", i, res, err)
		}
	}
	for _, c := range clients {
		push(c, 0)
	}
	work := make(chan int, 1000)
	var wg sync.WaitGroup
	for w := range 200 {
		wg.Go(func() {
			for i := range work {
				push(clients[w%2], i)
			}
		})
	}
	b.ResetTimer()
	for i := range b.N {
		work <- i
	}
	close(work)
	wg.Wait()
}

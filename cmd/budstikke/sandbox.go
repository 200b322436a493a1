package main

import (
	"context"
	"fmt"
	"net"
	"os/signal"
	"strconv"
	"syscall"

	"budstikke.example/notify/sandbox"
)

// sandboxCommand plays the providers in a process of its own; docker-compose.yml and load tests use it.
type sandboxCommand struct {
	Host      string `help:"Address to listen on." default:"127.0.0.1"`
	Advertise string `help:"Host name that the other processes reach it by, when that is not the address it listens on."`
	Port      int    `help:"Port of the page and the control interface; 0 takes a free one." default:"8090"`
	Keep      uint   `help:"How many deliveries the journal keeps; the oldest are forgotten first." default:"200000"`
}

// Run plays the providers until Ctrl-C or SIGTERM.
func (c sandboxCommand) Run(ctx context.Context, t terminal) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return sandbox.Run(ctx, sandbox.Config{
		Host: c.Host, Advertise: c.Advertise, Ports: sandbox.Ports{Control: c.Port}, JournalLimit: int(c.Keep), JournalBytes: max(256<<20, int64(c.Keep)<<10),
		Twilio: sandbox.TwilioConfig{CallbackHosts: []string{"api"}},
		Ready: func(m sandbox.Manifest) {
			_, port, _ := net.SplitHostPort(m.Addresses.Control[len("http://"):])
			if n, err := strconv.Atoi(port); err == nil {
				fmt.Fprintf(t.out, "The provider sandbox shows what arrives at http://127.0.0.1:%d\n", n)
			}
		},
	})
}

package main

import (
	"context"
	"fmt"
	"os/signal"
	"syscall"

	"budstikke.example/cmd/budstikke/internal/auditor"
)

// auditCommand is for whoever looks after the audit trail (B5).
type auditCommand struct {
	Verify auditVerify `cmd:"" help:"Recompute the audit trail and compare it with its anchors; exits 1 and names the first entry that is wrong."`
	Anchor auditAnchor `cmd:"" help:"Sign the end of the trail and keep it outside the database; the API does so every hour."`
	Report auditReport `cmd:"" help:"Say when, in which roles and for what purposes somebody's data were looked at, for the person concerned."`
}

type auditVerify struct{}

// Run verifies every municipality's trail.
func (auditVerify) Run(ctx context.Context, t terminal) error {
	return atDesk(ctx, t, func(ctx context.Context, d *auditor.Desk) error { return d.Verify(ctx, t.out) })
}

type auditAnchor struct{}

// Run anchors every municipality's trail once.
func (auditAnchor) Run(ctx context.Context, t terminal) error {
	return atDesk(ctx, t, func(ctx context.Context, d *auditor.Desk) error {
		n, err := d.Anchor(ctx)
		if err == nil {
			fmt.Fprintf(t.out, "%d anchors were kept\n", n)
		}
		return err
	})
}

func atDesk(ctx context.Context, t terminal, do func(ctx context.Context, d *auditor.Desk) error) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	desk, err := auditor.Open(ctx, t.err)
	if err != nil {
		return err
	}
	defer desk.Close()
	return do(ctx, desk)
}

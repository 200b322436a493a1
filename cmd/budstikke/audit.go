package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"

	"budstikke.example/cmd/budstikke/internal/auditor"
	"budstikke.example/migrations/trail"
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

type auditReport struct {
	Municipality string    `required:"" placeholder:"SLUG" help:"The municipality."`
	Subject      uuid.UUID `required:"" placeholder:"ID" help:"The person's id."`
	Purpose      string    `required:"" enum:"access_request,incident,supervision" placeholder:"WORD" help:"Why: access_request (somebody asks about themselves), incident or supervision. The trail keeps it."`
	Operator     string    `placeholder:"NAME" help:"Who asks, for the trail. Left out, the name of the system's account."`
	JSON         bool      `help:"Print one JSON document per line instead of text."`
}

// Run reports.
func (c auditReport) Run(ctx context.Context, t terminal) error {
	encoder := json.NewEncoder(t.out)
	if !c.JSON {
		fmt.Fprintln(t.out, "when\twho\troles\tpurpose\toutcome\ttimes")
	}
	by := trail.Asker{Operator: cmp.Or(c.Operator, auditor.Operator()), Purpose: c.Purpose}
	return atDesk(ctx, t, func(ctx context.Context, d *auditor.Desk) error {
		return d.Report(ctx, c.Municipality, c.Subject, by, func(l trail.Line) error {
			if c.JSON {
				return encoder.Encode(l)
			}
			_, err := fmt.Fprintf(t.out, "%s\t%s\t%s\t%s\t%s\t%d\n", l.At.Format(time.RFC3339), l.Caller, strings.Join(l.Roles, ","), l.Purpose, l.Outcome, l.Times)
			return err
		})
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

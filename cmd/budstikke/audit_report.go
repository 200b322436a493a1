package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"budstikke.example/cmd/budstikke/internal/auditor"
	"budstikke.example/migrations/trail"
)

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

package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// tellLapsed tells whoever proposed to lift a restriction that nobody confirmed it in time, once; unless they do not answer for the child any more,
// or are kept from it meanwhile (B8). The proposal is worth nothing from its last moment on, whether anybody was told or not.
func (c calendar) tellLapsed(ctx context.Context) error {
	rows, err := c.Query(ctx, "select child, person, institution from app.tell_lapsed()")
	if err != nil {
		return err
	}
	type lapse struct{ Child, Person, Institution uuid.UUID }
	lapsed, err := pgx.CollectRows(rows, pgx.RowToStructByPos[lapse])
	if err != nil {
		return err
	}
	for _, l := range lapsed {
		e := notify.LiftingLapsed{Institution: l.Institution}
		to := []outbox.Recipient{{Person: l.Person, Grounds: outbox.GroundsStaff, Institution: l.Institution, Child: l.Child}}
		if err := c.announce(outbox.Announce(ctx, c.Tx, e, to, notify.RoutineChannelsOf(e))); err != nil {
			return err
		}
	}
	return nil
}

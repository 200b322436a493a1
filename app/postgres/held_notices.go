package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// tellHeld tells those whom the changes wait for that imports have held, and owners of what has waited for days (B8). An import writes to nobody;
// this comes after it, once for all that was held since the last time, and to nobody whom a change is about.
func (c calendar) tellHeld(ctx context.Context) error {
	rows, err := c.Query(ctx, "select institution, person from app.tell_held($1) order by institution, person", c.Now)
	if err != nil {
		return err
	}
	type listener struct{ Institution, Person uuid.UUID }
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[listener])
	if err != nil {
		return err
	}
	var people []uuid.UUID
	for i, l := range list {
		people = append(people, l.Person)
		if i+1 < len(list) && list[i+1].Institution == l.Institution {
			continue
		}
		e := notify.HeldChangesWaiting{Institution: l.Institution}
		if err := c.announce(outbox.Announce(ctx, c.Tx, e, atWork(people, l.Institution), notify.RoutineChannelsOf(e))); err != nil {
			return err
		}
		people = nil
	}
	return nil
}

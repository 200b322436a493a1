package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// tellUnsponsored tells who heads an institution of each partnership there that has lost its sponsor, once; where nobody heads it, its owners
// (U8, B12). The access rests by itself, from the moment on in which the sponsor does not work there.
func (c calendar) tellUnsponsored(ctx context.Context) error {
	rows, err := c.Query(ctx, "select partnership, institution from app.tell_unsponsored($1)", c.Now)
	if err != nil {
		return err
	}
	type loss struct{ Partnership, Institution uuid.UUID }
	lost, err := pgx.CollectRows(rows, pgx.RowToStructByPos[loss])
	if err != nil {
		return err
	}
	for _, l := range lost {
		people, err := c.answeringFor(ctx, l.Institution, "head")
		if err == nil && len(people) == 0 {
			people, err = c.answeringFor(ctx, l.Institution, "owner")
		}
		if err != nil {
			return err
		}
		e := notify.PartnerWithoutSponsor{Partnership: l.Partnership}
		if len(people) == 0 {
			continue // the list says it to whoever comes
		}
		if err := c.announce(outbox.Announce(ctx, c.Tx, e, atWork(people, l.Institution), notify.RoutineChannelsOf(e))); err != nil {
			return err
		}
	}
	return nil
}

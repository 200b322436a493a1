package postgres

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// tellTraining tells whoever is overdue with a training, and those who answer for them, once until nothing of theirs is overdue any more: the heads,
// and the owners where it is a head's or nobody heads the place (V3, V9). One notice an institution, however many they are.
func (c calendar) tellTraining(ctx context.Context) error {
	rows, err := c.Query(ctx, "select institution, person, owned from app.tell_training($1)", c.Now)
	if err != nil {
		return err
	}
	people, owned := map[uuid.UUID][]uuid.UUID{}, map[uuid.UUID]bool{}
	var institution, person uuid.UUID
	var leading bool
	if _, err := pgx.ForEachRow(rows, []any{&institution, &person, &leading}, func() error {
		people[institution] = append(people[institution], person)
		owned[institution] = owned[institution] || leading
		return nil
	}); err != nil {
		return err
	}
	for institution, overdue := range people {
		heads, err := c.answeringFor(ctx, institution, "head")
		if err != nil {
			return err
		}
		if owned[institution] || len(heads) == 0 {
			owners, err := c.answeringFor(ctx, institution, "owner")
			if err != nil {
				return err
			}
			heads = append(heads, owners...)
		}
		for _, h := range heads {
			if !slices.Contains(overdue, h) {
				overdue = append(overdue, h)
			}
		}
		e := notify.TrainingOverdue{Institution: institution}
		if err := c.announce(outbox.Announce(ctx, c.Tx, e, atWork(overdue, institution), notify.RoutineChannelsOf(e))); err != nil {
			return err
		}
	}
	return nil
}

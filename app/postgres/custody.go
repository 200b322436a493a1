package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/app"
	"budstikke.example/auth/access"
	"budstikke.example/migrations/trail"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// autoOnCustody is the rule as the trail names it, where an operation stands otherwise.
const autoOnCustody = "auto_on_custody"

// Custody tells whether anything is clear enough about the applicant's children to be opened without a head (V13). For somebody who has not proved
// strongly who they are, nothing is.
func (t *VisitorTx) Custody(ctx context.Context, strong bool) (app.Custody, error) {
	var clear bool
	err := t.QueryRow(ctx, "select exists (select from app.clear_custody())").Scan(&clear)
	if clear && strong {
		return app.CustodyClear, err
	}
	return app.CustodyUnclear, err
}

// OpenByCustody opens what is clear to an applicant whom the policy has approved in this transaction, tells the heads, and leaves an entry that
// names the rule for each institution (B5, V6). What has become unclear since it was asked stays closed.
func (t *VisitorTx) OpenByCustody(ctx context.Context, a app.Application) error {
	// sqlc does not know the columns of a function that returns a table.
	rows, err := t.Query(ctx, "select institution_id, children, people from app.open_by_custody($1, $2)", a.ID, t.Now)
	if err != nil {
		return err
	}
	type opened struct {
		Institution      uuid.UUID
		Children, People []uuid.UUID
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[opened])
	if err != nil {
		return err
	}
	for _, o := range list {
		e := notify.AccessOpened{Institution: o.Institution}
		if len(o.People) > 0 {
			if err := t.announce(outbox.Announce(ctx, t.Tx, e, atWork(o.People, o.Institution), notify.RoutineChannelsOf(e))); err != nil {
				return err
			}
		}
		act := trail.Act{Operation: autoOnCustody, Class: string(access.AccessDecision), Children: o.Children, Person: a.Person, Institution: o.Institution, Resource: a.ID}
		if err := act.Leave(ctx, t.Tx); err != nil {
			return err
		}
	}
	return nil
}

package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/auth/access"
	"budstikke.example/migrations/trail"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// proofOverdue is the rule as the trail names it, where an operation stands otherwise.
const proofOverdue = "proof_overdue"

// tellOfWaiting tells the heads, and later the owners, of institutions where an application has waited for long (H1). The applicant is told of
// nothing: it is not for them that somebody is late.
func (c calendar) tellOfWaiting(ctx context.Context) error {
	rows, err := c.Query(ctx, "select institution, role from app.long_waiting($1) order by 1, 2", c.Now)
	if err != nil {
		return err
	}
	type waiting struct {
		Institution uuid.UUID
		Role        string
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[waiting])
	if err != nil {
		return err
	}
	for _, w := range list {
		people, err := c.answeringFor(ctx, w.Institution, w.Role)
		if err != nil {
			return err
		}
		if len(people) == 0 {
			continue // tellHeadless says what nobody answers for
		}
		e := notify.ApplicationsWaiting{Institution: w.Institution}
		if err := c.announce(outbox.Announce(ctx, c.Tx, e, atWork(people, w.Institution), notify.RoutineChannelsOf(e))); err != nil {
			return err
		}
	}
	return nil
}

// askForProofs tells guardians that they are to prove anew who they are, and suspends what rests on a proof that is overdue; it returns how much
// that was. Each leaves an entry in the trail that names the rule (B5). Telling comes first: what goes out then is about the person, and is
// not cut off with the access (V15).
func (c calendar) askForProofs(ctx context.Context) (late int, err error) {
	rows, err := c.Query(ctx, "select account, person from auth.due_proofs($1) order by 1", c.Now)
	if err != nil {
		return 0, err
	}
	type due struct{ Account, Person uuid.UUID }
	accounts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[due])
	if err != nil {
		return 0, err
	}
	for _, a := range accounts {
		e := notify.ProofDue{Account: a.Account}
		to := []outbox.Recipient{{Person: a.Person, Grounds: outbox.GroundsSelf}}
		if err := c.announce(outbox.Announce(ctx, c.Tx, e, to, notify.RoutineChannelsOf(e))); err != nil {
			return 0, err
		}
	}
	rows, err = c.Query(ctx, "select guardianship, institution, child, person from app.suspend_unproved($1) order by 2, 1", c.Now)
	if err != nil {
		return 0, err
	}
	type suspended struct{ Guardianship, Institution, Child, Person uuid.UUID }
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[suspended])
	if err != nil {
		return 0, err
	}
	for _, s := range list {
		act := trail.Act{Operation: proofOverdue, Class: string(access.AccessDecision), Children: []uuid.UUID{s.Child}, Person: s.Person,
			Institution: s.Institution, Resource: s.Guardianship}
		if err := act.Leave(ctx, c.Tx); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

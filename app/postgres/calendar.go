package postgres

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// KeepCalendar does in every municipality what is due by the calendar at this moment: it opens the month's reviews, reminds of them, and tells the owner
// of those that are overdue; where the municipality wants it, what nobody confirmed is suspended (V10). The revisions of January and June are opened and
// reminded of alike (V9). Heads are told of secrets that are due (V12), whoever begins as head of what waits, owners of institutions that nobody
// heads (V9), those whom changes of registers wait for (B8), heads of partners who have lost their sponsor (U8), whoever is overdue with a training and those who answer for them (V9), and whoever proposed to lift a restriction that nobody confirmed it (B8). Applications that wait for long are brought up, and guardians prove
// once a year who they are (H1). It may be asked as often as one likes and by several processes at once; what was done is not done again. It goes on with the next
// municipality when one fails, and returns every error.
func (db *DB) KeepCalendar(ctx context.Context) error {
	list, err := db.Municipalities(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, m := range list {
		errs = append(errs, db.keepCalendar(ctx, m.ID), db.openReviews(ctx, m.ID)) // in this order: who begins as head is told of what waited before
	}
	return errors.Join(errs...)
}

// openReviews opens the month's reviews that are missing, each in a transaction of its own: all of a large municipality's would take longer than a
// statement may (V10). Another process that opens them at the same time ends the round; it goes on with those that are left.
func (db *DB) openReviews(ctx context.Context, municipality uuid.UUID) error {
	for number := 0; ; number++ {
		var announced []outbox.Ref
		var opened []dueReview
		err := db.scope.WithScope(ctx, scope.Of(municipality, scope.Clock), func(s *scope.Tx) (err error) {
			c := calendar{tx{Tx: s, announced: &announced, about: &about{}}}
			opened, err = c.reviews(ctx, "select review, institution, 'opened' from app.open_reviews($1, 1)")
			for _, r := range opened {
				err = errors.Join(err, c.tell(ctx, r))
			}
			return err
		})
		if err != nil {
			return err
		}
		db.committed(ctx, announced)
		if len(opened) == 0 {
			if number > 0 {
				db.log.InfoContext(ctx, "the month's reviews of access are open", "municipality", municipality, "reviews", number)
			}
			return nil
		}
	}
}

func (db *DB) keepCalendar(ctx context.Context, municipality uuid.UUID) error {
	var announced []outbox.Ref
	err := db.scope.WithScope(ctx, scope.Of(municipality, scope.Clock), func(s *scope.Tx) error {
		c := calendar{tx{Tx: s, announced: &announced, about: &about{}}}
		if err := c.briefHeads(ctx); err != nil {
			return err
		}
		untold, err := c.tellHeadless(ctx)
		if err != nil {
			return err
		}
		if untold > 0 {
			db.log.WarnContext(ctx, "institutions have neither a head nor an owner who could be told", "municipality", municipality, "institutions", untold)
		}
		if err := c.tellHeld(ctx); err != nil {
			return err
		}
		if err := c.tellUnsponsored(ctx); err != nil {
			return err
		}
		if err := c.tellTraining(ctx); err != nil {
			return err
		}
		if err := c.tellLapsed(ctx); err != nil {
			return err
		}
		due, err := c.reviews(ctx, "select review, institution, what from app.due_reviews($1)")
		if err != nil {
			return err
		}
		revisions, err := c.revisions(ctx)
		if err != nil {
			return err
		}
		for _, r := range slices.Concat(due, revisions) {
			if err := c.tell(ctx, r); err != nil {
				return err
			}
		}
		if err := c.tellOfWaiting(ctx); err != nil {
			return err
		}
		late, err := c.askForProofs(ctx)
		if err != nil {
			return err
		}
		if late > 0 {
			db.log.InfoContext(ctx, "access was suspended because a proof is overdue", "municipality", municipality, "guardianships", late)
		}
		suspended, err := c.reviews(ctx, "select review, institution, 'suspended' from app.suspend_unconfirmed($1)")
		if err != nil {
			return err
		}
		secrets, err := c.reviews(ctx, "select shared_user, institution, 'secret' from auth.due_secrets($1)")
		if err != nil {
			return err
		}
		for _, r := range append(suspended, secrets...) {
			if err := c.tell(ctx, r); err != nil {
				return err
			}
		}
		if len(suspended) > 0 {
			db.log.WarnContext(ctx, "what nobody confirmed in a review was suspended", "municipality", municipality, "reviews", len(suspended))
		}
		return nil
	})
	if err == nil {
		db.committed(ctx, announced)
	}
	return err
}

// calendar is a transaction of what the program does by itself.
type calendar struct{ tx }

// dueReview is what somebody is to be told about: a review because it was opened, to remind, because it is overdue or because what nobody
// confirmed was suspended; a revision that waits or is overdue; or a shared user whose secret is due.
type dueReview struct {
	ID, Institution uuid.UUID
	What            string
}

// reviews asks one of the functions of the calendar; sqlc does not know the columns of a function that returns a table.
func (c calendar) reviews(ctx context.Context, sql string) ([]dueReview, error) {
	rows, err := c.Query(ctx, sql, c.Now)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[dueReview])
}

// revisions opens those of January and June and finds what is due of them (V2, V9). Reminders follow the review's (V10).
func (c calendar) revisions(ctx context.Context) ([]dueReview, error) {
	opened, err := c.reviews(ctx, "select revision, institution, 'revision' from app.open_revisions($1)")
	if err != nil {
		return nil, err
	}
	due, err := c.reviews(ctx, "select revision, institution, what from app.due_revisions($1)")
	return append(opened, due...), err
}

// tell announces it to the heads of the institution, and what is overdue or was suspended to the owners as well. Of a secret that is due, owners hear
// where nobody is head.
func (c calendar) tell(ctx context.Context, r dueReview) error {
	var e notify.Routine = notify.ReviewDue{Review: r.ID}
	roles := []string{"head"}
	switch r.What {
	case "overdue", "suspended":
		e, roles = notify.ReviewOverdue{Review: r.ID}, []string{"head", "owner"}
	case "revision":
		e = notify.RevisionDue{Revision: r.ID}
	case "revision_overdue":
		e, roles = notify.RevisionOverdue{Revision: r.ID}, []string{"head", "owner"}
	case "secret":
		e = notify.SecretDue{Group: r.ID}
	}
	people, err := c.answeringFor(ctx, r.Institution, roles...)
	if err == nil && len(people) == 0 && r.What == "secret" {
		people, err = c.answeringFor(ctx, r.Institution, "owner") // its tablets are locked when nobody hears of it (V9, V12)
	}
	if err != nil || len(people) == 0 {
		return err
	}
	return c.announce(outbox.Announce(ctx, c.Tx, e, atWork(people, r.Institution), notify.RoutineChannelsOf(e)))
}

package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/app"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// Headless is an institution that nobody heads, or of which some child meets no head (V9, V11).
type Headless struct {
	Institution uuid.UUID
	Name        string
	Since       time.Time
	ToldAt      *time.Time // when its owners were last told
	TakenOverAt *time.Time // when an owner said that they answer for it
	Children    int        // whom every head there is kept from (B8)
}

// WithoutHead are the caller's institutions that nobody heads, those for the longest time first. Fault: not_found for who owns none.
func (o Office) WithoutHead(ctx context.Context) ([]Headless, error) {
	return Read(ctx, o, func(t *OfficeTx) ([]Headless, error) {
		var owns bool
		if err := t.QueryRow(ctx, "select exists (select from app.held_roles() r where r.role = 'owner')").Scan(&owns); err != nil {
			return nil, err
		}
		if !owns {
			return nil, app.ErrNotFound
		}
		rows, err := t.Query(ctx, "select * from app.without_head()") // sqlc does not know the columns of a function that returns a table
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(rows, pgx.RowToStructByPos[Headless])
	})
}

// tellHeadless tells the owners of institutions that nobody heads, and returns how many there is nobody to tell about: a self-governing institution
// without an owner is nobody's but the municipality's own to find.
func (c calendar) tellHeadless(ctx context.Context) (untold int, err error) {
	rows, err := c.Query(ctx, "select institution from app.tell_headless($1) as institution", c.Now)
	if err != nil {
		return 0, err
	}
	institutions, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return 0, err
	}
	for _, institution := range institutions {
		owners, err := c.answeringFor(ctx, institution, "owner")
		if err != nil {
			return untold, err
		}
		if len(owners) == 0 {
			untold++
			continue
		}
		e := notify.InstitutionWithoutHead{Institution: institution}
		if err := c.announce(outbox.Announce(ctx, c.Tx, e, atWork(owners, institution), notify.RoutineChannelsOf(e))); err != nil {
			return untold, err
		}
	}
	return untold, nil
}

// briefHeads tells whoever has begun as head which reviews and revisions wait at the institution, and asks those for whom alone a review waits:
// nobody confirms their own access (V9, V10).
func (c calendar) briefHeads(ctx context.Context) error {
	rows, err := c.Query(ctx, "select review, institution, person, revision from app.brief_heads($1) union all select review, institution, person, false from app.ask_others($1)", c.Now)
	if err != nil {
		return err
	}
	type briefing struct {
		Review, Institution, Person uuid.UUID
		Revision                    bool // of January or June, and no review of access
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[briefing])
	if err != nil {
		return err
	}
	for _, b := range list {
		var e notify.Routine = notify.ReviewDue{Review: b.Review}
		if b.Revision {
			e = notify.RevisionDue{Revision: b.Review}
		}
		to := atWork([]uuid.UUID{b.Person}, b.Institution)
		if err := c.announce(outbox.Announce(ctx, c.Tx, e, to, notify.RoutineChannelsOf(e))); err != nil {
			return err
		}
	}
	return nil
}

// answeringFor are the people with one of the roles at an institution.
func (c calendar) answeringFor(ctx context.Context, institution uuid.UUID, roles ...string) ([]uuid.UUID, error) {
	rows, err := c.Query(ctx, "select person from app.answering_for($1, $2) as person", institution, roles)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

// atWork are people as receivers of what concerns an institution where they work.
func atWork(people []uuid.UUID, institution uuid.UUID) []outbox.Recipient {
	to := make([]outbox.Recipient, len(people))
	for i, person := range people {
		to[i] = outbox.Recipient{Person: person, Grounds: outbox.GroundsStaff, Institution: institution}
	}
	return to
}

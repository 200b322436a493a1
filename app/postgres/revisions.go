package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
)

const revisionsShown = 20 // ten years of them

// Revisions returns the latest revisions of an institution with their points, the latest first. Fault: not_found.
func (o Office) Revisions(ctx context.Context, institution uuid.UUID) ([]app.Revision, error) {
	return Read(ctx, o, func(t *OfficeTx) ([]app.Revision, error) { return t.revisions(ctx, institution, nil) })
}

// OverdueRevisions returns a page of the revisions that are overdue anywhere the caller answers for, the oldest first (V2, V9). Faults: not_found for
// somebody who answers for nothing, cursor_invalid.
func (o Office) OverdueRevisions(ctx context.Context, page Page) (Slice[app.OverdueRevision], error) {
	after, err := page.position(position{})
	if err != nil {
		return Slice[app.OverdueRevision]{}, err
	}
	return Read(ctx, o, func(t *OfficeTx) (Slice[app.OverdueRevision], error) {
		if err := t.answersForSomething(ctx); err != nil {
			return Slice[app.OverdueRevision]{}, err
		}
		size := page.size()
		rows, err := db.New().OverdueRevisions(ctx, t.Tx, db.OverdueRevisionsParams{
			Moment: t.Now, AfterAt: after.at, AfterID: after.id, PageSize: size + 1,
		})
		if err != nil {
			return Slice[app.OverdueRevision]{}, err
		}
		return slice(rows, size, func(r db.OverdueRevisionsRow) app.OverdueRevision {
			return app.OverdueRevision{
				ID: r.ID, Institution: r.InstitutionID, InstitutionName: r.InstitutionName, Month: r.Month, OpenedAt: r.OpenedAt, DueOn: r.DueOn,
				Points: int(r.Points), Confirmed: int(r.Confirmed),
			}
		}, func(r db.OverdueRevisionsRow) position { return position{r.OpenedAt, r.ID} }), nil
	})
}

// Revision returns the revision that an institution opened in a month, written as 2026-01. Fault: not_found.
func (o Office) Revision(ctx context.Context, institution uuid.UUID, month string) (app.Revision, error) {
	return Read(ctx, o, func(t *OfficeTx) (app.Revision, error) { return t.revision(ctx, institution, month) })
}

// RevisionToChange returns it locked, so that two heads who confirm at once take turns. Fault: not_found.
func (t *OfficeTx) RevisionToChange(ctx context.Context, institution uuid.UUID, month string) (app.Revision, error) {
	_, err := t.Exec(ctx, "select from app.revisions where municipality_id = $1 and institution_id = $2 and month = to_date($3, 'YYYY-MM') for update",
		t.Municipality(), institution, month)
	if err != nil {
		return app.Revision{}, err
	}
	return t.revision(ctx, institution, month)
}

// ConfirmRevisionPoint stores who confirmed a point.
func (t *OfficeTx) ConfirmRevisionPoint(ctx context.Context, revision uuid.UUID, p app.RevisionPoint) error {
	_, err := t.Exec(ctx, `update app.revision_points set remark = $4, confirmed_by = $5, confirmed_at = $6
		where municipality_id = $1 and revision_id = $2 and point = $3`, t.Municipality(), revision, p.Point, p.Remark, p.ConfirmedBy, p.ConfirmedAt)
	return err
}

// CompleteRevision stores who completed it.
func (t *OfficeTx) CompleteRevision(ctx context.Context, r app.Revision) error {
	_, err := t.Exec(ctx, "update app.revisions set completed_by = $3, completed_at = $4 where municipality_id = $1 and id = $2",
		t.Municipality(), r.ID, r.CompletedBy, r.CompletedAt)
	return err
}

func (t *OfficeTx) revision(ctx context.Context, institution uuid.UUID, month string) (app.Revision, error) {
	list, err := t.revisions(ctx, institution, &month)
	if err != nil {
		return app.Revision{}, err
	}
	if len(list) == 0 {
		return app.Revision{}, app.ErrNotFound
	}
	return list[0], nil
}

func (t *OfficeTx) revisions(ctx context.Context, institution uuid.UUID, month *string) ([]app.Revision, error) {
	if _, err := t.Institution(ctx, institution); err != nil {
		return nil, err
	}
	rows, err := t.Query(ctx, `with shown as (
			select r.* from app.revisions r
			where r.municipality_id = $1 and r.institution_id = $2 and ($3::text is null or r.month = to_date($3, 'YYYY-MM'))
			order by r.month desc limit $4)
		select r.id, r.month, r.opened_at, r.due_on,
			r.completed_at is null and r.due_on < ($5::timestamptz at time zone m.time_zone)::date, r.completed_at, r.completed_by,
			p.point, p.remark, p.confirmed_by, p.confirmed_at
		from shown r
		join app.municipalities m on m.municipality_id = r.municipality_id
		join app.revision_points p on p.municipality_id = r.municipality_id and p.revision_id = r.id
		order by r.month desc, p.position`, t.Municipality(), institution, month, revisionsShown, t.Now)
	if err != nil {
		return nil, err
	}
	var list []app.Revision
	r, p := app.Revision{Institution: institution}, app.RevisionPoint{}
	var done, confirmed *time.Time
	var by, confirmer *uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{&r.ID, &r.Month, &r.OpenedAt, &r.DueOn, &r.Overdue, &done, &by, &p.Point, &p.Remark, &confirmer, &confirmed}, func() error {
		if len(list) == 0 || list[len(list)-1].ID != r.ID {
			r.CompletedAt, r.CompletedBy = value(done), value(by)
			list = append(list, r)
		}
		last := &list[len(list)-1]
		p.ConfirmedBy, p.ConfirmedAt = value(confirmer), value(confirmed)
		last.Points = append(last.Points, p)
		return nil
	})
	return list, err
}

package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox/internal/db"
)

// Notice is an in-app notice: what kind of event happened, and where to look. Nothing of its content (B1).
type Notice struct {
	ID      uuid.UUID
	Kind    notify.Kind
	Urgency notify.Urgency
	Subject uuid.UUID
	At      time.Time
}

// Cursor is a place in the list of notices; the zero value is its beginning.
type Cursor struct {
	At time.Time
	ID uuid.UUID
}

// Next returns the cursor that continues after n.
func (n Notice) Next() Cursor { return Cursor{At: n.At, ID: n.ID} }

// Asked is what a question is put to: a transaction, or a reader for a single one.
type Asked interface {
	db.DBTX
	Municipality() uuid.UUID
}

// InAppNotices lists the in-app notices of the person whom the scope is opened for, newest first, after the cursor. limit is at least 1 and at most
// 200. Notices about a child the guardian may no longer see are left out (V15), and so are those of an institution where staff no longer
// work (V11); somebody who is both sees on each side that side's own.
func InAppNotices(ctx context.Context, of Asked, after Cursor, limit int) ([]Notice, error) {
	params := db.InAppNoticesParams{MunicipalityID: of.Municipality(), Most: int32(min(max(limit, 1), 200))}
	if !after.At.IsZero() {
		params.BeforeAt, params.AfterID = &after.At, &after.ID
	}
	rows, err := db.New().InAppNotices(ctx, of, params)
	if err != nil {
		return nil, fmt.Errorf("outbox: notices: %w", err)
	}
	list := make([]Notice, len(rows))
	for i, r := range rows {
		list[i] = Notice{ID: r.ID, Kind: notify.Kind(r.Kind), Urgency: notify.Urgency(r.Urgency), Subject: r.SubjectID, At: r.CreatedAt}
	}
	return list, nil
}

// noticesAtHomeSQL is written by hand because sqlc does not know the columns of a function that returns a table.
const noticesAtHomeSQL = "select id, kind, urgency, subject_id, created_at from notify.notices_at_home($1::timestamptz, $2::uuid, $3::integer)"

// NoticesAtHome is InAppNotices for a guardian, and for nobody else: the same notices, asked of a function that knows no other caller.
func NoticesAtHome(ctx context.Context, of Asked, after Cursor, limit int) ([]Notice, error) {
	var at *time.Time
	if !after.At.IsZero() {
		at = &after.At
	}
	rows, err := of.Query(ctx, noticesAtHomeSQL, at, after.ID, min(max(limit, 1), 200))
	if err != nil {
		return nil, fmt.Errorf("outbox: notices: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Notice])
	if err != nil {
		return nil, fmt.Errorf("outbox: notices: %w", err)
	}
	return list, nil
}

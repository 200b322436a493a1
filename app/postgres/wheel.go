package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/app"
)

// SetWheelLink keeps the digest of the secret in the caller's link to the calendar of an institution that they answer for, in place of the one
// before, which leads nowhere from now on (V2). Fault: not_found.
func (t *OfficeTx) SetWheelLink(ctx context.Context, institution uuid.UUID, digest [32]byte, locale string) error {
	if _, err := t.Institution(ctx, institution); err != nil {
		return err
	}
	me, err := t.Person(ctx)
	if err == nil {
		err = t.Hold(ctx)
	}
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, `insert into app.wheel_links (municipality_id, institution_id, person_id, token_hash, locale, made_at)
		values ($1, $2, $3, $4, $5, $6)
		on conflict (municipality_id, institution_id, person_id)
		do update set token_hash = excluded.token_hash, locale = excluded.locale, made_at = excluded.made_at`,
		t.Municipality(), institution, me.ID, digest[:], locale, t.Now)
	return err
}

// RemoveWheelLink takes the caller's link away. Fault: not_found for an institution that they do not answer for; to have none is none.
func (t *OfficeTx) RemoveWheelLink(ctx context.Context, institution uuid.UUID) error {
	if _, err := t.Institution(ctx, institution); err != nil {
		return err
	}
	me, err := t.Person(ctx)
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, "delete from app.wheel_links where municipality_id = $1 and institution_id = $2 and person_id = $3", t.Municipality(), institution, me.ID)
	return err
}

// Wheel returns the wheel that a link leads to, and the day it is at the institution. Fault: not_found for a secret that is unknown, was
// renewed, or is of somebody who does not answer for the institution at this moment (V15).
func (c Callback) Wheel(ctx context.Context, digest [32]byte) (w app.Wheel, today time.Time, err error) {
	_, err = Read(ctx, c, func(t *CallbackTx) (struct{}, error) {
		var zone string
		err := t.QueryRow(ctx, "select institution_id, name, locale, time_zone, created_at, made_at, due_days, rule_version from app.wheel_of($1)", digest[:]).
			Scan(&w.Institution, &w.Name, &w.Locale, &zone, &w.Since, &w.Made, &w.DueDays, &w.Version)
		if errors.Is(err, pgx.ErrNoRows) {
			return struct{}{}, app.ErrNotFound
		}
		if err != nil {
			return struct{}{}, err
		}
		place, err := time.LoadLocation(zone)
		if err != nil {
			return struct{}{}, err
		}
		today = civil(t.Now.In(place))
		w.Since = civil(w.Since.In(place))
		w.Reviews, err = t.opened(ctx, "select month, due_on, done from app.wheel_reviews($1, $2)", digest, app.WheelStart(today))
		if err == nil {
			w.Revisions, err = t.opened(ctx, "select month, due_on, done from app.wheel_revisions($1, $2)", digest, app.WheelStart(today))
		}
		return struct{}{}, err
	})
	return w, today, err
}

func (t *CallbackTx) opened(ctx context.Context, sql string, digest [32]byte, since time.Time) ([]app.WheelReview, error) {
	rows, err := t.Query(ctx, sql, digest[:], since)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[app.WheelReview])
}

// civil is a moment's date by itself.
func civil(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

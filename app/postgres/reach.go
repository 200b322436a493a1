package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/migrations/scope"
)

// Explanation is the answer to who would see something about a child, and why (B9).
type Explanation struct {
	Viewers []Viewer
	Tablets []ShowingTablet // of the child, and of whether it is away; none of a conversation
	Alerts  []AlertReach    // of the child only
}

// ShowingTablet is a shared tablet on whose roll-call a child stands: what it shows to everybody who stands before it, without a PIN (V7).
type ShowingTablet struct {
	ID              uuid.UUID
	Name            string
	Institution     uuid.UUID
	InstitutionName string
	Group           uuid.UUID
	GroupName       string
	Shows           string // given_name, name_and_initial, alias or presence
	Locked          bool   // nobody confirmed its secret in time, and it shows nothing (V12)
	Since           time.Time
	DecidedBy       uuid.UUID // who enrolled it
	DecidedByName   string    // "" for whom the caller does not meet in their work
}

// AlertReach is a guardian of a child whom an alert at an institution of it would go to now (B2).
type AlertReach struct {
	Institution     uuid.UUID
	InstitutionName string
	Person          uuid.UUID
	Name            string // "" with Protected
	Protected       bool   // the guardian, or a child of theirs there, has a protected identity, and is not named
	Account         bool   // the alert waits in their app
	Channels        []string
	Why             string // why no channel reaches them; "" when one does
}

// Explain returns everybody and everything that comes into question for showing something about a child that the caller answers for. Somebody
// with a protected identity whom the caller may not know of is left out. Fault: not_found.
func (o Office) Explain(ctx context.Context, of Subject) (Explanation, error) {
	return Read(ctx, o, func(t *OfficeTx) (e Explanation, err error) {
		if e.Viewers, err = t.viewers(ctx, of); err != nil {
			return e, err
		}
		t.looked(of.Child)
		return e, e.reach(ctx, t.Tx, of)
	})
}

// reach adds the tablets that show it, and whom an alert would go to.
func (e *Explanation) reach(ctx context.Context, tx *scope.Tx, of Subject) (err error) {
	if of.Noun != "conversation" {
		if e.Tablets, err = tabletsOf(ctx, tx, of.Child); err != nil {
			return err
		}
	}
	if of.Noun == "child" {
		e.Alerts, err = alertReach(ctx, tx, of.Child)
	}
	return err
}

// sqlc does not know the columns of a function that returns a table.
func tabletsOf(ctx context.Context, tx *scope.Tx, child uuid.UUID) ([]ShowingTablet, error) {
	rows, err := tx.Query(ctx, `select f.tablet_id, f.name, f.institution_id, f.institution, f.group_id, f.group_name, f.shows, f.locked, f.since, f.decided_by,
			coalesce(p.given_name, ''), coalesce(p.family_name, '')
		from app.tablets_of_child($1) f
		left join app.persons p on p.municipality_id = scope.municipality() and p.id = f.decided_by`, child)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s ShowingTablet, err error) {
		var by uuid.NullUUID
		var given, family string
		err = row.Scan(&s.ID, &s.Name, &s.Institution, &s.InstitutionName, &s.Group, &s.GroupName, &s.Shows, &s.Locked, &s.Since, &by, &given, &family)
		s.DecidedBy, s.DecidedByName = by.UUID, fullName(given, family)
		return s, err
	})
}

func alertReach(ctx context.Context, tx *scope.Tx, child uuid.UUID) ([]AlertReach, error) {
	rows, err := tx.Query(ctx, "select institution_id, institution, person_id, name, protected, account, channels, why from app.alert_reach($1)", child)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[AlertReach])
}

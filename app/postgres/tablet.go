package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/app"
	"budstikke.example/migrations/scope"
)

// Tablet is the way in for a shared tablet as itself: the roll-call of its group and nothing else (V7).
type Tablet struct {
	db *DB
	s  scope.Scope
}

// Tablet returns the handle of the tablet whose scope s is.
func (db *DB) Tablet(s scope.Scope) Tablet { return Tablet{db, s} }

func (t Tablet) database() *DB         { return t.db }
func (t Tablet) open() scope.Scope     { return t.s }
func (t Tablet) within(x tx) *TabletTx { return &TabletTx{x} }

// TabletTx is a tablet's transaction.
type TabletTx struct{ tx }

// RollCall is who belongs to a group today.
type RollCall struct {
	Group    string
	Children []Present
}

// Present is a child in the roll-call. Name is the alias of one with a protected identity (B8), and empty where the alias is still to be drawn and where
// somebody who works in the group is kept from knowing that the child is there.
type Present struct {
	ID   uuid.UUID
	Name string
	Away bool
}

// RollCall returns the roll-call of the tablet's group at this moment.
func (t *TabletTx) RollCall(ctx context.Context) (RollCall, error) {
	rows, err := t.Query(ctx, "select group_name, child_id, name, away from app.roll_call($1)", t.Now)
	if err != nil {
		return RollCall{}, err
	}
	var call RollCall
	for rows.Next() {
		var child *uuid.UUID
		var p Present
		if err := rows.Scan(&call.Group, &child, &p.Name, &p.Away); err != nil {
			rows.Close()
			return RollCall{}, err
		}
		if child != nil { // a group without children has one row for its name
			p.ID = *child
			call.Children = append(call.Children, p)
		}
	}
	t.looked(childrenOf(call.Children, func(p Present) uuid.UUID { return p.ID })...)
	return call, rows.Err()
}

// Myself is what the caller's own PIN must not be made of.
type Myself struct {
	ID   uuid.UUID
	Born time.Time // the zero time when the register does not say
}

// Myself returns the caller's id and birthday.
func (t *InstitutionTx) Myself(ctx context.Context) (Myself, error) {
	me, err := t.Person(ctx)
	if err != nil {
		return Myself{}, err
	}
	var born *time.Time
	err = t.QueryRow(ctx, "select birth_date from app.persons where municipality_id = $1 and id = $2", t.Municipality(), me.ID).Scan(&born)
	if err != nil {
		return Myself{}, err
	}
	m := Myself{ID: me.ID}
	if born != nil {
		m.Born = *born
	}
	return m, nil
}

// Group is a group of an institution.
type Group struct {
	ID   uuid.UUID
	Name string
}

// Groups returns the groups of an institution that the caller answers for and that go on, by name. Fault: not_found.
func (t *OfficeTx) Groups(ctx context.Context, institution uuid.UUID) ([]Group, error) {
	rows, err := t.Query(ctx, `select g.id, g.name from app.groups g
		where g.municipality_id = $1 and g.institution_id = $2 and g.institution_id in (select app.headed_institutions())
		  and (g.ended_at is null or g.ended_at > $3) order by g.name, g.id limit 500`, t.Municipality(), institution, t.Now)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Group])
	if err != nil {
		return nil, err
	}
	if len(list) > 0 {
		return list, nil
	}
	var here bool
	if err := t.QueryRow(ctx, "select $1 in (select app.headed_institutions())", institution).Scan(&here); err != nil {
		return nil, err
	}
	if !here {
		return nil, app.ErrNotFound
	}
	return nil, nil
}

// Known turns an error of a transaction that a flow opened by itself into what a caller may know, as Write and Read do.
func Known(err error) error {
	if errors.Is(err, scope.ErrNoSession) || errors.Is(err, scope.ErrOtherCaller) {
		return fault(err)
	}
	return err
}

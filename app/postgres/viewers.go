package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/auth/access"
	"budstikke.example/migrations/scope"
)

// Subject is what somebody asks about when they want to know who would see it (B9): a child, or an absence or a conversation of it.
type Subject struct {
	Child uuid.UUID
	Noun  string // child, absence or conversation
	ID    uuid.UUID
}

// Viewer is somebody who comes into question for seeing it: with the facts that the policy decides by, and the grounds of which they are made.
type Viewer struct {
	Person       uuid.UUID // uuid.Nil where nobody in particular is told
	Name         string    // "" for whom the caller does not meet in their work
	Caller       string    // guardian or staff
	HasAccount   bool
	Restrictions []string // kinds that run now between them and the child; the reasons stay sealed (B8)
	Grounds      []Ground
	Facts        scope.Facts

	nth    int64
	hidden bool
}

// Ground is one relation or role of a viewer.
type Ground struct {
	Institution     uuid.UUID // uuid.Nil for a relation that is for no institution
	InstitutionName string
	Group           uuid.UUID
	Role            string // "" for a guardian
	Status          string // of a guardian: inactive, active, suspended, ended or none; of staff: to_come, active, on_leave or ended
	Since, Until    time.Time
	DecidedAt       time.Time
	DecidedBy       uuid.UUID
	DecidedByName   string
}

// viewers returns everybody who comes into question for seeing something about a child that the caller answers for. Somebody with a protected
// identity whom the caller may not know of is left out. Fault: not_found.
func (t *OfficeTx) viewers(ctx context.Context, of Subject) ([]Viewer, error) {
	list, err := viewers(ctx, t.Tx, of)
	if err != nil || len(list) == 0 { // whoever may ask comes into question too
		return nil, orNotFound(err)
	}
	names, err := t.names(ctx, list)
	if err != nil {
		return nil, err
	}
	var unnamed bool // the child's own name is kept from the caller, and its guardians' would tell it (B8)
	if err := t.QueryRow(ctx, "select $1::uuid = any (app.aliased_persons())", of.Child).Scan(&unnamed); err != nil {
		return nil, err
	}
	met := list[:0]
	for _, v := range list {
		if v.Name = names[v.Person]; unnamed && v.Caller == "guardian" && !v.hidden {
			v.Name = ""
		} else if v.hidden && v.Name == "" {
			continue
		}
		for i := range v.Grounds {
			v.Grounds[i].DecidedByName = names[v.Grounds[i].DecidedBy]
		}
		met = append(met, v)
	}
	return met, nil
}

// names are those of the viewers and of whoever decided, as far as the caller meets them.
func (t *OfficeTx) names(ctx context.Context, list []Viewer) (map[uuid.UUID]string, error) {
	var ids []uuid.UUID
	for _, v := range list {
		ids = append(ids, v.Person)
		for _, g := range v.Grounds {
			ids = append(ids, g.DecidedBy)
		}
	}
	names := map[uuid.UUID]string{}
	rows, err := t.Query(ctx, "select id, given_name, family_name from app.persons where municipality_id = scope.municipality() and id = any($1)", ids)
	if err != nil {
		return nil, err
	}
	var id uuid.UUID
	var given, family string
	_, err = pgx.ForEachRow(rows, []any{&id, &given, &family}, func() error {
		names[id] = fullName(given, family)
		return nil
	})
	return names, err
}

// Viewers returns the staff who come into question for seeing one of the guardian's children; nobody in particular is told. Fault: not_found.
func (f Family) Viewers(ctx context.Context, child uuid.UUID) ([]Viewer, error) {
	return Read(ctx, f, func(t *FamilyTx) ([]Viewer, error) {
		known, err := t.Child(ctx, child)
		if err != nil {
			return nil, err
		}
		list, err := viewers(ctx, t.Tx, Subject{child, "child", child})
		if known.Institution.Name == "" { // a restriction keeps them from knowing where it is (B8)
			for _, v := range list {
				for i := range v.Grounds {
					v.Grounds[i].Institution, v.Grounds[i].InstitutionName = uuid.Nil, ""
				}
			}
		}
		return list, err
	})
}

// ExplainViewers returns everybody and everything that comes into question, for whoever runs the program; no person is named. Fault: not_found.
func (db *DB) ExplainViewers(ctx context.Context, municipality uuid.UUID, of Subject) (e Explanation, err error) {
	err = db.scope.WithScope(ctx, scope.Of(municipality, scope.Auditor), func(tx *scope.Tx) error {
		if e.Viewers, err = viewers(ctx, tx, of); err != nil || len(e.Viewers) == 0 {
			return orNotFound(err)
		}
		if err = e.reach(ctx, tx, of); err != nil {
			return err
		}
		return leave(WithAudit(ctx, Audit{Operation: "ExplainAccess", Purpose: access.Looks, Child: of.Child}), tx, about{})
	})
	return e, fault(err)
}

func viewers(ctx context.Context, tx *scope.Tx, of Subject) ([]Viewer, error) {
	var moment time.Time
	rows, err := tx.Query(ctx, `select now(), nth, person_id, caller, hidden, has_account, restrictions, institution_id, coalesce(institution, ''), group_id,
		coalesce(role, ''), status, since, until, decided_at, decided_by, facts from app.viewers($1, $2, $3)`, of.Child, of.Noun, of.ID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Viewer
	for rows.Next() {
		var v Viewer
		var g Ground
		var person, institution, group, decidedBy uuid.NullUUID
		var since, until, decidedAt *time.Time
		var facts []byte
		if err := rows.Scan(&moment, &v.nth, &person, &v.Caller, &v.hidden, &v.HasAccount, &v.Restrictions, &institution, &g.InstitutionName, &group,
			&g.Role, &g.Status, &since, &until, &decidedAt, &decidedBy, &facts); err != nil {
			return nil, err
		}
		g.Institution, g.Group, g.DecidedBy = institution.UUID, group.UUID, decidedBy.UUID
		g.Since, g.Until, g.DecidedAt = value(since), value(until), value(decidedAt)
		if last := len(list) - 1; last >= 0 && list[last].nth == v.nth {
			list[last].Grounds = append(list[last].Grounds, g)
			continue
		}
		if err := json.Unmarshal(facts, &v.Facts); err != nil {
			return nil, fmt.Errorf("the facts of a viewer: %w", err)
		}
		v.Person, v.Facts.Moment, v.Grounds = person.UUID, moment, []Ground{g}
		list = append(list, v)
	}
	return list, rows.Err()
}

package postgres

import (
	"context"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
)

// HeldChanges returns a page of what registers want at an institution and that waits for a person, the longest waiting first; everything tells
// also what was decided (B8). Faults: not_found, cursor_invalid.
func (o Office) HeldChanges(ctx context.Context, institution uuid.UUID, everything bool, page Page) (Slice[app.HeldChange], error) {
	after, err := page.position(position{})
	if err != nil {
		return Slice[app.HeldChange]{}, err
	}
	return Read(ctx, o, func(t *OfficeTx) (Slice[app.HeldChange], error) {
		if _, err := t.Institution(ctx, institution); err != nil {
			return Slice[app.HeldChange]{}, err
		}
		size := page.size()
		rows, err := db.New().HeldChanges(ctx, t.Tx, db.HeldChangesParams{
			InstitutionID: institution, Everything: everything, AfterTime: after.at, AfterID: after.id, PageSize: size + 1,
		})
		if err != nil {
			return Slice[app.HeldChange]{}, err
		}
		list := slice(rows, size, func(r db.HeldChangesRow) app.HeldChange {
			c := heldChange(r.AppHeldChange)
			c.PersonName, c.ChildName = fullName(r.GivenName, r.FamilyName), fullName(r.ChildGivenName, r.ChildFamilyName)
			return c
		}, func(r db.HeldChangesRow) position { return position{r.AppHeldChange.Since, r.AppHeldChange.ID} })
		for _, c := range list.Items {
			if c.Child != uuid.Nil {
				t.looked(c.Child)
			}
		}
		return list, nil
	})
}

// HeldChangesOf returns those of these changes that wait at an institution and that the caller may see, by id: what is not there does not exist for
// them. Fault: not_found for an institution that the caller does not answer for.
func (t *OfficeTx) HeldChangesOf(ctx context.Context, institution uuid.UUID, changes []uuid.UUID) (map[uuid.UUID]app.HeldChange, error) {
	if _, err := db.New().HeadedInstitution(ctx, t.Tx, institution); err != nil {
		return nil, fault(err)
	}
	rows, err := db.New().HeldChangesOf(ctx, t.Tx, db.HeldChangesOfParams{Changes: changes, InstitutionID: institution})
	if err != nil {
		return nil, fault(err)
	}
	found := make(map[uuid.UUID]app.HeldChange, len(rows))
	for _, row := range rows {
		c := heldChange(row.AppHeldChange)
		c.PersonName, c.ChildName = fullName(row.GivenName, row.FamilyName), fullName(row.ChildGivenName, row.ChildFamilyName)
		c.Family, c.Higher = row.Family, !row.Above
		if c.State == app.HeldProposed && !row.ProposalStands { // who proposed it has left: of two people the first is still to come (B8, V9)
			c.State = app.HeldWaiting
		}
		if c.Child != uuid.Nil {
			t.looked(c.Child)
		}
		found[c.ID] = c
	}
	return found, nil
}

// HeldChange returns one of them. Fault: not_found.
func (t *OfficeTx) HeldChange(ctx context.Context, institution, id uuid.UUID) (app.HeldChange, error) {
	found, err := t.HeldChangesOf(ctx, institution, []uuid.UUID{id})
	if err != nil {
		return app.HeldChange{}, err
	}
	c, there := found[id]
	if !there {
		return c, app.ErrNotFound
	}
	t.about.child, t.about.person, t.about.resource = c.Child, c.Person, c.ID
	return c, nil
}

// LockHeldChanges keeps everybody else from deciding about these changes of an institution, and from changing what they are about, until the transaction
// ends: whoever ends a role holds the role first and then what waits about it, and so does whoever decides. Fault: not_found for an
// institution that the caller does not answer for.
func (t *OfficeTx) LockHeldChanges(ctx context.Context, institution uuid.UUID, changes []uuid.UUID) error {
	if _, err := db.New().HeadedInstitution(ctx, t.Tx, institution); err != nil {
		return err
	}
	return db.New().LockHeldChanges(ctx, t.Tx, changes)
}

// SaveHeldChanges stores what was decided, all in one statement, whose time is by their number only; what was accepted takes effect in the same
// transaction. It returns which of them were stored: the others are not any more as they were reviewed.
func (t *OfficeTx) SaveHeldChanges(ctx context.Context, decided []app.HeldChange) (map[uuid.UUID]bool, error) {
	if len(decided) == 0 {
		return nil, nil
	}
	var p db.DecideHeldChangesParams
	for _, c := range decided {
		p.Ids, p.States, p.Reasons = append(p.Ids, c.ID), append(p.States, string(c.State)), append(p.Reasons, c.Reason)
		p.Proposers, p.Proposals = append(p.Proposers, c.ProposedBy), append(p.Proposals, c.ProposedAt)
		p.Deciders, p.Decisions = append(p.Deciders, c.DecidedBy), append(p.Decisions, c.DecidedAt)
		p.Versions = append(p.Versions, int32(c.Version)) //nolint:gosec // a small count
	}
	stored, err := db.New().DecideHeldChanges(ctx, t.Tx, p)
	done := make(map[uuid.UUID]bool, len(stored))
	for _, id := range stored {
		done[id] = true
	}
	return done, err
}

// SaveHeldChange stores what was decided of one. Fault: version_outdated when somebody decided first.
func (t *OfficeTx) SaveHeldChange(ctx context.Context, c app.HeldChange) error {
	done, err := t.SaveHeldChanges(ctx, []app.HeldChange{c})
	if err == nil && !done[c.ID] {
		err = app.ErrVersionOutdated
	}
	return err
}

func heldChange(h db.AppHeldChange) app.HeldChange {
	return app.HeldChange{
		ID: h.ID, Kind: app.HeldKind(h.Kind), Row: h.RowID, Person: h.PersonID, Child: orNobody(h.ChildID), Source: h.Source, File: h.FileName,
		Was: h.Was, Wants: h.Wants, Since: h.Since, State: app.HeldState(h.State), TwoPeople: h.TwoPeople, ProposedBy: orNobody(h.ProposedBy),
		ProposedAt: orZero(h.ProposedAt), DecidedBy: orNobody(h.DecidedBy), DecidedAt: orZero(h.DecidedAt), Reason: h.Reason, Version: int(h.Version),
	}
}

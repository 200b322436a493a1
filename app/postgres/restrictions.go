package postgres

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/migrations/seal"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// HeadedChild returns a child that the caller answers for. Fault: not_found.
func (t *OfficeTx) HeadedChild(ctx context.Context, id uuid.UUID) (app.Child, error) {
	row, err := db.New().HeadedChild(ctx, t.Tx, id)
	t.about.child = id
	return app.Child{ID: row.ID, Name: fullName(row.GivenName, row.FamilyName)}, err
}

// SaveRestriction stores a restriction; the database cuts the person off in the same transaction (B8, V15). The answer has the person's name.
// Faults: not_found, for somebody whom the caller does not meet; guardianship_not_yours within the caller's own family; staff_role_not_yours for whoever
// heads or owns a place of the child's, unless the caller is an owner of it; restriction_exists for what holds already.
func (t *OfficeTx) SaveRestriction(ctx context.Context, r app.Restriction) (app.Restriction, error) {
	if t.keys == nil {
		return r, errNoKeys
	}
	person, err := db.New().MetPerson(ctx, t.Tx, db.MetPersonParams{ChildID: r.Child, ID: r.Person})
	if err != nil {
		return r, err
	}
	r.PersonName = fullName(person.GivenName, person.FamilyName)
	if r.Family, err = db.New().InOwnFamily(ctx, t.Tx, db.InOwnFamilyParams{ChildID: r.Child, PersonID: r.Person}); err != nil {
		return r, err
	}
	if r.Family {
		return r, app.ErrOwnFamily
	}
	may, err := db.New().MayRestrict(ctx, t.Tx, db.MayRestrictParams{ChildID: r.Child, PersonID: r.Person})
	if err != nil {
		return r, err
	}
	if !may {
		return r, app.ErrStaffRoleNotYours
	}
	exists, err := db.New().RestrictionExists(ctx, t.Tx, db.RestrictionExistsParams{
		ChildID: r.Child, PersonID: r.Person, Kind: string(r.Kind), StartsAt: r.StartsAt, Until: timeOrNull(r.Until),
	})
	if err != nil {
		return r, err
	}
	if exists {
		return r, app.ErrRestrictionExists
	}
	sealed, version, err := t.keys.Seal([]byte(r.Reason), t.Municipality().String(), "app.restrictions", "reason", r.ID.String())
	if err != nil {
		return r, err
	}
	t.about.person, t.about.named = r.Person, []uuid.UUID{r.SetBy}
	if err := db.New().InsertRestriction(ctx, t.Tx, db.InsertRestrictionParams{
		ID: r.ID, ChildID: r.Child, PersonID: r.Person, Kind: string(r.Kind), StartsAt: r.StartsAt, Until: timeOrNull(r.Until),
		ReasonSealed: sealed, ReasonKey: int16(version), SetBy: r.SetBy, SetAt: r.SetAt, //nolint:gosec // versions are small
	}); err != nil {
		return r, err
	}
	return r, t.tellOfRestrictedHead(ctx, r)
}

// tellOfRestrictedHead tells the others who answer for the child's places that one of them does not meet it any more (V11); nothing is told where the
// restriction leaves them at work as they are.
func (t *OfficeTx) tellOfRestrictedHead(ctx context.Context, r app.Restriction) error {
	if r.Kind != app.NoAccess && r.Kind != app.NoLocation {
		return nil
	}
	rows, err := t.Query(ctx, "select institution_id, person_id, child_id from app.restricted_head_listeners($1, $2)", r.Child, r.Person)
	if err != nil {
		return err
	}
	at := map[uuid.UUID][]outbox.Recipient{}
	var institution, person uuid.UUID
	var child uuid.NullUUID
	if _, err := pgx.ForEachRow(rows, []any{&institution, &person, &child}, func() error {
		at[institution] = append(at[institution], outbox.Recipient{Person: person, Grounds: outbox.GroundsStaff, Institution: institution, Child: child.UUID})
		return nil
	}); err != nil {
		return err
	}
	for institution, to := range at {
		e := notify.HeadRestricted{Institution: institution}
		if err := t.announce(outbox.Announce(ctx, t.Tx, e, to, notify.RoutineChannelsOf(e))); err != nil {
			return err
		}
	}
	return nil
}

// Restriction returns a restriction of a child that the caller answers for. Fault: not_found.
func (t *OfficeTx) Restriction(ctx context.Context, id uuid.UUID) (app.Restriction, error) {
	row, err := db.New().Restriction(ctx, t.Tx, id)
	if err != nil {
		return app.Restriction{}, err
	}
	t.about.child, t.about.person = row.AppRestriction.ChildID, row.AppRestriction.PersonID
	t.about.named = []uuid.UUID{row.AppRestriction.SetBy, orNobody(row.AppRestriction.LiftingProposedBy)}
	r, err := t.restriction(row.AppRestriction, row.Family, row.ProposalStands, row.GivenName, row.FamilyName)
	return r.Named(row.ChildName, row.SetterName, row.ProposerName), err
}

// TellOfProposal tells the others who may confirm that a lifting waits for one of them, in words that say nothing of whom (B8).
func (t *OfficeTx) TellOfProposal(ctx context.Context, r app.Restriction) error {
	rows, err := t.Query(ctx, "select institution_id, person_id from app.lifting_listeners($1)", r.ID)
	if err != nil {
		return err
	}
	at := map[uuid.UUID][]outbox.Recipient{}
	var institution, person uuid.UUID
	if _, err := pgx.ForEachRow(rows, []any{&institution, &person}, func() error {
		at[institution] = append(at[institution], outbox.Recipient{Person: person, Grounds: outbox.GroundsStaff, Institution: institution, Child: r.Child})
		return nil
	}); err != nil {
		return err
	}
	for institution, to := range at {
		e := notify.LiftingProposed{Institution: institution}
		if err := t.announce(outbox.Announce(ctx, t.Tx, e, to, notify.RoutineChannelsOf(e))); err != nil {
			return err
		}
	}
	return nil
}

// SaveLifting stores that a lifting was proposed or confirmed. Fault: version_outdated.
func (t *OfficeTx) SaveLifting(ctx context.Context, r app.Restriction) error {
	rows, err := db.New().UpdateLifting(ctx, t.Tx, db.UpdateLiftingParams{
		ID: r.ID, ProposedBy: orNull(r.ProposedBy), ProposedAt: timeOrNull(r.ProposedAt), LiftedBy: orNull(r.LiftedBy), LiftedAt: timeOrNull(r.LiftedAt),
		Version: int32(r.Version), FromVersion: int32(r.Version - 1), //nolint:gosec // a small count
	})
	if err == nil && rows == 0 {
		err = app.ErrVersionOutdated
	}
	return err
}

// Restrictions returns a page of the restrictions of an institution's children, the latest first. Faults: not_found, cursor_invalid.
func (o Office) Restrictions(ctx context.Context, institution uuid.UUID, page Page) (Slice[app.Restriction], error) {
	before, err := page.position(endOfTime)
	if err != nil {
		return Slice[app.Restriction]{}, err
	}
	return Read(ctx, o, func(t *OfficeTx) (Slice[app.Restriction], error) {
		if _, err := t.Institution(ctx, institution); err != nil {
			return Slice[app.Restriction]{}, err
		}
		size := page.size()
		rows, err := db.New().RestrictionsOfInstitution(ctx, t.Tx, db.RestrictionsOfInstitutionParams{
			InstitutionID: institution, BeforeTime: before.at, BeforeID: before.id, PageSize: size + 1,
		})
		if err != nil {
			return Slice[app.Restriction]{}, err
		}
		var unreadable error
		list := slice(rows, size, func(r db.RestrictionsOfInstitutionRow) app.Restriction {
			one, err := t.restriction(r.AppRestriction, r.Family, r.ProposalStands, r.GivenName, r.FamilyName)
			unreadable = errors.Join(unreadable, err)
			return one.Named(r.ChildName, r.SetterName, r.ProposerName)
		}, func(r db.RestrictionsOfInstitutionRow) position {
			return position{r.AppRestriction.SetAt, r.AppRestriction.ID}
		})
		t.looked(childrenOf(list.Items, func(r app.Restriction) uuid.UUID { return r.Child })...)
		return list, unreadable
	})
}

func (t *OfficeTx) restriction(r db.AppRestriction, own, stands bool, given, family string) (app.Restriction, error) {
	if t.keys == nil {
		return app.Restriction{}, errNoKeys
	}
	reason, err := t.keys.Open(r.ReasonSealed, seal.KeyVersion(r.ReasonKey), t.Municipality().String(), "app.restrictions", "reason", r.ID.String()) //nolint:gosec // as stored
	if err != nil {
		return app.Restriction{}, err
	}
	if own {
		reason = nil
	}
	return app.Restriction{
		ID: r.ID, Child: r.ChildID, Person: r.PersonID, PersonName: fullName(given, family), Kind: app.RestrictionKind(r.Kind), StartsAt: r.StartsAt,
		Until: orZero(r.Until), Reason: string(reason), SetBy: r.SetBy, SetAt: r.SetAt, ProposedBy: orNobody(r.LiftingProposedBy),
		ProposedAt: orZero(r.LiftingProposedAt), Lapsed: r.LiftingProposedBy != nil && !stands, LiftedBy: orNobody(r.LiftedBy), LiftedAt: orZero(r.LiftedAt), Version: int(r.Version),
		Family: own,
	}, nil
}

func orNobody(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}

package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/app"
)

// NewPartner is somebody who is about to be given named children.
type NewPartner struct {
	Role                            string // app.RolePartner or app.RoleProfessional
	Username, GivenName, FamilyName string // Username as it is compared: in lower case
	Sponsor                         *uuid.UUID
	Children                        []uuid.UUID
	Until                           time.Time
}

// EnteredPartner is what came of it.
type EnteredPartner struct {
	ID, Person uuid.UUID
	SignsIn    bool // they have an account already, and need no letter
}

// EnterPartner lets somebody know of children at an institution that the caller answers for (U8), or owns (U7). Who was let in before, by the same user
// name and name, stays one person (H2). Faults: not_found, also for a sponsor who does not work there now and for a child that is not there;
// partner_exists. taken tells that the user name is somebody else's.
func (t *OfficeTx) EnterPartner(ctx context.Context, institution uuid.UUID, n NewPartner) (p EnteredPartner, taken bool, err error) {
	if p.ID, err = uuid.NewV7(); err != nil {
		return p, false, err
	}
	newcomer, err := uuid.NewV7()
	if err != nil {
		return p, false, err
	}
	var outcome string
	var person uuid.NullUUID
	var signsIn *bool
	err = t.QueryRow(ctx, "select outcome, person, signs_in from app.invite_partner($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
		p.ID, newcomer, n.Role, n.Username, n.GivenName, n.FamilyName, institution, n.Sponsor, n.Children, n.Until).Scan(&outcome, &person, &signsIn)
	if err != nil {
		return p, false, err
	}
	p.Person, p.SignsIn = person.UUID, value(signsIn)
	t.about.institution, t.about.person, t.about.resource = institution, p.Person, p.ID
	t.looked(n.Children...)
	switch outcome {
	case "entered", "again":
		return p, false, nil
	case "exists":
		return p, false, app.ErrPartnerExists
	}
	return p, outcome == "taken", app.ErrNotFound
}

// ChangePartner sets children and end of a partnership anew, if it is still as seen, and returns it; and the sponsor, unless it is nil. Faults: not_found,
// also for one that is over, for a professional who is an owner's to change, for a child that is not there and for a sponsor who does not work there now; version_outdated.
func (t *OfficeTx) ChangePartner(ctx context.Context, kind string, institution, role uuid.UUID, children []uuid.UUID, until time.Time, seen int, sponsor *uuid.UUID) (app.Partner, error) {
	var version int
	if err := t.QueryRow(ctx, "select app.change_partner($1, $2, $3, $4, $5, $6)", role, institution, children, until, seen, sponsor).Scan(&version); err != nil {
		return app.Partner{}, err
	}
	switch version {
	case 0:
		return app.Partner{}, app.ErrNotFound
	case -1:
		return app.Partner{}, app.ErrVersionOutdated
	}
	return t.Partner(ctx, kind, institution, role)
}

// Owned checks that the caller owns an institution, by a role at it or for the whole municipality (U7). Fault: not_found.
func (t *OfficeTx) Owned(ctx context.Context, institution uuid.UUID) error {
	var owns bool
	if err := t.QueryRow(ctx, "select app.owns($1)", institution).Scan(&owns); err != nil {
		return err
	}
	if !owns {
		return app.ErrNotFound
	}
	return nil
}

// EndPartner ends a partnership now, and the sessions that it held open (V15). Ending it again changes nothing. Fault: not_found.
func (t *OfficeTx) EndPartner(ctx context.Context, kind string, institution, role uuid.UUID) error {
	if _, err := t.Partner(ctx, kind, institution, role); err != nil {
		return err
	}
	_, err := t.Exec(ctx, "select app.remove_staff_role($1, now())", role)
	return err
}

// Partners returns a page of the partnerships of a kind, app.RolePartner or app.RoleProfessional, at an institution that the caller answers for, those with the
// latest end first (U7, U8). Faults: not_found,
// cursor_invalid.
func (o Office) Partners(ctx context.Context, kind string, institution uuid.UUID, page Page) (Slice[app.Partner], error) {
	after, err := page.position(endOfTime)
	if err != nil {
		return Slice[app.Partner]{}, err
	}
	return Read(ctx, o, func(t *OfficeTx) (Slice[app.Partner], error) {
		if _, err := t.Institution(ctx, institution); err != nil {
			return Slice[app.Partner]{}, err
		}
		list, err := t.partners(ctx, kind, institution, nil, after, page.size()+1)
		at := func(p app.Partner) position { return position{at: p.Until, id: p.ID} }
		return slice(list, page.size(), func(p app.Partner) app.Partner { return p }, at), err
	})
}

// Partner returns one of them. Fault: not_found.
func (t *OfficeTx) Partner(ctx context.Context, kind string, institution, role uuid.UUID) (app.Partner, error) {
	list, err := t.partners(ctx, kind, institution, &role, endOfTime, 1)
	switch {
	case err != nil:
		return app.Partner{}, err
	case len(list) == 0:
		return app.Partner{}, app.ErrNotFound
	}
	t.about.person, t.about.resource = list[0].Person, list[0].ID
	t.about.named = append(t.about.named, list[0].Sponsor)
	return list[0], nil
}

// sqlc does not know the columns of a function that returns a table.
func (t *OfficeTx) partners(ctx context.Context, kind string, institution uuid.UUID, only *uuid.UUID, after position, most int32) ([]app.Partner, error) {
	rows, err := t.Query(ctx, `select role_id, person_id, given_name, family_name, sponsor_id, coalesce(sponsor_given, ''), coalesce(sponsor_family, ''), until, state, version, children, coalesce(rests, '')
		from app.partners($1, $2, $3, $4, $5, $6)`, institution, only, after.at, after.id, most, kind)
	if err != nil {
		return nil, err
	}
	t.about.institution = institution
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (app.Partner, error) {
		var p app.Partner
		var sponsor uuid.NullUUID
		var given, family, sponsorGiven, sponsorFamily string
		err := row.Scan(&p.ID, &p.Person, &given, &family, &sponsor, &sponsorGiven, &sponsorFamily, &p.Until, &p.State, &p.Version, &p.Children, &p.Rests)
		p.Sponsor, p.Name, p.SponsorName = sponsor.UUID, fullName(given, family), fullName(sponsorGiven, sponsorFamily)
		t.looked(p.Children...)
		return p, err
	})
}

// PartnerChild is a child that an external partner or a professional may know of.
type PartnerChild struct {
	ID                       uuid.UUID
	Name, Group, Institution string
	Until                    time.Time
}

// PartnerChildren returns whom heads named for the external partner who calls, by name (U8). Fault: not_found for whoever is none now.
func (i Institution) PartnerChildren(ctx context.Context) ([]PartnerChild, error) {
	return Read(ctx, i, func(t *InstitutionTx) ([]PartnerChild, error) {
		var partner bool
		if err := t.QueryRow(ctx, "select app.is_partner()").Scan(&partner); err != nil {
			return nil, err
		}
		if !partner {
			return nil, app.ErrNotFound
		}
		rows, err := t.Query(ctx, "select child_id, given_name, family_name, group_name, institution_name, until from app.own_partner_children()")
		if err != nil {
			return nil, err
		}
		list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (PartnerChild, error) {
			var c PartnerChild
			var given, family string
			err := row.Scan(&c.ID, &given, &family, &c.Group, &c.Institution, &c.Until)
			c.Name = fullName(given, family)
			return c, err
		})
		t.looked(childrenOf(list, func(c PartnerChild) uuid.UUID { return c.ID })...)
		return list, err
	})
}

package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// Guardianships returns a page of the guardianships of an institution's children, by the child's name and then the guardian's; status narrows
// it unless it is empty. Faults: not_found, cursor_invalid.
func (o Office) Guardianships(ctx context.Context, institution uuid.UUID, status app.AccessStatus, page Page) (Slice[app.Guardianship], error) {
	after, err := page.row()
	if err != nil {
		return Slice[app.Guardianship]{}, err
	}
	return Read(ctx, o, func(t *OfficeTx) (Slice[app.Guardianship], error) {
		t.about.institution = institution
		size := page.size()
		params := db.GuardianshipsOfInstitutionParams{InstitutionID: institution, PageSize: size + 1}
		if status != "" {
			params.Status = (*string)(&status)
		}
		if after != nil {
			if _, err := t.Institution(ctx, institution); err != nil {
				return Slice[app.Guardianship]{}, err
			}
			at, err := db.New().PlaceOfGuardianship(ctx, t.Tx, db.PlaceOfGuardianshipParams{InstitutionID: institution, ID: *after})
			if err != nil {
				return Slice[app.Guardianship]{}, place(err)
			}
			params.AfterChildGiven, params.AfterChildFamily, params.AfterChild = at.ChildGivenName, at.ChildFamilyName, at.ChildID
			params.AfterGiven, params.AfterFamily, params.AfterID = at.GivenName, at.FamilyName, at.ID
		}
		rows, err := db.New().GuardianshipsOfInstitution(ctx, t.Tx, params)
		if err == nil && len(rows) == 0 { // nobody, or not an institution that the caller answers for
			_, err = t.Institution(ctx, institution)
		}
		if err != nil {
			return Slice[app.Guardianship]{}, err
		}
		list := cut(rows, size, func(r db.GuardianshipsOfInstitutionRow) app.Guardianship {
			return guardianship(db.GuardianshipRow(r))
		}, func(r db.GuardianshipsOfInstitutionRow) string { return rowCursor(r.ID) })
		t.looked(childrenOf(list.Items, func(g app.Guardianship) uuid.UUID { return g.Child })...)
		return list, nil
	})
}

// Guardianship returns a guardianship with the access that an institution of the caller gives by it. Without an institution it is the one that
// the caller answers for. It says why the access stands as it does. Faults: not_found, institution_required.
func (o Office) Guardianship(ctx context.Context, id, institution uuid.UUID) (app.Guardianship, error) {
	return Read(ctx, o, func(t *OfficeTx) (app.Guardianship, error) {
		g, known, err := t.guardianship(ctx, id, institution)
		if errors.Is(err, app.ErrNotFound) && t.Refused() == nil { // of a strictly protected child: what closing it needs, and not why it stands so
			known, err = true, t.ByAlias(ctx, uuid.Nil, id, func() (err error) {
				g, err = t.Guardianship(ctx, id, institution)
				return err
			})
		}
		if err != nil || known || g.DecidedAt.IsZero() {
			return g, err
		}
		last, err := db.New().LastDecision(ctx, t.Tx, db.LastDecisionParams{ChildID: g.Child, GuardianshipID: g.ID, InstitutionID: g.Institution})
		if err != nil || len(last) == 0 {
			return g, err
		}
		d := last[0]
		g.Last = &app.LastDecision{
			Status: app.AccessStatus(d.Status), At: d.DecidedAt, By: fullName(d.GivenName, d.FamilyName), Rule: d.Rule, Reason: d.Reason,
		}
		return g, nil
	})
}

// Guardianship is the same within a transaction. Faults: not_found, institution_required.
func (t *OfficeTx) Guardianship(ctx context.Context, id, institution uuid.UUID) (app.Guardianship, error) {
	g, _, err := t.guardianship(ctx, id, institution)
	g.Last = nil // not asked: what is about to be decided comes after it
	return g, err
}

// guardianship also tells whether what it says of the last decision is all there is to say.
func (t *OfficeTx) guardianship(ctx context.Context, id, institution uuid.UUID) (g app.Guardianship, known bool, err error) {
	headed, err := db.New().HeadedGuardianship(ctx, t.Tx, db.HeadedGuardianshipParams{ID: id, InstitutionID: orNull(institution)})
	if err != nil {
		return g, false, err
	}
	known = len(headed) > 0
	rows := make([]db.GuardianshipRow, len(headed))
	for i, r := range headed {
		rows[i] = db.GuardianshipRow{
			ID: r.ID, InstitutionID: r.InstitutionID, ChildID: r.ChildID, GuardianID: r.GuardianID, Basis: r.Basis, Legal: r.Legal,
			TimeBoxed: r.TimeBoxed, Status: r.Status, Until: r.Until, Version: r.Version, EndedAt: r.EndedAt, ChildGivenName: r.ChildGivenName,
			ChildFamilyName: r.ChildFamilyName, GivenName: r.GivenName, FamilyName: r.FamilyName, HasAccount: r.HasAccount, DecidedAt: r.DecidedAt,
		}
	}
	if !known { // ended, on a shared tablet, or nothing of theirs
		if rows, err = db.New().Guardianship(ctx, t.Tx, db.GuardianshipParams{ID: id, InstitutionID: orNull(institution)}); err != nil {
			return g, false, err
		}
	}
	if len(rows) == 0 {
		return g, false, app.ErrNotFound
	}
	if len(rows) > 1 && app.AccessStatus(rows[1].Status) != app.Ended {
		return g, false, app.ErrInstitutionRequired
	}
	t.about.child, t.about.person = rows[0].ChildID, rows[0].GuardianID
	t.looked(rows[0].ChildID) // a batch has several
	g = guardianship(rows[0])
	if known && headed[0].LastStatus != "" {
		last := headed[0]
		g.Last = &app.LastDecision{
			Status: app.AccessStatus(last.LastStatus), At: last.DecidedAt, By: fullName(last.LastGivenName, last.LastFamilyName), Rule: last.LastRule,
			Reason: last.LastReason,
		}
	}
	return g, known, nil
}

// SuspendedByRule tells whether it was a rule that suspended the access: a sign-in opens it again, unlike one that a head suspended.
func (t *OfficeTx) SuspendedByRule(ctx context.Context, g app.Guardianship) (bool, error) {
	return db.New().SuspendedByRule(ctx, t.Tx, db.SuspendedByRuleParams{GuardianshipID: g.ID, InstitutionID: g.Institution})
}

// FamilyOf tells whether the caller is or was a guardian of the child: then somebody else decides whom the institution lets in to it.
func (t *OfficeTx) FamilyOf(ctx context.Context, child uuid.UUID) (bool, error) {
	return db.New().FamilyOf(ctx, t.Tx, child)
}

// SaveDecision stores a decision about an access and its effect in one commit. When access is given the guardian is told (V6); when it is
// taken away the database cuts the guardian off in the same transaction (V15). Fault: version_outdated.
func (t *OfficeTx) SaveDecision(ctx context.Context, g app.Guardianship, d app.Decision) error {
	err := db.New().InsertDecision(ctx, t.Tx, db.InsertDecisionParams{
		ID: d.ID, GuardianshipID: d.Guardianship, InstitutionID: d.Institution, Status: string(d.Status), Until: timeOrNull(d.Until),
		Reason: d.Reason, DecidedBy: d.By, DecidedAt: d.At,
	})
	if err != nil {
		return err
	}
	rows, err := db.New().SetAccess(ctx, t.Tx, db.SetAccessParams{
		GuardianshipID: g.ID, InstitutionID: g.Institution, Status: string(g.Status), Until: timeOrNull(g.Until), ChangedAt: d.At,
		Version: int32(g.Version), FromVersion: int32(g.Version - 1), //nolint:gosec // a small count
	})
	if err != nil {
		return err
	}
	if rows == 0 {
		return app.ErrVersionOutdated
	}
	if d.Status != app.Active {
		return nil
	}
	e := notify.GuardianActivated{Guardianship: g.ID}
	to := []outbox.Recipient{{Person: g.Guardian, Grounds: outbox.GroundsChild, Child: g.Child, Institution: g.Institution}}
	return t.announce(outbox.Announce(ctx, t.Tx, e, to, notify.RoutineChannelsOf(e)))
}

func guardianship(r db.GuardianshipRow) app.Guardianship {
	g := app.Guardianship{
		ID: r.ID, Institution: r.InstitutionID, Child: r.ChildID, ChildName: fullName(r.ChildGivenName, r.ChildFamilyName), Guardian: r.GuardianID,
		GuardianName: fullName(r.GivenName, r.FamilyName), Basis: r.Basis, Legal: r.Legal, TimeBoxed: r.TimeBoxed,
		Status: app.AccessStatus(r.Status), Until: orZero(r.Until), HasAccount: r.HasAccount, Version: int(r.Version), Ended: r.EndedAt != nil,
	}
	if r.DecidedAt.Unix() > 0 { // the epoch stands for never
		g.DecidedAt = r.DecidedAt
	}
	return g
}

func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

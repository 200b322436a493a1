package postgres

import (
	"context"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// Office is the way in for heads and owners: the institutions they answer for. For anybody else it finds nothing.
type Office struct {
	db *DB
	s  scope.Scope
}

// Office returns the handle of the head or owner whose scope s is.
func (db *DB) Office(s scope.Scope) Office { return Office{db, s} }

func (o Office) database() *DB         { return o.db }
func (o Office) open() scope.Scope     { return o.s }
func (o Office) within(t tx) *OfficeTx { return &OfficeTx{t} }

// OfficeTx is a head's or owner's transaction.
type OfficeTx struct{ tx }

// Institution returns an institution that the caller answers for. Fault: not_found.
func (t *OfficeTx) Institution(ctx context.Context, id uuid.UUID) (app.Institution, error) {
	row, err := db.New().HeadedInstitution(ctx, t.Tx, id)
	t.about.institution = id
	return app.Institution{ID: row.ID, Name: row.Name, Kind: app.InstitutionKind(row.Kind)}, err
}

// Guardianships returns a page of the guardianships of an institution's children, by the child's name and then the guardian's; status narrows
// it unless it is empty. Faults: not_found, cursor_invalid.
func (o Office) Guardianships(ctx context.Context, institution uuid.UUID, status app.AccessStatus, page Page) (Slice[app.Guardianship], error) {
	after, err := page.row()
	if err != nil {
		return Slice[app.Guardianship]{}, err
	}
	return Read(ctx, o, func(t *OfficeTx) (Slice[app.Guardianship], error) {
		if _, err := t.Institution(ctx, institution); err != nil {
			return Slice[app.Guardianship]{}, err
		}
		size := page.size()
		params := db.GuardianshipsOfInstitutionParams{InstitutionID: institution, PageSize: size + 1}
		if status != "" {
			params.Status = (*string)(&status)
		}
		if after != nil {
			at, err := db.New().PlaceOfGuardianship(ctx, t.Tx, db.PlaceOfGuardianshipParams{InstitutionID: institution, ID: *after})
			if err != nil {
				return Slice[app.Guardianship]{}, place(err)
			}
			params.AfterChildGiven, params.AfterChildFamily, params.AfterChild = at.ChildGivenName, at.ChildFamilyName, at.ChildID
			params.AfterGiven, params.AfterFamily, params.AfterID = at.GivenName, at.FamilyName, at.ID
		}
		rows, err := db.New().GuardianshipsOfInstitution(ctx, t.Tx, params)
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

// Guardianship returns a guardianship of a child at an institution that the caller answers for. Fault: not_found.
func (t *OfficeTx) Guardianship(ctx context.Context, id uuid.UUID) (app.Guardianship, error) {
	row, err := db.New().Guardianship(ctx, t.Tx, id)
	if err != nil {
		return app.Guardianship{}, err
	}
	t.about.child, t.about.person = row.ChildID, row.GuardianID
	return guardianship(row), nil
}

// SaveDecision stores a decision about a guardianship and its effect in one commit. When access is given the guardian is told (V6); when it
// is taken away the database cuts the guardian off in the same transaction (V15). Fault: version_outdated.
func (t *OfficeTx) SaveDecision(ctx context.Context, g app.Guardianship, d app.Decision) error {
	err := db.New().InsertDecision(ctx, t.Tx, db.InsertDecisionParams{
		ID: d.ID, GuardianshipID: d.Guardianship, Status: string(d.Status), Reason: d.Reason, DecidedBy: d.By, DecidedAt: d.At,
	})
	if err != nil {
		return err
	}
	rows, err := db.New().SetGuardianshipStatus(ctx, t.Tx, db.SetGuardianshipStatusParams{
		ID: g.ID, Status: string(g.Status), Version: int32(g.Version), FromVersion: int32(g.Version - 1), //nolint:gosec // a small count
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
	to := []outbox.Recipient{{Person: g.Guardian, Grounds: outbox.GroundsChild, Child: g.Child}}
	return t.announce(outbox.Announce(ctx, t.Tx, e, to, notify.RoutineChannelsOf(e)))
}

// SaveAlert stores an alert and every notice of it in one commit: once it has returned and the transaction has committed, the alert cannot be
// lost any more (B3). It returns how many guardians it concerns, and how many of them can be reached outside the app (B2).
func (t *OfficeTx) SaveAlert(ctx context.Context, a app.Alert) (reach outbox.Reach, err error) {
	err = db.New().InsertAlert(ctx, t.Tx, db.InsertAlertParams{
		ID: a.ID, InstitutionID: a.Institution.ID, Situation: string(a.Situation), Text: a.Text, RaisedBy: a.RaisedBy, RaisedAt: a.RaisedAt,
	})
	if err != nil {
		return reach, err
	}
	t.about.resource = a.ID
	audience, err := db.New().GuardianAudience(ctx, t.Tx, a.Institution.ID)
	if err != nil {
		return reach, err
	}
	to := make([]outbox.Recipient, len(audience))
	for i, person := range audience {
		to[i] = outbox.Recipient{Person: person, Grounds: outbox.GroundsInstitution, Institution: a.Institution.ID}
	}
	if err := t.announce(outbox.Raise(ctx, t.Tx, notify.AlertRaised{Alert: a.ID}, to)); err != nil {
		return reach, err
	}
	return outbox.ReachOf(ctx, t.Tx, a.ID)
}

// Progress is how far an alert has reached.
type Progress struct {
	outbox.Reach
	Channels []outbox.Tally
}

// Alert returns an alert of an institution that the caller answers for, and how far it has reached (B2). Fault: not_found.
func (o Office) Alert(ctx context.Context, id uuid.UUID) (app.Alert, Progress, error) {
	type both struct {
		alert    app.Alert
		progress Progress
	}
	got, err := Read(ctx, o, func(t *OfficeTx) (both, error) {
		row, err := db.New().AlertOfHead(ctx, t.Tx, id)
		if err != nil {
			return both{}, err
		}
		// The tally first: while notices go out, a board that shows more people than notices is right a moment later, the other way round it
		// would say that somebody was not reached who was.
		channels, err := outbox.Progress(ctx, t.Tx, id)
		if err != nil {
			return both{}, err
		}
		reach, err := outbox.ReachOf(ctx, t.Tx, id)
		return both{alert(row.AppAlert, app.Institution{ID: row.AppAlert.InstitutionID}), Progress{reach, channels}}, err
	})
	return got.alert, got.progress, err
}

// Guardianship returns a guardianship of a child at an institution that the caller answers for. Fault: not_found.
func (o Office) Guardianship(ctx context.Context, id uuid.UUID) (app.Guardianship, error) {
	return Read(ctx, o, func(t *OfficeTx) (app.Guardianship, error) { return t.Guardianship(ctx, id) })
}

func guardianship(r db.GuardianshipRow) app.Guardianship {
	g := app.Guardianship{
		ID: r.ID, Child: r.ChildID, ChildName: fullName(r.ChildGivenName, r.ChildFamilyName), Guardian: r.GuardianID,
		GuardianName: fullName(r.GivenName, r.FamilyName), Basis: r.Basis, Legal: r.Legal, Status: app.AccessStatus(r.Status),
		HasAccount: r.HasAccount, Version: int(r.Version), Ended: r.EndedAt != nil,
	}
	if r.DecidedAt.Unix() > 0 { // the epoch stands for never
		g.DecidedAt = r.DecidedAt
	}
	return g
}

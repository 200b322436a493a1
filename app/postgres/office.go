package postgres

import (
	"context"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
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
func (o Office) within(t tx) *OfficeTx { return &OfficeTx{t, o.db.keys, o.db.forewarn} }

// OfficeTx is a head's or owner's transaction.
type OfficeTx struct {
	tx
	keys     *seal.Keyring
	forewarn func(context.Context) error // nil: nobody is warned
}

// Institution returns an institution that the caller answers for. Fault: not_found.
func (t *OfficeTx) Institution(ctx context.Context, id uuid.UUID) (app.Institution, error) {
	row, err := db.New().HeadedInstitution(ctx, t.Tx, id)
	t.about.institution = id
	return app.Institution{ID: row.ID, Name: row.Name, Kind: app.InstitutionKind(row.Kind)}, err
}

// SaveAlert stores an alert and every notice of it in one commit, and makes sure that it goes to the people whom whoever raises it was shown, if they
// were shown any (B9): once it has returned and the transaction has committed, the alert cannot be
// lost any more (B3). expected is the mark of app.Recipients, or "". It returns how many guardians it concerns, and how many of them can be reached outside the app (B2).
func (t *OfficeTx) SaveAlert(ctx context.Context, a app.Alert, expected string) (reach outbox.Reach, err error) {
	err = db.New().InsertAlert(ctx, t.Tx, db.InsertAlertParams{
		ID: a.ID, InstitutionID: a.Institution.ID, Situation: string(a.Situation), Text: a.Text, RaisedBy: a.RaisedBy, RaisedAt: a.RaisedAt,
	})
	if err != nil {
		return reach, err
	}
	t.about.resource = a.ID
	t.forewarnWorkers(ctx)
	raised, err := outbox.RaiseToAll(ctx, t.Tx, notify.AlertRaised{Alert: a.ID})
	if err := t.announce(raised, err); err != nil {
		return reach, err
	}
	if expected != "" { // those who were written down are those who are told, whoever has come or gone meanwhile
		told, err := outbox.ReceiversOf(ctx, t.Tx, raised.Event)
		if err != nil {
			return reach, err
		}
		if err := app.Recipients(told).Are(a.Institution.ID, expected); err != nil {
			return reach, err
		}
	}
	if len(raised.Refs) > 0 {
		return raised.Reach, nil
	}
	return outbox.ReachOf(ctx, t.Tx, a.ID)
}

// forewarnWorkers lets the gateway make room for the alert while its notices are being written (B14). Nothing depends on it, so nobody waits for it.
func (t *OfficeTx) forewarnWorkers(ctx context.Context) {
	if t.forewarn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ringTimeout)
	go func() {
		defer cancel()
		_ = t.forewarn(ctx) // the bell after the commit tells what goes wrong with Redis
	}()
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

package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// Visitor is the way in for somebody who is not known yet, or who has proved who they are and has no account: a sign-in, or an application.
type Visitor struct {
	db *DB
	s  scope.Scope
}

// Visitor returns the handle of a sign-in in a municipality, or of the applicant whose scope s is.
func (db *DB) Visitor(s scope.Scope) Visitor { return Visitor{db, s} }

func (v Visitor) database() *DB          { return v.db }
func (v Visitor) open() scope.Scope      { return v.s }
func (v Visitor) within(t tx) *VisitorTx { return &VisitorTx{t} }

// VisitorTx is a visitor's transaction.
type VisitorTx struct{ tx }

// Municipalities lists every municipality by name. It needs no scope: the list is public.
func (db *DB) Municipalities(ctx context.Context) ([]Municipality, error) {
	// sqlc does not know the columns of a function that returns a table.
	rows, err := db.scope.Reader(scope.Of(uuid.Max, scope.SignIn)).Query(ctx, "select municipality_id, name, country, locale from app.list_municipalities()")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Municipality, error) {
		var m Municipality
		err := row.Scan(&m.ID, &m.Name, &m.Country, &m.Locale)
		return m, err
	})
}

// OpenApplication returns the id of the person's application that is not decided; id is used when there is none yet (H1).
func (t *VisitorTx) OpenApplication(ctx context.Context, id, person uuid.UUID, locale string) (uuid.UUID, error) {
	id, err := db.New().EnsureApplication(ctx, t.Tx, db.EnsureApplicationParams{ID: id, PersonID: person, Locale: locale, Now: t.Now})
	if err != nil {
		return uuid.Nil, err
	}
	return id, db.New().PlaceApplication(ctx, t.Tx, id)
}

// Application returns the applicant's own application. Fault: not_found.
func (t *VisitorTx) Application(ctx context.Context) (app.Application, error) {
	row, err := db.New().OwnApplication(ctx, t.Tx, t.Now)
	if err != nil {
		return app.Application{}, err
	}
	a := app.Application{
		ID: row.ID, Person: row.PersonID, State: applicationState(row.State), Locale: row.Locale, TermsVersion: row.CurrentTerms,
		TermsAccepted: row.TermsVersion != nil && *row.TermsVersion == row.CurrentTerms, DeclinedBefore: row.DeclinedBefore,
	}
	if row.EndpointID == nil {
		return a, nil
	}
	endpoints, err := outbox.OwnEndpoints(ctx, t.Tx)
	for _, e := range endpoints {
		if e.ID == *row.EndpointID {
			a.Endpoint, a.Email, a.EmailConfirmed = e.ID, e.Address, e.Verified
		}
	}
	return a, err
}

// HasSubmitted tells whether an application of a person was approved, and the account has not ended since (H3, H4, H12).
func (t *VisitorTx) HasSubmitted(ctx context.Context, person uuid.UUID) (bool, error) {
	return db.New().HasSubmitted(ctx, t.Tx, person)
}

// HoldApplication keeps everybody else from changing the applicant's open application until the transaction ends.
func (t *VisitorTx) HoldApplication(ctx context.Context) error {
	return db.New().HoldApplication(ctx, t.Tx)
}

// MailPause is how long after a mail that asks to confirm an address the same address is not sent another one.
const MailPause = time.Minute

// AsksToConfirm tells whether registering this address would send a mail: not to one that was confirmed before, nor to the one that was
// registered within MailPause and waits for its owner.
func (t *VisitorTx) AsksToConfirm(ctx context.Context, a app.Application, email string) (bool, error) {
	known, err := outbox.EmailOf(ctx, t.Tx, a.Person, email)
	if errors.Is(err, outbox.ErrNoEndpoint) {
		return true, nil
	}
	waits := known.ID == a.Endpoint && t.Now.Sub(known.RegisteredAt) < MailPause
	return !known.Active && !waits, err
}

// RegisterEmail keeps the address of an application and sends the mail that asks its owner to confirm it (H3), unless AsksToConfirm says
// that none is due; it tells whether it sent one. Other addresses that the applicant registered and never confirmed cannot be confirmed any
// more: the last one named is the one that counts.
func (t *VisitorTx) RegisterEmail(ctx context.Context, a app.Application, email string, locale notify.Locale) (mailed bool, err error) {
	if mailed, err = t.AsksToConfirm(ctx, a, email); err != nil {
		return false, err
	}
	if !mailed && email == a.Email {
		return false, db.New().SetApplicationEmail(ctx, t.Tx, db.SetApplicationEmailParams{ID: a.ID, EndpointID: &a.Endpoint, Locale: string(locale)})
	}
	kept, err := outbox.RegisterEndpoint(ctx, t.Tx, outbox.Endpoint{Person: a.Person, Provider: notify.ProviderSMTP, Address: email, Locale: locale})
	if err != nil {
		return false, badEndpoint(err, "/email")
	}
	if err := outbox.RetireOtherUnverified(ctx, t.Tx, a.Person, kept.ID); err != nil {
		return false, err
	}
	if err := db.New().SetApplicationEmail(ctx, t.Tx, db.SetApplicationEmailParams{ID: a.ID, EndpointID: &kept.ID, Locale: string(locale)}); err != nil {
		return false, err
	}
	if !mailed {
		return false, nil
	}
	return true, t.announce(outbox.AskToConfirm(ctx, t.Tx, notify.EmailRegistered{Endpoint: kept.ID}, a.Person))
}

// ConfirmEmail makes a registered address active (H3). Confirming it twice changes nothing. Fault: not_found.
func (t *VisitorTx) ConfirmEmail(ctx context.Context, endpoint uuid.UUID) error {
	_, err := outbox.Confirm(ctx, t.Tx, endpoint)
	if errors.Is(err, outbox.ErrNoEndpoint) {
		return app.ErrNotFound
	}
	return err
}

// AcceptTerms keeps which version of the terms the applicant accepted, and when (H12).
func (t *VisitorTx) AcceptTerms(ctx context.Context, a app.Application, version string) error {
	if err := t.AcceptPublished(ctx, version); err != nil {
		return err
	}
	return db.New().SetApplicationTerms(ctx, t.Tx, db.SetApplicationTermsParams{ID: a.ID, Version: &version, Now: &t.Now})
}

// Submit stores that the application was handed in, with what was looked at; a queued one is shown to the heads it concerns. Fault:
// application_closed when it was handed in already.
func (t *VisitorTx) Submit(ctx context.Context, a app.Application, checks []app.ApplicationCheck) error {
	if err := db.New().PlaceApplication(ctx, t.Tx, a.ID); err != nil {
		return err
	}
	rows, err := db.New().SubmitApplication(ctx, t.Tx, db.SubmitApplicationParams{ID: a.ID, State: string(a.State), Now: &t.Now})
	if err != nil {
		return err
	}
	if rows == 0 {
		return app.ErrApplicationClosed
	}
	if err := t.saveChecks(ctx, a.ID, onSubmission, checks); err != nil || a.State != app.ApplicationQueued {
		return err
	}
	return t.tellHeads(ctx, a.ID)
}

// Withdraw stores that the applicant took the application back. Fault: application_closed when it was decided meanwhile.
func (t *VisitorTx) Withdraw(ctx context.Context, a app.Application) error {
	rows, err := db.New().WithdrawApplication(ctx, t.Tx, db.WithdrawApplicationParams{ID: a.ID, Now: &t.Now})
	if err == nil && rows == 0 {
		return app.ErrApplicationClosed
	}
	return err
}

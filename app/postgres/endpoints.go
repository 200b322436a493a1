package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// Self is who the caller is and where they can be reached.
type Self struct {
	Name      string
	Locale    string
	Endpoints []outbox.OwnEndpoint
	ProofDue  time.Time // until when the caller is to prove anew who they are (H1); zero: nobody is asked
	Prove     bool      // it is time to
	Notes     bool      // an absence may have a note beside its reason
	Waits     bool      // an institution has yet to let the caller in to a child of theirs, or does not any more
}

// Self returns the caller's own details.
func (f Family) Self(ctx context.Context) (Self, error) {
	return Read(ctx, f, func(t *FamilyTx) (Self, error) {
		var s Self
		var err error
		if s.Name, err = t.Name(ctx); err != nil {
			return s, err
		}
		if s.Locale, err = t.Locale(ctx); err != nil {
			return s, err
		}
		if s.Endpoints, err = outbox.OwnEndpoints(ctx, t.Tx); err != nil {
			return s, err
		}
		rule, err := t.TextRule(ctx)
		if err != nil {
			return s, err
		}
		s.Notes = rule.AbsenceNotes
		// sqlc does not know the columns of a function that returns a table.
		var due *time.Time
		err = t.QueryRow(ctx, "select p.due, coalesce(p.told, false), coalesce(p.waits, false) from (values (1)) o left join app.own_proof($1) p on true", t.Now).Scan(&due, &s.Prove, &s.Waits)
		s.ProofDue = orZero(due)
		return s, err
	})
}

// SetEmailNotices says whether routine notices go to the caller's e-mail addresses (B1).
func (t *FamilyTx) SetEmailNotices(ctx context.Context, wanted bool) error {
	return outbox.SetOwnRoutineMail(ctx, t.Tx, wanted)
}

// Register keeps where the caller wants to be reached. A mobile number answers with the code that proves it (H5). Fault: request_invalid for
// an address that is not of its provider's form.
func (t tx) Register(ctx context.Context, provider notify.Provider, address string, locale notify.Locale) (outbox.Registration, error) {
	me, err := t.Person(ctx)
	if err != nil {
		return outbox.Registration{}, err
	}
	kept, err := outbox.RegisterEndpoint(ctx, t.Tx, outbox.Endpoint{Person: me.ID, Provider: provider, Address: address, Locale: locale})
	pointer := "/token"
	if provider == notify.ProviderTwilio {
		pointer = "/number"
	}
	return kept, badEndpoint(err, pointer)
}

// badEndpoint turns an address that is not of its provider's form into the fault request_invalid; pointer says where the address stood.
func badEndpoint(err error, pointer string) error {
	if !errors.Is(err, outbox.ErrBadEndpoint) {
		return err
	}
	return &app.Fault{Kind: app.Malformed, Code: "request_invalid",
		Detail: "The request was not understood. The fields below say what to correct.",
		Fields: []app.Field{{Pointer: pointer, Detail: "does not have the form that its provider asks for"}}}
}

// Notices returns a page of the caller's in-app notices, the latest first (B1). Fault: cursor_invalid.
func (f Family) Notices(ctx context.Context, page Page) (Slice[outbox.Notice], error) {
	return notices(ctx, outbox.NoticesAtHome, f.db.scope.Reader(f.s), page)
}

// Notices returns a page of the caller's in-app notices, the latest first (B1). Fault: cursor_invalid.
func (i Institution) Notices(ctx context.Context, page Page) (Slice[outbox.Notice], error) {
	return notices(ctx, outbox.InAppNotices, i.db.scope.Reader(i.s), page)
}

func notices(ctx context.Context, list func(context.Context, outbox.Asked, outbox.Cursor, int) ([]outbox.Notice, error), of scope.Reader, page Page,
) (Slice[outbox.Notice], error) {
	before, err := page.position(endOfTime)
	if err != nil {
		return Slice[outbox.Notice]{}, err
	}
	size := page.size()
	rows, err := list(ctx, of, outbox.Cursor{At: before.at, ID: before.id}, int(size)+1)
	if err != nil {
		return Slice[outbox.Notice]{}, fault(err)
	}
	same := func(n outbox.Notice) outbox.Notice { return n }
	return slice(rows, size, same, func(n outbox.Notice) position { return position{n.At, n.ID} }), nil
}

// Municipality is what a visitor is told about where they are.
type Municipality struct {
	ID           uuid.UUID
	Slug         string // names it in configuration files
	Name         string
	Country      string
	Locale       string
	TermsVersion string
}

// Here returns the municipality of the transaction. Fault: not_found.
func (t tx) Here(ctx context.Context) (Municipality, error) {
	row, err := db.New().MunicipalityOfScope(ctx, t.Tx)
	if err != nil {
		return Municipality{}, err
	}
	return Municipality{
		ID: t.Tx.Municipality(), Slug: row.Slug, Name: row.Name, Country: row.Country, Locale: row.Locale, TermsVersion: row.TermsVersion,
	}, nil
}

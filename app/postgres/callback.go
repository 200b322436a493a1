package postgres

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/migrations/scope"
	"budstikke.example/notify/outbox"
)

// Callback is the way in for a machine whose signature was checked: a provider's receipt, an SMS that came in.
type Callback struct {
	db *DB
	s  scope.Scope
}

// Callback returns the handle of a machine's call for a municipality. One that nobody has finds nothing, also that of all zeroes, which is no
// scope and would be taken for a missing session.
func (db *DB) Callback(municipality uuid.UUID) Callback {
	if municipality == uuid.Nil {
		municipality = uuid.Max
	}
	return Callback{db, scope.Of(municipality, scope.Machine)}
}

func (c Callback) database() *DB           { return c.db }
func (c Callback) open() scope.Scope       { return c.s }
func (c Callback) within(t tx) *CallbackTx { return &CallbackTx{t} }

// CallbackTx is a machine's transaction.
type CallbackTx struct{ tx }

// Receipt keeps what a provider said about a delivery after taking it. Late, repeated and unknown receipts change nothing.
func (c Callback) Receipt(ctx context.Context, delivery uuid.UUID, status string) error {
	_, err := Read(ctx, c, func(t *CallbackTx) (struct{}, error) {
		_, err := outbox.Receipt(ctx, t.Tx, delivery, outbox.ReceiptStatus(status))
		if errors.Is(err, outbox.ErrUnknownReceipt) {
			err = nil
		}
		return struct{}{}, err
	})
	return err
}

// VerifyMobile makes a mobile number active after its owner sent the code in from it (H5). Fault: not_found for anything else.
func (c Callback) VerifyMobile(ctx context.Context, number, code string) error {
	_, err := Read(ctx, c, func(t *CallbackTx) (struct{}, error) {
		_, err := outbox.VerifyMobile(ctx, t.Tx, number, code)
		if errors.Is(err, outbox.ErrNoEndpoint) {
			err = app.ErrNotFound
		}
		return struct{}{}, err
	})
	return err
}

// RoutineMail says whether routine mail goes to an address. Fault: not_found.
func (c Callback) RoutineMail(ctx context.Context, endpoint uuid.UUID, wanted bool) error {
	_, err := Read(ctx, c, func(t *CallbackTx) (struct{}, error) {
		err := outbox.SetRoutineMail(ctx, t.Tx, endpoint, wanted)
		if errors.Is(err, outbox.ErrNoEndpoint) {
			err = app.ErrNotFound
		}
		return struct{}{}, err
	})
	return err
}

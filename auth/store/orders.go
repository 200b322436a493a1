package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/auth"
	"budstikke.example/auth/bankid"
	"budstikke.example/auth/store/internal/db"
	"budstikke.example/migrations/scope"
)

// OrderLifetime is how long an order may be collected. BankID's own limit is shorter; this one ends what BankID has long forgotten.
const OrderLifetime = 10 * time.Minute

// ErrNoOrder means that there is no such order to collect: unknown, too old, or over. It is the same for all three.
var ErrNoOrder = errors.New("store: no such order; start again")

// Order is a BankID order that has not ended.
type Order struct {
	ID       uuid.UUID
	Ref      string
	QRToken  string
	QRSecret bankid.Hidden
	Started  time.Time
}

// StartOrder keeps an order that BankID has accepted and returns the secret of its holder, which is kept nowhere: hand it to the device that
// asked. It works in the scope SignIn, as do all functions for orders. started is when BankID answered.
func StartOrder(ctx context.Context, tx *scope.Tx, o bankid.Order, started time.Time) (auth.Token, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return auth.Token{}, fmt.Errorf("store: start order: %w", err)
	}
	holder, digest := auth.NewHolder(tx.Municipality())
	err = queries.InsertOrder(ctx, tx, db.InsertOrderParams{
		MunicipalityID: tx.Municipality(), ID: id, HolderHash: digest[:], OrderRef: o.OrderRef, QrToken: o.QRStartToken,
		QrSecret: o.QRStartSecret.Reveal(), StartedAt: started,
	})
	if err != nil {
		return auth.Token{}, fmt.Errorf("store: start order: %w", err)
	}
	return holder, nil
}

// OrderOf returns the order of a holder. Error: ErrNoOrder.
func OrderOf(ctx context.Context, tx *scope.Tx, holder auth.Credential) (Order, error) {
	row, err := queries.OpenOrder(ctx, tx, db.OpenOrderParams{
		MunicipalityID: tx.Municipality(), HolderHash: holder.Digest[:], NotBefore: tx.Now.Add(-OrderLifetime),
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return Order{}, ErrNoOrder
	}
	if err != nil {
		return Order{}, fmt.Errorf("store: order: %w", err)
	}
	return Order{ID: row.ID, Ref: row.OrderRef, QRToken: row.QrToken, QRSecret: bankid.Hide(row.QrSecret), Started: row.StartedAt}, nil
}

// FinishOrder ends an order, once: of all who try, at the same time or later, one succeeds and the others get ErrNoOrder. What follows from
// the order belongs into the same transaction.
func FinishOrder(ctx context.Context, tx *scope.Tx, order uuid.UUID) error {
	n, err := queries.FinishOrder(ctx, tx, db.FinishOrderParams{MunicipalityID: tx.Municipality(), ID: order, FinishedAt: tx.Now})
	if err != nil {
		return fmt.Errorf("store: finish order: %w", err)
	}
	if n == 0 {
		return ErrNoOrder
	}
	return nil
}

// KeepOrders is how long an order is kept, for whoever has to look into what went wrong. Its secrets are gone when it ends.
const KeepOrders = 24 * time.Hour

// ForgetOrders deletes orders older than KeepOrders, and returns how many.
func ForgetOrders(ctx context.Context, tx *scope.Tx) (int64, error) {
	n, err := queries.DeleteOldOrders(ctx, tx, db.DeleteOldOrdersParams{MunicipalityID: tx.Municipality(), StartedBefore: tx.Now.Add(-KeepOrders)})
	if err != nil {
		return 0, fmt.Errorf("store: forget orders: %w", err)
	}
	return n, nil
}

package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/auth"
	"budstikke.example/auth/bankid"
	"budstikke.example/auth/store/internal/db"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
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
	Started  time.Time // when BankID answered with it
	// NonceHash is the digest of what the way back on the same device has to bring; nil when BankID is on another device.
	NonceHash []byte
	Restarts  int  // how many orders before it were not started in time
	Told      Told // for the order that takes its place
	// Proved is who signed, when the way back has not brought the nonce yet; empty before.
	Proved bankid.Hidden
}

// Told is what BankID was told about where an order began.
type Told struct {
	App *bankid.App `json:"app,omitempty"`
	Web *bankid.Web `json:"web,omitempty"`
}

func codeSeal(municipality, order uuid.UUID) []string {
	return []string{municipality.String(), "auth.bankid_orders", "qr", order.String()}
}

func proofSeal(municipality, order uuid.UUID) []string {
	return []string{municipality.String(), "auth.bankid_orders", "proved", order.String()}
}

// StartOrder keeps an order that BankID has accepted and returns the secret of its holder, which is kept nowhere: hand it to the device that
// asked. Of the order counts when BankID answered, NonceHash and Told. It works in the scope SignIn, as do all functions for orders.
func StartOrder(ctx context.Context, tx *scope.Tx, keys *seal.Keyring, accepted bankid.Order, o Order) (auth.Token, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return auth.Token{}, fmt.Errorf("store: start order: %w", err)
	}
	sealed, version, err := keys.Seal([]byte(accepted.QRStartSecret.Reveal()), codeSeal(tx.Municipality(), id)...)
	if err != nil {
		return auth.Token{}, fmt.Errorf("store: start order: %w", err)
	}
	told, err := json.Marshal(o.Told)
	if err != nil {
		return auth.Token{}, fmt.Errorf("store: start order: %w", err)
	}
	holder, digest := auth.NewHolder(tx.Municipality())
	err = queries.InsertOrder(ctx, tx, db.InsertOrderParams{
		MunicipalityID: tx.Municipality(), ID: id, HolderHash: digest[:], OrderRef: accepted.OrderRef, QrToken: accepted.QRStartToken,
		QrSealed: sealed, QrKey: int16(version), StartedAt: o.Started, NonceHash: o.NonceHash, Told: string(told),
	})
	if err != nil {
		return auth.Token{}, fmt.Errorf("store: start order: %w", err)
	}
	return holder, nil
}

// OrderOf returns the order of a holder. Error: ErrNoOrder.
func OrderOf(ctx context.Context, tx *scope.Tx, keys *seal.Keyring, holder auth.Credential) (Order, error) {
	row, err := queries.OpenOrder(ctx, tx, db.OpenOrderParams{
		MunicipalityID: tx.Municipality(), HolderHash: holder.Digest[:], NotBefore: tx.Now.Add(-OrderLifetime),
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return Order{}, ErrNoOrder
	}
	if err != nil {
		return Order{}, fmt.Errorf("store: order: %w", err)
	}
	o := Order{
		ID: row.ID, Ref: row.OrderRef, QRToken: row.QrToken, QRSecret: bankid.Hide(row.QrSecret), Started: row.StartedAt,
		NonceHash: row.NonceHash, Restarts: int(row.Restarts),
	}
	if row.QrKey != nil { // one that the previous binary began has it as it is
		secret, err := keys.Open(row.QrSealed, seal.KeyVersion(*row.QrKey), codeSeal(tx.Municipality(), row.ID)...)
		if err != nil {
			return Order{}, fmt.Errorf("store: order: %w", err)
		}
		o.QRSecret = bankid.Hide(string(secret))
	}
	if row.Told != "" { // an order of the previous binary says nothing
		if err := json.Unmarshal([]byte(row.Told), &o.Told); err != nil {
			return Order{}, fmt.Errorf("store: order: %w", err)
		}
	}
	if row.ProvedKey != nil {
		number, err := keys.Open(row.ProvedSealed, seal.KeyVersion(*row.ProvedKey), proofSeal(tx.Municipality(), row.ID)...)
		if err != nil {
			return Order{}, fmt.Errorf("store: order: %w", err)
		}
		o.Proved = bankid.Hide(string(number))
	}
	return o, nil
}

// RestartOrder puts an order that BankID has just accepted in the place of one that nobody started in time. False: another call did so first, or
// the order has ended; the fresh one is then nobody's.
func RestartOrder(ctx context.Context, tx *scope.Tx, keys *seal.Keyring, old Order, accepted bankid.Order, started time.Time) (bool, error) {
	sealed, version, err := keys.Seal([]byte(accepted.QRStartSecret.Reveal()), codeSeal(tx.Municipality(), old.ID)...)
	if err != nil {
		return false, fmt.Errorf("store: restart order: %w", err)
	}
	n, err := queries.RestartOrder(ctx, tx, db.RestartOrderParams{
		MunicipalityID: tx.Municipality(), ID: old.ID, InsteadOf: old.Ref, OrderRef: accepted.OrderRef, QrToken: accepted.QRStartToken,
		QrSealed: sealed, QrKey: int16(version), StartedAt: started,
	})
	if err != nil {
		return false, fmt.Errorf("store: restart order: %w", err)
	}
	return n == 1, nil
}

// KeepProof keeps who signed, sealed, until the way back on the same device brings the nonce. False: it is kept already, or the order has ended.
func KeepProof(ctx context.Context, tx *scope.Tx, keys *seal.Keyring, order uuid.UUID, number bankid.Hidden) (bool, error) {
	sealed, version, err := keys.Seal([]byte(number.Reveal()), proofSeal(tx.Municipality(), order)...)
	if err != nil {
		return false, fmt.Errorf("store: keep proof: %w", err)
	}
	n, err := queries.KeepProof(ctx, tx, db.KeepProofParams{
		MunicipalityID: tx.Municipality(), ID: order, ProvedSealed: sealed, ProvedKey: int16(version), ProvedAt: tx.Now,
	})
	if err != nil {
		return false, fmt.Errorf("store: keep proof: %w", err)
	}
	return n == 1, nil
}

// KeepRisk keeps how risky BankID found an order, for whoever has to look into it.
func KeepRisk(ctx context.Context, tx *scope.Tx, order uuid.UUID, risk bankid.Risk) error {
	if risk == "" {
		return nil
	}
	switch risk {
	case bankid.RiskLow, bankid.RiskModerate, bankid.RiskHigh:
	default:
		risk = "other"
	}
	if err := queries.KeepRisk(ctx, tx, db.KeepRiskParams{MunicipalityID: tx.Municipality(), ID: order, Risk: string(risk)}); err != nil {
		return fmt.Errorf("store: keep risk: %w", err)
	}
	return nil
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

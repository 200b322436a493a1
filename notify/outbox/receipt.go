package outbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify/outbox/internal/db"
)

// ReceiptStatus is what a provider said about a delivery after it had accepted it. The words are Twilio's, in lower case.
type ReceiptStatus string

// The statuses.
const (
	ReceiptQueued      ReceiptStatus = "queued"
	ReceiptSending     ReceiptStatus = "sending"
	ReceiptSent        ReceiptStatus = "sent"
	ReceiptUndelivered ReceiptStatus = "undelivered"
	ReceiptFailed      ReceiptStatus = "failed"
	ReceiptDelivered   ReceiptStatus = "delivered"
	ReceiptRead        ReceiptStatus = "read"
)

// ErrUnknownReceipt is returned for a status that no provider has.
var ErrUnknownReceipt = errors.New("outbox: unknown receipt status")

// Rank orders the statuses: a receipt replaces only one of lower rank, because providers' callbacks overtake each other. An arrival
// outranks a failure. 0 for a word that is no status.
func (s ReceiptStatus) Rank() int {
	switch s {
	case "accepted", "scheduled", ReceiptQueued:
		return 1
	case ReceiptSending:
		return 2
	case ReceiptSent:
		return 3
	case ReceiptUndelivered, ReceiptFailed, "canceled":
		return 4
	case ReceiptDelivered:
		return 5
	case ReceiptRead:
		return 6
	}
	return 0
}

// Receipt keeps what a provider said about a delivery later, in the scope of a machine whose signature was checked. It answers false when
// the delivery is unknown or knows better already. Errors: ErrUnknownReceipt or the database's.
func Receipt(ctx context.Context, tx *scope.Tx, delivery uuid.UUID, status ReceiptStatus) (kept bool, err error) {
	rank := status.Rank()
	if rank == 0 {
		return false, ErrUnknownReceipt
	}
	word := string(status)
	n, err := db.New().KeepReceipt(ctx, tx, db.KeepReceiptParams{
		MunicipalityID: tx.Municipality(), ID: delivery, Receipt: &word, ReceiptRank: int16(rank),
	})
	if err != nil {
		return false, fmt.Errorf("outbox: receipt: %w", err)
	}
	return n > 0, nil
}

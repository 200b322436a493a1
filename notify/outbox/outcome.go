package outbox

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox/internal/db"
)

// outcome is what is written of a claimed delivery, whether it was tried or not.
type outcome struct {
	municipality, id, parcel uuid.UUID
	fence                    int64
	state                    State
	attempt                  int  // what it has cost so far
	tried                    bool // it was handed to a sender; the attempt is kept
	wait                     time.Duration
	word                     notify.Outcome // "" when it was not tried
	status                   int32
	reason, refusal          string
	providerID               string
}

// ordinary tells whether it is what nearly every outcome is: the provider took it.
func (o *outcome) ordinary() bool {
	return o.tried && o.state == StateSent && o.word == notify.Accepted && o.reason == "" && o.refusal == ""
}

// apart parts what is ordinary from what is not.
func apart(batch []outcome) (ordinary, others []outcome) {
	for i := range batch {
		if batch[i].ordinary() {
			ordinary = append(ordinary, batch[i])
		} else {
			others = append(others, batch[i])
		}
	}
	return ordinary, others
}

// settleSQL is written by hand because sqlc does not know the columns of a function that returns a table.
const settleSQL = `select id, state from notify.settle($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`

// settle writes outcomes, tried or not, and answers what was written. Arrays are of pgx's own types, which are sent without reflection.
func settle(ctx context.Context, on db.DBTX, batch []outcome) ([]Settled, error) {
	n := len(batch)
	municipalities, ids, parcels := make([]pgtype.UUID, n), make([]pgtype.UUID, n), make([]pgtype.UUID, n)
	fences, waits, attempts, statuses, tried := make([]int64, n), make([]int64, n), make([]int32, n), make([]int32, n), make([]bool, n)
	states, words, reasons, refusals, provided := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i := range batch {
		o := &batch[i]
		municipalities[i], ids[i], parcels[i], fences[i] = pgUUID(o.municipality), pgUUID(o.id), pgUUID(o.parcel), o.fence
		states[i], attempts[i], tried[i], waits[i], words[i] = string(o.state), int32(o.attempt), o.tried, o.wait.Milliseconds(), string(o.word)
		statuses[i], reasons[i], refusals[i], provided[i] = o.status, o.reason, o.refusal, o.providerID
	}
	rows, err := on.Query(ctx, settleSQL, municipalities, ids, parcels, fences, states, attempts, tried, waits, words, statuses, reasons, refusals, provided)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	settled := make([]Settled, 0, n)
	for rows.Next() {
		var id pgtype.UUID
		var state string
		if err := rows.Scan(&id, &state); err != nil {
			return nil, err
		}
		settled = append(settled, Settled{Delivery: id.Bytes, State: State(state)})
	}
	return settled, rows.Err()
}

// settleAcceptedSQL is written by hand because sqlc does not know the columns of a function that returns a table.
const settleAcceptedSQL = `select id, state from notify.settle_accepted($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

// settleAccepted writes ordinary outcomes and answers what was written, as settle does, in the order of their parcels. It sorts the batch.
func settleAccepted(ctx context.Context, on db.DBTX, batch []outcome) ([]Settled, error) {
	slices.SortFunc(batch, func(a, b outcome) int {
		if c := bytes.Compare(a.parcel[:], b.parcel[:]); c != 0 {
			return c
		}
		if c := bytes.Compare(a.municipality[:], b.municipality[:]); c != 0 {
			return c
		}
		return cmp.Compare(a.fence, b.fence)
	})
	n := len(batch)
	municipalities, ids, fences := make([]pgtype.UUID, n), make([]pgtype.UUID, n), make([]int64, n)
	attempts, statuses, provided, ofParcel := make([]int32, n), make([]int32, n), make([]string, n), make([]int32, n)
	var parcels []pgtype.UUID
	var upto []int32
	lowest, highest := batch[0].id, batch[0].id
	for i := range batch {
		o := &batch[i]
		if i == 0 || o.parcel != batch[i-1].parcel || o.municipality != batch[i-1].municipality || o.fence != batch[i-1].fence {
			parcels, upto = append(parcels, pgUUID(o.parcel)), append(upto, 0)
		}
		upto[len(upto)-1] = int32(i + 1)
		municipalities[i], ids[i], fences[i], ofParcel[i] = pgUUID(o.municipality), pgUUID(o.id), o.fence, int32(len(parcels))
		attempts[i], statuses[i], provided[i] = int32(o.attempt), o.status, o.providerID
		if bytes.Compare(o.id[:], lowest[:]) < 0 {
			lowest = o.id
		}
		if bytes.Compare(o.id[:], highest[:]) > 0 {
			highest = o.id
		}
	}
	rows, err := on.Query(ctx, settleAcceptedSQL, municipalities, ids, fences, attempts, statuses, provided, ofParcel, parcels, upto, lowest, highest)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var odd map[uuid.UUID]State // what did not become sent; "" was not written
	for rows.Next() {
		var id pgtype.UUID
		var state pgtype.Text
		if err := rows.Scan(&id, &state); err != nil {
			return nil, err
		}
		if odd == nil {
			odd = map[uuid.UUID]State{}
		}
		odd[id.Bytes] = State(state.String)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	settled := make([]Settled, 0, n)
	for i := range batch {
		state, differs := odd[batch[i].id]
		if !differs {
			state = StateSent
		}
		if state != "" {
			settled = append(settled, Settled{Delivery: batch[i].id, State: state})
		}
	}
	return settled, nil
}

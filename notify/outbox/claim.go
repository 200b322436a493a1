package outbox

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"budstikke.example/auth/access"
	"budstikke.example/notify"
)

// Claimed is the outcome of a claim.
type Claimed struct {
	// Deliveries are the caller's to send until their lease ends, each exactly once.
	Deliveries []notify.Delivery
	// Ended are those that the claim ended instead: suppressed, expired or dead. Nothing of them may be sent.
	Ended []Ended
	// Left are parcels that there was no room for: the rest of one that was opened. They are free for whoever claims them.
	Left []Ref
}

// Ended is a delivery that a claim ended.
type Ended struct {
	Municipality uuid.UUID
	Delivery     uuid.UUID
	Event        uuid.UUID
	Kind         notify.Kind
	Urgency      notify.Urgency
	Channel      notify.Channel
	State        State
	Reason       string // access_ended, endpoint_not_active, unsubscribed, too_late or too_many_attempts
	// Refusal is why the policy refuses it, for access_ended; "" when only the database's check does.
	Refusal access.Reason
	// Alone says that the policy alone refused it: the database's check let it through, and the two should be one rule.
	Alone bool
}

// Claim takes parcels of one provider, so many that room has their deliveries: a parcel that does not fit is opened, and its rest left. It leases
// them by the database's clock, raises fence and attempt, and then, in a statement of its own, asks the access rule about each receiver at this
// moment and tells the facts that the policy decides by (V15, B9). What is not due, somebody else's, or newer than its ref is left alone and does
// not appear in the answer. Refs of other providers are ignored. Errors: the database's; then nothing was claimed, or the lease of what was will
// end by itself.
//
// leave, unless it is nil, is told what may leave as soon as that is known. What may not is written down after it: that can wait for whoever takes
// somebody's access away at this moment, and what leaves must not wait after it was asked about (V15).
func (o *Outbox) Claim(ctx context.Context, provider notify.Provider, refs []Ref, room int, leave func([]notify.Delivery)) (Claimed, error) {
	if len(refs) == 0 || room <= 0 {
		return Claimed{}, nil
	}
	rows, err := o.lease(ctx, o.db.Pool(), provider, refs, room)
	if err != nil {
		return Claimed{}, err
	}
	return o.part(ctx, provider, rows, leave)
}

// part hands out what may leave of what was leased, and ends the rest.
func (o *Outbox) part(ctx context.Context, provider notify.Provider, rows []leased, leave func([]notify.Delivery)) (Claimed, error) {
	claimed, over := judge(provider, rows)
	if leave != nil && len(claimed.Deliveries) > 0 {
		leave(claimed.Deliveries)
	}
	if len(over) > 0 {
		if _, err := settle(ctx, o.db.Pool(), over); err != nil {
			return Claimed{}, fmt.Errorf("outbox: end what may not leave: %w", err)
		}
	}
	return claimed, nil
}

// judge decides what may leave of what was leased, and what is to be written of the rest.
func judge(provider notify.Provider, rows []leased) (Claimed, []outcome) {
	list, left := parcels(provider, rows)
	claimed := Claimed{Deliveries: make([]notify.Delivery, 0, len(rows)), Left: left}
	var over []outcome
	channel, _ := provider.Channel()
	for i := range list {
		p := &list[i]
		for j, l := range p.held {
			id := uuid.UUID(p.deliveries[j].Bytes)
			if l == nil || !p.kind.Valid { // it has ended already, and only has to leave its parcel
				over = append(over, p.ends(id, StateDead, "over", ""))
				continue
			}
			state, why := p.verdict(l)
			ended := Ended{
				Municipality: p.municipality.Bytes, Delivery: id, Event: p.event.Bytes, Kind: notify.Kind(p.kind.String),
				Urgency: notify.Urgency(l.urgency.String), Channel: channel, State: state, Reason: why,
			}
			sending := state == ""
			if sending || why == accessEnded {
				if d := l.admitted(); !d.Allow {
					ended.State, ended.Reason, ended.Refusal, ended.Alone = StateSuppressed, accessEnded, d.Reason, sending
					sending = false
				}
			}
			if sending {
				claimed.Deliveries = append(claimed.Deliveries, p.delivery(provider, l))
				continue
			}
			claimed.Ended = append(claimed.Ended, ended)
			over = append(over, p.ends(id, ended.State, ended.Reason, ended.Refusal))
		}
	}
	return claimed, over
}

// GiveBack undoes the claims of deliveries that were not sent, so that another worker takes them at once. It burns no attempt.
func (o *Outbox) GiveBack(ctx context.Context, held []notify.Delivery) error {
	if len(held) == 0 {
		return nil
	}
	back := make([]outcome, len(held))
	for i, d := range held {
		back[i] = outcome{
			municipality: d.Municipality, id: d.ID, parcel: d.Parcel, fence: d.Fence, state: StateRetry, attempt: d.Attempt - 1,
		}
	}
	if _, err := settle(ctx, o.db.Pool(), back); err != nil {
		return fmt.Errorf("outbox: give back: %w", err)
	}
	return nil
}

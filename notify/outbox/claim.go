package outbox

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/auth/access"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox/internal/db"
)

// Claimed is the outcome of a claim.
type Claimed struct {
	// Deliveries are the caller's to send until their lease ends, each exactly once.
	Deliveries []notify.Delivery
	// Ended are those that the claim ended instead: suppressed, expired or dead. Nothing of them may be sent.
	Ended []Ended
}

// Ended is a delivery that a claim ended.
type Ended struct {
	Delivery uuid.UUID
	Event    uuid.UUID
	Kind     notify.Kind
	Channel  notify.Channel
	State    State
	Reason   string // access_ended, endpoint_not_active, unsubscribed, too_late or too_many_attempts
	// Refusal is why the policy refuses it, for access_ended; "" when only the database's check does.
	Refusal access.Reason
	// Alone says that the policy alone refused it: the database's check let it through, and the two should be one rule.
	Alone bool
}

// Claim takes deliveries of one provider for sending, in one statement: it leases them by the database's clock, raises fence and attempt,
// asks the access rule about each receiver at this moment, and tells the facts that the policy then decides by (V15, B9). What is not due, somebody else's, or newer than its ref is left alone
// and does not appear in the answer. Refs of other providers are ignored. Errors: the database's; then nothing was claimed, or the lease
// of what was will end by itself.
func (o *Outbox) Claim(ctx context.Context, provider notify.Provider, refs []Ref) (Claimed, error) {
	if len(refs) == 0 {
		return Claimed{}, nil
	}
	return o.claim(ctx, o.db.Pool(), provider, refs)
}

// ClaimDue claims without a belt: it takes what has been due longest in a lane, skipping what others hold, by the same statement as Claim.
func (o *Outbox) ClaimDue(ctx context.Context, lane Lane, limit int) (Claimed, error) {
	var claimed Claimed
	err := pgx.BeginFunc(ctx, o.db.Pool(), func(tx pgx.Tx) error {
		due, err := o.queries.Due(ctx, tx, db.DueParams{
			Urgency: string(lane.Urgency), Provider: string(lane.Provider), Most: int32(limit),
		})
		if err != nil || len(due) == 0 {
			return err
		}
		refs := make([]Ref, len(due))
		for i, d := range due {
			refs[i] = Ref{Municipality: d.MunicipalityID, Delivery: d.ID, Attempt: int(d.Attempt)}
		}
		claimed, err = o.claim(ctx, tx, lane.Provider, refs)
		return err
	})
	if err != nil {
		return Claimed{}, fmt.Errorf("outbox: claim what is due: %w", err)
	}
	return claimed, nil
}

func (o *Outbox) claim(ctx context.Context, on db.DBTX, provider notify.Provider, refs []Ref) (Claimed, error) {
	params := db.ClaimParams{
		Provider:         string(provider),
		CriticalLeaseMs:  o.terms.Lease(notify.UrgencyCritical).Milliseconds(),
		CriticalAttempts: int32(o.terms.MaxAttempts(notify.UrgencyCritical)),
		RoutineLeaseMs:   o.terms.Lease(notify.UrgencyRoutine).Milliseconds(),
		RoutineAttempts:  int32(o.terms.MaxAttempts(notify.UrgencyRoutine)),
	}
	type key struct{ municipality, delivery uuid.UUID }
	seen := make(map[key]int, len(refs)) // a ref can lie on the belt twice; the newest counts
	for _, r := range refs {
		k := key{r.Municipality, r.Delivery}
		if at, twice := seen[k]; twice {
			params.Attempts[at] = max(params.Attempts[at], int32(r.Attempt))
			continue
		}
		seen[k] = len(params.Ids)
		params.Municipalities = append(params.Municipalities, r.Municipality)
		params.Ids = append(params.Ids, r.Delivery)
		params.Attempts = append(params.Attempts, int32(r.Attempt))
	}
	rows, err := o.queries.Claim(ctx, on, params)
	if err != nil {
		return Claimed{}, fmt.Errorf("outbox: claim: %w", err)
	}
	claimed := Claimed{Deliveries: make([]notify.Delivery, 0, len(rows))}
	var refused db.RefuseParams
	for _, r := range rows {
		ended := Ended{
			Delivery: r.ID, Event: r.EventID, Kind: notify.Kind(r.Kind), Channel: notify.Channel(r.Channel), State: State(r.State),
			Reason: value(r.Reason),
		}
		sending := ended.State == StateSending
		if sending || ended.Reason == accessEnded {
			if d := admitted(r); !d.Allow {
				ended.State, ended.Reason, ended.Refusal, ended.Alone = StateSuppressed, accessEnded, d.Reason, sending
				refused.Municipalities, refused.Ids = append(refused.Municipalities, r.MunicipalityID), append(refused.Ids, r.ID)
				refused.Fences, refused.Refusals = append(refused.Fences, r.Fence), append(refused.Refusals, string(d.Reason))
				sending = false
			}
		}
		if sending {
			claimed.Deliveries = append(claimed.Deliveries, delivery(r))
			continue
		}
		claimed.Ended = append(claimed.Ended, ended)
	}
	if len(refused.Ids) > 0 { // what was refused has left the list already; this only writes it down
		if err := o.queries.Refuse(ctx, on, refused); err != nil {
			return Claimed{}, fmt.Errorf("outbox: refuse: %w", err)
		}
	}
	return claimed, nil
}

// accessEnded is the reason of what was kept back because its receiver has no access.
const accessEnded = "access_ended"

// admitted asks the policy by the facts that came with the claim.
func admitted(r db.ClaimRow) access.Decision {
	grounds := access.Grounds(r.Grounds)
	if grounds == access.OnStaff && r.OfChild {
		grounds = access.OnStaffOfChild
	}
	return access.DecideNotice(grounds, r.Active, access.Facts{
		Found: true, Relation: access.Relation(r.Relation), Access: r.Access, Place: r.Place, Roles: access.RolesOf(r.Roles),
		Protection: access.Protection(r.Protection), Restricted: r.Restricted, NoContact: r.NoContact, Cleared: r.Cleared,
	})
}

func delivery(r db.ClaimRow) notify.Delivery {
	return notify.Delivery{
		Municipality: r.MunicipalityID, ID: r.ID, Event: r.EventID, Kind: notify.Kind(r.Kind), Urgency: notify.Urgency(r.Urgency),
		Subject: r.SubjectID, Person: r.PersonID, Channel: notify.Channel(r.Channel), Provider: notify.Provider(value(r.Provider)),
		Endpoint: value(r.EndpointID), Address: r.Address, RegisteredAt: r.RegisteredAt, Locale: notify.Locale(r.Locale),
		Attempt: int(r.Attempt), Fence: r.Fence, ExpiresAt: r.ExpiresAt,
	}
}

// value returns what p points at, or the zero value.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// GiveBack undoes the claims of deliveries that were not sent, so that another worker takes them at once. It burns no attempt.
func (o *Outbox) GiveBack(ctx context.Context, held []notify.Delivery) error {
	if len(held) == 0 {
		return nil
	}
	var c columns
	fences := make([]int64, len(held))
	for i, d := range held {
		c.add(d.Municipality, d.ID)
		fences[i] = d.Fence
	}
	_, err := o.queries.GiveBack(ctx, o.db.Pool(), db.GiveBackParams{Municipalities: c.municipalities, Ids: c.ids, Fences: fences})
	if err != nil {
		return fmt.Errorf("outbox: give back: %w", err)
	}
	return nil
}

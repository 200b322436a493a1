package outbox

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"budstikke.example/auth/access"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox/internal/db"
)

// Why notify.claim_parcels keeps a delivery, where that decides its state.
const (
	tooLate     = "too_late"     // the whole parcel: expired
	accessEnded = "access_ended" // its receiver has no access
)

// leased is a row of notify.claim_parcels: a delivery, a parcel, or what was left of one. Its fields are pgx's own types, because thousands are read in a
// second and these are read without reflection.
type leased struct {
	municipality, id    pgtype.UUID
	why, urgency        pgtype.Text
	person, endpoint    pgtype.UUID // of a delivery, as all that follow
	address, locale     pgtype.Text
	registered          pgtype.Timestamptz
	grounds             pgtype.Text
	ofChild, active     pgtype.Bool
	relation            pgtype.Text
	hasAccess, place    pgtype.Bool
	roles               []string
	restricted, contact pgtype.Bool // contact: no_contact
	protection          pgtype.Text // null: none
	cleared             pgtype.Bool
	deliveries          []pgtype.UUID // of a parcel, as all that follow but size
	attempt, fence      pgtype.Int8
	event               pgtype.UUID
	kind                pgtype.Text
	subject             pgtype.UUID
	expires             pgtype.Timestamptz
	size                pgtype.Int8 // of what was left
}

// parcel is a leased parcel, with those of its deliveries that have not ended.
type parcel struct {
	*leased
	held []*leased // by position in deliveries; nil: it has ended
}

// claimSQL is written by hand because sqlc does not know the columns of a function that returns a table.
const claimSQL = `select municipality_id, id, why, urgency, person_id, endpoint_id, address, locale, registered_at, grounds, of_child, active, relation,
		access, place, roles, restricted, no_contact, protection, cleared, deliveries, attempt, fence, event_id, kind, subject_id, expires_at, size
	from notify.claim_parcels($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

func (o *Outbox) lease(ctx context.Context, on db.DBTX, provider notify.Provider, refs []Ref, room int) ([]leased, error) {
	municipalities, parcels := make([]pgtype.UUID, 0, len(refs)), make([]pgtype.UUID, 0, len(refs))
	attempts := make([]int32, 0, len(refs))
	seen := make(map[idOf]int, len(refs)) // a ref can lie on the belt twice; the newest counts
	for _, r := range refs {
		k := idOf{r.Municipality, r.Parcel}
		if at, twice := seen[k]; twice {
			attempts[at] = max(attempts[at], int32(r.Attempt))
			continue
		}
		seen[k] = len(parcels)
		municipalities, parcels = append(municipalities, pgUUID(r.Municipality)), append(parcels, pgUUID(r.Parcel))
		attempts = append(attempts, int32(r.Attempt))
	}
	rows, err := on.Query(ctx, claimSQL, string(provider), municipalities, parcels, attempts, room,
		o.terms.Lease(notify.UrgencyCritical).Milliseconds(), o.terms.Lease(notify.UrgencyRoutine).Milliseconds(),
		o.terms.MaxAttempts(notify.UrgencyCritical), o.terms.MaxAttempts(notify.UrgencyRoutine), durable(provider))
	if err != nil {
		return nil, fmt.Errorf("outbox: claim: %w", err)
	}
	defer rows.Close()
	list := make([]leased, 0, room)
	for rows.Next() {
		list = append(list, leased{})
		l := &list[len(list)-1]
		err := rows.Scan(&l.municipality, &l.id, &l.why, &l.urgency, &l.person, &l.endpoint, &l.address, &l.locale, &l.registered, &l.grounds, &l.ofChild,
			&l.active, &l.relation, &l.hasAccess, &l.place, &l.roles, &l.restricted, &l.contact, &l.protection, &l.cleared, &l.deliveries, &l.attempt,
			&l.fence, &l.event, &l.kind, &l.subject, &l.expires, &l.size)
		if err != nil {
			return nil, fmt.Errorf("outbox: claim: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		if unmendable(err) {
			return nil, errDamaged // and nothing of its words, which may quote the row
		}
		return nil, fmt.Errorf("outbox: claim: %w", err)
	}
	return list, nil
}

// durable tells whether a claim must have reached the disk before its deliveries leave. A lost lease lets a delivery leave twice, which a phone or a
// mail program hides by the delivery's id; an SMS it cannot hide.
func durable(p notify.Provider) bool {
	channel, _ := p.Channel()
	return channel == notify.ChannelSMS
}

func pgUUID(id uuid.UUID) pgtype.UUID { return pgtype.UUID{Bytes: id, Valid: true} }

// idOf is what a row of a municipality is known by.
type idOf struct{ municipality, id uuid.UUID }

// parcels puts the rows of a claim together, and tells what was left of parcels that were opened.
func parcels(provider notify.Provider, rows []leased) (list []parcel, left []Ref) {
	deliveries := make(map[idOf]*leased, len(rows))
	for i := range rows {
		switch r := &rows[i]; {
		case r.person.Valid:
			deliveries[idOf{r.municipality.Bytes, r.id.Bytes}] = r
		case r.deliveries != nil:
			list = append(list, parcel{leased: r})
		default:
			left = append(left, Ref{
				Municipality: r.municipality.Bytes, Parcel: r.id.Bytes, Provider: provider, Urgency: notify.Urgency(r.urgency.String),
				Attempt: int(r.attempt.Int64), Size: int(r.size.Int64),
			})
		}
	}
	for i := range list {
		p := &list[i]
		p.held = make([]*leased, len(p.deliveries))
		for j, id := range p.deliveries {
			p.held[j] = deliveries[idOf{p.municipality.Bytes, id.Bytes}]
		}
	}
	return list, left
}

// admitted asks the policy by the facts that came with the claim.
func (l *leased) admitted() access.Decision {
	grounds := access.Grounds(l.grounds.String)
	if grounds == access.OnStaff && l.ofChild.Bool {
		grounds = access.OnStaffOfChild
	}
	protection := access.Unprotected
	if l.protection.Valid {
		protection = access.Protection(l.protection.String)
	}
	return access.DecideNotice(grounds, l.active.Bool, access.Facts{
		Found: true, Relation: access.Relation(l.relation.String), Access: l.hasAccess.Bool, Place: l.place.Bool, Roles: access.RolesOf(l.roles),
		Protection: protection, Restricted: l.restricted.Bool, NoContact: l.contact.Bool, Cleared: l.cleared.Bool,
	})
}

// verdict is what becomes of a delivery of the parcel: "" when it may leave as far as the database knows, or its end and the reason.
func (p *parcel) verdict(l *leased) (State, string) {
	switch {
	case p.why.String == tooLate:
		return StateExpired, tooLate
	case l.why.Valid:
		return StateSuppressed, l.why.String
	case p.why.Valid:
		return StateDead, p.why.String
	}
	return "", ""
}

func (p *parcel) delivery(provider notify.Provider, l *leased) notify.Delivery {
	channel, _ := provider.Channel()
	return notify.Delivery{
		Municipality: l.municipality.Bytes, ID: l.id.Bytes, Parcel: p.id.Bytes, Event: p.event.Bytes, Kind: notify.Kind(p.kind.String),
		Urgency: notify.Urgency(l.urgency.String), Subject: p.subject.Bytes, Person: l.person.Bytes, Channel: channel,
		Provider: provider, Endpoint: l.endpoint.Bytes, Address: l.address.String, RegisteredAt: l.registered.Time, Locale: notify.Locale(l.locale.String),
		Attempt: int(p.attempt.Int64), Fence: p.fence.Int64, ExpiresAt: p.expires.Time,
	}
}

// ends is the outcome of a delivery that was claimed and not tried: it costs no attempt.
func (p *parcel) ends(delivery uuid.UUID, s State, reason string, refusal access.Reason) outcome {
	return outcome{
		municipality: p.municipality.Bytes, id: delivery, parcel: p.id.Bytes, fence: p.fence.Int64, state: s, attempt: int(p.attempt.Int64) - 1,
		reason: reason, refusal: string(refusal),
	}
}

package outbox

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"budstikke.example/auth/access"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox/internal/db"
)

// What notify.claim says of a row, besides the states suppressed, expired and dead.
const (
	verdictSending = "sending"
	verdictOver    = "over" // the delivery has ended
	verdictLeft    = "left" // not a delivery: the rest of a parcel that was opened
)

// leased is a delivery of a leased parcel with what notify.claim tells of it. Its fields are pgx's own types, because thousands are read in a
// second and these are read without reflection.
type leased struct {
	municipality, id, parcel, event, person, endpoint, subject        pgtype.UUID
	attempt, fence                                                    pgtype.Int8
	urgency, channel, grounds, kind, address, locale                  pgtype.Text
	verdict, why                                                      string
	expires, registered                                               pgtype.Timestamptz
	ofChild, active, hasAccess, place, restricted, noContact, cleared pgtype.Bool
	relation, protection                                              pgtype.Text
	roles                                                             []string
}

// claimSQL is written by hand because sqlc does not know the columns of a function that returns a table.
const claimSQL = `select municipality_id, id, parcel_id, attempt, fence, event_id, urgency, person_id, channel, endpoint_id, grounds, of_child, kind,
		subject_id, expires_at, address, locale, registered_at, verdict, why, active, relation, access, place, roles, restricted, no_contact, protection, cleared
	from notify.claim($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

func (o *Outbox) lease(ctx context.Context, on db.DBTX, provider notify.Provider, refs []Ref, room int) ([]leased, error) {
	type key struct{ municipality, parcel uuid.UUID }
	municipalities, parcels := make([]pgtype.UUID, 0, len(refs)), make([]pgtype.UUID, 0, len(refs))
	attempts := make([]int32, 0, len(refs))
	seen := make(map[key]int, len(refs)) // a ref can lie on the belt twice; the newest counts
	for _, r := range refs {
		k := key{r.Municipality, r.Parcel}
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
		err := rows.Scan(&l.municipality, &l.id, &l.parcel, &l.attempt, &l.fence, &l.event, &l.urgency, &l.person, &l.channel, &l.endpoint, &l.grounds,
			&l.ofChild, &l.kind, &l.subject, &l.expires, &l.address, &l.locale, &l.registered, &l.verdict, &l.why, &l.active, &l.relation,
			&l.hasAccess, &l.place, &l.roles, &l.restricted, &l.noContact, &l.protection, &l.cleared)
		if err != nil {
			return nil, fmt.Errorf("outbox: claim: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
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

// admitted asks the policy by the facts that came with the claim.
func (l *leased) admitted() access.Decision {
	grounds := access.Grounds(l.grounds.String)
	if grounds == access.OnStaff && l.ofChild.Bool {
		grounds = access.OnStaffOfChild
	}
	return access.DecideNotice(grounds, l.active.Bool, access.Facts{
		Found: true, Relation: access.Relation(l.relation.String), Access: l.hasAccess.Bool, Place: l.place.Bool, Roles: access.RolesOf(l.roles),
		Protection: access.Protection(l.protection.String), Restricted: l.restricted.Bool, NoContact: l.noContact.Bool, Cleared: l.cleared.Bool,
	})
}

func (l *leased) delivery(provider notify.Provider) notify.Delivery {
	return notify.Delivery{
		Municipality: l.municipality.Bytes, ID: l.id.Bytes, Parcel: l.parcel.Bytes, Event: l.event.Bytes, Kind: notify.Kind(l.kind.String),
		Urgency: notify.Urgency(l.urgency.String), Subject: l.subject.Bytes, Person: l.person.Bytes, Channel: notify.Channel(l.channel.String),
		Provider: provider, Endpoint: l.endpoint.Bytes, Address: l.address.String, RegisteredAt: l.registered.Time, Locale: notify.Locale(l.locale.String),
		Attempt: int(l.attempt.Int64), Fence: l.fence.Int64, ExpiresAt: l.expires.Time,
	}
}

// ends is the outcome of a delivery that was claimed and not tried: it costs no attempt.
func (l *leased) ends(s State, reason string, refusal access.Reason) outcome {
	return outcome{
		municipality: l.municipality.Bytes, id: l.id.Bytes, parcel: l.parcel.Bytes, fence: l.fence.Int64, state: s, attempt: int(l.attempt.Int64) - 1,
		reason: reason, refusal: string(refusal),
	}
}

func (l *leased) rest(provider notify.Provider) Ref {
	size, err := strconv.Atoi(l.why)
	if err != nil {
		size = 1
	}
	return Ref{
		Municipality: l.municipality.Bytes, Parcel: l.parcel.Bytes, Provider: provider, Urgency: notify.Urgency(l.urgency.String),
		Attempt: int(l.attempt.Int64), Size: size,
	}
}

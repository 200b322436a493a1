-- name: Due :many
-- What a worker takes when there is no belt: of each municipality some, those due longest first. The rows stay locked until the claim in the same
-- transaction has been made. The clock is read once, by a subquery: an index is not searched for what may change from row to row, and what waits for a
-- later day would be read, too.
select x.municipality_id::uuid as municipality_id, x.id::uuid as id, x.attempt::int as attempt, x.size::int as size, x.before::int as before, m.turn::int as turn
from unnest(@municipalities::uuid[]) with ordinality as m (id, turn)
cross join lateral (
    select y.municipality_id, y.id, y.attempt, y.size, sum(y.size) over (order by y.next_at, y.id) - y.size as before
    from (
        select p.municipality_id, p.id, p.attempt, cardinality(p.deliveries) as size, p.next_at
        from notify.parcels p
        where p.provider = @provider and p.urgency = @urgency and p.municipality_id = m.id
          and p.next_at <= (select clock_timestamp()) and p.lease_until is null and p.id <> all (@aside::uuid[])
        order by p.next_at
        limit @each
        for update skip locked
    ) y
) x
order by x.before, m.turn;

-- name: SettleLate :many
-- Forgives a lease that ran out when the late result is that the provider accepted it and nobody has taken over yet. The same when the database has forgotten
-- the claim in a crash, which is the only way in which a parcel's fence can be lower than a claim's: what was accepted has ended, and leaves its parcel when that is
-- claimed.
with results as (
    select unnest(@municipalities::uuid[]) as municipality_id, unnest(@ids::uuid[]) as id, unnest(@parcels::uuid[]) as parcel_id, unnest(@fences::bigint[]) as fence,
        unnest(@attempts::int[]) as attempt, unnest(@statuses::int[]) as status, unnest(@provider_ids::text[]) as provider_id
), forgotten as materialized (
    select p.municipality_id, p.id, p.fence, p.deliveries
    from notify.parcels p
    where p.lease_until is null and (p.municipality_id, p.id) in (select r.municipality_id, r.parcel_id from results r)
    for update
), remembered as (
    update notify.deliveries d
    set state = 'sent', attempt = r.attempt, fence = r.fence, settled_at = clock_timestamp(), outcome = 'accepted', status = nullif(r.status, 0),
        reason = null, provider_message_id = coalesce(nullif(r.provider_id, ''), d.provider_message_id)
    from forgotten f
    join results r on r.municipality_id = f.municipality_id and r.parcel_id = f.id and r.fence > f.fence and r.id = any (f.deliveries)
    where d.municipality_id = r.municipality_id and d.id = r.id and d.state in ('pending', 'retry') and d.fence < r.fence
    returning d.municipality_id, d.id, d.state
), free as materialized (
    select p.municipality_id, p.id, p.fence, p.attempt
    from notify.parcels p
    where p.lease_until is null and (p.municipality_id, p.id, p.fence) in (select r.municipality_id, r.id, r.fence from results r)
    for update
), settled as (
    update notify.deliveries d
    set state = 'sent', attempt = f.attempt, fence = f.fence, settled_at = clock_timestamp(), outcome = 'accepted', status = nullif(r.status, 0),
        reason = null, provider_message_id = coalesce(nullif(r.provider_id, ''), d.provider_message_id)
    from free f
    join results r on r.municipality_id = f.municipality_id and r.id = f.id
    where d.municipality_id = f.municipality_id and d.id = f.id and d.state = 'retry' and d.reason = 'lease_expired' and d.fence < f.fence
    returning d.municipality_id, d.id, d.state
), gone as (
    delete from notify.parcels p using settled s where p.municipality_id = s.municipality_id and p.id = s.id
)
select s.municipality_id, s.id, s.state from settled s
union all
select r.municipality_id, r.id, r.state from remembered r;

-- name: RetireEndpoints :execrows
-- An endpoint that registered itself again after the provider saw it gone stays.
update notify.endpoints p
set state = 'retired', retired_reason = 'gone'
from (
    select unnest(@municipalities::uuid[]) as municipality_id, unnest(@ids::uuid[]) as id, unnest(@gone_since::timestamptz[]) as gone_since
) g
where p.municipality_id = g.municipality_id and p.id = g.id and p.state <> 'retired' and p.registered_at <= g.gone_since;

-- name: Reconcile :many
-- Finds what is due and cannot be on the belt: never put there, or put there longer ago than anything that lies there now.
with belts as (
    select unnest(@municipalities::uuid[]) as municipality_id, unnest(@providers::text[]) as provider, unnest(@urgencies::text[]) as urgency,
        unnest(@older_than_ms::bigint[]) as older_than_ms
), lost as (
    select x.municipality_id, x.id
    from belts b
    cross join lateral (
        select p.municipality_id, p.id
        from notify.parcels p
        where p.provider = b.provider and p.urgency = b.urgency and p.municipality_id = b.municipality_id
          and p.next_at <= (select clock_timestamp()) and p.lease_until is null
          and (p.queued_at is null or p.queued_at < clock_timestamp() - b.older_than_ms * interval '1 millisecond')
        order by p.next_at
        limit @most
        for update skip locked
    ) x
)
update notify.parcels p
set queued_at = clock_timestamp()
from lost l
where p.municipality_id = l.municipality_id and p.id = l.id
returning p.municipality_id, p.id, p.provider, p.urgency, p.attempt::int as attempt, cardinality(p.deliveries)::int as size;

-- name: Waiting :many
-- A retry puts off when a critical parcel is due, and not since when somebody has waited for it: its age is that of its event, also while it waits or is on its way.
with waiting as (
    select p.provider, p.urgency,
        coalesce(sum(cardinality(p.deliveries)) filter (where p.lease_until is null and p.next_at <= (select clock_timestamp())), 0)::bigint as count,
        min(p.next_at) filter (where p.lease_until is null and p.next_at <= (select clock_timestamp())) as due
    from notify.parcels p
    group by p.provider, p.urgency
), accepted as (
    select c.provider, min((select e.created_at from notify.events e where e.municipality_id = c.municipality_id and e.id = c.event_id)) as at
    from (select distinct p.provider, p.municipality_id, p.event_id from notify.parcels p where p.urgency = 'critical') c
    group by c.provider
)
select w.provider, w.urgency, w.count::bigint as count,
    greatest(0, extract(epoch from clock_timestamp() - case w.urgency when 'critical' then a.at else w.due end) * 1000)::bigint as oldest_ms
from waiting w
left join accepted a on a.provider = w.provider
where w.urgency = 'critical' or w.count > 0
order by w.provider, w.urgency;

-- name: Claim :many
-- One statement: it locks what is still to be done and skips what somebody else holds, asks the access rule about all of it (V15), and
-- decides for each delivery whether it is sent, suppressed, expired or dead. The attempt is counted before the work, so that a delivery
-- which kills its worker is counted too.
with refs as (
    select unnest(@municipalities::uuid[]) as municipality_id, unnest(@ids::uuid[]) as id, unnest(@attempts::int[]) as attempt
), held as (
    select d.municipality_id, d.id, d.event_id, d.endpoint_id, d.urgency, d.person_id, d.grounds, d.child_id, d.institution_id
    from refs r
    join notify.deliveries d on d.municipality_id = r.municipality_id and d.id = r.id
    where d.state in ('pending', 'retry') and d.attempt = r.attempt and d.provider = @provider::text
      and (d.state = 'pending' or d.next_at <= clock_timestamp())
    for update of d skip locked
), numbered as (
    select h.*, row_number() over (order by h.municipality_id, h.id) as n from held h
), allowed as (
    select app.reachable(a.municipality_ids, a.person_ids, a.grounds, a.child_ids, a.institution_ids) as n
    from (
        select array_agg(x.municipality_id order by x.n) as municipality_ids, array_agg(x.person_id order by x.n) as person_ids,
            array_agg(x.grounds order by x.n) as grounds, array_agg(x.child_id order by x.n) as child_ids,
            array_agg(x.institution_id order by x.n) as institution_ids
        from numbered x
    ) a
), facts as (
    select f.n, f.active, f.relation, f.access, f.place, f.roles, f.restricted, f.no_contact, f.protection, f.cleared
    from (
        select array_agg(x.municipality_id order by x.n) as municipality_ids, array_agg(x.person_id order by x.n) as person_ids,
            array_agg(x.grounds order by x.n) as grounds, array_agg(x.child_id order by x.n) as child_ids,
            array_agg(x.institution_id order by x.n) as institution_ids
        from numbered x
    ) a
    cross join lateral app.receiver_facts(a.municipality_ids, a.person_ids, a.grounds, a.child_ids, a.institution_ids)
        as f (n, active, relation, access, place, roles, restricted, no_contact, protection, cleared)
), judged as (
    select h.municipality_id, h.id, e.kind, e.subject_id, e.expires_at, p.address, p.locale, p.registered_at,
        f.active::boolean as active, f.relation::text as relation, f.access::boolean as access, f.place::boolean as place,
        f.roles::text[] as roles, f.restricted::boolean as restricted, f.no_contact::boolean as no_contact,
        f.protection::text as protection, f.cleared::boolean as cleared,
        case when e.expires_at <= clock_timestamp() then 'expired'
             when h.n not in (select a.n from allowed a) then 'suppressed'
             when not (p.state = 'active' or p.state = 'unverified' and e.kind = 'email_registered') then 'suppressed'
             when not (p.routine or h.urgency = 'critical' or e.kind = 'email_registered') then 'suppressed'
             else 'sending' end as verdict,
        case when e.expires_at <= clock_timestamp() then 'too_late'
             when h.n not in (select a.n from allowed a) then 'access_ended'
             when p.state in ('active', 'unverified') and not p.routine then 'unsubscribed'
             else 'endpoint_not_active' end as why
    from numbered h
    join notify.events e on e.municipality_id = h.municipality_id and e.id = h.event_id
    join notify.endpoints p on p.municipality_id = h.municipality_id and p.id = h.endpoint_id
    join facts f on f.n = h.n
), limits as (
    select 'critical' as urgency, @critical_lease_ms::bigint as lease_ms, @critical_attempts::int as attempts
    union all
    select 'routine', @routine_lease_ms::bigint, @routine_attempts::int
)
update notify.deliveries d
set state = case when j.verdict = 'sending' and d.attempt >= l.attempts then 'dead' else j.verdict end,
    attempt = case when j.verdict = 'sending' and d.attempt < l.attempts then d.attempt + 1 else d.attempt end,
    lease_until = case when j.verdict = 'sending' and d.attempt < l.attempts
                       then clock_timestamp() + l.lease_ms * interval '1 millisecond' end,
    settled_at = case when j.verdict = 'sending' and d.attempt < l.attempts then null else clock_timestamp() end,
    reason = case when j.verdict <> 'sending' then j.why when d.attempt >= l.attempts then 'too_many_attempts' else d.reason end,
    fence = d.fence + 1
from judged j, limits l
where d.municipality_id = j.municipality_id and d.id = j.id and l.urgency = d.urgency
returning d.municipality_id, d.id, d.event_id, d.urgency, d.person_id, d.channel, d.provider, d.endpoint_id, d.state, d.attempt, d.fence,
    d.reason, d.grounds, (d.child_id is not null)::boolean as of_child, j.kind, j.subject_id, j.expires_at, j.address, j.locale, j.registered_at,
    j.active, j.relation, j.access, j.place, j.roles, j.restricted, j.no_contact, j.protection, j.cleared;

-- name: Refuse :exec
-- Keeps what the policy refused from leaving, and why, also where the database's check refused it already. Only of claims still held.
update notify.deliveries d
set state = 'suppressed', lease_until = null, settled_at = coalesce(d.settled_at, clock_timestamp()), reason = 'access_ended', refusal = r.refusal
from (
    select unnest(@municipalities::uuid[]) as municipality_id, unnest(@ids::uuid[]) as id, unnest(@fences::bigint[]) as fence,
        unnest(@refusals::text[]) as refusal
) r
where d.municipality_id = r.municipality_id and d.id = r.id and d.fence = r.fence and d.state in ('sending', 'suppressed');

-- name: Due :many
-- What a worker takes when there is no belt. The rows stay locked until the claim in the same transaction has been made.
select d.municipality_id, d.id, d.attempt::int as attempt
from notify.deliveries d
where d.urgency = @urgency and d.provider = @provider::text and d.state in ('pending', 'retry') and d.next_at <= clock_timestamp()
order by d.next_at
limit @most
for update skip locked;

-- name: Settle :many
-- Writes what became of a batch of attempts. Only the holder of the fence may: a result that comes after somebody else took over changes
-- nothing. A lease that ran out is forgiven when the late result is that the provider accepted it and nobody has taken over yet.
with results as (
    select unnest(@municipalities::uuid[]) as municipality_id, unnest(@ids::uuid[]) as id, unnest(@fences::bigint[]) as fence,
        unnest(@states::text[]) as state, unnest(@burned::int[]) as burned, unnest(@wait_ms::bigint[]) as wait_ms,
        unnest(@outcomes::text[]) as outcome, unnest(@statuses::int[]) as status, unnest(@reasons::text[]) as reason,
        unnest(@provider_ids::text[]) as provider_id
), settled as (
    update notify.deliveries d
    set state = r.state, lease_until = null, queued_at = null,
        attempt = d.attempt - 1 + r.burned,
        next_at = clock_timestamp() + r.wait_ms * interval '1 millisecond',
        settled_at = case when r.state = 'retry' then null else clock_timestamp() end,
        outcome = r.outcome, reason = nullif(r.reason, ''),
        provider_message_id = coalesce(nullif(r.provider_id, ''), d.provider_message_id),
        possible_duplicates = d.possible_duplicates + case when r.outcome = 'unknown' then 1 else 0 end
    from results r
    where d.municipality_id = r.municipality_id and d.id = r.id and d.fence = r.fence
      and (d.state = 'sending' or d.state = 'retry' and d.reason = 'lease_expired' and r.state = 'sent')
    returning d.municipality_id, d.id, d.state, d.fence, d.attempt - r.burned + 1 as attempt, r.outcome, r.status, r.reason
), recorded as (
    insert into notify.attempts (municipality_id, delivery_id, attempt, fence, outcome, status, reason, finished_at)
    select s.municipality_id, s.id, s.attempt, s.fence, s.outcome, s.status, s.reason, clock_timestamp() from settled s
    on conflict do nothing
)
select s.municipality_id, s.id, s.state from settled s;

-- name: RetireEndpoints :execrows
-- An endpoint that registered itself again after the provider saw it gone stays.
update notify.endpoints p
set state = 'retired', retired_reason = 'gone'
from (
    select unnest(@municipalities::uuid[]) as municipality_id, unnest(@ids::uuid[]) as id, unnest(@gone_since::timestamptz[]) as gone_since
) g
where p.municipality_id = g.municipality_id and p.id = g.id and p.state <> 'retired' and p.registered_at <= g.gone_since;

-- name: GiveBack :execrows
-- Undoes claims of which nothing was sent.
update notify.deliveries d
set state = 'retry', attempt = d.attempt - 1, lease_until = null, queued_at = null, next_at = clock_timestamp()
from (
    select unnest(@municipalities::uuid[]) as municipality_id, unnest(@ids::uuid[]) as id, unnest(@fences::bigint[]) as fence
) r
where d.municipality_id = r.municipality_id and d.id = r.id and d.fence = r.fence and d.state = 'sending';

-- name: Reconcile :many
-- Finds what is due and cannot be on the belt: never put there, or put there longer ago than anything that lies there now.
with belts as (
    select unnest(@providers::text[]) as provider, unnest(@urgencies::text[]) as urgency, unnest(@older_than_ms::bigint[]) as older_than_ms
), lost as (
    select x.municipality_id, x.id
    from belts b
    cross join lateral (
        select d.municipality_id, d.id
        from notify.deliveries d
        where d.urgency = b.urgency and d.provider = b.provider and d.state in ('pending', 'retry') and d.next_at <= clock_timestamp()
          and (d.queued_at is null or d.queued_at < clock_timestamp() - b.older_than_ms * interval '1 millisecond')
        order by d.next_at
        limit @most
        for update skip locked
    ) x
)
update notify.deliveries d
set queued_at = clock_timestamp()
from lost l
where d.municipality_id = l.municipality_id and d.id = l.id
returning d.municipality_id, d.id, d.provider, d.urgency, d.attempt;

-- name: ReleaseExpired :execrows
-- Frees what a worker held and did not finish in time. Whether it left is not known, hence the possible duplicate.
with late as (
    select d.municipality_id, d.id
    from notify.deliveries d
    where d.state = 'sending' and d.lease_until < clock_timestamp()
    limit @most
    for update skip locked
)
update notify.deliveries d
set state = 'retry', lease_until = null, queued_at = null, next_at = clock_timestamp(), outcome = 'unknown', reason = 'lease_expired',
    possible_duplicates = d.possible_duplicates + 1
from late l
where d.municipality_id = l.municipality_id and d.id = l.id;

-- name: Expire :execrows
-- Ends what no worker took in time, for instance because this deployment has no sender for its provider.
with late as (
    select d.municipality_id, d.id
    from notify.deliveries d
    join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
    where d.state in ('pending', 'retry') and e.expires_at <= clock_timestamp()
    limit @most
    for update of d skip locked
)
update notify.deliveries d
set state = 'expired', reason = 'too_late', settled_at = clock_timestamp(), fence = d.fence + 1
from late l
where d.municipality_id = l.municipality_id and d.id = l.id;

-- name: Waiting :many
select d.provider::text as provider, d.urgency, count(*) as count,
    greatest(0, extract(epoch from clock_timestamp() - min(d.next_at)) * 1000)::bigint as oldest_ms
from notify.deliveries d
where d.state in ('pending', 'retry') and d.next_at <= clock_timestamp() and d.provider is not null
group by d.provider, d.urgency
order by d.provider, d.urgency;

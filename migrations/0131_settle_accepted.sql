-- Why: nearly every result that is settled is the same: the provider took it, and with it goes its parcel. notify.settle is made for whatever may happen, and
-- pairs each result with each parcel of the batch to see what is left of them: half of its time. Its plan also depended on what was known of the tables when it
-- was made: before anybody had counted them, it read all parcels that are leased for each one that it looked for. From here on what was accepted is settled
-- by a function of its own, with the same words about fences, late results and what was cut off meanwhile (B3, V15), and both look parcels up by their key.
-- The previous binary: runs.

-- settle_accepted writes that a provider took deliveries, and takes them out of their parcels; an empty parcel is gone. The first arrays run in parallel, one
-- position per result, sorted by parcel; of_parcel is the position of its parcel in parcels, where upto is the position of its last result. lowest and
-- highest bound ids: they keep the months out that cannot hold them. Only the holder of a fence may: what comes after somebody else took over
-- changes nothing. It returns what did not become sent: suppressed is what was cut off on its way, null what was not written.
create function notify.settle_accepted(municipalities uuid[], ids uuid[], fences bigint[], attempts integer[], statuses integer[], provider_ids text[],
        of_parcel integer[], parcels uuid[], upto integer[], lowest uuid, highest uuid)
    returns table (id uuid, state text)
    language plpgsql volatile rows 1 set search_path = '' set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
    set plan_cache_mode = force_generic_plan
    as $$
    #variable_conflict use_column
    declare
        held integer[];
        entire boolean;
        written uuid[];
        states text[];
        sent bigint;
    begin
        with asked as (
            select settle_accepted.municipalities[k.upto] as municipality_id, k.id, settle_accepted.fences[k.upto] as fence, k.n,
                settle_accepted.ids[coalesce(lag(k.upto) over (order by k.n), 0) + 1:k.upto] as ids
            from unnest(settle_accepted.parcels, settle_accepted.upto) with ordinality as k (id, upto, n)
        ), held as materialized (
            select p.municipality_id, p.id, a.n, a.ids, p.deliveries, p.deliveries <@ a.ids as whole
            from asked a
            -- offset 0: the lease is looked at outside; inside, it would allow for reading the index of all leases.
            cross join lateral (
                select q.municipality_id, q.id, q.deliveries, q.lease_until from notify.parcels q
                where q.municipality_id = a.municipality_id and q.id = a.id and q.fence = a.fence offset 0 for update) p
            where p.lease_until is not null
        ), gone as (
            delete from notify.parcels p using held h where p.municipality_id = h.municipality_id and p.id = h.id and h.whole
        ), less as (
            update notify.parcels p set deliveries = array(select x from unnest(h.deliveries) x where x <> all (h.ids))
            from held h where p.municipality_id = h.municipality_id and p.id = h.id and not h.whole
        )
        select coalesce(array_agg(h.n), '{}') into held from held h;
        entire := cardinality(held) = cardinality(settle_accepted.parcels);

        with written as (
            update notify.deliveries d
            set state = case d.state when 'suppressed' then d.state else 'sent' end, attempt = r.attempt, fence = r.fence,
                settled_at = case d.state when 'suppressed' then d.settled_at else clock_timestamp() end, outcome = 'accepted',
                status = nullif(r.status, 0), reason = case d.state when 'suppressed' then d.reason end,
                provider_message_id = coalesce(nullif(r.provider_id, ''), d.provider_message_id)
            from unnest(settle_accepted.municipalities, settle_accepted.ids, settle_accepted.fences, settle_accepted.attempts, settle_accepted.statuses,
                settle_accepted.provider_ids, settle_accepted.of_parcel) as r (municipality_id, id, fence, attempt, status, provider_id, parcel)
            where d.municipality_id = r.municipality_id and d.id = r.id and d.id between settle_accepted.lowest and settle_accepted.highest
              and d.fence < r.fence and d.state in ('pending', 'retry', 'suppressed') and (entire or r.parcel = any (held))
            returning d.id, d.state
        )
        select array_agg(w.id), array_agg(w.state), count(*) filter (where w.state = 'sent') into written, states, sent from written w;
        if sent < cardinality(settle_accepted.ids) then
            return query
            select r.id, w.state from unnest(settle_accepted.ids) r (id) left join unnest(written, states) w (id, state) on w.id = r.id
            where w.state is distinct from 'sent';
        end if;
    end
    $$;
revoke all on function notify.settle_accepted(uuid[], uuid[], bigint[], integer[], integer[], text[], integer[], uuid[], integer[], uuid, uuid) from public;
grant execute on function notify.settle_accepted(uuid[], uuid[], bigint[], integer[], integer[], text[], integer[], uuid[], integer[], uuid, uuid)
    to budstikke_worker;

-- settle as in 0098 and 0110, with parcels looked up by their key.
create or replace function notify.settle(municipalities uuid[], ids uuid[], parcels uuid[], fences bigint[], states text[], attempts integer[], tried boolean[],
        wait_ms bigint[], outcomes text[], statuses integer[], reasons text[], refusals text[], provider_ids text[])
    returns table (municipality_id uuid, id uuid, state text)
    language plpgsql volatile rows 100 set search_path = '' set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
    set plan_cache_mode = force_generic_plan
    as $$
    #variable_conflict use_column
    begin
        return query
        with results as materialized (
            select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                as r (municipality_id, id, parcel_id, fence, state, attempt, tried, wait_ms, outcome, status, reason, refusal, provider_id)
        ), held as materialized (
            select p.municipality_id, p.id, p.fence, p.attempt, p.deliveries
            from (select distinct r.municipality_id, r.parcel_id from results r) r
            cross join lateral (
                select q.* from notify.parcels q where q.municipality_id = r.municipality_id and q.id = r.parcel_id offset 0 for update) p
            where p.lease_until is not null
        ), settled as (
            update notify.deliveries d
            set state = case d.state when 'suppressed' then d.state else r.state end,
                attempt = r.attempt, fence = r.fence,
                settled_at = case when d.state = 'suppressed' then d.settled_at when r.state = 'retry' then null else clock_timestamp() end,
                outcome = coalesce(nullif(r.outcome, ''), d.outcome), status = nullif(r.status, 0),
                reason = case d.state when 'suppressed' then d.reason else nullif(r.reason, '') end,
                refusal = coalesce(nullif(r.refusal, ''), d.refusal),
                provider_message_id = coalesce(nullif(r.provider_id, ''), d.provider_message_id),
                possible_duplicates = d.possible_duplicates + case r.outcome when 'unknown' then 1 else 0 end
            from results r
            join held h on h.municipality_id = r.municipality_id and h.id = r.parcel_id and h.fence = r.fence
            where d.municipality_id = r.municipality_id and d.id = r.id and d.fence < r.fence
              and (d.state in ('pending', 'retry') or d.state = 'suppressed' and r.tried)
            returning d.municipality_id, d.id, d.event_id, d.urgency, d.provider, d.state, d.fence, d.attempt, h.attempt as claimed, h.id as parcel_id,
                r.tried, r.wait_ms, r.outcome, r.status, r.reason
        ), alone as (
            insert into notify.parcels as p (municipality_id, id, event_id, urgency, provider, deliveries, next_at, queued_at, attempt, fence, lease_until)
            select s.municipality_id, s.id, s.event_id, s.urgency, s.provider, array[s.id],
                clock_timestamp() + s.wait_ms * interval '1 millisecond', null, s.attempt, s.fence, null
            from settled s where s.state = 'retry'
            on conflict (municipality_id, id) do update
            set deliveries = excluded.deliveries, next_at = excluded.next_at, queued_at = null, attempt = excluded.attempt, lease_until = null, lost = 0
        ), recorded as (
            insert into notify.attempts (municipality_id, delivery_id, attempt, fence, outcome, status, reason, finished_at)
            select s.municipality_id, s.id, s.claimed, s.fence, s.outcome, s.status, s.reason, clock_timestamp()
            from settled s where s.state = 'retry' and s.tried
            on conflict do nothing
        ), remaining as materialized (
            select h.municipality_id, h.id, array(select x from unnest(h.deliveries) x where x <> all (g.ids)) as deliveries
            from held h
            join (
                select r.municipality_id, r.parcel_id, r.fence, array_agg(r.id) as ids from results r group by r.municipality_id, r.parcel_id, r.fence
            ) g on g.municipality_id = h.municipality_id and g.parcel_id = h.id and g.fence = h.fence
            where not exists (select from settled s where s.municipality_id = h.municipality_id and s.id = h.id and s.state = 'retry')
        ), less as (
            update notify.parcels p set deliveries = m.deliveries
            from remaining m
            where p.municipality_id = m.municipality_id and p.id = m.id and m.deliveries <> '{}'
        ), gone as (
            delete from notify.parcels p using remaining m
            where p.municipality_id = m.municipality_id and p.id = m.id and m.deliveries = '{}'
        )
        select s.municipality_id, s.id, s.state from settled s;
    end
    $$;

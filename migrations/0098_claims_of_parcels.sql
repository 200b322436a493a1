-- Why: the worker's claim and settling. Each is one call whose plans are kept, and kept to keys: a plan that was made while a table was small reads it
-- whole when it has grown. See 0097.
-- The previous binary: does not run, see 0097.

-- claim leases the named parcels of a provider, as many as there is room for, and raises their fence and attempt. A parcel larger than the room that
-- is left is opened: what does not fit becomes a parcel of its own, which the last row tells of (verdict left). Then, in a statement of its own, so
-- that what was settled or cut off in the meantime is seen, it tells of each delivery whether it may leave, with the facts that the policy decides by
-- and the address (V15, B9): verdict sending; suppressed, expired or dead and why; or over, for what has ended already. It writes nothing of that:
-- the caller does, with whatever the policy refuses besides. durable is false where a lost lease costs no more than a duplicate that nobody sees.
create function notify.claim(provider text, municipalities uuid[], parcels uuid[], attempts integer[], room integer,
        critical_lease bigint, routine_lease bigint, critical_attempts integer, routine_attempts integer, durable boolean)
    returns table (municipality_id uuid, id uuid, parcel_id uuid, attempt integer, fence bigint, event_id uuid, urgency text, person_id uuid,
        channel text, endpoint_id uuid, grounds text, of_child boolean, kind text, subject_id uuid, expires_at timestamptz, address text,
        locale text, registered_at timestamptz, verdict text, why text, active boolean, relation text, access boolean, place boolean, roles text[],
        restricted boolean, no_contact boolean, protection text, cleared boolean)
    language plpgsql volatile rows 100 set search_path = '' set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
    as $$
    #variable_conflict use_column
    declare
        here uuid[]; held uuid[]; ids uuid[]; tries integer[]; fences bigint[];
        people uuid[]; reasons text[]; children uuid[]; places uuid[];
        rest jsonb;
    begin
        if not claim.durable then
            perform set_config('synchronous_commit', 'off', true);
        end if;
        with waiting as materialized (
            select p.municipality_id, p.id, p.deliveries, r.n
            from unnest(claim.municipalities, claim.parcels, claim.attempts) with ordinality as r (municipality_id, id, attempt, n)
            join notify.parcels p on p.municipality_id = r.municipality_id and p.id = r.id
            where p.lease_until is null and p.attempt = r.attempt and p.provider = claim.provider and p.next_at <= clock_timestamp()
            for update of p skip locked
        ), placed as (
            select w.municipality_id, w.id, cardinality(w.deliveries) as size, sum(cardinality(w.deliveries)) over (order by w.n) as upto from waiting w
        ), taken as materialized (
            select x.municipality_id, x.id, x.size, least(x.size, claim.room - (x.upto - x.size))::integer as part
            from placed x where x.upto - x.size < claim.room
        ), cut as (
            insert into notify.parcels as q (municipality_id, id, event_id, urgency, provider, deliveries, next_at, queued_at, attempt, fence, lease_until)
            select p.municipality_id, case t.size - t.part when 1 then p.deliveries[t.size] else scope.new_id() end, p.event_id, p.urgency, p.provider,
                p.deliveries[t.part + 1:], p.next_at, clock_timestamp(), p.attempt, p.fence, null
            from taken t join notify.parcels p on p.municipality_id = t.municipality_id and p.id = t.id
            where t.part < t.size
            returning q.municipality_id, q.id, q.urgency, q.attempt, cardinality(q.deliveries) as size
        ), leased as (
            update notify.parcels p
            set deliveries = p.deliveries[1:t.part], attempt = p.attempt + 1, fence = p.fence + 1,
                lease_until = clock_timestamp()
                    + case p.urgency when 'critical' then claim.critical_lease else claim.routine_lease end * interval '1 millisecond'
            from taken t
            where p.municipality_id = t.municipality_id and p.id = t.id
            returning p.municipality_id, p.id, p.deliveries, p.attempt, p.fence
        ), opened as (
            select l.municipality_id, l.id, u.id as delivery_id, l.attempt, l.fence from leased l cross join lateral unnest(l.deliveries) as u (id)
        )
        select array_agg(o.municipality_id), array_agg(o.id), array_agg(o.delivery_id), array_agg(o.attempt), array_agg(o.fence),
            (select to_jsonb(c) from cut c) into here, held, ids, tries, fences, rest
        from opened o;
        if held is null then
            return;
        end if;
        select array_agg(d.person_id order by o.n), array_agg(d.grounds order by o.n), array_agg(d.child_id order by o.n),
            array_agg(d.institution_id order by o.n) into people, reasons, children, places
        from unnest(here, ids) with ordinality as o (municipality_id, id, n)
        left join notify.deliveries d on d.municipality_id = o.municipality_id and d.id = o.id and d.state in ('pending', 'retry');
        return query
        select o.municipality_id, o.id, o.parcel_id, o.attempt, o.fence, d.event_id, d.urgency, d.person_id, d.channel, d.endpoint_id, d.grounds,
            d.child_id is not null, e.kind, e.subject_id, e.expires_at, p.address, p.locale, p.registered_at,
            case when e.id is null or p.id is null then 'over'
                 when e.expires_at <= clock_timestamp() then 'expired'
                 when o.allowed is not true then 'suppressed'
                 when not (p.state = 'active' or p.state = 'unverified' and e.kind = 'email_registered') then 'suppressed'
                 when not (p.routine or d.urgency = 'critical' or e.kind = 'email_registered') then 'suppressed'
                 when o.attempt > case d.urgency when 'critical' then claim.critical_attempts else claim.routine_attempts end then 'dead'
                 else 'sending' end,
            case when e.expires_at <= clock_timestamp() then 'too_late'
                 when o.allowed is not true then 'access_ended'
                 when not (p.state = 'active' or p.state = 'unverified' and e.kind = 'email_registered') then 'endpoint_not_active'
                 when not (p.routine or d.urgency = 'critical' or e.kind = 'email_registered') then 'unsubscribed'
                 else 'too_many_attempts' end,
            o.active, o.relation, o.access, o.place, o.roles, o.restricted, o.no_contact, o.protection, o.cleared
        from rows from (unnest(here, held, ids, tries, fences), app.receivers(here, people, reasons, children, places))
            as o (municipality_id, parcel_id, id, attempt, fence, allowed, active, relation, access, place, roles, restricted, no_contact, protection, cleared)
        left join notify.deliveries d on d.municipality_id = o.municipality_id and d.id = o.id and d.state in ('pending', 'retry')
            and d.provider = claim.provider
        left join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
        left join notify.endpoints p on p.municipality_id = d.municipality_id and p.id = d.endpoint_id;
        if rest is not null then
            return query select (rest ->> 'municipality_id')::uuid, null::uuid, (rest ->> 'id')::uuid, (rest ->> 'attempt')::integer, null::bigint, null::uuid,
                rest ->> 'urgency', null::uuid, null::text, null::uuid, null::text, null::boolean, null::text, null::uuid, null::timestamptz, null::text,
                null::text, null::timestamptz, 'left', rest ->> 'size', null::boolean, null::text, null::boolean, null::boolean, null::text[],
                null::boolean, null::boolean, null::text, null::boolean;
        end if;
    end
    $$;
revoke all on function notify.claim(text, uuid[], uuid[], integer[], integer, bigint, bigint, integer, integer, boolean) from public;
grant execute on function notify.claim(text, uuid[], uuid[], integer[], integer, bigint, bigint, integer, integer, boolean) to budstikke_worker;

-- settle writes what became of a batch of claimed deliveries, tried or not, and takes them out of their parcels. What is to be tried again travels alone
-- from then on, and a parcel with nothing left in it is gone. Only the holder of the fence may: a result that comes after somebody else took over
-- changes nothing. A delivery that was cut off on its way stays suppressed; what the provider said is kept beside it (V15).
create function notify.settle(municipalities uuid[], ids uuid[], parcels uuid[], fences bigint[], states text[], attempts integer[], tried boolean[],
        wait_ms bigint[], outcomes text[], statuses integer[], reasons text[], refusals text[], provider_ids text[])
    returns table (municipality_id uuid, id uuid, state text)
    language plpgsql volatile rows 100 set search_path = '' set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
    as $$
    #variable_conflict use_column
    begin
        return query
        with results as materialized (
            select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                as r (municipality_id, id, parcel_id, fence, state, attempt, tried, wait_ms, outcome, status, reason, refusal, provider_id)
        ), held as materialized (
            select p.municipality_id, p.id, p.fence, p.attempt, p.deliveries
            from notify.parcels p
            where (p.municipality_id, p.id) in (select r.municipality_id, r.parcel_id from results r) and p.lease_until is not null
            for update
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
            set deliveries = excluded.deliveries, next_at = excluded.next_at, queued_at = null, attempt = excluded.attempt, lease_until = null
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
revoke all on function notify.settle(uuid[], uuid[], uuid[], bigint[], text[], integer[], boolean[], bigint[], text[], integer[], text[], text[], text[])
    from public;
grant execute on function notify.settle(uuid[], uuid[], uuid[], bigint[], text[], integer[], boolean[], bigint[], text[], integer[], text[], text[], text[])
    to budstikke_worker;

-- Why: a claim looked each delivery up twice and its event once, and handed out in every row what is the same for a whole parcel: a third of what a
-- claim costs, for each receiver of an alert (B14). claim_parcels reads the deliveries of all its parcels in one pass over their keys, and tells of the
-- parcels in rows of their own.
-- The previous binary: runs, with notify.claim, which stays for it.

-- claim_parcels leases the named parcels of a provider, as many as there is room for, and raises their fence and attempt. A parcel larger than the room
-- that is left is opened: what does not fit becomes a parcel of its own. Then, in a statement of its own, so that what was settled or cut off in the
-- meantime is seen, it tells of each delivery whether it may leave, with the facts that the policy decides by and the address (V15, B9). It writes nothing
-- of that: the caller does, with whatever the policy refuses besides. durable is false where a lost lease costs no more than a duplicate that nobody sees.
--
-- Its rows are of three kinds:
--   a delivery that has not ended    person_id is not null; why says what keeps it, null when nothing does
--   a parcel that was leased         deliveries is not null; why says what keeps all of them, null when nothing does. Those of its deliveries that have no
--                                    row of their own have ended, and only have to leave their parcel
--   the rest of one that was opened  neither; size is how many it holds
create function notify.claim_parcels(provider text, municipalities uuid[], parcels uuid[], attempts integer[], room integer, critical_lease bigint,
        routine_lease bigint, critical_attempts integer, routine_attempts integer, durable boolean)
    returns table (municipality_id uuid, id uuid, why text, urgency text,
        person_id uuid, endpoint_id uuid, address text, locale text, registered_at timestamptz, grounds text, of_child boolean, active boolean, relation text,
        access boolean, place boolean, roles text[], restricted boolean, no_contact boolean, protection text, cleared boolean,
        deliveries uuid[], attempt integer, fence bigint, event_id uuid, kind text, subject_id uuid, expires_at timestamptz, size integer)
    language plpgsql volatile rows 100 set search_path = '' set jit = off
    set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
    as $$
    #variable_conflict use_column
    declare
        here uuid[]; held uuid[]; sizes integer[]; ends integer[];
        last integer; over integer; -- the last parcel that there is room for, and how many deliveries too many it has
        greeting uuid[]; -- the events that verify an address, which may go to one that is not verified
    begin
        if not claim_parcels.durable then
            perform set_config('synchronous_commit', 'off', true);
        end if;
        select array_agg(x.municipality_id order by x.n), array_agg(x.id order by x.n), array_agg(x.size order by x.n), array_agg(x.upto order by x.n)
        into here, held, sizes, ends
        from (
            select w.*, sum(w.size) over (order by w.n)::integer as upto
            from (
                select p.municipality_id, p.id, cardinality(p.deliveries) as size, r.n
                from unnest(claim_parcels.municipalities, claim_parcels.parcels, claim_parcels.attempts) with ordinality as r (municipality_id, id, attempt, n)
                cross join lateral (
                    select q.* from notify.parcels q where q.municipality_id = r.municipality_id and q.id = r.id for update skip locked) p
                where p.lease_until is null and p.attempt = r.attempt and p.provider = claim_parcels.provider and p.next_at <= clock_timestamp()
                offset 0) w) x
        where x.upto - x.size < claim_parcels.room;
        if held is null then
            return;
        end if;
        last := cardinality(held);
        over := ends[last] - claim_parcels.room;
        if over > 0 then
            sizes[last] := sizes[last] - over;
            return query
            insert into notify.parcels as q (municipality_id, id, event_id, urgency, provider, deliveries, next_at, queued_at, attempt, fence, lease_until)
            select p.municipality_id, case over when 1 then p.deliveries[cardinality(p.deliveries)] else scope.new_id() end, p.event_id, p.urgency, p.provider,
                p.deliveries[sizes[last] + 1:], p.next_at, clock_timestamp(), p.attempt, p.fence, null
            from notify.parcels p where p.municipality_id = here[last] and p.id = held[last]
            returning q.municipality_id, q.id, null::text, q.urgency,
                null::uuid, null::uuid, null::text, null::text, null::timestamptz, null::text, null::boolean, null::boolean, null::text,
                null::boolean, null::boolean, null::text[], null::boolean, null::boolean, null::text, null::boolean,
                null::uuid[], q.attempt::integer, null::bigint, null::uuid, null::text, null::uuid, null::timestamptz, cardinality(q.deliveries);
        end if;
        update notify.parcels p
        set deliveries = case cardinality(p.deliveries) when t.size then p.deliveries else p.deliveries[1:t.size] end, attempt = p.attempt + 1,
            fence = p.fence + 1, lease_until = clock_timestamp()
                + case p.urgency when 'critical' then claim_parcels.critical_lease else claim_parcels.routine_lease end * interval '1 millisecond'
        from unnest(here, held, sizes) as t (municipality_id, id, size)
        where p.municipality_id = t.municipality_id and p.id = t.id;
        greeting := array(
            select e.id from unnest(here, held) as t (municipality_id, id)
            cross join lateral (
                select p.event_id from notify.parcels p where p.municipality_id = t.municipality_id and p.id = t.id and p.urgency = 'routine' offset 0) p
            cross join lateral (
                select x.id from notify.events x where x.municipality_id = t.municipality_id and x.id = p.event_id and x.kind = 'email_registered' offset 0) e);
        -- Its own statement: it sees what was committed while the lease was waited for. Keys in one array cost half of the same keys one by one, and
        -- between the first and the last of them lies one month of deliveries, seldom two.
        return query
        with asked as materialized (
            select t.municipality_id, array_agg(d.id order by d.id) as ids
            from unnest(here, held) as t (municipality_id, id)
            cross join lateral (select p.deliveries from notify.parcels p where p.municipality_id = t.municipality_id and p.id = t.id offset 0) p
            cross join lateral unnest(p.deliveries) as d (id)
            group by t.municipality_id
        ), told as materialized (
            select d.*
            from asked a cross join lateral (
                select x.municipality_id, x.id, x.urgency, x.person_id, x.grounds, x.child_id, x.institution_id, x.endpoint_id, x.event_id
                from notify.deliveries x
                where x.municipality_id = a.municipality_id and x.id = any (a.ids) and x.id >= a.ids[1] and x.id <= a.ids[cardinality(a.ids)]
                  and x.state in ('pending', 'retry') and x.provider = claim_parcels.provider
                offset 0) d
        ), question as materialized (
            select array_agg(t.municipality_id) as here, array_agg(t.id) as ids, array_agg(t.urgency) as urgencies, array_agg(t.person_id) as people,
                array_agg(t.grounds) as grounds, array_agg(t.child_id) as children, array_agg(t.institution_id) as places,
                array_agg(t.endpoint_id) as endpoints, array_agg(t.event_id = any (greeting)) as greets
            from told t having count(*) > 0
        )
        select o.municipality_id, o.id,
            case when o.allowed is not true then 'access_ended'
                 when not (p.state = 'active' or p.state = 'unverified' and o.greets) then 'endpoint_not_active'
                 when not (p.routine or o.urgency = 'critical' or o.greets) then 'unsubscribed' end,
            o.urgency, o.person_id, o.endpoint_id, p.address, p.locale, p.registered_at,
            o.grounds, o.child_id is not null, o.active, o.relation, o.access, o.place, nullif(o.roles, '{}'), o.restricted, o.no_contact,
            nullif(o.protection, 'none'), o.cleared,
            null::uuid[], null::integer, null::bigint, null::uuid, null::text, null::uuid, null::timestamptz, null::integer
        from question q
        cross join lateral rows from (unnest(q.here, q.ids, q.urgencies, q.people, q.endpoints, q.grounds, q.children, q.greets),
                app.receivers(q.here, q.people, q.grounds, q.children, q.places))
            as o (municipality_id, id, urgency, person_id, endpoint_id, grounds, child_id, greets,
                allowed, active, relation, access, place, roles, restricted, no_contact, protection, cleared)
        cross join lateral (
            select x.* from notify.endpoints x where x.municipality_id = o.municipality_id and x.id = o.endpoint_id offset 0) p;
        return query
        select p.municipality_id, p.id,
            case when e.expires_at <= clock_timestamp() then 'too_late'
                 when p.attempt > case p.urgency when 'critical' then claim_parcels.critical_attempts else claim_parcels.routine_attempts end
                     then 'too_many_attempts' end,
            p.urgency, null::uuid, null::uuid, null::text, null::text, null::timestamptz, null::text, null::boolean, null::boolean, null::text,
            null::boolean, null::boolean, null::text[], null::boolean, null::boolean, null::text, null::boolean,
            p.deliveries, p.attempt::integer, p.fence, p.event_id, e.kind, e.subject_id, e.expires_at, null::integer
        from unnest(here, held) as t (municipality_id, id)
        cross join lateral (select x.* from notify.parcels x where x.municipality_id = t.municipality_id and x.id = t.id offset 0) p
        left join lateral (select x.* from notify.events x where x.municipality_id = p.municipality_id and x.id = p.event_id offset 0) e on true;
    end
    $$;
revoke all on function notify.claim_parcels(text, uuid[], uuid[], integer[], integer, bigint, bigint, integer, integer, boolean) from public;
grant execute on function notify.claim_parcels(text, uuid[], uuid[], integer[], integer, bigint, bigint, integer, integer, boolean) to budstikke_worker;

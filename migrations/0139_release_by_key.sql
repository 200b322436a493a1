-- Why: four times a second each worker asks for leases that ran out, and found none in 40 ms: the statement's plan read all deliveries of all months, in case
-- there were some. So did the one that ends what nobody took in time. As functions they keep plans that look everything up by its key, whatever was known of
-- the tables when they were made, and stop at once where there is nothing to do.
-- The previous binary: runs, with its own statements.

-- release_expired frees what a worker held and did not finish in time, at most so many parcels. Whether it left is not known, hence the possible duplicate.
-- It travels one by one from now on, so that one that kills its worker does so alone. One that was lost alone more than three times waits before it is taken
-- again, longer each time, and ends when it was lost most_lost times. Leases that ran out after the horizon are left: their holder may live, and have had no
-- database to tell (B3). It answers how many deliveries were freed, how many of these were ended, and when.
create function notify.release_expired(most integer, most_lost integer, horizon timestamptz)
    returns table (released bigint, ended bigint, at timestamptz)
    language plpgsql volatile rows 1 set search_path = '' set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
    set plan_cache_mode = force_generic_plan
    as $$
    #variable_conflict use_column
    declare
        here uuid[];
        late uuid[];
    begin
        select array_agg(q.municipality_id), array_agg(q.id) into here, late
        from (
            select p.municipality_id, p.id from notify.parcels p
            where p.lease_until < (select least(clock_timestamp(), release_expired.horizon))
            limit release_expired.most for update skip locked) q;
        if late is null then
            return query select 0::bigint, 0::bigint, clock_timestamp();
            return;
        end if;
        return query
        with late as (
            delete from notify.parcels p using unnest(here, late) as l (municipality_id, id)
            where p.municipality_id = l.municipality_id and p.id = l.id
            returning p.municipality_id, p.deliveries, p.attempt, p.fence, p.lost + (cardinality(p.deliveries) = 1)::integer as lost
        ), open as (
            update notify.deliveries d
            set state = case when l.lost < release_expired.most_lost then 'retry' else 'dead' end, attempt = l.attempt, outcome = 'unknown',
                reason = case when l.lost < release_expired.most_lost then 'lease_expired' else 'lost_too_often' end,
                settled_at = case when l.lost < release_expired.most_lost then null else clock_timestamp() end,
                possible_duplicates = d.possible_duplicates + 1
            from (select x.municipality_id, x.attempt, x.fence, x.lost, unnest(x.deliveries) as id from late x) l
            where d.municipality_id = l.municipality_id and d.id = l.id and d.fence < l.fence and d.state in ('pending', 'retry')
            returning d.municipality_id, d.id, d.event_id, d.urgency, d.provider, d.state, l.attempt, l.fence, l.lost
        ), alone as (
            insert into notify.parcels (municipality_id, id, event_id, urgency, provider, deliveries, next_at, queued_at, attempt, fence, lease_until, lost)
            select o.municipality_id, o.id, o.event_id, o.urgency, o.provider, array[o.id],
                clock_timestamp() + case when o.lost > 3 then least(15, 2 ^ (o.lost - 4)) else 0 end * interval '1 second', null, o.attempt, o.fence, null,
                o.lost
            from open o where o.state = 'retry'
        )
        select count(*), count(*) filter (where o.state = 'dead'), clock_timestamp() from open o;
    end
    $$;
revoke all on function notify.release_expired(integer, integer, timestamptz) from public;
grant execute on function notify.release_expired(integer, integer, timestamptz) to budstikke_worker;

-- expire ends what no worker took in time, for instance because this deployment has no sender for its provider, at most so many parcels. It answers how many
-- deliveries were ended.
create function notify.expire(most integer) returns bigint
    language plpgsql volatile set search_path = '' set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
    set plan_cache_mode = force_generic_plan
    as $$
    declare
        here uuid[];
        late uuid[];
        ended bigint;
    begin
        select array_agg(q.municipality_id), array_agg(q.id) into here, late
        from (
            select p.municipality_id, p.id
            from notify.parcels p join notify.events e on e.municipality_id = p.municipality_id and e.id = p.event_id
            where p.lease_until is null and e.expires_at <= clock_timestamp()
            limit expire.most for update of p skip locked) q;
        if late is null then
            return 0;
        end if;
        with late as (
            delete from notify.parcels p using unnest(here, late) as l (municipality_id, id)
            where p.municipality_id = l.municipality_id and p.id = l.id
            returning p.municipality_id, p.deliveries
        ), ended as (
            update notify.deliveries d
            set state = 'expired', reason = 'too_late', settled_at = clock_timestamp()
            from (select x.municipality_id, unnest(x.deliveries) as id from late x) l
            where d.municipality_id = l.municipality_id and d.id = l.id and d.state in ('pending', 'retry')
            returning d.id
        )
        select count(*) into ended from ended;
        return ended;
    end
    $$;
revoke all on function notify.expire(integer) from public;
grant execute on function notify.expire(integer) to budstikke_worker;

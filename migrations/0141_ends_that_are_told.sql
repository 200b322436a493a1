-- Why: what the relay ended because it came too late, and what was ended because it was lost too often, stood in no count: sixty SMS of an alert could wait four
-- hours for a provider that asked for patience, and end, and nobody was woken (B3). Both functions tell by which channels they ended people's notices.
-- The previous binary: runs, with notify.release_expired and notify.expire, which stay for it.

-- release_leases does what release_expired did, and tells the channels of those that it ended, once for each; not of synthetic notices, which are nobody's.
create function notify.release_leases(most integer, most_lost integer, horizon timestamptz)
    returns table (released bigint, ended bigint, at timestamptz, channels text[])
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
            where p.lease_until < (select least(clock_timestamp(), release_leases.horizon))
            limit release_leases.most for update skip locked) q;
        if late is null then
            return query select 0::bigint, 0::bigint, clock_timestamp(), '{}'::text[];
            return;
        end if;
        return query
        with late as (
            delete from notify.parcels p using unnest(here, late) as l (municipality_id, id)
            where p.municipality_id = l.municipality_id and p.id = l.id
            returning p.municipality_id, p.deliveries, p.attempt, p.fence, p.lost + (cardinality(p.deliveries) = 1)::integer as lost
        ), open as (
            update notify.deliveries d
            set state = case when l.lost < release_leases.most_lost then 'retry' else 'dead' end, attempt = l.attempt, outcome = 'unknown',
                reason = case when l.lost < release_leases.most_lost then 'lease_expired' else 'lost_too_often' end,
                settled_at = case when l.lost < release_leases.most_lost then null else clock_timestamp() end,
                possible_duplicates = d.possible_duplicates + 1
            from (select x.municipality_id, x.attempt, x.fence, x.lost, unnest(x.deliveries) as id from late x) l
            where d.municipality_id = l.municipality_id and d.id = l.id and d.fence < l.fence and d.state in ('pending', 'retry')
            returning d.municipality_id, d.id, d.event_id, d.urgency, d.provider, d.channel, d.state, l.attempt, l.fence, l.lost
        ), alone as (
            insert into notify.parcels (municipality_id, id, event_id, urgency, provider, deliveries, next_at, queued_at, attempt, fence, lease_until, lost)
            select o.municipality_id, o.id, o.event_id, o.urgency, o.provider, array[o.id],
                clock_timestamp() + case when o.lost > 3 then least(15, 2 ^ (o.lost - 4)) else 0 end * interval '1 second', null, o.attempt, o.fence, null,
                o.lost
            from open o where o.state = 'retry'
        )
        select count(*), count(*) filter (where o.state = 'dead'), clock_timestamp(),
            coalesce(array_agg(o.channel) filter (where o.state = 'dead' and o.municipality_id <> notify.synthetic_home()), '{}')
        from open o;
    end
    $$;
revoke all on function notify.release_leases(integer, integer, timestamptz) from public;
grant execute on function notify.release_leases(integer, integer, timestamptz) to budstikke_worker;

-- expire_late does what expire did: it ends what no worker took in time, at most so many parcels. It tells how many deliveries it ended by each channel, and how
-- many of these were people's.
create function notify.expire_late(most integer) returns table (channel text, ended bigint, of_people bigint)
    language plpgsql volatile rows 3 set search_path = '' set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
    set plan_cache_mode = force_generic_plan
    as $$
    #variable_conflict use_column
    declare
        here uuid[];
        late uuid[];
    begin
        select array_agg(q.municipality_id), array_agg(q.id) into here, late
        from (
            select p.municipality_id, p.id
            from notify.parcels p join notify.events e on e.municipality_id = p.municipality_id and e.id = p.event_id
            where p.lease_until is null and e.expires_at <= clock_timestamp()
            limit expire_late.most for update of p skip locked) q;
        if late is null then
            return;
        end if;
        return query
        with late as (
            delete from notify.parcels p using unnest(here, late) as l (municipality_id, id)
            where p.municipality_id = l.municipality_id and p.id = l.id
            returning p.municipality_id, p.deliveries
        ), ended as (
            update notify.deliveries d
            set state = 'expired', reason = 'too_late', settled_at = clock_timestamp()
            from (select x.municipality_id, unnest(x.deliveries) as id from late x) l
            where d.municipality_id = l.municipality_id and d.id = l.id and d.state in ('pending', 'retry')
            returning d.municipality_id, d.channel
        )
        select e.channel, count(*), count(*) filter (where e.municipality_id <> notify.synthetic_home()) from ended e group by e.channel;
    end
    $$;
revoke all on function notify.expire_late(integer) from public;
grant execute on function notify.expire_late(integer) to budstikke_worker;

-- Why: a row that was damaged, or written by hand, held up others (B3). A parcel that named nothing in one of its places made a claim take all that was claimed
-- with it for ended: they were dead, and had not left. One with attempts below none was put on the belt for as long as it lived, and never read there. And
-- no lease ran out any more once a delivery had as many possible duplicates as can be counted.
-- The previous binary: runs.

update notify.parcels set deliveries = array_remove(deliveries, null), attempt = greatest(attempt, 0)
where (array_position(deliveries, null) is not null or attempt < 0) and cardinality(array_remove(deliveries, null)) > 0;
delete from notify.parcels where cardinality(array_remove(deliveries, null)) = 0;

alter table notify.parcels
    add constraint a_parcel_names_what_it_holds check (array_position(deliveries, null) is null),
    add constraint attempts_are_counted_from_none check (attempt >= 0);

-- release_expired frees what a worker held and did not finish in time, at most so many parcels. Whether it left is not known, hence the possible duplicate.
-- It travels one by one from now on, so that one that kills its worker does so alone. One that was lost alone more than three times waits before it is taken
-- again, longer each time, and ends when it was lost most_lost times. Leases that ran out after the horizon are left: their holder may live, and have had no
-- database to tell (B3). It answers how many deliveries were freed, how many of these were ended, and when.
-- The count of possible duplicates ends where its type does: a row that has reached it, however it did, keeps nobody else's lease from being released.
create or replace function notify.release_expired(most integer, most_lost integer, horizon timestamptz)
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
                possible_duplicates = least(d.possible_duplicates + 1, 32767)
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

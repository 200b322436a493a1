-- Why: what ended without a worker, because it came too late or was lost too often, was told by channel alone, and an alert's notice that ended so counted like
-- any message: nobody was woken for it, and the objective of critical notices did not know of it (B3, B14). The functions that end it tell how urgent it was.
-- Written anew, because what a function answers cannot be added to; whoever may call them stays the same.
-- The previous binary: runs. It asks for the columns that it knows, by name, and adds up what it is told by channel.

drop function notify.release_leases(integer, integer, timestamptz, bigint, bigint);
drop function notify.free_parcels(uuid[], uuid[], integer);
drop function notify.expire_late(integer);
drop function notify.end_parcels(uuid[], uuid[]);

-- free_parcels frees the named parcels, whose leases ran out, for release_leases.
create function notify.free_parcels(here uuid[], late uuid[], most_lost integer, out released bigint, out ended bigint, out channels text[],
    out urgencies text[])
    language plpgsql volatile set search_path = '' set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
    set plan_cache_mode = force_generic_plan
    as $$
    begin
        with late as (
            delete from notify.parcels p using unnest(free_parcels.here, free_parcels.late) as l (municipality_id, id)
            where p.municipality_id = l.municipality_id and p.id = l.id
            returning p.municipality_id, p.deliveries, p.attempt, p.fence, p.lost + (cardinality(p.deliveries) = 1)::integer as lost
        ), open as (
            update notify.deliveries d
            set state = case when l.lost < free_parcels.most_lost then 'retry' else 'dead' end, attempt = l.attempt, outcome = 'unknown',
                reason = case when l.lost < free_parcels.most_lost then 'lease_expired' else 'lost_too_often' end,
                settled_at = case when l.lost < free_parcels.most_lost then null else clock_timestamp() end,
                possible_duplicates = least(d.possible_duplicates + 1, 32767)
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
        select count(*), count(*) filter (where o.state = 'dead'),
            coalesce(array_agg(o.channel) filter (where o.state = 'dead' and o.municipality_id <> notify.synthetic_home()), '{}'),
            coalesce(array_agg(o.urgency) filter (where o.state = 'dead' and o.municipality_id <> notify.synthetic_home()), '{}')
        into free_parcels.released, free_parcels.ended, free_parcels.channels, free_parcels.urgencies
        from open o;
    end
    $$;
revoke all on function notify.free_parcels(uuid[], uuid[], integer) from public;
grant execute on function notify.free_parcels(uuid[], uuid[], integer) to budstikke_worker;

-- release_leases is that of 0141, and tells the channels and, in the same order, the urgencies of those that it ended, once for each; not of synthetic notices,
-- which are nobody's. A parcel that cannot be freed is taken apart; what then cannot be freed alone is left for ten seconds, and its provider told. When no lease has run out, it
-- frees those that end later than so many milliseconds from now, by urgency, which no claim of this clock can have made; null: none. The caller knows that
-- whoever made them has been over for long enough.
create function notify.release_leases(most integer, most_lost integer, horizon timestamptz, critical_ahead bigint, routine_ahead bigint)
    returns table (released bigint, ended bigint, at timestamptz, channels text[], stuck text[], urgencies text[])
    language plpgsql volatile rows 1 set search_path = '' set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
    set plan_cache_mode = force_generic_plan
    as $$
    #variable_conflict use_variable
    declare
        here uuid[];
        late uuid[];
        one record;
        whose text;
    begin
        released := 0; ended := 0; channels := '{}'; stuck := '{}'; urgencies := '{}';
        select array_agg(q.municipality_id), array_agg(q.id) into here, late
        from (
            select p.municipality_id, p.id from notify.parcels p
            where p.lease_until < (select least(clock_timestamp(), horizon))
            limit most for update skip locked) q;
        if late is null and clock_timestamp() >= horizon then -- it has not gone back since the caller was last answered
            select array_agg(q.municipality_id), array_agg(q.id) into here, late
            from (
                select p.municipality_id, p.id from notify.parcels p
                where p.lease_until > (select clock_timestamp() + least(critical_ahead, routine_ahead) * interval '1 millisecond')
                  and p.lease_until > clock_timestamp()
                    + case p.urgency when 'critical' then critical_ahead else routine_ahead end * interval '1 millisecond'
                limit most for update skip locked) q;
        end if;
        if late is not null then
            begin
                select f.released, f.ended, f.channels, f.urgencies into released, ended, channels, urgencies
                from notify.free_parcels(here, late, most_lost) f;
            exception when data_corrupted or index_corrupted or internal_error or io_error or undefined_file or data_exception or integrity_constraint_violation then
                for i in 1 .. cardinality(late) loop
                    begin
                        select f.* into one from notify.free_parcels(here[i:i], late[i:i], most_lost) f;
                        released := released + one.released; ended := ended + one.ended; channels := channels || one.channels;
                        urgencies := urgencies || one.urgencies;
                    exception when data_corrupted or index_corrupted or internal_error or io_error or undefined_file or data_exception or integrity_constraint_violation then
                        begin
                            update notify.parcels p set lease_until = clock_timestamp() + interval '10 seconds'
                            where p.municipality_id = here[i] and p.id = late[i] and cardinality(p.deliveries) = 1 returning p.provider into whose;
                            if found then
                                stuck := stuck || whose;
                            else
                                with whole as (
                                    delete from notify.parcels p where p.municipality_id = here[i] and p.id = late[i] returning p.*
                                )
                                insert into notify.parcels (municipality_id, id, event_id, urgency, provider, deliveries, next_at, queued_at, attempt, fence,
                                    lease_until, lost)
                                select w.municipality_id, d.id, w.event_id, w.urgency, w.provider, array[d.id], w.next_at, null, w.attempt, w.fence,
                                    w.lease_until, w.lost
                                from whole w cross join lateral unnest(w.deliveries) d (id);
                            end if;
                        exception when data_corrupted or index_corrupted or internal_error or io_error or undefined_file then
                            stuck := stuck || 'unknown'::text; -- not even its own row can be read or written
                        end;
                    end;
                end loop;
            end;
        end if;
        at := clock_timestamp();
        return next;
    end
    $$;
revoke all on function notify.release_leases(integer, integer, timestamptz, bigint, bigint) from public;
grant execute on function notify.release_leases(integer, integer, timestamptz, bigint, bigint) to budstikke_worker;

-- end_parcels ends the named parcels, which are too late, for expire_late.
create function notify.end_parcels(here uuid[], late uuid[]) returns table (channel text, ended bigint, of_people bigint, urgency text)
    language plpgsql volatile rows 5 set search_path = '' set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
    set plan_cache_mode = force_generic_plan
    as $$
    #variable_conflict use_column
    begin
        return query
        with late as (
            delete from notify.parcels p using unnest(end_parcels.here, end_parcels.late) as l (municipality_id, id)
            where p.municipality_id = l.municipality_id and p.id = l.id
            returning p.municipality_id, p.deliveries
        ), ended as (
            update notify.deliveries d
            set state = 'expired', reason = 'too_late', settled_at = clock_timestamp()
            from (select x.municipality_id, unnest(x.deliveries) as id from late x) l
            where d.municipality_id = l.municipality_id and d.id = l.id and d.state in ('pending', 'retry')
            returning d.municipality_id, d.channel, d.urgency
        )
        select e.channel, count(*), count(*) filter (where e.municipality_id <> notify.synthetic_home()), e.urgency from ended e
        group by e.channel, e.urgency;
    end
    $$;
revoke all on function notify.end_parcels(uuid[], uuid[]) from public;
grant execute on function notify.end_parcels(uuid[], uuid[]) to budstikke_worker;

-- expire_late is that of 0141: it ends what no worker took in time, at most so many parcels. It tells how many deliveries it ended by each channel and urgency,
-- and how many of these were people's. What cannot be ended is left for the next time.
create function notify.expire_late(most integer) returns table (channel text, ended bigint, of_people bigint, urgency text)
    language plpgsql volatile rows 5 set search_path = '' set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
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
        begin
            return query select * from notify.end_parcels(here, late);
            return;
        exception when data_corrupted or index_corrupted or internal_error or io_error or undefined_file or data_exception or integrity_constraint_violation then
            null;
        end;
        for i in 1 .. cardinality(late) loop
            begin
                return query select * from notify.end_parcels(here[i:i], late[i:i]);
            exception when data_corrupted or index_corrupted or internal_error or io_error or undefined_file or data_exception or integrity_constraint_violation then
                null;
            end;
        end loop;
    end
    $$;
revoke all on function notify.expire_late(integer) from public;
grant execute on function notify.expire_late(integer) to budstikke_worker;

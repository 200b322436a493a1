-- Why: fan_out keeps its plan, to keys, which spares a message to a dozen its planning, and looks each guardian of a whole school up by key. For many receivers
-- it is planned for how many there are: their endpoints are then read at once (B2, B14).
-- The previous binary: runs.
create or replace function notify.fan_out(event uuid, urgency text, persons uuid[], grounds text[], children uuid[], institutions uuid[],
        channels text[], moment timestamptz, only_endpoint uuid)
    returns table (parcel_id uuid, provider text, size integer, people integer, reachable integer)
    language plpgsql volatile security definer set search_path = '' set jit = off set work_mem = '32MB' set plan_cache_mode = force_generic_plan
    set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
    as $$
    #variable_conflict use_column
    declare
        here constant uuid := scope.municipality();
        prefix constant text := notify.prefix_of(fan_out.event);
        in_app constant boolean := 'in_app' = any (fan_out.channels) and fan_out.only_endpoint is null;
        seed_push constant bigint := notify.seed_of(fan_out.event, 'push');
        seed_email constant bigint := notify.seed_of(fan_out.event, 'email');
        seed_sms constant bigint := notify.seed_of(fan_out.event, 'sms');
        seed_app constant bigint := notify.seed_of(fan_out.event, 'in_app');
        queued constant timestamptz := clock_timestamp();
        place uuid; -- of a critical event
        everybody uuid[];
    begin
        if not exists (
            select from notify.events e where e.municipality_id = here and e.id = fan_out.event and e.urgency = fan_out.urgency) then
            raise exception using errcode = 'foreign_key_violation', constraint = 'deliveries_are_of_an_event',
                message = 'a delivery is of an event, and as urgent as that (V20)';
        end if;
        if fan_out.urgency = 'critical' then
            select a.institution_id into place
            from notify.events e join app.alerts a on a.municipality_id = e.municipality_id and a.id = e.subject_id
            where e.municipality_id = here and e.id = fan_out.event;
            everybody := app.audience_of(place);
        end if;
        -- A plan to keys is as good for a dozen as for any; for a school it costs a tenth of the whole.
        if cardinality(coalesce(fan_out.persons, everybody)) > 500 then
            perform set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_seqscan', 'on', true), set_config('enable_hashjoin', 'on', true);
        end if;
        return query
        with receivers as materialized (
            select p.person_id, 'institution' as grounds, null::uuid as child_id, place as institution_id, 'guardian' as registered_as
            from unnest(everybody) p (person_id) where fan_out.persons is null
            union all
            (select distinct on (r.person_id) r.person_id, r.grounds, r.child_id, r.institution_id, case r.grounds when 'staff' then 'staff' else 'guardian' end
            from unnest(fan_out.persons, fan_out.grounds, fan_out.children, fan_out.institutions) with ordinality
                as r (person_id, grounds, child_id, institution_id, n)
            where fan_out.urgency <> 'critical'
               or r.grounds = 'institution' and r.institution_id = place and r.person_id in (select unnest(everybody))
            order by r.person_id, r.n)
        ), made as materialized (
            select notify.id_of(prefix, case e.channel when 'push' then seed_push when 'email' then seed_email else seed_sms end, r.person_id, e.id) as id,
                r.person_id, r.grounds, r.child_id, r.institution_id, e.channel, e.provider, e.id as endpoint_id
            from receivers r
            join notify.endpoints e on e.municipality_id = here and e.person_id = r.person_id
            where e.channel = any (fan_out.channels) and (e.routine or fan_out.urgency = 'critical' or fan_out.only_endpoint is not null)
              and case when fan_out.only_endpoint is null then e.state = 'active'
                       else e.id = fan_out.only_endpoint and e.state <> 'retired' end
              -- Asked only of a device of the other app: whether the same token is registered in the one it is for.
              and not (e.channel = 'push' and e.registered_as is distinct from r.registered_as
                and fan_out.only_endpoint is null and exists (
                  select from notify.endpoints o
                  where o.municipality_id = here and o.person_id = e.person_id and o.channel = 'push' and md5(o.address) = md5(e.address)
                    and o.address = e.address and o.state = 'active' and o.registered_as = r.registered_as offset 0))
            union all
            select notify.id_of(prefix, seed_app, r.person_id, null), r.person_id, r.grounds, r.child_id, r.institution_id, 'in_app', null, null
            from receivers r where in_app
            order by id
        ), written as (
            insert into notify.deliveries (municipality_id, id, event_id, urgency, person_id, grounds, child_id, institution_id,
                channel, provider, endpoint_id, state, created_at, settled_at, alone)
            select here, x.id, fan_out.event, fan_out.urgency, x.person_id, x.grounds, x.child_id, x.institution_id,
                x.channel, x.provider, x.endpoint_id, case x.channel when 'in_app' then 'sent' else 'pending' end, fan_out.moment,
                case x.channel when 'in_app' then fan_out.moment end, not in_app
            from made x
        ), packed as (
            select m.provider, array_agg(m.id order by m.id) as ids, notify.parcel_size(m.provider) as size
            from made m where m.provider is not null group by m.provider
        ), parcels as (
            select k.provider, k.ids[s.n + 1:s.n + k.size] as ids
            from packed k cross join lateral generate_series(0, cardinality(k.ids) - 1, k.size) s (n)
        )
        insert into notify.parcels as p (municipality_id, id, event_id, urgency, provider, deliveries, next_at, queued_at, attempt, fence, lease_until)
        select here, case cardinality(k.ids) when 1 then k.ids[1] else scope.new_id() end, fan_out.event, fan_out.urgency, k.provider, k.ids,
            fan_out.moment, queued, 0, 0, null
        from parcels k
        returning p.id, p.provider, cardinality(p.deliveries),
            case when in_app then (select count(*) from receivers) else (select count(distinct m.person_id) from made m where m.provider is not null) end::integer,
            (select count(distinct m.person_id) from made m where m.provider is not null)::integer;
    end
    $$;

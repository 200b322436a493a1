-- Why: a fifth of what an alert to a whole school cost before its answer went into one check of its notices that the statement which writes them had just
-- made, as much into reading its audience row by row and into counting afterwards whom it concerns, and what a dozen guardians are told was planned anew
-- for each message. From here on fan_out looks at the event itself and takes endpoints from the table that they must be in; what is written into
-- deliveries by others is checked as before. It asks for the audience at once, tells how many it concerns, and keeps its plan, to keys: one that was
-- made while tables were small would read them whole when they have grown (B2, B3).
-- The previous binary: runs.

-- audience_of answers the guardians whom an alert of an institution concerns, each once, to whoever answers for that institution.
create function app.audience_of(institution uuid) returns uuid[]
    language plpgsql stable security definer set search_path = '' set jit = off
    as $$
    declare
        here constant uuid := scope.municipality();
    begin
        if scope.caller() is distinct from 'auditor' and audience_of.institution not in (select app.headed_institutions()) then
            return '{}';
        end if;
        return array(
            select distinct a.guardian_id from app.guardian_access a
            where a.municipality_id = here and a.institution_id = audience_of.institution);
    end
    $$;
call scope.hand_over('app.audience_of(uuid)', variadic '{}');

create or replace function app.guardian_audience(institution uuid) returns setof uuid
    language sql stable security definer set search_path = ''
    as $$ select unnest(app.audience_of(guardian_audience.institution)) $$;

-- check_delivery holds what foreign keys would: a delivery is of an event, and as urgent as that, and goes to an endpoint. It is asked of what is written by
-- others than the functions of budstikke_access, which take both from their tables (TestWhoWritesDeliveriesUnchecked names them).
create function notify.check_delivery() returns trigger
    language plpgsql volatile security definer set search_path = '' set plan_cache_mode = force_generic_plan
    as $$
    begin
        if not exists (select from notify.events e where e.municipality_id = new.municipality_id and e.id = new.event_id and e.urgency = new.urgency) then
            raise exception using errcode = 'foreign_key_violation', constraint = 'deliveries_are_of_an_event',
                message = 'a delivery is of an event, and as urgent as that (V20)';
        end if;
        if new.endpoint_id is not null
            and not exists (select from notify.endpoints p where p.municipality_id = new.municipality_id and p.id = new.endpoint_id) then
            raise exception using errcode = 'foreign_key_violation', constraint = 'deliveries_go_to_an_endpoint',
                message = 'a delivery goes to an endpoint';
        end if;
        return null;
    end
    $$;
call scope.hand_over('notify.check_delivery()', variadic '{}');
drop trigger check_deliveries on notify.deliveries;
create trigger check_delivery after insert on notify.deliveries
    for each row when (current_user <> 'budstikke_access') execute function notify.check_delivery();
drop function notify.check_deliveries();

-- fan_out writes the deliveries of one event to many persons, and the parcels they travel in, and returns those, as 0097 and 0111 say. Beside each parcel
-- stands how many people the event is told to, and for how many of them something leaves the house.
drop function notify.fan_out(uuid, text, uuid[], text[], uuid[], uuid[], text[], timestamptz, uuid);
create function notify.fan_out(event uuid, urgency text, persons uuid[], grounds text[], children uuid[], institutions uuid[],
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
call scope.hand_over('notify.fan_out(uuid, text, uuid[], text[], uuid[], uuid[], text[], timestamptz, uuid)', 'budstikke_api');

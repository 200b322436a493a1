-- Why: a push cost the database four wide writes: the delivery, its claim, its settling and a row for the attempt, each with five indexes and keys
-- that were checked row by row. From here on a delivery is only the record of what becomes of a notice, written twice: when it is promised and when
-- it has ended. The work that is still to be done lies in parcels: a few deliveries of one event that travel together. A claim leases parcels, and
-- asks the rule of access about what is in them in a statement of its own, which hands out the addresses (V15). Nothing accepted is lost (B3).
-- The previous binary: does not run; `budstikke api` and `budstikke notify` are stopped, migrated and started together. What a worker had in its
-- hands at that moment counts as a possible duplicate. Deliveries get new ids, so that a provider's later word about an old one finds nothing.

-- The id of a delivery says what it is: the first half is that of its event, so that all of an event is a range of the key, in the order of time;
-- the other half is made of person, channel and endpoint, so that the key itself keeps a notice to once per event, person and endpoint. Two of an
-- event's deliveries share an id by chance once in a hundred thousand million events of 20,000 receivers.
create function notify.seed_of(event uuid, channel text) returns bigint
    language sql immutable parallel safe
    as $$ select uuid_hash_extended(event, hashtextextended(channel, 1)) $$;
create function notify.id_of(prefix text, seed bigint, person uuid, endpoint uuid) returns uuid
    language sql immutable parallel safe
    as $$
        select (prefix || to_hex(uuid_hash_extended(coalesce(endpoint, '00000000-0000-0000-0000-000000000000'), uuid_hash_extended(person, seed))
            & 4611686018427387903 | (-9223372036854775808)))::uuid
    $$;
create function notify.prefix_of(event uuid) returns text
    language sql immutable parallel safe
    as $$ select left(replace(event::text, '-', ''), 16) $$;
-- first_of and last_of bound the ids of an event's deliveries. Another event may share the range: whoever looks there asks for the event, too.
create function notify.first_of(event uuid) returns uuid
    language sql immutable parallel safe
    as $$ select (left(event::text, 18) || '-8000-000000000000')::uuid $$;
create function notify.last_of(event uuid) returns uuid
    language sql immutable parallel safe
    as $$ select (left(event::text, 18) || '-bfff-ffffffffffff')::uuid $$;

-- A parcel is what a worker takes at once. It is deleted when everything in it has ended; a delivery that is tried again travels alone, in a parcel
-- that has its id.
create table notify.parcels (
    municipality_id uuid not null,
    id              uuid not null,
    event_id        uuid not null,
    urgency         text not null,
    provider        text not null,
    deliveries      uuid[] not null,      -- what is still to be done
    next_at         timestamptz not null, -- not before
    queued_at       timestamptz,          -- when it was last put on the belt; the reconciler's clue
    attempt         smallint not null,    -- raised by the claim, before the work, so that what kills its worker is counted
    fence           bigint not null,      -- changes with every claim; a result with another is not written
    lease_until     timestamptz,          -- null: nobody has it
    primary key (municipality_id, id),
    constraint a_parcel_holds_something check (cardinality(deliveries) between 1 and 32),
    constraint a_parcel_of_sms_is_critical check (provider <> 'twilio' or urgency = 'critical') -- V20
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 200);
create index parcels_due on notify.parcels (provider, urgency, next_at);
-- The price is that a claim writes index entries: half a microsecond for each delivery of a full parcel. Without, whoever looks four times a second for
-- leases that ran out would read everything that waits for a provider that is away.
create index parcels_leased on notify.parcels (lease_until) where lease_until is not null;
call scope.protect_table('notify.parcels');
create policy worker_keeps on notify.parcels for all to budstikke_worker using (true) with check (true);
grant select, insert, update, delete on notify.parcels to budstikke_worker;
grant select, insert on notify.parcels to budstikke_access;

-- parcel_size is how many deliveries travel together at most. A worker takes no more than it has slots for, and opens larger parcels to take a part.
create function notify.parcel_size(provider text) returns integer
    language sql immutable parallel safe
    as $$ select case provider when 'smtp' then 4 when 'twilio' then 8 else 32 end $$;

-- The record. What was on its way is due again; the row of the attempt that ended a delivery goes into the delivery.
alter table notify.deliveries add column status smallint, add column alone boolean not null default true;
alter table notify.attempts drop constraint attempts_municipality_id_delivery_id_fkey;
update notify.deliveries d set status = a.status
from notify.attempts a
where a.municipality_id = d.municipality_id and a.delivery_id = d.id and a.fence = d.fence and d.state in ('sent', 'dead');
delete from notify.attempts a using notify.deliveries d
where a.municipality_id = d.municipality_id and a.delivery_id = d.id and a.fence = d.fence and d.state in ('sent', 'dead');
drop index notify.deliveries_once, notify.deliveries_due, notify.deliveries_leased, notify.deliveries_of_person, notify.deliveries_open;
create temporary table renamed on commit drop as
    select d.municipality_id, d.id as old,
        notify.id_of(notify.prefix_of(d.event_id), notify.seed_of(d.event_id, d.channel), d.person_id, d.endpoint_id) as new
    from notify.deliveries d;
update notify.attempts a set delivery_id = r.new from renamed r where r.municipality_id = a.municipality_id and r.old = a.delivery_id;
update notify.deliveries d
set id = r.new,
    state = case d.state when 'sending' then 'retry' else d.state end,
    outcome = case d.state when 'sending' then 'unknown' else d.outcome end,
    reason = case d.state when 'sending' then 'lease_expired' else d.reason end,
    possible_duplicates = d.possible_duplicates + (d.state = 'sending')::integer,
    lease_until = null, alone = d.channel <> 'in_app' and d.state in ('pending', 'retry', 'sending')
from renamed r where r.municipality_id = d.municipality_id and r.old = d.id;
insert into notify.parcels (municipality_id, id, event_id, urgency, provider, deliveries, next_at, queued_at, attempt, fence, lease_until)
select d.municipality_id, d.id, d.event_id, d.urgency, d.provider, array[d.id], d.next_at, null, d.attempt, d.fence, null
from notify.deliveries d where d.state in ('pending', 'retry') and d.provider is not null;

alter table notify.deliveries
    drop constraint deliveries_check2, drop constraint deliveries_state_check,
    drop constraint deliveries_municipality_id_event_id_urgency_fkey, drop constraint deliveries_municipality_id_endpoint_id_fkey,
    drop column lease_until, drop column next_at, drop column queued_at;
alter table notify.deliveries
    add constraint deliveries_state_check check (state in ('pending', 'sent', 'retry', 'suppressed', 'expired', 'dead'));
-- Nothing that changes in the life of a delivery stands in an index: its ending is written beside it, without one.
create index deliveries_of_person on notify.deliveries (municipality_id, person_id, created_at desc, id) where channel = 'in_app';
create index deliveries_alone on notify.deliveries (municipality_id, person_id, created_at) where alone;

comment on column notify.deliveries.attempt is 'How many attempts it has cost. The one that ended it is told by outcome, status, reason and settled_at; those before it have rows in notify.attempts.';
comment on column notify.deliveries.fence is 'The fence of the claim whose result was written last: a result of an older claim is not.';
comment on column notify.deliveries.alone is 'No notice in the app leads to it: what waits for somebody is found through those notices, or here.';
comment on column notify.deliveries.status is 'What the provider answered to the last attempt, as a number; null for none.';
comment on table notify.attempts is 'The attempts that did not end their delivery; the one that did stands in the delivery.';

-- What a delivery is of and where it goes is checked once per statement: a foreign key asks row by row, which is a fifth of what a notice costs.
create function notify.check_deliveries() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        if exists (
            select from (select distinct a.municipality_id, a.event_id, a.urgency from added a) x
            where not exists (
                select from notify.events e where e.municipality_id = x.municipality_id and e.id = x.event_id and e.urgency = x.urgency)) then
            raise exception using errcode = 'foreign_key_violation', constraint = 'deliveries_are_of_an_event',
                message = 'a delivery is of an event, and as urgent as that (V20)';
        end if;
        if exists (
            select from added a
            left join notify.endpoints p on p.municipality_id = a.municipality_id and p.id = a.endpoint_id
            where a.endpoint_id is not null and p.id is null) then
            raise exception using errcode = 'foreign_key_violation', constraint = 'deliveries_go_to_an_endpoint',
                message = 'a delivery goes to an endpoint';
        end if;
        return null;
    end
    $$;
call scope.hand_over('notify.check_deliveries()', variadic '{}');
create trigger check_deliveries after insert on notify.deliveries
    referencing new table as added for each statement execute function notify.check_deliveries();

create function notify.check_attempts() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        if exists (
            select from added a
            left join notify.deliveries d on d.municipality_id = a.municipality_id and d.id = a.delivery_id
            where d.id is null) then
            raise exception using errcode = 'foreign_key_violation', constraint = 'attempts_are_of_a_delivery',
                message = 'an attempt is one of a delivery';
        end if;
        return null;
    end
    $$;
grant select on notify.attempts to budstikke_access;
call scope.hand_over('notify.check_attempts()', variadic '{}');
create trigger check_attempts after insert on notify.attempts
    referencing new table as added for each statement execute function notify.check_attempts();

-- What a delivery is never changes.
create function notify.stays_the_same() returns trigger
    language plpgsql volatile set search_path = ''
    as $$
    begin
        raise exception using errcode = 'check_violation', constraint = 'what_a_delivery_is_stays',
            message = 'what a delivery is of, to whom and by what way, does not change';
    end
    $$;
create trigger stays_the_same before update of municipality_id, id, event_id, urgency, person_id, grounds, child_id, institution_id, channel, provider,
    endpoint_id, created_at, alone on notify.deliveries for each row execute function notify.stays_the_same();

-- What deliveries are of and went to is there for as long as they are.
create function notify.keep_what_is_told() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        if tg_table_name = 'events' and exists (
            select from removed r
            join notify.deliveries d on d.municipality_id = r.municipality_id and d.id between notify.first_of(r.id) and notify.last_of(r.id)
                and d.event_id = r.id)
        or tg_table_name = 'endpoints' and exists (
            select from removed r join notify.deliveries d on d.municipality_id = r.municipality_id and d.endpoint_id = r.id)
        or tg_table_name = 'deliveries' and exists (
            select from removed r join notify.attempts a on a.municipality_id = r.municipality_id and a.delivery_id = r.id) then
            raise exception using errcode = 'foreign_key_violation', constraint = 'told_of_is_kept',
                message = 'there are still deliveries, or attempts, of what would be deleted';
        end if;
        return null;
    end
    $$;
call scope.hand_over('notify.keep_what_is_told()', variadic '{}');
create trigger keep_what_is_told after delete on notify.events
    referencing old table as removed for each statement execute function notify.keep_what_is_told();
create trigger keep_what_is_told after delete on notify.endpoints
    referencing old table as removed for each statement execute function notify.keep_what_is_told();
create trigger keep_what_is_told after delete on notify.deliveries
    referencing old table as removed for each statement execute function notify.keep_what_is_told();

-- staff_knows_child is knows_child with a plan of its own, so that whoever asks for many receivers sets it up only when one of them is staff who is told
-- about a child.
create function app.staff_knows_child(municipality uuid, staff uuid, child uuid, institution uuid)
    returns table (protection text, access boolean, cleared boolean, restricted boolean, no_contact boolean)
    language plpgsql stable rows 1 set search_path = ''
    as $$ begin return query select k.* from app.knows_child($1, $2, $3, $4) k; end $$;
revoke all on function app.staff_knows_child(uuid, uuid, uuid, uuid) from public;
grant execute on function app.staff_knows_child(uuid, uuid, uuid, uuid) to budstikke_access;

-- receivers tells of each receiver, in the order of the arrays, the facts that the policy decides a notice by, and in allowed what the database's own
-- check says. The tables are looked at once for both; each refuses by itself (B9). The body is plpgsql so that its plan is kept.
create function app.receivers(municipality_ids uuid[], person_ids uuid[], grounds text[], child_ids uuid[], institution_ids uuid[])
    returns table (allowed boolean, active boolean, relation text, access boolean, place boolean, roles text[], restricted boolean, no_contact boolean,
        protection text, cleared boolean)
    language plpgsql stable security definer rows 100
    set search_path = '' set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
    as $$
    #variable_conflict use_column
    begin
        return query
        select
            case t.grounds
                when 'child' then g.opened and not 'no_contact' = any (x.kinds)
                when 'institution' then g.opened
                when 'staff' then cardinality(r.held) > 0 and (t.child_id is null
                    or coalesce(k.access and (k.protection <> 'strict' or k.cleared) and not k.restricted and not k.no_contact, false))
                when 'self' then s.known -- the mail that asks an applicant to confirm the address they gave (H3)
                else false
            end,
            s.known,
            case when t.grounds <> 'child' then 'none' when g.opened then 'active' else coalesce((
                select case when y.ended_at is not null then 'ended' else coalesce((
                    select case a.status when 'imported' then 'inactive' else a.status end from app.guardianship_access a
                    where a.municipality_id = t.municipality_id and a.guardianship_id = y.id
                      and (t.institution_id is null or a.institution_id = t.institution_id)
                    order by array_position(array['active', 'suspended', 'inactive', 'imported', 'ended'], a.status) limit 1), 'inactive') end
                from app.guardianships y
                where y.municipality_id = t.municipality_id and y.child_id = t.child_id and y.guardian_id = t.person_id), 'none') end,
            t.grounds = 'child' and g.opened or coalesce(k.access, false),
            t.grounds = 'institution' and g.opened,
            r.held,
            'no_access' = any (x.kinds) or coalesce(k.restricted, false),
            'no_contact' = any (x.kinds) or coalesce(k.no_contact, false),
            coalesce(k.protection, 'none'), coalesce(k.cleared, false)
        from unnest($1, $2, $3, $4, $5) with ordinality
            as t (municipality_id, person_id, grounds, child_id, institution_id, n)
        -- offset 0: asked once, however often it is used. What opens anything to a guardian is a few rows, and is read by the guardian alone: with the place
        -- among the keys, and before anybody has counted the tables, the whole place is read for each of its guardians.
        cross join lateral (select t.grounds in ('child', 'institution') and exists (
            select from (
                select a.child_id, a.institution_id from app.guardian_access a
                where a.municipality_id = t.municipality_id and a.guardian_id = t.person_id offset 0) a
            where case t.grounds
                when 'child' then a.child_id = t.child_id and (t.institution_id is null or a.institution_id = t.institution_id)
                else a.institution_id = t.institution_id end) as opened offset 0) g
        cross join lateral (select case when t.grounds = 'child' then array(
            select y.kind from app.restrictions_now y
            where y.municipality_id = t.municipality_id and y.child_id = t.child_id and y.person_id = t.person_id) else '{}' end as kinds offset 0) x
        cross join lateral (select case when t.grounds = 'staff' then array(
            select a.role from app.staff_access a
            where a.municipality_id = t.municipality_id and a.person_id = t.person_id and a.institution_id = t.institution_id) else '{}' end as held offset 0) r
        cross join lateral (select t.grounds <> 'self' or exists (
            select from auth.accounts a where a.municipality_id = t.municipality_id and a.person_id = t.person_id and a.ended_at is null) or exists (
            select from app.applications p
            where p.municipality_id = t.municipality_id and p.person_id = t.person_id
              and (p.state in ('open', 'queued') or p.state = 'declined' and p.decided_at > now() - interval '3 days')) as known offset 0) s
        left join lateral (
            select y.* from app.staff_knows_child(t.municipality_id, t.person_id, t.child_id, t.institution_id) y
            where t.grounds = 'staff' and t.child_id is not null offset 0) k on true
        order by t.n;
    end
    $$;
call scope.hand_over('app.receivers(uuid[], uuid[], text[], uuid[], uuid[])', 'budstikke_worker');
drop function app.receiver_facts(uuid[], uuid[], text[], uuid[], uuid[]);
create or replace function app.reachable(municipality_ids uuid[], person_ids uuid[], grounds text[], child_ids uuid[], institution_ids uuid[])
    returns setof bigint
    language sql stable security definer set search_path = ''
    as $$
        select r.n from app.receivers(municipality_ids, person_ids, grounds, child_ids, institution_ids) with ordinality
            as r (allowed, active, relation, access, place, roles, restricted, no_contact, protection, cleared, n)
        where r.allowed
    $$;

-- open_of answers what may still be on its way to a person. Most notices have one in the app beside them, whose event, with the person's endpoints,
-- makes their ids: so only one of an event's deliveries to somebody stands in an index of persons, where an entry costs as much as the rest of the
-- row. Nothing that waits is older than eight days: no notice is worth delivering for so long.
create function notify.open_of(municipality uuid, person uuid) returns setof uuid
    language sql stable security definer rows 20 set search_path = ''
    as $$
        select notify.id_of(notify.prefix_of(d.event_id), notify.seed_of(d.event_id, p.channel), open_of.person, p.id)
        from notify.deliveries d
        join notify.endpoints p on p.municipality_id = d.municipality_id and p.person_id = d.person_id
        where d.municipality_id = open_of.municipality and d.person_id = open_of.person and d.channel = 'in_app'
          and d.created_at > clock_timestamp() - interval '8 days'
        union all
        select d.id from notify.deliveries d
        where d.municipality_id = open_of.municipality and d.person_id = open_of.person and d.alone
          and d.created_at > clock_timestamp() - interval '8 days'
    $$;
call scope.hand_over('notify.open_of(uuid, uuid)', variadic '{}');

-- What is on its way is pending, too: whoever is cut off while a worker has their notice finds it ended, and its result changes nothing (V15).
do $do$
declare
    f record;
    was text;
    now_is text;
begin
    for f in select * from (values
        ('app.cut_off(uuid, uuid)', 'settled_at = clock_timestamp(), fence = d.fence + 1', 'settled_at = clock_timestamp()'),
        ('app.cut_off(uuid, uuid)', 'where d.municipality_id = cut_off.municipality and d.person_id = cut_off.guardian
          and (d.state in (''pending'', ''retry'')
               or d.channel = ''in_app'' and d.state = ''sent'' and d.created_at > clock_timestamp() - interval ''1 day'')',
            'where d.municipality_id = cut_off.municipality and d.person_id = cut_off.guardian and d.id in (
                select notify.open_of(cut_off.municipality, cut_off.guardian)
                union all
                select x.id from notify.deliveries x
                where x.municipality_id = cut_off.municipality and x.person_id = cut_off.guardian and x.channel = ''in_app''
                  and x.created_at > clock_timestamp() - interval ''1 day'')
          and (d.state in (''pending'', ''retry'')
               or d.channel = ''in_app'' and d.state = ''sent'' and d.created_at > clock_timestamp() - interval ''1 day'')'),
        ('auth.end_guardian(uuid, text, timestamptz)', 'd.person_id = someone and d.state in (''pending'', ''retry'')',
            'd.person_id = someone and d.state in (''pending'', ''retry'') and d.id in (select notify.open_of(here, someone))'),
        ('auth.end_guardian(uuid, text, timestamptz)', 'settled_at = clock_timestamp(), fence = d.fence + 1', 'settled_at = clock_timestamp()')
    ) as list (name, before, after) loop
        was := pg_get_functiondef(f.name::regprocedure);
        now_is := replace(was, f.before, f.after);
        if now_is = was then
            raise exception '% is not as this migration expects it', f.name;
        end if;
        execute now_is;
    end loop;
end
$do$;

-- fan_out writes the deliveries of one event to many persons, and the parcels they travel in. The arrays run in parallel, one position per
-- receiver; who is named twice is told once. A channel that a person has no verified endpoint for gives no row; in-app notices need no endpoint and
-- are delivered by being written. only_endpoint restricts it to one endpoint, verified or not: the mail that asks for the verification (H3). A
-- critical event reaches the guardians of its alert's institution and nobody else, and only when somebody who answers for that institution raises
-- it (V20): without persons, all of them. It returns the parcels that somebody must carry.
drop function notify.fan_out(uuid, text, uuid[], text[], uuid[], uuid[], text[], timestamptz, uuid);
create function notify.fan_out(event uuid, urgency text, persons uuid[], grounds text[], children uuid[], institutions uuid[],
        channels text[], moment timestamptz, only_endpoint uuid)
    returns table (parcel_id uuid, provider text, size integer)
    language plpgsql volatile security definer set search_path = '' set jit = off set work_mem = '32MB'
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
        if fan_out.urgency = 'critical' then
            select a.institution_id into place
            from notify.events e join app.alerts a on a.municipality_id = e.municipality_id and a.id = e.subject_id
            where e.municipality_id = here and e.id = fan_out.event;
            everybody := array(select app.guardian_audience(place));
        end if;
        return query
        with receivers as materialized (
            select p.person_id, 'institution' as grounds, null::uuid as child_id, place as institution_id
            from unnest(everybody) p (person_id) where fan_out.persons is null
            union all
            (select distinct on (r.person_id) r.person_id, r.grounds, r.child_id, r.institution_id
            from unnest(fan_out.persons, fan_out.grounds, fan_out.children, fan_out.institutions) with ordinality
                as r (person_id, grounds, child_id, institution_id, n)
            where fan_out.urgency <> 'critical'
               or r.grounds = 'institution' and r.institution_id = place and r.person_id in (select unnest(everybody))
            order by r.person_id, r.n)
        ), written as (
            insert into notify.deliveries (municipality_id, id, event_id, urgency, person_id, grounds, child_id, institution_id,
                channel, provider, endpoint_id, state, created_at, settled_at, alone)
            select here, x.id, fan_out.event, fan_out.urgency, x.person_id, x.grounds, x.child_id, x.institution_id,
                x.channel, x.provider, x.endpoint_id, x.state, fan_out.moment, x.settled_at, not in_app
            from (
                select notify.id_of(prefix, case e.channel when 'push' then seed_push when 'email' then seed_email else seed_sms end, r.person_id, e.id) as id,
                    r.person_id, r.grounds, r.child_id, r.institution_id, e.channel, e.provider, e.id as endpoint_id, 'pending' as state,
                    null::timestamptz as settled_at
                from receivers r
                join notify.endpoints e on e.municipality_id = here and e.person_id = r.person_id
                where e.channel = any (fan_out.channels) and (e.routine or fan_out.urgency = 'critical' or fan_out.only_endpoint is not null)
                  and case when fan_out.only_endpoint is null then e.state = 'active'
                           else e.id = fan_out.only_endpoint and e.state <> 'retired' end
                union all
                select notify.id_of(prefix, seed_app, r.person_id, null), r.person_id, r.grounds, r.child_id, r.institution_id, 'in_app', null, null,
                    'sent', fan_out.moment
                from receivers r where in_app
                order by id) x -- in the order of the key, which costs half of writing it in any other
            returning id, deliveries.provider
        ), numbered as (
            select w.id, w.provider, row_number() over (partition by w.provider order by w.id) - 1 as n
            from written w where w.provider is not null
        ), packed as (
            select n.provider, array_agg(n.id order by n.n) as ids
            from numbered n group by n.provider, n.n / notify.parcel_size(n.provider)
        )
        insert into notify.parcels as p (municipality_id, id, event_id, urgency, provider, deliveries, next_at, queued_at, attempt, fence, lease_until)
        select here, case cardinality(k.ids) when 1 then k.ids[1] else scope.new_id() end, fan_out.event, fan_out.urgency, k.provider, k.ids,
            fan_out.moment, queued, 0, 0, null
        from packed k
        returning p.id, p.provider, cardinality(p.deliveries);
    end
    $$;
call scope.hand_over('notify.fan_out(uuid, text, uuid[], text[], uuid[], uuid[], text[], timestamptz, uuid)', 'budstikke_api');

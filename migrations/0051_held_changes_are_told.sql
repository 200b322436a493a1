-- Why: who decides about what an import held learns that it waits (B8): the heads once when it begins, and the owner when it has waited for days.
-- And a staff list may leave a substitute's last day out: the municipality's own rule says how long that is (B12).
-- The previous binary: runs; it tells nobody.

-- After how many days the owner learns that something still waits.
alter table app.municipalities add column held_change_days smallint not null default 7 check (held_change_days between 1 and 90);
alter table app.held_changes add column owner_told_at timestamptz; -- the owners were told that it waits still

-- held_listeners are the people with one of the roles whom a change waits for, each with an institution of it that they answer for: not the one it
-- is about, who decides nothing, nor their family, nor who is kept from the child (B8).
create function app.held_listeners(change uuid, roles text[]) returns table (institution uuid, person uuid)
    language sql stable security definer set search_path = ''
    as $$
        select distinct on (a.person_id) a.institution_id, a.person_id
        from app.held_changes h
        join app.staff_access a on a.municipality_id = h.municipality_id and a.role = any (held_listeners.roles) and a.person_id <> h.person_id
        where h.municipality_id = scope.municipality() and h.id = held_listeners.change
          and (a.institution_id = any (h.institutions) or h.institutions = '{}' and exists (
            select from app.staff_roles r
            where r.municipality_id = a.municipality_id and r.person_id = a.person_id and r.role = 'owner' and r.institution_id is null
              and a.role = 'owner' and (r.starts_at is null or r.starts_at <= now()) and (r.ended_at is null or r.ended_at > now())))
          and not exists (
            select from app.guardianships g
            where g.municipality_id = a.municipality_id and g.guardian_id = a.person_id and g.child_id = coalesce(h.child_id, h.person_id))
          and not exists (
            select from app.restrictions_now x
            where x.municipality_id = a.municipality_id and x.person_id = a.person_id and x.kind = 'no_access'
              and x.child_id = coalesce(h.child_id, h.person_id))
        order by a.person_id, a.institution_id
    $$;
call scope.hand_over('app.held_listeners(uuid, text[])', variadic '{}');

-- tell_held answers who is to be told now that something waits, and at which institution: whatever an import has held, each of them once. Where no
-- head can be told, the owners are. Asked by several processes at once, each change is answered to one of them.
create function app.tell_held(moment timestamptz) returns table (institution uuid, person uuid)
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
        days constant integer := (select m.held_change_days from app.municipalities m where m.municipality_id = here);
        fresh uuid[];
        late uuid[];
    begin
        if scope.caller() is distinct from 'clock' then
            return;
        end if;
        with told as (
            update app.held_changes h set told_at = moment
            where h.municipality_id = here and h.state = 'waiting' and h.told_at is null
            returning h.id)
        select coalesce(array_agg(t.id), '{}') into fresh from told t;
        with told as (
            update app.held_changes h set owner_told_at = moment
            where h.municipality_id = here and h.state in ('waiting', 'proposed') and h.owner_told_at is null
              and h.since <= moment - days * interval '1 day'
            returning h.id)
        select coalesce(array_agg(t.id), '{}') into late from told t;
        return query
            with heads as (
                select f.id, l.institution, l.person from unnest(fresh) as f (id) cross join lateral app.held_listeners(f.id, '{head}') l)
            select h.institution, h.person from heads h
            union
            select l.institution, l.person from (
                select unnest(late) as id union (select unnest(fresh) except select h.id from heads h)) o
            cross join lateral app.held_listeners(o.id, '{owner}') l;
    end
    $$;
call scope.hand_over('app.tell_held(timestamptz)', 'budstikke_api');

-- The functions below are taken as they stand.
grant create on schema app to budstikke_access;
do $$
declare
    known text;
    wider text;
begin
    -- Another wish of a register begins anew, and is told anew.
    known := pg_get_functiondef('app.hold(text, uuid, uuid, uuid, text, text, boolean, text, text, timestamptz)'::regprocedure);
    wider := replace(known, 'version = h.version + case', E'told_at = case when h.wants = hold.wants then h.told_at end,\n                version = h.version + case');
    if wider = known then
        raise exception 'app.hold is not as this migration expects it';
    end if;
    execute wider;

    -- The clock notes who was told, and nothing else.
    known := pg_get_functiondef('app.decide_held()'::regprocedure);
    wider := replace(known, 'new.state = old.state and new.told_at is distinct from old.told_at then',
        'scope.caller() = ''clock'' and new.state = old.state then');
    if wider = known then
        raise exception 'app.decide_held is not as this migration expects it';
    end if;
    execute wider;

    -- A register that names no last day of a substitute does not want the one by default away.
    known := pg_get_functiondef('app.longer(text, uuid[])'::regprocedure);
    wider := replace(replace(replace(known, 'e.ended_at, e.register_end from app.enrolments e', 'e.ended_at, e.register_end, false as by_default from app.enrolments e'),
        't.ended_at, t.register_end from app.staff_roles t', 't.ended_at, t.register_end, t.end_by_default from app.staff_roles t'),
        '(s.ends is null or s.ends > x.ended_at)', '(s.ends is null and not x.by_default or s.ends > x.ended_at)');
    if length(wider) < length(known) + 60 then
        raise exception 'app.longer is not as this migration expects it';
    end if;
    execute wider;

    -- The gateway knows one kind more, whatever other kinds have come.
    known := (select pg_get_constraintdef(c.oid) from pg_constraint c
        where c.conrelid = 'notify.events'::regclass and c.conname = 'events_kind_check');
    wider := replace(known, '''review_overdue''::text', '''review_overdue''::text, ''held_changes_waiting''::text');
    if wider is null or wider = known then
        raise exception 'notify.events knows its kinds by another constraint';
    end if;
    alter table notify.events drop constraint events_kind_check;
    execute 'alter table notify.events add constraint events_kind_check ' || wider;
end
$$;

-- A substitute's role without a last day ends some days after its first, or after it came in, whichever is later (B12). While it runs, no import
-- moves that end, whatever it says of the first day; somebody who lets an end go gives these days from then on.
create or replace function app.end_substitutes() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    declare
        here app.municipalities;
    begin
        if new.role <> 'substitute' or new.ended_at is not null then
            if tg_op = 'UPDATE' then
                new.end_by_default := old.end_by_default and new.role = 'substitute' and new.ended_at is not distinct from old.ended_at;
            end if;
            return new;
        end if;
        if tg_op = 'UPDATE' and old.end_by_default and (old.ended_at > now() and scope.caller() = 'register' or new.starts_at is not distinct from old.starts_at) then
            new.ended_at := old.ended_at;
        else
            select * into here from app.municipalities m where m.municipality_id = new.municipality_id;
            new.ended_at := ((greatest(new.starts_at, new.created_at, now()) at time zone here.time_zone)::date + here.substitute_days)::timestamp
                at time zone here.time_zone;
            if tg_op = 'UPDATE' and scope.caller() is distinct from 'register' then
                new.ended_at := greatest(new.ended_at, old.ended_at); -- who lets an end go does not want it sooner
            end if;
        end if;
        if new.register_end is null or scope.caller() = 'register' then
            new.register_end := new.ended_at;
        end if;
        new.end_by_default := true;
        return new;
    end
    $$;
revoke create on schema app from budstikke_access;

-- Why: who may read the name of a protected person is a permission of its own: one member of staff, one person, a reason, an end, and somebody who
-- gave it (B8, B12). A strictly protected child is counted with its group under its alias, and nothing else of it is there for staff without a
-- clearance: no guardians, no threads, no restrictions.
-- The previous binary: runs; it knows nothing of clearances, and for its staff strictly protected children have no guardians and no threads.

create table app.clearances (
    municipality_id uuid not null,
    id              uuid not null,
    person_id       uuid not null,
    staff_id        uuid not null,
    granted_by      uuid not null, -- the same as staff_id where somebody who answers for the place took it
    granted_at      timestamptz not null,
    until           timestamptz not null check (until > granted_at and until <= granted_at + interval '367 days'),
    reason          text not null check (length(reason) between 1 and 500),
    revoked_at      timestamptz,
    revoked_by      uuid, -- null where the protection itself fell
    primary key (municipality_id, id),
    foreign key (municipality_id, person_id) references app.persons (municipality_id, id),
    foreign key (municipality_id, staff_id) references app.persons (municipality_id, id),
    foreign key (municipality_id, granted_by) references app.persons (municipality_id, id),
    foreign key (municipality_id, revoked_by) references app.persons (municipality_id, id),
    check (staff_id <> person_id),
    check (revoked_by is null or revoked_at is not null)
);
create unique index clearances_one on app.clearances (municipality_id, staff_id, person_id) where revoked_at is null;
create index clearances_person on app.clearances (municipality_id, person_id);
call scope.protect_table('app.clearances');
grant select, insert on app.clearances to budstikke_access;
grant update (revoked_at, revoked_by) on app.clearances to budstikke_access;
create policy reads_own on app.clearances for select to budstikke_api using ((select scope.caller()) = 'staff' and staff_id = (select scope.person()));
grant select on app.clearances to budstikke_api;

-- Where the people are whose names are kept: enrolled, a guardian of somebody enrolled, or at work.
create view app.protected_places with (security_invoker = true) as
    select p.municipality_id, p.id as person_id, e.institution_id, 'child' as kind
    from app.persons p
    join app.enrolments e on e.municipality_id = p.municipality_id and e.child_id = p.id and (e.ended_at is null or e.ended_at > now())
    where p.protected_identity in ('protected', 'strict')
    union
    select p.municipality_id, p.id, e.institution_id, 'guardian'
    from app.persons p
    join app.guardianships g on g.municipality_id = p.municipality_id and g.guardian_id = p.id and g.ended_at is null
    join app.enrolments e on e.municipality_id = g.municipality_id and e.child_id = g.child_id and (e.ended_at is null or e.ended_at > now())
    where p.protected_identity in ('protected', 'strict')
    union
    select p.municipality_id, p.id, r.institution_id, 'staff'
    from app.persons p
    join app.staff_roles r on r.municipality_id = p.municipality_id and r.person_id = p.id and r.institution_id is not null
        and (r.ended_at is null or r.ended_at > now())
    where p.protected_identity in ('protected', 'strict');
grant select on app.protected_places to budstikke_access;

-- The clearances that count: not revoked, not over, of somebody who still works where the person is (V11, B12).
create view app.clearances_now with (security_invoker = true) as
    select c.* from app.clearances c
    where c.revoked_at is null and c.until > now() and exists (
        select from app.protected_places w
        join app.staff_access a on a.municipality_id = w.municipality_id and a.institution_id = w.institution_id and a.person_id = c.staff_id
        where w.municipality_id = c.municipality_id and w.person_id = c.person_id);
grant select on app.clearances_now to budstikke_access;

-- What a transaction of staff remembers: whom they are cleared for, and which strictly protected people they are not.
grant create on schema app, scope, audit to budstikke_access;
do $$
declare
    change record;
    before text;
    after text;
begin
    for change in select * from (values
        ('app.remember()', '        hidden uuid[] := ''{}'';', '        hidden uuid[] := ''{}'';
        cleared uuid[] := ''{}'';
        sealed uuid[] := ''{}'';'),
        ('app.remember()', 'r.kind = ''no_access'') x;', 'r.kind = ''no_access'') x;
            select coalesce(array_agg(p.id), ''{}'') into sealed from app.persons p
            where p.municipality_id = here and p.protected_identity = ''strict'' and p.id <> all (cleared) and p.id <> me;'),
        ('app.remember()', '            -- The few children of these', '            select coalesce(array_agg(c.person_id), ''{}'') into cleared from app.clearances_now c where c.municipality_id = here and c.staff_id = me;
            -- The few children of these'),
        ('app.remember()', 'p.protected_identity <> ''none'' and not exists', 'p.protected_identity <> ''none'' and p.id <> all (cleared) and not exists'),
        ('app.remember()', 'and from the staff of their own group,', 'and from the staff of their own group and those with a clearance,'),
        ('app.remember()', '        perform set_config(''budstikke.hidden'', hidden::text, true);', '        perform set_config(''budstikke.hidden'', hidden::text, true);
        perform set_config(''budstikke.cleared'', cleared::text, true);
        perform set_config(''budstikke.sealed'', sealed::text, true);'),
        ('scope.open(uuid, uuid, text)', 'headed,hidden}', 'headed,hidden,cleared,sealed}'),
        -- Who answers a thread about a strictly protected child: those with a clearance, and while there is nobody, the head, who can take one.
        ('app.staff_of_child(uuid, uuid)', 'and scope.caller() = ''guardian'' and exists (', 'and (c.protected_identity <> ''strict''
            or exists (
                select from app.clearances_now k
                where k.municipality_id = a.municipality_id and k.person_id = c.id and k.staff_id = a.person_id)
            or a.role = ''head'' and not exists (
                select from app.clearances_now k where k.municipality_id = a.municipality_id and k.person_id = c.id))
          and scope.caller() = ''guardian'' and exists ('),
        ('app.staff_of_child(uuid, uuid)', '(c.protected_identity = ''none'' or a.role = ''head''', '(c.protected_identity = ''none'' or exists (
                select from app.clearances_now k
                where k.municipality_id = a.municipality_id and k.person_id = c.id and k.staff_id = a.person_id)
            or a.role = ''head'''),
        ('audit.own_looks(uuid, bigint, integer)', '''messages'', ''guardianships''', '''messages'', ''guardianships'', ''protected_identity'''), -- a guardian is told of each look
        ('app.own_pupils()', 'e.child_id <> all (hidden)', 'e.child_id <> all (hidden) and e.child_id <> all (scope.list(''budstikke.sealed''))'),
        ('app.headed_children()', 'e.child_id <> all (hidden)', 'e.child_id <> all (hidden) and e.child_id <> all (scope.list(''budstikke.sealed''))')
        ) x (f, was, is_now) loop
        before := pg_get_functiondef(change.f::regprocedure);
        after := replace(before, change.was, change.is_now);
        if after = before then
            raise exception '% is not as this migration expects it', change.f;
        end if;
        execute after;
    end loop;
end
$$;
revoke create on schema app, scope, audit from budstikke_access;

create function app.cleared_for() returns uuid[] language sql stable as $$ select scope.list('budstikke.cleared') $$;
create function app.sealed_persons() returns uuid[] language sql stable as $$ select scope.list('budstikke.sealed') $$;
revoke all on function app.cleared_for(), app.sealed_persons() from public;
grant execute on function app.cleared_for(), app.sealed_persons() to budstikke_api, budstikke_access;
comment on function app.cleared_for is 'The protected persons whose names the staff member of this transaction may read.';
comment on function app.sealed_persons is 'The strictly protected persons of whom the staff member of this transaction sees an alias in the list of a group, and nothing else.';

-- Of a strictly protected child there is nothing but its place in a group (and what somebody has to decide: reviews and held changes name the alias).
do $$
declare
    t text;
begin
    foreach t in array array['guardianships', 'guardianship_access', 'conversations', 'restrictions', 'guardian_clarifications'] loop
        execute format('create policy strict_needs_clearance on app.%I as restrictive for all to budstikke_api
            using (child_id <> all ((select app.sealed_persons())::uuid[])) with check (child_id <> all ((select app.sealed_persons())::uuid[]))', t);
    end loop;
end
$$;

do $$
declare
    was constant text := pg_get_viewdef('app.guardianships_met'::regclass);
    wider constant text := regexp_replace(was, 'e\.child_id <> ALL \(\( SELECT app\.hidden_children\(\) AS hidden_children\)::uuid\[\]\)',
        '\& and e.child_id <> all ((select app.sealed_persons())::uuid[])');
begin
    if wider = was then
        raise exception 'app.guardianships_met is not as this migration expects it';
    end if;
    execute 'create or replace view app.guardianships_met as ' || wider;
end
$$;

-- Those with a clearance read the name; who of them answers for the place gives the alias.
create policy cleared_reads on app.protected_names for select to budstikke_api
    using ((select scope.caller()) = 'staff' and person_id = any ((select app.cleared_for())::uuid[])
        and person_id <> all ((select app.hidden_children())::uuid[]));
create function app.headed_protected() returns setof uuid
    language plpgsql stable security definer rows 20 set search_path = ''
    as $$
    declare
        headed constant uuid[] := app.headed_at();
    begin
        return query select distinct w.person_id from app.protected_places w
        where w.municipality_id = scope.municipality() and scope.caller() = 'staff' and w.institution_id = any (headed)
          and w.person_id <> scope.person() and not exists (
            select from app.restrictions_now x
            where x.municipality_id = w.municipality_id and x.child_id = w.person_id and x.person_id = scope.person() and x.kind = 'no_access');
    end
    $$;
call scope.hand_over('app.headed_protected()', 'budstikke_api');
comment on function app.headed_protected is 'The protected persons of the places that the staff member of this transaction answers for, but for themselves.';
create policy cleared_head_names on app.protected_names for update to budstikke_api
    using ((select scope.caller()) = 'staff' and person_id = any ((select app.cleared_for())::uuid[]) and person_id in (select app.headed_protected()))
    with check (alias_set_by = (select scope.person()));
grant update (alias_given, alias_family, alias_set_by, version) on app.protected_names to budstikke_api;

-- protection_of tells the level of somebody whose name the staff member of this transaction may read.
create function app.protection_of(person uuid) returns text
    language sql stable security definer set search_path = ''
    as $$
        select p.protected_identity from app.persons p
        where p.municipality_id = scope.municipality() and p.id = protection_of.person and p.id = any (app.cleared_for())
    $$;
call scope.hand_over('app.protection_of(uuid)', 'budstikke_api');

-- protected_at lists, for those who answer for an institution, whose names are kept there and who is cleared for them. It knows no name.
create function app.protected_at(institution uuid)
    returns table (person_id uuid, alias_given text, alias_family text, level text, kinds text[], drawn boolean, version integer, clearance_id uuid,
        staff_id uuid, staff_given text, staff_family text, granted_by uuid, granted_at timestamptz, until timestamptz, reason text)
    language sql stable security definer rows 20 set search_path = ''
    as $$
        select n.person_id, n.alias_given, n.alias_family, p.protected_identity, w.kinds, n.alias_set_by is null, n.version, c.id,
            c.staff_id, s.given_name, s.family_name, c.granted_by, c.granted_at, c.until, c.reason
        from (
            select x.person_id, array_agg(distinct x.kind order by x.kind) as kinds from app.protected_places x
            where x.municipality_id = scope.municipality() and x.institution_id = protected_at.institution group by x.person_id) w
        join app.protected_names n on n.municipality_id = scope.municipality() and n.person_id = w.person_id
        join app.persons p on p.municipality_id = n.municipality_id and p.id = n.person_id
        left join app.clearances_now c on c.municipality_id = n.municipality_id and c.person_id = n.person_id
        left join app.persons s on s.municipality_id = c.municipality_id and s.id = c.staff_id
        where scope.caller() = 'staff' and protected_at.institution = any (app.headed_at()) and n.person_id in (select app.headed_protected())
        order by n.alias_given, n.alias_family, n.person_id, c.granted_at, c.id
        limit 2000
    $$;
call scope.hand_over('app.protected_at(uuid)', 'budstikke_api');

-- grant_clearance clears somebody who works where the person is, in place of a clearance that they may have. False for whom the caller does not
-- answer for, and for whom does not work there.
create function app.grant_clearance(id uuid, person uuid, staff uuid, until timestamptz, reason text, moment timestamptz) returns boolean
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
    begin
        if scope.caller() is distinct from 'staff' or person not in (select app.headed_protected()) or staff = person or not exists (
            select from app.protected_places w
            join app.staff_access a on a.municipality_id = w.municipality_id and a.institution_id = w.institution_id
            where w.municipality_id = here and w.person_id = grant_clearance.person and w.institution_id = any (app.headed_at())
              and a.person_id = grant_clearance.staff)
            or exists (
                select from app.restrictions_now x
                where x.municipality_id = here and x.child_id = grant_clearance.person and x.person_id = grant_clearance.staff and x.kind = 'no_access') then
            return false;
        end if;
        perform pg_advisory_xact_lock(hashtextextended(here::text || person::text || staff::text, 49));
        update app.clearances c set revoked_at = moment, revoked_by = scope.person()
        where c.municipality_id = here and c.person_id = grant_clearance.person and c.staff_id = grant_clearance.staff and c.revoked_at is null;
        insert into app.clearances (municipality_id, id, person_id, staff_id, granted_by, granted_at, until, reason)
        values (here, grant_clearance.id, grant_clearance.person, grant_clearance.staff, scope.person(), moment, grant_clearance.until, grant_clearance.reason);
        return true;
    end
    $$;
call scope.hand_over('app.grant_clearance(uuid, uuid, uuid, timestamptz, text, timestamptz)', 'budstikke_api');

-- revoke_clearance ends one before its time; ending it again changes nothing. False for one that the caller does not answer for.
create function app.revoke_clearance(person uuid, id uuid, moment timestamptz) returns boolean
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        update app.clearances c set revoked_at = moment, revoked_by = scope.person()
        where c.municipality_id = scope.municipality() and scope.caller() = 'staff' and c.id = revoke_clearance.id and c.person_id = revoke_clearance.person
          and c.revoked_at is null and c.until > moment and c.person_id in (select app.headed_protected());
        return found or exists (
            select from app.clearances c
            where c.municipality_id = scope.municipality() and scope.caller() = 'staff' and c.id = revoke_clearance.id
              and c.person_id = revoke_clearance.person and c.person_id in (select app.headed_protected()));
    end
    $$;
call scope.hand_over('app.revoke_clearance(uuid, uuid, timestamptz)', 'budstikke_api');

-- A protection that falls takes its clearances with it: it is given anew, and so are they.
create function app.drop_clearances() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    begin
        update app.clearances c set revoked_at = greatest(now(), c.granted_at)
        where c.municipality_id = new.municipality_id and c.person_id = new.id and c.revoked_at is null;
        return null;
    end
    $$;
call scope.hand_over('app.drop_clearances()', variadic '{}');
create trigger drop_clearances after update of protected_identity on app.persons
    for each row when (old.protected_identity in ('protected', 'strict') and new.protected_identity not in ('protected', 'strict'))
    execute function app.drop_clearances();

-- The facts tell whether there is a clearance, and know the protected person as something that one can ask about.
do $$
declare
    facts text := pg_get_functiondef('app.facts(text, uuid)'::regprocedure);
    change record;
    after text;
begin
    for change in select * from (values
        ('restricted boolean)', 'restricted boolean, cleared boolean)'),
        ('restricted := false;', 'restricted := false; cleared := false;'),
        ('        when ''review'' then', '        when ''protected_person'' then
            select p.id into child from app.persons p
            where p.municipality_id = here and p.id = facts.id and p.protected_identity in (''protected'', ''strict'');
        when ''review'' then'),
        ('        elsif caller = ''staff'' then', '        elsif caller = ''staff'' then
            cleared := protection in (''protected'', ''strict'') and exists (
                select from app.clearances_now c where c.municipality_id = here and c.person_id = child and c.staff_id = me);'),
        ('bool_or(protection = ''none'' or', 'bool_or(protection = ''none'' or cleared or'),
        ('        return next;
    end', '        if facts.noun = ''protected_person'' and caller = ''staff'' then
            select coalesce(array_agg(a.role), ''{}''), count(a.role) > 0 into roles, access
            from app.protected_places w
            join app.staff_access a on a.municipality_id = w.municipality_id and a.institution_id = w.institution_id
            where w.municipality_id = here and w.person_id = child and a.person_id = me;
        end if;
        return next;
    end')) x (was, is_now) loop
        after := replace(facts, change.was, change.is_now);
        if after = facts then
            raise exception 'app.facts is not as this migration expects it: %', change.was;
        end if;
        facts := after;
    end loop;
    drop function app.facts(text, uuid);
    execute facts;
end
$$;
call scope.hand_over('app.facts(text, uuid)', 'budstikke_api');

-- Why: a read cost ten to a hundred times the bare query, because every policy asked the views of access anew and Postgres planned each of those
-- questions anew. What the person of a transaction has access to is small: it is looked up once per transaction, by plans that are kept, and
-- remembered in settings of the transaction. The policies compare with what is remembered. Staff with thousands of children remember their
-- institutions, and of the children only those few that are kept from them.
-- The previous binary: runs; the functions keep their names and answers.
--
-- Whoever may set these settings may also call scope.open with any person: they are as trustworthy as the scope itself, and end with it.

-- remember looks up what the person of this transaction has access to, unless that was done for this very person and kind of caller. STABLE, so
-- that it sees what the statement that asks sees.
create function app.remember() returns void
    language plpgsql stable security definer set search_path = ''
    as $$
    declare
        who constant text := concat_ws('/', current_setting('budstikke.municipality', true), current_setting('budstikke.person', true),
            current_setting('budstikke.caller', true));
        here constant uuid := scope.municipality();
        me constant uuid := scope.person();
        caller constant text := coalesce(scope.caller(), '');
        children uuid[] := '{}';
        places uuid[] := '{}';
        closed_children uuid[] := '{}';
        closed_places uuid[] := '{}';
        at_institutions uuid[] := '{}';
        at_groups uuid[] := '{}';
        as_roles text[] := '{}';
        headed uuid[] := '{}';
        hidden uuid[] := '{}';
    begin
        if current_setting('budstikke.remembered', true) = who then
            return;
        end if;
        if caller = 'guardian' then
            select coalesce(array_agg(x.child_id), '{}'), coalesce(array_agg(x.institution_id), '{}') into children, places
            from (select distinct a.child_id, a.institution_id from app.guardian_access a where a.municipality_id = here and a.guardian_id = me) x;
            select coalesce(array_agg(a.child_id), '{}'), coalesce(array_agg(a.institution_id), '{}') into closed_children, closed_places
            from app.guardianship_access a
            where a.municipality_id = here and a.guardian_id = me
              and (a.status in ('imported', 'inactive', 'suspended') or a.status = 'active' and a.until <= now());
        elsif caller = 'staff' then
            select coalesce(array_agg(a.institution_id), '{}'), coalesce(array_agg(a.group_id), '{}'), coalesce(array_agg(a.role), '{}'),
                coalesce(array_agg(a.institution_id) filter (where a.role in ('head', 'owner')), '{}')
            into at_institutions, at_groups, as_roles, headed
            from app.staff_access a where a.municipality_id = here and a.person_id = me;
            -- The few children of these institutions that are kept from this person: protected ones, except from those who answer for an
            -- institution of theirs and from the staff of their own group, and those whom a restriction keeps apart (B8).
            select coalesce(array_agg(x.id), '{}') into hidden from (
                select p.id from app.persons p
                where p.municipality_id = here and p.protected_identity <> 'none' and not exists (
                    select from app.enrolments e
                    where e.municipality_id = here and e.child_id = p.id and (e.ended_at is null or e.ended_at > now())
                      and (e.institution_id = any (headed) or e.group_id = any (at_groups) and e.institution_id = any (at_institutions)))
                union
                select r.child_id from app.restrictions_now r
                where r.municipality_id = here and r.person_id = me and r.kind = 'no_access') x;
        end if;
        perform set_config('budstikke.children', children::text, true);
        perform set_config('budstikke.places', places::text, true);
        perform set_config('budstikke.closed_children', closed_children::text, true);
        perform set_config('budstikke.closed_places', closed_places::text, true);
        perform set_config('budstikke.at_institutions', at_institutions::text, true);
        perform set_config('budstikke.at_groups', at_groups::text, true);
        perform set_config('budstikke.as_roles', as_roles::text, true);
        perform set_config('budstikke.headed', headed::text, true);
        perform set_config('budstikke.hidden', hidden::text, true);
        perform set_config('budstikke.remembered', who, true);
    end
    $$;
call scope.hand_over('app.remember()', variadic '{}');

-- list reads a setting that holds ids. One that is not there holds none.
create function scope.list(name text) returns uuid[]
    language sql stable parallel safe
    as $$ select coalesce(nullif(current_setting(name, true), '')::uuid[], '{}') $$;
grant execute on function scope.list(text) to budstikke_api, budstikke_worker, budstikke_access;

-- What is remembered, as arrays: policies compare with them once per statement.
create function app.held_at() returns uuid[]
    language plpgsql stable security definer set search_path = ''
    as $$ begin perform app.remember(); return scope.list('budstikke.at_institutions'); end $$;
call scope.hand_over('app.held_at()', 'budstikke_api');
comment on function app.held_at is 'The institutions where the staff member of this transaction has a role.';

create function app.headed_at() returns uuid[]
    language plpgsql stable security definer set search_path = ''
    as $$ begin perform app.remember(); return scope.list('budstikke.headed'); end $$;
call scope.hand_over('app.headed_at()', 'budstikke_api');
comment on function app.headed_at is 'The institutions that the staff member of this transaction answers for.';

create function app.hidden_children() returns uuid[]
    language plpgsql stable security definer set search_path = ''
    as $$ begin perform app.remember(); return scope.list('budstikke.hidden'); end $$;
call scope.hand_over('app.hidden_children()', 'budstikke_api');
comment on function app.hidden_children is 'The children that are kept from the staff member of this transaction although they are enrolled where they work.';

create function app.held_roles() returns table (institution_id uuid, group_id uuid, role text)
    language plpgsql stable security definer rows 5 set search_path = ''
    as $$
    begin
        perform app.remember();
        return query select * from unnest(scope.list('budstikke.at_institutions'), scope.list('budstikke.at_groups'),
            coalesce(nullif(current_setting('budstikke.as_roles', true), '')::text[], '{}'));
    end
    $$;
call scope.hand_over('app.held_roles()', 'budstikke_api');
create or replace view app.own_roles with (security_invoker = true) as
    select x.institution_id, x.group_id, x.role from app.held_roles() x;

-- The functions that the policies ask, by what is remembered.
create or replace function app.own_children() returns setof uuid
    language plpgsql stable security definer rows 4 set search_path = ''
    as $$ begin perform app.remember(); return query select distinct c from unnest(scope.list('budstikke.children')) c; end $$;

create or replace function app.own_places() returns setof uuid
    language plpgsql stable security definer rows 3 set search_path = ''
    as $$ begin perform app.remember(); return query select distinct p from unnest(scope.list('budstikke.places')) p; end $$;

create or replace function app.own_access() returns table (child_id uuid, institution_id uuid)
    language plpgsql stable security definer rows 4 set search_path = ''
    as $$
    begin
        perform app.remember();
        return query select * from unnest(scope.list('budstikke.children'), scope.list('budstikke.places'));
    end
    $$;

create or replace function app.closed_places() returns table (child_id uuid, institution_id uuid)
    language plpgsql stable security definer rows 1 set search_path = ''
    as $$
    begin
        perform app.remember();
        return query select * from unnest(scope.list('budstikke.closed_children'), scope.list('budstikke.closed_places'));
    end
    $$;

create or replace function app.own_institutions() returns setof uuid
    language plpgsql stable security definer rows 5 set search_path = ''
    as $$ begin return query select distinct i from unnest(app.held_at()) i; end $$;

create or replace function app.headed_institutions() returns setof uuid
    language plpgsql stable security definer rows 5 set search_path = ''
    as $$ begin return query select distinct i from unnest(app.headed_at()) i; end $$;

create or replace function app.message_institutions() returns setof uuid
    language plpgsql stable security definer rows 5 set search_path = ''
    as $$ begin return query select distinct r.institution_id from app.held_roles() r where r.role in ('head', 'leader', 'employee'); end $$;

create or replace function app.note_institutions() returns setof uuid
    language plpgsql stable security definer rows 5 set search_path = ''
    as $$ begin return query select distinct r.institution_id from app.held_roles() r where r.role in ('head', 'leader', 'employee', 'substitute'); end $$;

create or replace function app.confidential_institutions() returns setof uuid
    language plpgsql stable security definer rows 5 set search_path = ''
    as $$ begin return query select distinct r.institution_id from app.held_roles() r where r.role in ('head', 'leader'); end $$;

create or replace function app.own_pupils() returns setof uuid
    language plpgsql stable security definer rows 250 set search_path = ''
    as $$
    declare
        at_institutions constant uuid[] := app.held_at();
        hidden constant uuid[] := app.hidden_children();
    begin
        return query select distinct e.child_id from app.enrolments e
        where e.municipality_id = scope.municipality() and e.institution_id = any (at_institutions) and (e.ended_at is null or e.ended_at > now())
          and e.child_id <> all (hidden);
    end
    $$;

create or replace function app.headed_children() returns setof uuid
    language plpgsql stable security definer rows 250 set search_path = ''
    as $$
    declare
        headed constant uuid[] := app.headed_at();
        hidden constant uuid[] := app.hidden_children();
    begin
        return query select distinct e.child_id from app.enrolments e
        where e.municipality_id = scope.municipality() and e.institution_id = any (headed) and (e.ended_at is null or e.ended_at > now())
          and e.child_id <> all (hidden);
    end
    $$;

-- Who works where the staff member of this transaction works; a colleague with a protected identity is seen by those who answer for the place.
create function app.colleagues() returns setof uuid
    language plpgsql stable security definer rows 50 set search_path = ''
    as $$
    declare
        at_institutions constant uuid[] := app.held_at();
        headed constant uuid[] := app.headed_at();
    begin
        return query select distinct a.person_id from app.staff_access a
        join app.persons p on p.municipality_id = a.municipality_id and p.id = a.person_id
        where a.municipality_id = scope.municipality() and a.institution_id = any (at_institutions)
          and (p.protected_identity = 'none' or a.institution_id = any (headed));
    end
    $$;
call scope.hand_over('app.colleagues()', 'budstikke_api');

-- The policies that lists of staff lean on: found by the child's enrolment where the caller works, row by row and by index.
do $$
declare
    t record;
begin
    for t in select * from (values ('app.guardianships', ''), ('app.absences', '')) x (name, also) loop
        execute format('drop policy staff_reads on %s', t.name);
        execute format('create policy staff_reads on %1$s for select to budstikke_api using ((select scope.caller()) = ''staff''
            and child_id <> all ((select app.hidden_children())::uuid[]) and exists (
                select from app.enrolments e
                where e.municipality_id = %1$s.municipality_id and e.child_id = %1$s.child_id
                  and e.institution_id = any ((select app.held_at())::uuid[]) and (e.ended_at is null or e.ended_at > now())))', t.name);
    end loop;
end
$$;
drop policy head_reads on app.guardianship_access;
create policy head_reads on app.guardianship_access for select to budstikke_api
    using ((select scope.caller()) = 'staff' and institution_id = any ((select app.headed_at())::uuid[])
        and child_id <> all ((select app.hidden_children())::uuid[]) and exists (
            select from app.enrolments e
            where e.municipality_id = guardianship_access.municipality_id and e.child_id = guardianship_access.child_id
              and e.institution_id = any ((select app.headed_at())::uuid[]) and (e.ended_at is null or e.ended_at > now())));
drop policy staff_reads on app.persons;
create policy staff_reads on app.persons for select to budstikke_api
    using ((select scope.caller()) = 'staff' and (id = (select scope.person())
        or id <> all ((select app.hidden_children())::uuid[]) and exists (
            select from app.enrolments e
            where e.municipality_id = persons.municipality_id and e.child_id = persons.id
              and e.institution_id = any ((select app.held_at())::uuid[]) and (e.ended_at is null or e.ended_at > now()))
        or exists (
            select from app.guardianships g
            join app.enrolments e on e.municipality_id = g.municipality_id and e.child_id = g.child_id and (e.ended_at is null or e.ended_at > now())
            where g.municipality_id = persons.municipality_id and g.guardian_id = persons.id and g.ended_at is null
              and e.institution_id = any ((select app.held_at())::uuid[])
              and (persons.protected_identity = 'none' or e.institution_id = any ((select app.headed_at())::uuid[])))
        or id in (select app.colleagues())));
drop policy staff_reads on auth.accounts;
create policy staff_reads on auth.accounts for select to budstikke_api
    using ((select scope.caller()) = 'staff' and exists (
        select from app.persons p where p.municipality_id = accounts.municipality_id and p.id = accounts.person_id));

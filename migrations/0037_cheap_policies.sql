-- Why: a read by staff cost up to twenty times its bare query. Two things were dear. The policies of a table asked tables that have policies of
-- their own, so that Postgres planned a question within a question, hundreds of them for one list; and what is remembered of a person
-- (0027_remembered_access.sql) was read through functions that Postgres cannot look into. Now a scope remembers as soon as a person is known, the
-- functions are plain expressions that Postgres writes into the query, and what a policy has to know of other tables it asks of views that answer
-- for the caller of the transaction, and for nobody else.
-- The previous binary: runs; the functions keep their names and answers.

-- What is remembered belongs to one person: another person in the same transaction has nothing of it, and remembers anew.
create or replace function scope.open(municipality uuid, person uuid, caller text) returns void
    language plpgsql
    as $$
    begin
        perform set_config('budstikke.municipality', coalesce(municipality::text, ''), true),
            set_config('budstikke.person', coalesce(person::text, ''), true),
            set_config('budstikke.caller', coalesce(caller, ''), true);
        if coalesce(current_setting('budstikke.remembered', true), '') <> '' then
            perform set_config('budstikke.' || name, '', true)
            from unnest('{remembered,children,places,closed_children,closed_places,at_institutions,at_groups,as_roles,headed,hidden}'::text[]) name;
        end if;
        if person is not null then
            perform app.remember();
        end if;
    end
    $$;
grant execute on function app.remember() to budstikke_api, budstikke_worker;

-- The functions that policies and queries ask, as expressions. A scope that never had a person remembers nothing and has access to nothing.
create function app.held_children() returns uuid[] language sql stable as $$ select scope.list('budstikke.children') $$;
create function app.held_places() returns uuid[] language sql stable as $$ select scope.list('budstikke.places') $$;
comment on function app.held_children is 'The children that the guardian of this transaction has access to, once for each place.';
comment on function app.held_places is 'The institutions where the guardian of this transaction has access to a child, in the order of held_children.';
revoke all on function app.held_children(), app.held_places() from public;
grant execute on function app.held_children(), app.held_places() to budstikke_api, budstikke_access;

create or replace function app.held_at() returns uuid[] language sql stable as $$ select scope.list('budstikke.at_institutions') $$;
create or replace function app.headed_at() returns uuid[] language sql stable as $$ select scope.list('budstikke.headed') $$;
create or replace function app.hidden_children() returns uuid[] language sql stable as $$ select scope.list('budstikke.hidden') $$;
create or replace function app.held_roles() returns table (institution_id uuid, group_id uuid, role text)
    language sql stable rows 5
    as $$
        select * from unnest(scope.list('budstikke.at_institutions'), scope.list('budstikke.at_groups'),
            coalesce(nullif(current_setting('budstikke.as_roles', true), '')::text[], '{}'))
    $$;
create or replace function app.own_children() returns setof uuid language sql stable rows 4 as $$ select distinct c from unnest(app.held_children()) c $$;
create or replace function app.own_places() returns setof uuid language sql stable rows 3 as $$ select distinct p from unnest(app.held_places()) p $$;
create or replace function app.own_access() returns table (child_id uuid, institution_id uuid)
    language sql stable rows 4 as $$ select * from unnest(app.held_children(), app.held_places()) $$;
create or replace function app.closed_places() returns table (child_id uuid, institution_id uuid)
    language sql stable rows 1 as $$ select * from unnest(scope.list('budstikke.closed_children'), scope.list('budstikke.closed_places')) $$;
create or replace function app.own_institutions() returns setof uuid language sql stable rows 5 as $$ select distinct i from unnest(app.held_at()) i $$;
create or replace function app.headed_institutions() returns setof uuid language sql stable rows 5 as $$ select distinct i from unnest(app.headed_at()) i $$;
create or replace function app.message_institutions() returns setof uuid
    language sql stable rows 5 as $$ select distinct r.institution_id from app.held_roles() r where r.role in ('head', 'leader', 'employee') $$;
create or replace function app.note_institutions() returns setof uuid
    language sql stable rows 5 as $$ select distinct r.institution_id from app.held_roles() r where r.role in ('head', 'leader', 'employee', 'substitute') $$;
create or replace function app.confidential_institutions() returns setof uuid
    language sql stable rows 5 as $$ select distinct r.institution_id from app.held_roles() r where r.role in ('head', 'leader') $$;

-- Whom the staff member of this transaction meets. The views read with the rights of budstikke_access, so the policies that ask them are not asked
-- in turn; each says by itself for whom it answers. security_barrier keeps a caller's own function from seeing a row before that is decided.
create view app.pupils_now with (security_barrier = true) as
    select e.municipality_id, e.child_id, e.institution_id, e.group_id, e.starts_at
    from app.enrolments e
    where e.municipality_id = (select scope.municipality()) and (select scope.caller()) = 'staff'
      and e.institution_id = any ((select app.held_at())::uuid[]) and e.child_id <> all ((select app.hidden_children())::uuid[])
      and ((select scope.group_id()) is null or e.group_id = (select scope.group_id()))
      and (e.ended_at is null or e.ended_at > now());
comment on view app.pupils_now is 'The enrolments, now or to come, of the children whom the staff member of this transaction may know of; on a shared tablet those of its group.';

create view app.guardianships_met with (security_barrier = true) as
    select g.municipality_id, g.id, g.child_id, g.guardian_id, g.ended_at, e.institution_id
    from app.guardianships g
    join app.enrolments e on e.municipality_id = g.municipality_id and e.child_id = g.child_id
    where g.municipality_id = (select scope.municipality()) and (select scope.caller()) = 'staff'
      and e.institution_id = any ((select app.held_at())::uuid[]) and e.child_id <> all ((select app.hidden_children())::uuid[])
      and ((select scope.group_id()) is null or e.group_id = (select scope.group_id()))
      and (e.ended_at is null or e.ended_at > now());
comment on view app.guardianships_met is 'The guardianships of those children, with where the child is enrolled.';

create view app.persons_met with (security_barrier = true) as
    select p.municipality_id, p.id
    from app.persons p
    where p.municipality_id = (select scope.municipality()) and (select scope.caller()) = 'staff'
      and (p.id = (select scope.person())
        or exists (select from app.pupils_now e where e.municipality_id = p.municipality_id and e.child_id = p.id)
        or exists (
            select from app.guardianships_met g
            where g.municipality_id = p.municipality_id and g.guardian_id = p.id and g.ended_at is null
              and (p.protected_identity = 'none' or g.institution_id = any ((select app.headed_at())::uuid[])))
        or p.id in (select app.colleagues()));
comment on view app.persons_met is 'The persons whom the staff member of this transaction may know of: the same as the policy staff_reads of app.persons.';

do $$
declare
    v text;
begin
    foreach v in array '{pupils_now,guardianships_met,persons_met}'::text[] loop
        execute format('alter view app.%I owner to budstikke_access', v);
        execute format('revoke all on app.%I from public', v);
        execute format('grant select on app.%I to budstikke_api', v);
    end loop;
end
$$;

alter policy staff_reads on app.guardianships using (
    exists (select from app.pupils_now e where e.municipality_id = guardianships.municipality_id and e.child_id = guardianships.child_id));
alter policy staff_reads on app.absences using (
    exists (select from app.pupils_now e where e.municipality_id = absences.municipality_id and e.child_id = absences.child_id));
alter policy head_reads on app.guardianship_access using (
    institution_id = any ((select app.headed_at())::uuid[]) and exists (
        select from app.pupils_now e
        where e.municipality_id = guardianship_access.municipality_id and e.child_id = guardianship_access.child_id
          and e.institution_id = any ((select app.headed_at())::uuid[])));
alter policy staff_reads on app.persons using (
    (select scope.caller()) = 'staff' and (id = (select scope.person())
        or exists (select from app.pupils_now e where e.municipality_id = persons.municipality_id and e.child_id = persons.id)
        or exists (
            select from app.guardianships_met g
            where g.municipality_id = persons.municipality_id and g.guardian_id = persons.id and g.ended_at is null
              and (persons.protected_identity = 'none' or g.institution_id = any ((select app.headed_at())::uuid[])))
        or id in (select app.colleagues())));
alter policy staff_reads on auth.accounts using (
    (select scope.caller()) = 'staff'
    and exists (select from app.persons_met p where p.municipality_id = accounts.municipality_id and p.id = accounts.person_id));
alter policy head_reads on app.guardianship_decisions using (exists (
    select from app.guardianships_met g
    where g.municipality_id = guardianship_decisions.municipality_id and g.id = guardianship_decisions.guardianship_id
      and g.institution_id = any ((select app.headed_at())::uuid[])));
alter policy staff_reads on app.conversations using (
    institution_id in (select app.message_institutions())
    and exists (select from app.pupils_now e where e.municipality_id = conversations.municipality_id and e.child_id = conversations.child_id));

-- The other policies that read what is remembered compare with it as an array, and not by a function of rows.
do $$
declare
    p record;
    now_text text;
begin
    for p in
        select l.polname, n.nspname, r.relname, pg_get_expr(l.polqual, l.polrelid) as text
        from pg_policy l join pg_class r on r.oid = l.polrelid join pg_namespace n on n.oid = r.relnamespace
        where l.polqual is not null
    loop
        now_text := replace(replace(replace(replace(p.text,
            'IN ( SELECT app.own_children() AS own_children)', '= any ((select app.held_children())::uuid[])'),
            'IN ( SELECT app.own_places() AS own_places)', '= any ((select app.held_places())::uuid[])'),
            'IN ( SELECT app.own_institutions() AS own_institutions)', '= any ((select app.held_at())::uuid[])'),
            'IN ( SELECT app.headed_institutions() AS headed_institutions)', '= any ((select app.headed_at())::uuid[])');
        if now_text <> p.text then
            execute format('alter policy %I on %I.%I using (%s)', p.polname, p.nspname, p.relname, now_text);
        end if;
    end loop;
end
$$;

-- What stands in an absence is shown by the same answers (V17).
create or replace view app.shown_absences with (security_invoker = true) as
    select a.municipality_id, a.id, a.child_id, a.institution_id, a.starts_on, a.ends_on, a.reason,
        (case
            when scope.caller() = 'guardian' and a.reported_by = scope.person() then a.note
            when scope.caller() = 'staff' and a.note <> '' and exists (
                select from app.pupils_now e
                where e.municipality_id = a.municipality_id and e.child_id = a.child_id and (e.starts_at is null or e.starts_at <= now())
                  and (e.institution_id in (select app.confidential_institutions())
                      or not a.note_sensitive and e.institution_id in (select app.note_institutions()))) then a.note
            else ''
        end)::text as note,
        (case when scope.caller() = 'guardian' then a.note_sensitive and a.reported_by = scope.person() else a.note_sensitive end)::boolean as note_sensitive,
        a.reported_by, a.version, a.created_at, a.updated_at
    from app.absences a;

-- Why: the name of a guardian who is not protected stood beside the alias of their protected child, and told everybody who knows the family which child
-- it is (B8, P5). Staff without a clearance for a child whose name is kept read no name of its guardians beside it; elsewhere the guardian is named.
-- The previous binary: runs, and names them.

-- changed answers a definition with one passage replaced, and refuses when the passage is not there exactly once.
create function pg_temp.changed(definition text, passage text, instead text) returns text
    language plpgsql as $$
    begin
        if length(definition) - length(replace(definition, passage, '')) <> length(passage) then
            raise exception 'the passage is not there exactly once: %', passage;
        end if;
        return replace(definition, passage, instead);
    end
    $$;

grant create on schema app, scope to budstikke_access;
do $do$
declare
    d text;
begin
    d := pg_get_functiondef('app.remember()'::regprocedure);
    d := pg_temp.changed(d, $a$        sealed uuid[] := '{}';
$a$, $b$        sealed uuid[] := '{}';
        aliased uuid[] := '{}';
$b$);
    d := pg_temp.changed(d, $a$            select coalesce(array_agg(p.id), '{}') into sealed from app.persons p
            where p.municipality_id = here and p.protected_identity = 'strict' and p.id <> all (cleared) and p.id <> me;
$a$, $b$            select coalesce(array_agg(p.id) filter (where p.protected_identity = 'strict'), '{}'), coalesce(array_agg(p.id), '{}') into sealed, aliased
            from app.persons p
            where p.municipality_id = here and p.protected_identity in ('protected', 'strict') and p.id <> all (cleared) and p.id <> me;
$b$);
    d := pg_temp.changed(d, $a$set_config('budstikke.sealed', sealed::text, true);$a$, $b$set_config('budstikke.sealed', sealed::text, true),
                set_config('budstikke.aliased', aliased::text, true);$b$);
    execute d;
    d := pg_get_functiondef('scope.forget()'::regprocedure);
    execute pg_temp.changed(d, ',hidden,cleared,sealed}', ',hidden,cleared,sealed,aliased}');
end
$do$;
revoke create on schema app, scope from budstikke_access;

create function app.aliased_persons() returns uuid[] language sql stable as $$ select scope.list('budstikke.aliased') $$;
revoke all on function app.aliased_persons() from public;
grant execute on function app.aliased_persons() to budstikke_api, budstikke_access;
comment on function app.aliased_persons is 'The people whose names are kept from the staff member of this transaction, who knows them by an alias.';

grant create on schema app to budstikke_access;
do $do$
declare
    d text;
begin
    d := pg_get_functiondef('app.review_names(uuid, uuid[])'::regprocedure);
    execute pg_temp.changed(d, $a$case when p.protected_identity <> 'marked' then$a$,
        $b$case when p.protected_identity <> 'marked' and (w.kind <> 'guardian' or w.child_id <> all (app.aliased_persons())) then$b$);
end
$do$;
revoke create on schema app from budstikke_access;

-- The view is as it was, but for the names.
grant create on schema app to budstikke_access;
set local role budstikke_access;
create or replace view app.headed_guardianships with (security_barrier = true) as
    select a.municipality_id, g.id, a.institution_id, g.child_id, g.guardian_id, g.basis, g.legal, g.time_boxed, a.status, a.until, a.version, g.ended_at,
        c.given_name as child_given_name, c.family_name as child_family_name,
        (case when g.child_id = any ((select app.aliased_persons())::uuid[]) then '' else p.given_name end)::text as given_name,
        (case when g.child_id = any ((select app.aliased_persons())::uuid[]) then '' else p.family_name end)::text as family_name,
        exists (select from auth.accounts x where x.municipality_id = g.municipality_id and x.person_id = g.guardian_id and x.ended_at is null) as has_account,
        coalesce((select max(d.decided_at) from app.guardianship_decisions d
            where d.municipality_id = g.municipality_id and d.guardianship_id = g.id
              and (d.institution_id is null or d.institution_id = a.institution_id)), 'epoch')::timestamptz as decided_at
    from app.guardianship_access a
    join app.guardianships g on g.municipality_id = a.municipality_id and g.id = a.guardianship_id and g.ended_at is null
    join app.persons c on c.municipality_id = g.municipality_id and c.id = g.child_id
    join app.persons p on p.municipality_id = g.municipality_id and p.id = g.guardian_id
    where a.municipality_id = (select scope.municipality()) and (select scope.caller()) = 'staff' and (select scope.group_id()) is null
      and a.institution_id = any ((select app.headed_at())::uuid[])
      and g.child_id <> all ((select app.hidden_children())::uuid[]) and g.child_id <> all ((select app.sealed_persons())::uuid[])
      and exists (
        select from app.enrolments e
        where e.municipality_id = g.municipality_id and e.child_id = g.child_id and e.institution_id = any ((select app.headed_at())::uuid[])
          and (e.ended_at is null or e.ended_at > now()));
reset role;
revoke create on schema app from budstikke_access;
drop function pg_temp.changed(text, text, text);

-- Why: proving a session, looking up what its person has access to and what an operation is about still cost more than many a query. What costs is
-- not the rows but the questions: each has its plan set up anew, and the same few rows were asked for by three functions in turn. Now a scope
-- asks once: what is remembered of a guardian comes from one look at their relations, what app.facts says of the caller's access it reads from what is
-- remembered, and lists that a guardian or a head opens often read views that answer for the caller, so that the policies of five tables with all their
-- other callers need not be set up for one row.
-- The previous binary: runs; functions keep their names and answers.

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

-- forget leaves nothing of what was remembered.
create function scope.forget() returns void
    language sql
    as $$
        select set_config('budstikke.' || name, '', true)
        from unnest('{remembered,children,places,closed_children,closed_places,unlocated,at_institutions,at_groups,as_roles,headed,hidden,cleared,sealed}'::text[]) name
    $$;
revoke all on function scope.forget() from public;
grant execute on function scope.forget() to budstikke_api, budstikke_worker, budstikke_access;
comment on function scope.forget is 'Clears what a transaction remembers of the person it was opened for.';
create or replace function scope.open(municipality uuid, person uuid, caller text) returns void
    language plpgsql
    as $$
    begin
        perform set_config('budstikke.municipality', coalesce(municipality::text, ''), true),
            set_config('budstikke.person', coalesce(person::text, ''), true),
            set_config('budstikke.caller', coalesce(caller, ''), true);
        if coalesce(current_setting('budstikke.remembered', true), '') <> '' then
            perform scope.forget();
        end if;
        if person is not null then
            perform app.remember();
        end if;
    end
    $$;

do $do$
declare
    d text;
begin
    -- A guardian's relations are looked at once. What belongs to other callers is not written: a transaction begins with nothing remembered, and what
    -- another person left in it is cleared before.
    d := pg_get_functiondef('app.remember()'::regprocedure);
    d := pg_temp.changed(d, $a$            select o.children, o.places, c.children, c.places, u.children into children, places, closed_children, closed_places, unlocated
            from (
                select coalesce(array_agg(x.child_id), '{}') as children, coalesce(array_agg(x.institution_id), '{}') as places
                from (select distinct a.child_id, a.institution_id from app.guardian_access a where a.municipality_id = here and a.guardian_id = me) x) o,
            (
                select coalesce(array_agg(a.child_id), '{}') as children, coalesce(array_agg(a.institution_id), '{}') as places
                from app.guardianship_access a
                where a.municipality_id = here and a.guardian_id = me
                  and (a.status in ('imported', 'inactive', 'suspended') or a.status = 'active' and a.until <= now())) c,
            (
                select coalesce(array_agg(r.child_id), '{}') as children from app.restrictions_now r
                where r.municipality_id = here and r.person_id = me and r.kind = 'no_location') u; -- B8
$a$, $b$            select coalesce(array_agg(a.child_id) filter (where a.open), '{}'), coalesce(array_agg(a.institution_id) filter (where a.open), '{}'),
                coalesce(array_agg(a.child_id) filter (where a.closed), '{}'), coalesce(array_agg(a.institution_id) filter (where a.closed), '{}'),
                coalesce((
                    select array_agg(r.child_id) from app.restrictions_now r
                    where r.municipality_id = here and r.person_id = me and r.kind = 'no_location'), '{}') -- B8
            into children, places, closed_children, closed_places, unlocated
            from (
                select a.child_id, a.institution_id, exists (
                        select from app.guardian_access v
                        where v.municipality_id = here and v.guardianship_id = a.guardianship_id and v.institution_id = a.institution_id) as open,
                    a.status in ('imported', 'inactive', 'suspended') or a.status = 'active' and a.until <= now() as closed
                from app.guardianship_access a
                where a.municipality_id = here and a.guardian_id = me
                offset 0) a;
            perform set_config('budstikke.children', children::text, true),
                set_config('budstikke.places', places::text, true),
                set_config('budstikke.closed_children', closed_children::text, true),
                set_config('budstikke.closed_places', closed_places::text, true),
                set_config('budstikke.unlocated', unlocated::text, true);
$b$);
    d := pg_temp.changed(d, $a$        perform set_config('budstikke.children', children::text, true),
            set_config('budstikke.places', places::text, true),
            set_config('budstikke.closed_children', closed_children::text, true),
            set_config('budstikke.closed_places', closed_places::text, true),
            set_config('budstikke.at_institutions', at_institutions::text, true),
            set_config('budstikke.at_groups', at_groups::text, true),
            set_config('budstikke.as_roles', as_roles::text, true),
            set_config('budstikke.headed', headed::text, true),
            set_config('budstikke.hidden', hidden::text, true),
            set_config('budstikke.unlocated', unlocated::text, true),
            set_config('budstikke.cleared', cleared::text, true),
            set_config('budstikke.sealed', sealed::text, true),
            set_config('budstikke.remembered', who, true);
$a$, $b$        perform set_config('budstikke.remembered', who, true);
$b$);
    d := pg_temp.changed(d, $a$and p.id <> all (cleared) and p.id <> me;
$a$, $b$and p.id <> all (cleared) and p.id <> me;
            perform set_config('budstikke.at_institutions', at_institutions::text, true),
                set_config('budstikke.at_groups', at_groups::text, true),
                set_config('budstikke.as_roles', as_roles::text, true),
                set_config('budstikke.headed', headed::text, true),
                set_config('budstikke.hidden', hidden::text, true),
                set_config('budstikke.cleared', cleared::text, true),
                set_config('budstikke.sealed', sealed::text, true);
$b$);
    d := pg_temp.changed(d, $a$            return;
        end if;
        if caller = 'guardian'$a$, $b$            return;
        end if;
        if coalesce(current_setting('budstikke.remembered', true), '') <> '' then
            perform scope.forget();
        end if;
        if caller = 'guardian'$b$);
    execute d;

    -- Who has a role is known from what is remembered.
    d := pg_get_functiondef('auth.enter(uuid, bytea, text, timestamptz)'::regprocedure);
    d := pg_temp.changed(d, $a$        perform scope.open(null, null, null);
$a$, '');
    d := pg_temp.changed(d, $a$        perform scope.open(s.municipality_id, s.person_id, s.kind);
$a$, '');
    d := pg_temp.changed(d, $a$        if s.kind = 'staff' then
            select array_agg(distinct a.role order by a.role) into held from app.staff_access a
            where a.municipality_id = s.municipality_id and a.person_id = s.person_id;
$a$, $b$        perform scope.open(s.municipality_id, s.person_id, s.kind);
        if s.kind = 'staff' then
            select array_agg(distinct a.role order by a.role) into held from app.held_roles() a;
$b$);
    execute d;

    -- What the caller has access to is remembered; the tables are asked only why they have none.
    d := pg_get_functiondef('app.facts(text, uuid)'::regprocedure);
    d := pg_temp.changed(d, $a$        if child is not null then
            select p.protected_identity, exists ($a$, $b$        if coalesce(caller, '') = 'guardian' then
            held := coalesce(child = any (app.held_children()), false);
            if held and closed_at is not null then
                held := not exists (select from app.closed_places() x where x.child_id = child and x.institution_id = closed_at);
            end if;
        end if;
        if held then -- by the rule of access no restriction stands between them (B8)
            select p.protected_identity into protection from app.persons p where p.municipality_id = here and p.id = child;
            there := protection is not null;
        elsif child is not null then
            select p.protected_identity, exists ($b$);
    d := pg_temp.changed(d, $a$        if caller = 'guardian' then
            if child is not null then
                select coalesce(($a$, $b$        if caller = 'guardian' then
            if held then
                relation := 'active'; access := true;
            elsif child is not null then
                select coalesce(($b$);
    d := pg_temp.changed(d, $a$                place := exists (
                    select from app.guardian_access a where a.municipality_id = here and a.guardian_id = me and a.institution_id = institution);
$a$, $b$                place := institution = any (app.held_places());
$b$);
    d := pg_temp.changed(d, $a$            cleared := protection in ('protected', 'strict') and exists (
                select from app.clearances_now c where c.municipality_id = here and c.person_id = child and c.staff_id = me);
$a$, $b$            cleared := protection in ('protected', 'strict') and child is not null and child = any (app.cleared_for());
$b$);
    d := pg_temp.changed(d, $a$into roles from app.staff_access a
                where a.municipality_id = here and a.person_id = me and a.institution_id = institution;
$a$, $b$into roles from app.held_roles() a where a.institution_id = institution;
$b$);
    d := pg_temp.changed(d, $a$                from app.staff_access a
                join app.enrolments e on e.municipality_id = a.municipality_id and e.institution_id = a.institution_id
                where a.municipality_id = here and a.person_id = me and e.child_id = child and (e.ended_at is null or e.ended_at > now());
$a$, $b$                from app.enrolments e
                join app.held_roles() a on a.institution_id = e.institution_id
                where e.municipality_id = here and e.child_id = child and (e.ended_at is null or e.ended_at > now());
$b$);
    d := pg_temp.changed(d, $a$        author uuid;
$a$, $b$        author uuid;
        held boolean := false; -- a guardian has access to what it is about
$b$);
    d := pg_temp.changed(d, $a$    begin
        there := false;$a$, $b$    begin
        if current_setting('budstikke.remembered', true) is distinct from concat_ws('/', current_setting('budstikke.municipality', true),
            current_setting('budstikke.person', true), current_setting('budstikke.caller', true)) then
            perform app.remember();
        end if;
        there := false;$b$);
    execute d;

    -- Whose facts are asked for is who the lists have to be of (B9).
    d := pg_get_functiondef('app.facts_of(text, uuid, text, uuid)'::regprocedure);
    d := pg_temp.changed(d, $a$        perform set_config('budstikke.person', facts_of.person::text, true), set_config('budstikke.caller', facts_of.caller, true);
$a$, $b$        perform scope.open(scope.municipality(), facts_of.person, facts_of.caller);
$b$);
    d := pg_temp.changed(d, $a$        perform set_config('budstikke.person', me, true), set_config('budstikke.caller', mine, true);
$a$, $b$        perform scope.open(scope.municipality(), nullif(me, '')::uuid, mine);
$b$);
    execute d;
end
$do$;
drop function pg_temp.changed(text, text, text);


-- What a guardian and a head open most, each with the rules of its one caller. They read with the rights of budstikke_access, so that the policies of
-- the tables behind them are not set up as well, and say by themselves for whom they answer; security_barrier keeps a caller's own function from
-- seeing a row before that is decided.
create view app.own_absences with (security_barrier = true) as
    select a.municipality_id, a.id, a.child_id, a.institution_id, a.starts_on, a.ends_on, a.reason,
        (case when a.reported_by = (select scope.person()) then a.note else '' end)::text as note,
        (a.note_sensitive and a.reported_by = (select scope.person()))::boolean as note_sensitive,
        a.reported_by, a.version, a.created_at, a.updated_at
    from app.absences a
    where a.municipality_id = (select scope.municipality()) and (select scope.caller()) = 'guardian'
      and a.child_id = any ((select app.held_children())::uuid[])
      and (a.child_id, a.institution_id) not in (select x.child_id, x.institution_id from app.closed_places() x);
comment on view app.own_absences is 'The absences of the children whom the guardian of this transaction has access to, but those of places where they are closed out (V15), with the words that are their own (B11): the same as app.shown_absences shows them.';

create view app.headed_guardianships with (security_barrier = true) as
    select a.municipality_id, g.id, a.institution_id, g.child_id, g.guardian_id, g.basis, g.legal, g.time_boxed, a.status, a.until, a.version, g.ended_at,
        c.given_name as child_given_name, c.family_name as child_family_name, p.given_name, p.family_name,
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
comment on view app.headed_guardianships is 'The guardianships that have not ended of the children of the institutions that the staff member of this transaction answers for, not on a shared tablet: what the policies of the tables behind it show a head.';

do $$
declare
    v text;
begin
    foreach v in array '{own_absences,headed_guardianships}'::text[] loop
        execute format('grant create on schema app to budstikke_access; alter view app.%1$I owner to budstikke_access; revoke create on schema app from budstikke_access', v);
        execute format('revoke all on app.%I from public', v);
        execute format('grant select on app.%I to budstikke_api', v);
    end loop;
end
$$;

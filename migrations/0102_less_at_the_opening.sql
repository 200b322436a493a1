-- Why: in a town as it is, with protected persons, a transaction of staff began by asking of each of them whether the caller meets them: with 300 that
-- were 0.6 ms before the first row, whatever was asked, and as much again to read the lists back. Most questions are about nobody of these. Now the lists
-- of protected persons are made by the first who asks for them, in the same transaction, and whoever looks at one ordinary child asks for none. The
-- opening of a guardian's transaction looks at their restrictions once instead of once for each child, and sets up half the plans.
-- The previous binary: runs; every function keeps its name and its answers.

-- changed answers a definition with one passage replaced, and refuses when the passage is not there exactly once.
create function pg_temp.changed(definition text, passage text, instead text) returns text
    language plpgsql
    as $$
    begin
        if length(definition) - length(replace(definition, passage, '')) <> length(passage) then
            raise exception 'the passage is not there exactly once: %', passage;
        end if;
        return replace(definition, passage, instead);
    end
    $$;

-- kept makes the lists of protected persons, for a member of staff whose transaction has not made them yet, and answers one of them. Hidden are the
-- children that are kept from this person: protected ones, except from those who answer for an institution of theirs and from the staff of their own group
-- and those with a clearance, and those whom a restriction keeps apart (B8).
create function app.kept(name text) returns uuid[]
    language plpgsql stable security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
        me constant uuid := scope.person();
        at_institutions constant uuid[] := app.held_at();
        at_groups constant uuid[] := scope.list('budstikke.at_groups');
        headed constant uuid[] := app.headed_at();
        cleared constant uuid[] := app.cleared_for();
    begin
        perform set_config('budstikke.kept', 'known', true),
            set_config('budstikke.hidden', (x.kept || scope.list('budstikke.apart'))::text, true),
            set_config('budstikke.sealed', x.sealed::text, true),
            set_config('budstikke.aliased', x.aliased::text, true)
        from (
            select coalesce(array_agg(p.id) filter (where not p.met), '{}') as kept,
                coalesce(array_agg(p.id) filter (where p.protected_identity = 'strict' and p.id <> me), '{}') as sealed,
                coalesce(array_agg(p.id) filter (where p.protected_identity in ('protected', 'strict') and p.id <> me), '{}') as aliased
            from (
                select p.id, p.protected_identity, exists (
                        select from app.enrolments e
                        where e.municipality_id = here and e.child_id = p.id and (e.ended_at is null or e.ended_at > now())
                          and (e.institution_id = any (headed) or e.group_id = any (at_groups) and e.institution_id = any (at_institutions))
                        offset 0) as met
                from app.persons p
                where p.municipality_id = here and p.protected_identity <> 'none' and p.id <> all (cleared)
                offset 0) p) x;
        return scope.list(kept.name);
    end
    $$;
call scope.hand_over('app.kept(text)', 'budstikke_api');
comment on function app.kept is 'Looks up which protected persons are kept from the member of staff of this transaction, and answers one of the lists.';

create or replace function app.hidden_children() returns uuid[]
    language sql stable
    as $$ select case when current_setting('budstikke.kept', true) = 'unread' then app.kept('budstikke.hidden') else scope.list('budstikke.hidden') end $$;
create or replace function app.sealed_persons() returns uuid[]
    language sql stable
    as $$ select case when current_setting('budstikke.kept', true) = 'unread' then app.kept('budstikke.sealed') else scope.list('budstikke.sealed') end $$;
create or replace function app.aliased_persons() returns uuid[]
    language sql stable
    as $$ select case when current_setting('budstikke.kept', true) = 'unread' then app.kept('budstikke.aliased') else scope.list('budstikke.aliased') end $$;

-- The children from whom a restriction keeps the member of staff of this transaction: few, and looked up as it opens.
create function app.apart_from() returns uuid[]
    language sql stable
    as $$ select scope.list('budstikke.apart') $$;
revoke execute on function app.apart_from() from public;
grant execute on function app.apart_from() to budstikke_api, budstikke_access;

create or replace function scope.forget() returns void
    language sql
    as $$
        select set_config('budstikke.' || name, '', true)
        from unnest('{remembered,children,places,closed_children,closed_places,unlocated,at_institutions,at_groups,as_roles,headed,hidden,cleared,sealed,aliased,kept,apart}'::text[]) name
    $$;

-- Whoever has accepted the terms in force owes nothing: of anybody else all that they have accepted is looked at.
create or replace function auth.owes(municipality uuid, person uuid, moment timestamptz) returns text[]
    language plpgsql stable
    as $$
    begin
        if exists (
            select from app.terms_acceptances a
            where a.municipality_id = owes.municipality and a.person_id = owes.person and a.version = (
                select t.version from app.terms t
                where t.municipality_id = owes.municipality and t.effective_at <= owes.moment order by t.effective_at desc limit 1)) then
            return '{}';
        end if;
        return case when exists (
            select from (select max(t.effective_at) as since from app.terms t where t.municipality_id = owes.municipality and t.effective_at <= owes.moment) asked
            where asked.since is not null and not exists (
                select from app.terms_acceptances a
                join app.terms t on t.municipality_id = a.municipality_id and t.version = a.version
                where a.municipality_id = owes.municipality and a.person_id = owes.person and t.effective_at >= asked.since))
            then '{terms}'::text[] else '{}' end;
    end
    $$;

do $do$
declare
    d text;
begin
    d := pg_get_functiondef('app.remember(uuid, uuid, text)'::regprocedure);
    -- The rule of app.guardian_access for one guardian, by the restrictions that stand between them and any child (B8).
    d := pg_temp.changed(d, $a$            from (
                select coalesce(array_agg(a.child_id) filter (where a.open), '{}') as children,
                    coalesce(array_agg(a.institution_id) filter (where a.open), '{}') as places,
                    coalesce(array_agg(a.child_id) filter (where a.closed), '{}') as closed_children,
                    coalesce(array_agg(a.institution_id) filter (where a.closed), '{}') as closed_places,
                    coalesce((
                        select array_agg(r.child_id) from app.restrictions_now r
                        where r.municipality_id = here and r.person_id = me and r.kind = 'no_location'), '{}') as unlocated -- B8
                from (
                    select a.child_id, a.institution_id, exists (
                            select from app.guardian_access v
                            where v.municipality_id = here and v.guardianship_id = a.guardianship_id and v.institution_id = a.institution_id
                            offset 0) as open,
                        a.status in ('imported', 'inactive', 'suspended') or a.status = 'active' and a.until <= now() as closed
                    from app.guardianship_access a
                    where a.municipality_id = here and a.guardian_id = me
                    offset 0) a) x;
$a$, $b$            from (
                select coalesce(array_agg(r.child_id) filter (where r.kind = 'no_access'), '{}') as apart,
                    coalesce(array_agg(r.child_id) filter (where r.kind = 'no_location'), '{}') as unlocated
                from app.restrictions_now r
                where r.municipality_id = here and r.person_id = me) r
            cross join lateral (
                select coalesce(array_agg(a.child_id) filter (where a.open), '{}') as children,
                    coalesce(array_agg(a.institution_id) filter (where a.open), '{}') as places,
                    coalesce(array_agg(a.child_id) filter (where a.closed), '{}') as closed_children,
                    coalesce(array_agg(a.institution_id) filter (where a.closed), '{}') as closed_places,
                    r.unlocated
                from (
                    select a.child_id, a.institution_id,
                        a.status = 'active' and (a.until is null or a.until > now()) and a.child_id <> all (r.apart) and exists (
                            select from app.enrolments e
                            where e.municipality_id = here and e.child_id = a.child_id and e.institution_id = a.institution_id
                              and (e.starts_at is null or e.starts_at <= now()) and (e.ended_at is null or e.ended_at > now())
                            offset 0) as open,
                        a.status in ('imported', 'inactive', 'suspended') or a.status = 'active' and a.until <= now() as closed
                    from app.guardianship_access a
                    where a.municipality_id = here and a.guardian_id = me
                    offset 0) a) x;
$b$);
    d := pg_temp.changed(d, $a$            select coalesce(array_agg(a.institution_id), '{}'), coalesce(array_agg(a.group_id), '{}'), coalesce(array_agg(a.role), '{}'),
                coalesce(array_agg(a.institution_id) filter (where a.role in ('head', 'owner')), '{}'), '{}'::uuid[],
                exists (select from app.clearances c where c.municipality_id = here and c.staff_id = me and c.revoked_at is null and c.until > now())
            into at_institutions, at_groups, as_roles, headed, cleared, holds
            from app.staff_access a where a.municipality_id = here and a.person_id = me;
            if holds then
                select coalesce(array_agg(c.person_id), '{}') into cleared from app.clearances_now c where c.municipality_id = here and c.staff_id = me;
            end if;
$a$, $b$            select x.holds, set_config('budstikke.municipality', here::text, true), set_config('budstikke.person', me::text, true),
                set_config('budstikke.caller', caller, true), set_config('budstikke.remembered', here || '/' || me || '/' || caller, true),
                set_config('budstikke.at_institutions', x.at_institutions::text, true),
                set_config('budstikke.at_groups', x.at_groups::text, true),
                set_config('budstikke.as_roles', x.as_roles::text, true),
                set_config('budstikke.headed', x.headed::text, true),
                set_config('budstikke.apart', x.apart::text, true),
                set_config('budstikke.kept', 'unread', true) -- see app.kept
            into holds
            from (
                select coalesce(array_agg(a.institution_id), '{}') as at_institutions, coalesce(array_agg(a.group_id), '{}') as at_groups,
                    coalesce(array_agg(a.role), '{}') as as_roles,
                    coalesce(array_agg(a.institution_id) filter (where a.role in ('head', 'owner')), '{}') as headed,
                    coalesce((
                        select array_agg(r.child_id) from app.restrictions_now r
                        where r.municipality_id = here and r.person_id = me and r.kind in ('no_access', 'no_location')), '{}') as apart, -- B8
                    exists (select from app.clearances c where c.municipality_id = here and c.staff_id = me and c.revoked_at is null and c.until > now()) as holds
                from app.staff_access a where a.municipality_id = here and a.person_id = me) x;
            if holds then
                perform set_config('budstikke.cleared', coalesce(array_agg(c.person_id), '{}')::text, true)
                from app.clearances_now c where c.municipality_id = here and c.staff_id = me;
            end if;
            return;
$b$);
    -- What stood after it is app.kept now.
    d := left(d, strpos(d, '            -- The few protected persons of a municipality are looked at once.') - 1)
        || substr(d, strpos(d, E'        end if;\n        perform set_config(''budstikke.municipality'', coalesce(here::text'));
    d := pg_temp.changed(d, $a$        at_institutions uuid[];
        at_groups uuid[];
        as_roles text[];
        headed uuid[];
        cleared uuid[];
        holds boolean;$a$, $b$        holds boolean;$b$);
    execute d;

    d := pg_get_functiondef('auth.enter(uuid, bytea, text, timestamptz)'::regprocedure);
    d := pg_temp.changed(d, $a$        if s.kind = 'guardian' then
            return query select s.id, s.person_id, s.account_id, s.kind, s.strong, '{}'::text[], s.assurance,
                coalesce(s.authenticated_at, s.created_at), s.tablet_id, auth.owes(s.municipality_id, s.person_id, enter.moment);
            return;
        end if;
        return query select s.id, s.person_id, s.account_id, s.kind, s.strong, coalesce(held, '{}'), s.assurance,
            coalesce(s.authenticated_at, s.created_at), s.tablet_id, '{}'::text[];
$a$, $b$        session_id := s.id; person_id := s.person_id; account_id := s.account_id; kind := s.kind; strong := s.strong;
        roles := coalesce(held, '{}'); assurance := s.assurance; authenticated_at := coalesce(s.authenticated_at, s.created_at);
        tablet_id := s.tablet_id; owes := '{}';
        if s.kind = 'guardian' then
            owes := auth.owes(s.municipality_id, s.person_id, enter.moment);
        end if;
        return next;
$b$);
    execute d;

    d := pg_get_functiondef('app.facts(text, uuid)'::regprocedure);
    d := pg_temp.changed(d, $a$            return query select true, false, 'active', true, false, '{}'::text[], p.protected_identity, false, false
            from app.persons p where p.municipality_id = here and p.id = facts.id;
            return;
$a$, $b$            select p.protected_identity into protection from app.persons p where p.municipality_id = here and p.id = facts.id;
            there := true; own := false; relation := 'active'; access := true; place := false; roles := '{}'; restricted := false; cleared := false;
            return next;
            return;
$b$);
    execute d;

    -- What a write asks before its commit: a restriction that came meanwhile is among those that are looked up as a transaction opens.
    d := pg_get_functiondef('auth.still_stands(uuid, uuid)'::regprocedure);
    d := pg_temp.changed(d, $a$had_hidden constant uuid[] := scope.list('budstikke.hidden');$a$, $b$had_apart constant uuid[] := scope.list('budstikke.apart');$b$);
    d := pg_temp.changed(d, $a$x.child_id = any (scope.list('budstikke.hidden')) and x.child_id <> all (had_hidden))$a$,
        $b$x.child_id = any (scope.list('budstikke.apart')) and x.child_id <> all (had_apart))$b$);
    execute d;
end
$do$;
drop function pg_temp.changed(text, text, text);

-- One guardianship, of a child that most likely has no protected identity: then no list of protected persons is asked for.
create index guardianship_decisions_latest on app.guardianship_decisions (municipality_id, guardianship_id, decided_at desc, id desc);
drop index app.guardianship_decisions_municipality_id_guardianship_id_idx;
create or replace view app.headed_guardianships with (security_barrier = true) as
    select a.municipality_id, g.id, a.institution_id, g.child_id, g.guardian_id, g.basis, g.legal, g.time_boxed, a.status, a.until, a.version, g.ended_at,
        c.given_name as child_given_name, c.family_name as child_family_name,
        coalesce(p.given_name, '') as given_name, coalesce(p.family_name, '') as family_name,
        exists (select from auth.accounts x where x.municipality_id = g.municipality_id and x.person_id = g.guardian_id and x.ended_at is null) as has_account,
        coalesce(l.decided_at, 'epoch')::timestamptz as decided_at,
        coalesce(l.status, '')::text as last_status, coalesce(l.rule, '')::text as last_rule,
        -- The reason is not for the child's own family.
        (case when exists (
            select from app.guardianships f where f.municipality_id = g.municipality_id and f.child_id = g.child_id and f.guardian_id = scope.person())
            then '' else coalesce(l.reason, '') end)::text as last_reason,
        coalesce(n.given_name, '') as last_given_name, coalesce(n.family_name, '') as last_family_name
    from app.guardianship_access a
    join app.guardianships g on g.municipality_id = a.municipality_id and g.id = a.guardianship_id and g.ended_at is null
    join app.persons c on c.municipality_id = g.municipality_id and c.id = g.child_id
    left join app.persons p on p.municipality_id = g.municipality_id and p.id = g.guardian_id
        and (c.protected_identity = 'none' or c.id <> all (app.aliased_persons())) -- beside an alias nobody is named (B8)
    left join lateral (
        select d.status, d.decided_at, d.rule, d.reason, d.decided_by from app.guardianship_decisions d
        where d.municipality_id = g.municipality_id and d.guardianship_id = g.id and (d.institution_id is null or d.institution_id = a.institution_id)
        order by d.decided_at desc, d.id desc limit 1) l on true
    left join lateral (
        select q.given_name, q.family_name from app.persons q
        where q.municipality_id = g.municipality_id and q.id = l.decided_by
          and (q.id = scope.person() or q.id in (select app.colleagues()))) n on true
    where a.municipality_id = scope.municipality() and scope.caller() = 'staff' and scope.group_id() is null
      and a.institution_id = any (app.headed_at())
      and c.id <> all (app.apart_from())
      and (c.protected_identity = 'none' or c.id <> all (app.hidden_children() || app.sealed_persons()))
      and exists (
        select from app.enrolments e
        where e.municipality_id = g.municipality_id and e.child_id = g.child_id and e.institution_id = any (app.headed_at())
          and (e.ended_at is null or e.ended_at > now()));

-- The children of one guardian, which is the first thing that every guardian opens: what the policies of six tables show of them.
create view app.family_children with (security_barrier = true) as
    select p.municipality_id, p.id, coalesce(n.given_name, p.given_name)::text as given_name, coalesce(n.family_name, p.family_name)::text as family_name,
        i.id as institution_id, (case when u.hidden then '' else i.name end)::text as institution_name, i.kind as institution_kind,
        (case when u.hidden then '' else coalesce(g.name, '') end)::text as group_name, m.time_zone, e.created_at as enrolled_at
    from app.persons p
    left join app.protected_names n on n.municipality_id = p.municipality_id and n.person_id = p.id -- their own child they know by its name (B8)
    join app.enrolments e on e.municipality_id = p.municipality_id and e.child_id = p.id and (e.starts_at is null or e.starts_at <= now())
        and (e.ended_at is null or e.ended_at > now())
    join app.institutions i on i.municipality_id = e.municipality_id and i.id = e.institution_id
    join app.municipalities m on m.municipality_id = p.municipality_id
    left join app.groups g on g.municipality_id = e.municipality_id and g.id = e.group_id and g.institution_id = any ((select app.held_places())::uuid[])
    cross join lateral (select p.id = any ((select app.unlocated())::uuid[]) as hidden) u -- whom a restriction keeps from knowing where a child is (B8)
    where p.municipality_id = scope.municipality() and scope.caller() = 'guardian' and p.id = any ((select app.held_children())::uuid[])
      and (e.child_id, e.institution_id) in (select x.child_id, x.institution_id from app.own_access() x (child_id, institution_id));
comment on view app.family_children is 'The children whom the guardian of this transaction has access to, each with where it is enrolled now: what the policies of the tables behind it show a guardian, without the place for whom it is kept from (B8).';
do $$
begin
    grant create on schema app to budstikke_access;
    alter view app.family_children owner to budstikke_access;
    revoke create on schema app from budstikke_access;
    revoke all on app.family_children from public;
    grant select on app.family_children to budstikke_api;
end
$$;

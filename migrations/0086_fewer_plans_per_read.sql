-- Why: what a read costs beside its query is the setting up of statements, and each of them is set up anew in every transaction. What a transaction has
-- access to is now looked up and noted by one statement for a guardian, and by two for staff; what hardly anybody has (a clearance) is only asked for
-- where there is one. A guardian's child and the duties of a guardian cost no function of their own, and the views of one caller ask each question
-- once. The last decision about an access stands in the view that a head opens it by, so that it costs no policies and no round trip.
-- The previous binary: runs; functions and views keep their names and answer the same. app.headed_guardianships has more columns at its end.

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

-- remember notes for whom the transaction is, and what they have access to.
create function app.remember(here uuid, me uuid, caller text) returns void
    language plpgsql stable security definer set search_path = ''
    as $$
    declare
        at_institutions uuid[];
        at_groups uuid[];
        as_roles text[];
        headed uuid[];
        cleared uuid[];
        holds boolean; -- clearances that may count
    begin
        if current_setting('budstikke.remembered', true) <> '' then
            perform scope.forget();
        end if;
        if caller = 'guardian' then
            perform set_config('budstikke.municipality', here::text, true), set_config('budstikke.person', me::text, true),
                set_config('budstikke.caller', caller, true), set_config('budstikke.remembered', here || '/' || me || '/' || caller, true),
                set_config('budstikke.children', x.children::text, true),
                set_config('budstikke.places', x.places::text, true),
                set_config('budstikke.closed_children', x.closed_children::text, true),
                set_config('budstikke.closed_places', x.closed_places::text, true),
                set_config('budstikke.unlocated', x.unlocated::text, true)
            from (
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
            return;
        elsif caller = 'staff' then
            select coalesce(array_agg(a.institution_id), '{}'), coalesce(array_agg(a.group_id), '{}'), coalesce(array_agg(a.role), '{}'),
                coalesce(array_agg(a.institution_id) filter (where a.role in ('head', 'owner')), '{}'), '{}'::uuid[],
                exists (select from app.clearances c where c.municipality_id = here and c.staff_id = me and c.revoked_at is null and c.until > now())
            into at_institutions, at_groups, as_roles, headed, cleared, holds
            from app.staff_access a where a.municipality_id = here and a.person_id = me;
            if holds then
                select coalesce(array_agg(c.person_id), '{}') into cleared from app.clearances_now c where c.municipality_id = here and c.staff_id = me;
            end if;
            -- The few protected persons of a municipality are looked at once. Hidden are the children that are kept from this person: protected ones,
            -- except from those who answer for an institution of theirs and from the staff of their own group and those with a clearance, and those
            -- whom a restriction keeps apart (B8).
            perform set_config('budstikke.municipality', here::text, true), set_config('budstikke.person', me::text, true),
                set_config('budstikke.caller', caller, true), set_config('budstikke.remembered', here || '/' || me || '/' || caller, true),
                set_config('budstikke.at_institutions', at_institutions::text, true),
                set_config('budstikke.at_groups', at_groups::text, true),
                set_config('budstikke.as_roles', as_roles::text, true),
                set_config('budstikke.headed', headed::text, true),
                set_config('budstikke.hidden', (x.kept || x.apart)::text, true),
                set_config('budstikke.cleared', cleared::text, true),
                set_config('budstikke.sealed', x.sealed::text, true),
                set_config('budstikke.aliased', x.aliased::text, true)
            from (
                select coalesce(array_agg(p.id) filter (where not p.met), '{}') as kept,
                    coalesce(array_agg(p.id) filter (where p.protected_identity = 'strict' and p.id <> me), '{}') as sealed,
                    coalesce(array_agg(p.id) filter (where p.protected_identity in ('protected', 'strict') and p.id <> me), '{}') as aliased,
                    coalesce((
                        select array_agg(r.child_id) from app.restrictions_now r
                        where r.municipality_id = here and r.person_id = me and r.kind in ('no_access', 'no_location')), '{}') as apart
                from (
                    select p.id, p.protected_identity, exists (
                            select from app.enrolments e
                            where e.municipality_id = here and e.child_id = p.id and (e.ended_at is null or e.ended_at > now())
                              and (e.institution_id = any (headed) or e.group_id = any (at_groups) and e.institution_id = any (at_institutions))
                            offset 0) as met
                    from app.persons p
                    where p.municipality_id = here and p.protected_identity <> 'none' and p.id <> all (cleared)
                    offset 0) p) x;
            return;
        end if;
        perform set_config('budstikke.municipality', coalesce(here::text, ''), true), set_config('budstikke.person', coalesce(me::text, ''), true),
            set_config('budstikke.caller', coalesce(caller, ''), true),
            set_config('budstikke.remembered', concat_ws('/', coalesce(here::text, ''), coalesce(me::text, ''), coalesce(caller, '')), true);
    end
    $$;
comment on function app.remember(uuid, uuid, text) is 'Opens the scope of a person: notes who the transaction is for and what they have access to, until it ends. What another person left in it is cleared first.';
call scope.hand_over('app.remember(uuid, uuid, text)', 'budstikke_api', 'budstikke_worker');

create or replace function app.remember() returns void
    language plpgsql stable security definer set search_path = ''
    as $$
    begin
        if current_setting('budstikke.remembered', true) is distinct from concat_ws('/', current_setting('budstikke.municipality', true),
            current_setting('budstikke.person', true), current_setting('budstikke.caller', true)) then
            perform app.remember(scope.municipality(), scope.person(), scope.caller());
        end if;
    end
    $$;

create or replace function scope.open(municipality uuid, person uuid, caller text) returns void
    language plpgsql
    as $$
    begin
        if person is not null then
            perform app.remember(municipality, person, caller);
            return;
        end if;
        perform set_config('budstikke.municipality', coalesce(municipality::text, ''), true),
            set_config('budstikke.person', '', true),
            set_config('budstikke.caller', coalesce(caller, ''), true);
        if current_setting('budstikke.remembered', true) <> '' then
            perform scope.forget();
        end if;
    end
    $$;

-- Only functions of budstikke_access ask what a guardian owes, so it takes no rights of its own.
create or replace function auth.owes(municipality uuid, person uuid, moment timestamptz) returns text[]
    language plpgsql stable
    as $$
    begin
        return case when exists (
            select from (select max(t.effective_at) as since from app.terms t where t.municipality_id = owes.municipality and t.effective_at <= owes.moment) asked
            where asked.since is not null and not exists (
                select from app.terms_acceptances a
                join app.terms t on t.municipality_id = a.municipality_id and t.version = a.version
                where a.municipality_id = owes.municipality and a.person_id = owes.person and t.effective_at >= asked.since))
            then '{terms}'::text[] else '{}' end;
    end
    $$;
alter function auth.owes(uuid, uuid, timestamptz) security invoker reset all;

do $do$
declare
    d text;
begin
    d := pg_get_functiondef('auth.enter(uuid, bytea, text, timestamptz)'::regprocedure);
    d := pg_temp.changed(d, $a$            select array_agg(distinct a.role order by a.role) into held from app.held_roles() a;
$a$, $b$            held := nullif(current_setting('budstikke.as_roles', true), '{}')::text[];
            if cardinality(held) > 1 then
                select array_agg(distinct a.role order by a.role) into held from app.held_roles() a;
            end if;
$b$);
    d := pg_temp.changed(d, $a$        return query select s.id, s.person_id, s.account_id, s.kind, s.strong, coalesce(held, '{}'), s.assurance,
            coalesce(s.authenticated_at, s.created_at), s.tablet_id,
            case when s.kind = 'guardian' then auth.owes(s.municipality_id, s.person_id, enter.moment) else '{}'::text[] end;
$a$, $b$        if s.kind = 'guardian' then
            return query select s.id, s.person_id, s.account_id, s.kind, s.strong, '{}'::text[], s.assurance,
                coalesce(s.authenticated_at, s.created_at), s.tablet_id, auth.owes(s.municipality_id, s.person_id, enter.moment);
            return;
        end if;
        return query select s.id, s.person_id, s.account_id, s.kind, s.strong, coalesce(held, '{}'), s.assurance,
            coalesce(s.authenticated_at, s.created_at), s.tablet_id, '{}'::text[];
$b$);
    d := pg_temp.changed(d, $a$        perform scope.open(s.municipality_id, s.person_id, s.kind);
$a$, $b$        perform app.remember(s.municipality_id, s.person_id, s.kind);
$b$);
    execute d;

    -- The child that a guardian has access to, which most of what a guardian does is about, needs no more than its name in the register.
    d := pg_get_functiondef('app.facts(text, uuid)'::regprocedure);
    d := pg_temp.changed(d, $a$            perform app.remember();
        end if;
        there := false;$a$, $b$            perform app.remember();
        end if;
        if facts.noun = 'child' and caller = 'guardian' and facts.id = any (app.held_children()) then -- by the rule of access no restriction stands between them (B8)
            return query select true, false, 'active', true, false, '{}'::text[], p.protected_identity, false, false
            from app.persons p where p.municipality_id = here and p.id = facts.id;
            return;
        end if;
        there := false;$b$);
    execute d;
end
$do$;
drop function pg_temp.changed(text, text, text);

-- What is not a question about a row is asked without a subplan of its own.
create or replace view app.own_absences with (security_barrier = true) as
    select a.municipality_id, a.id, a.child_id, a.institution_id, a.starts_on, a.ends_on, a.reason,
        (case when a.reported_by = (select scope.person()) then a.note else '' end)::text as note,
        (a.note_sensitive and a.reported_by = (select scope.person()))::boolean as note_sensitive,
        a.reported_by, a.version, a.created_at, a.updated_at
    from app.absences a
    where a.municipality_id = scope.municipality() and scope.caller() = 'guardian'
      and a.child_id = any ((select app.held_children())::uuid[])
      and (a.child_id, a.institution_id) not in (select x.child_id, x.institution_id from app.closed_places() x);

create or replace view app.headed_guardianships with (security_barrier = true) as
    select a.municipality_id, g.id, a.institution_id, g.child_id, g.guardian_id, g.basis, g.legal, g.time_boxed, a.status, a.until, a.version, g.ended_at,
        c.given_name as child_given_name, c.family_name as child_family_name,
        coalesce(p.given_name, '') as given_name, coalesce(p.family_name, '') as family_name,
        exists (select from auth.accounts x where x.municipality_id = g.municipality_id and x.person_id = g.guardian_id and x.ended_at is null) as has_account,
        coalesce(l.decided_at, 'epoch')::timestamptz as decided_at,
        coalesce(l.status, '')::text as last_status, coalesce(l.rule, '')::text as last_rule,
        -- The reason is not for the child's own family.
        (case when exists (
            select from app.guardianships f where f.municipality_id = g.municipality_id and f.child_id = g.child_id and f.guardian_id = (select scope.person()))
            then '' else coalesce(l.reason, '') end)::text as last_reason,
        coalesce(n.given_name, '') as last_given_name, coalesce(n.family_name, '') as last_family_name
    from app.guardianship_access a
    join app.guardianships g on g.municipality_id = a.municipality_id and g.id = a.guardianship_id and g.ended_at is null
    join app.persons c on c.municipality_id = g.municipality_id and c.id = g.child_id
    left join app.persons p on p.municipality_id = g.municipality_id and p.id = g.guardian_id
        and g.child_id <> all ((select app.aliased_persons())::uuid[]) -- beside an alias nobody is named (B8)
    left join lateral (
        select d.status, d.decided_at, d.rule, d.reason, d.decided_by from app.guardianship_decisions d
        where d.municipality_id = g.municipality_id and d.guardianship_id = g.id and (d.institution_id is null or d.institution_id = a.institution_id)
        order by d.decided_at desc, d.id desc limit 1) l on true
    left join lateral (
        select q.given_name, q.family_name from app.persons q
        where q.municipality_id = g.municipality_id and q.id = l.decided_by
          and (q.id = (select scope.person()) or q.id in (select app.colleagues()))) n on true
    where a.municipality_id = scope.municipality() and scope.caller() = 'staff' and scope.group_id() is null
      and a.institution_id = any ((select app.headed_at())::uuid[])
      and g.child_id <> all ((select app.hidden_children() || app.sealed_persons())::uuid[])
      and exists (
        select from app.enrolments e
        where e.municipality_id = g.municipality_id and e.child_id = g.child_id and e.institution_id = any ((select app.headed_at())::uuid[])
          and (e.ended_at is null or e.ended_at > now()));

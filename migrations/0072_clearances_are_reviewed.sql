-- Why: a clearance for the name of a protected person is a grant like others, and nobody looked at it again (V10, B8). It stands in the review of every
-- place where the person is and its holder works or worked, with what was found: never used, not used for a while, ends soon, its holder has left,
-- given to oneself. And the others who answer for the place are told when one is given.
-- The previous binary: runs; it shows the rows as of a kind that it does not know, and tells nobody.

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

-- clearance_grants are the rows of a review about clearances. The person whose name one opens stands where other rows have the child.
create function app.clearance_grants(municipality uuid, institution uuid, moment timestamptz, quiet_days integer)
    returns table (grant_id uuid, person_id uuid, child_id uuid, granted_at timestamptz, ends_at timestamptz, findings text[])
    language sql stable security definer set search_path = ''
    as $$
        select c.id, c.staff_id, c.person_id, c.granted_at, c.until, array_remove(array[
            case when u.last_at is null then 'never_used'
                when u.last_at < clearance_grants.moment - make_interval(days => clearance_grants.quiet_days) then 'not_used_for_a_while' end,
            case when c.until <= clearance_grants.moment + interval '30 days' then 'ends_soon' end,
            case when not exists (
                select from app.staff_access a
                where a.municipality_id = c.municipality_id and a.institution_id = clearance_grants.institution and a.person_id = c.staff_id)
                then 'holder_gone' end,
            case when c.granted_by = c.staff_id then 'self_given' end
        ], null)
        from app.clearances c
        cross join lateral (select max(e.at) as last_at from audit.entries e
            where e.municipality_id = c.municipality_id and e.children @> array[c.person_id] and e.actor_id = c.staff_id
              and e.operation = 'GetProtectedPerson' and e.outcome = 'done') u
        where c.municipality_id = clearance_grants.municipality and c.revoked_at is null and c.until > clearance_grants.moment
          and exists (
            select from app.protected_places w
            where w.municipality_id = c.municipality_id and w.person_id = c.person_id and w.institution_id = clearance_grants.institution)
          and exists (
            select from app.staff_roles r
            where r.municipality_id = c.municipality_id and r.person_id = c.staff_id
              and (r.institution_id = clearance_grants.institution or r.institution_id is null))
    $$;
call scope.hand_over('app.clearance_grants(uuid, uuid, timestamptz, integer)', variadic '{}');

grant create on schema app to budstikke_access;
do $do$
declare
    d text;
begin
    d := pg_get_functiondef('app.review_grants(uuid, uuid, timestamptz, integer)'::regprocedure);
    d := regexp_replace(d, '\n(\s+from tablets t cross join quiet q\s+where t\.here)\s*\n', E'\n\\1\n        union all\n        select ''clearance'', k.grant_id, k.person_id, k.child_id, null, null, k.granted_at, k.ends_at, k.findings'
        || E'\n        from app.clearance_grants(review_grants.municipality, review_grants.institution, review_grants.moment, review_grants.quiet_days) k\n');
    if position('clearance_grants' in d) = 0 then
        raise exception 'app.review_grants is not as this migration expects it';
    end if;
    execute d;
    d := pg_get_functiondef('app.over_grants(uuid, timestamptz)'::regprocedure);
    execute pg_temp.changed(d, $a$            when 'shared_user' then$a$, $b$            when 'clearance' then not exists (
                select from app.clearances c
                where c.municipality_id = w.municipality_id and c.id = w.grant_id and c.revoked_at is null and c.until > over_grants.moment)
            when 'shared_user' then$b$);
end
$do$;
revoke create on schema app from budstikke_access;

-- clearance_listeners are those who answer for a place of a protected person and are told that somebody was cleared: not who gave it, who got it or
-- whom it is about, and nobody whom a restriction keeps from the person (B8). Told to whoever answers for the person.
create function app.clearance_listeners(person uuid, staff uuid) returns table (institution_id uuid, person_id uuid)
    language sql stable security definer rows 5 set search_path = ''
    as $$
        select distinct on (a.person_id) a.institution_id, a.person_id
        from app.protected_places w
        join app.staff_access a on a.municipality_id = w.municipality_id and a.institution_id = w.institution_id and a.role in ('head', 'owner')
        where w.municipality_id = scope.municipality() and scope.caller() = 'staff' and w.person_id = clearance_listeners.person
          and w.person_id in (select app.headed_protected())
          and a.person_id not in (scope.person(), clearance_listeners.staff, clearance_listeners.person)
          and not exists (
            select from app.restrictions_now x
            where x.municipality_id = w.municipality_id and x.child_id = w.person_id and x.person_id = a.person_id and x.kind in ('no_access', 'no_location'))
        order by a.person_id, a.institution_id
    $$;
call scope.hand_over('app.clearance_listeners(uuid, uuid)', 'budstikke_api');

-- One kind of notice more.
do $$
declare
    known constant text := (select pg_get_constraintdef(c.oid) from pg_constraint c where c.conrelid = 'notify.events'::regclass and c.conname = 'events_kind_check');
begin
    if known is null or position('ARRAY[' in known) = 0 then
        raise exception 'notify.events knows its kinds by another constraint';
    end if;
    alter table notify.events drop constraint events_kind_check;
    execute 'alter table notify.events add constraint events_kind_check ' || replace(known, 'ARRAY[', 'ARRAY[''clearance_granted''::text, ');
end
$$;
drop function pg_temp.changed(text, text, text);

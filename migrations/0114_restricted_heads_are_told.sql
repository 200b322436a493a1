-- Why: an owner who kept a head from a child did so alone and unseen, and a child could be left that no head of its place meets: an institution is never
-- without a head unnoticed (V11, B8). The others who answer for the place are told, in words that say nothing: owners of a head, owners and heads of an owner.
-- The queue of owners counts the children of an institution whom every head of it is kept from.
-- The previous binary: runs; it announces none of them.

do $$
declare
    known text := pg_get_constraintdef(oid) from pg_constraint where conname = 'events_kind_check';
    wider text := replace(known, 'ARRAY[', 'ARRAY[''head_restricted''::text, ');
begin
    if wider = known then
        raise exception 'events_kind_check is not as it was';
    end if;
    alter table notify.events drop constraint events_kind_check;
    execute 'alter table notify.events add constraint events_kind_check ' || wider;
end
$$;

-- restricted_head_listeners are told that somebody who heads or owns a place of the child is kept from it: not the one who says so, not whom it is about, nor
-- anybody who is of either's family or kept from the child themselves. child_id is null for whoever has to be told and reads nothing about the child.
create function app.restricted_head_listeners(child uuid, person uuid) returns table (institution_id uuid, person_id uuid, child_id uuid)
    language sql stable security definer rows 5 set search_path = ''
    as $$
        with held as (
            select a.institution_id, bool_or(a.role = 'owner') as owns
            from app.enrolments e
            join app.staff_access a on a.municipality_id = e.municipality_id and a.institution_id = e.institution_id and a.role in ('head', 'owner')
            where e.municipality_id = scope.municipality() and e.child_id = restricted_head_listeners.child and (e.ended_at is null or e.ended_at > now())
              and a.person_id = restricted_head_listeners.person
            group by a.institution_id
        )
        select distinct on (a.person_id) a.institution_id, a.person_id, case when c.protected_identity <> 'strict' then c.id end
        from held h
        join app.staff_access a on a.municipality_id = scope.municipality() and a.institution_id = h.institution_id
            and (a.role = 'owner' or a.role = 'head' and h.owns)
        join app.persons c on c.municipality_id = a.municipality_id and c.id = restricted_head_listeners.child
        where scope.caller() = 'staff' and a.person_id not in (scope.person(), restricted_head_listeners.person)
          and app.owns(h.institution_id)
          and not app.is_family(a.person_id, restricted_head_listeners.person)
          and not exists (
            select from app.guardianships g
            where g.municipality_id = a.municipality_id and g.guardian_id = a.person_id and g.child_id = c.id)
          and not exists (
            select from app.restrictions_now x
            where x.municipality_id = a.municipality_id and x.child_id = c.id and x.person_id = a.person_id and x.kind in ('no_access', 'no_location'))
        order by a.person_id, a.institution_id
    $$;
call scope.hand_over('app.restricted_head_listeners(uuid, uuid)', 'budstikke_api');

-- headless_children are how many children of an institution every head of it is kept from, as far as an owner may know of them, and since when.
create function app.headless_children() returns table (institution_id uuid, children integer, since timestamptz)
    language sql stable security definer rows 5 set search_path = ''
    as $$
        select k.institution_id, count(*)::integer, min(k.since)
        from (
            select e.institution_id, e.child_id, max(r.starts_at) as since
            from app.restrictions_now x
            join app.restrictions r on r.municipality_id = x.municipality_id and r.id = x.id
            join app.staff_access a on a.municipality_id = x.municipality_id and a.person_id = x.person_id and a.role = 'head'
            join app.enrolments e on e.municipality_id = x.municipality_id and e.child_id = x.child_id and e.institution_id = a.institution_id
                and (e.ended_at is null or e.ended_at > now())
            where x.municipality_id = scope.municipality() and x.kind in ('no_access', 'no_location')
              and e.institution_id in (select o.institution_id from app.own_roles o where o.role = 'owner')
              and e.child_id <> all (app.hidden_children())
            group by e.institution_id, e.child_id) k
        where scope.caller() = 'staff' and not exists (
            select from app.staff_access o
            where o.municipality_id = scope.municipality() and o.institution_id = k.institution_id and o.role = 'head' and not exists (
                select from app.restrictions_now y
                where y.municipality_id = o.municipality_id and y.child_id = k.child_id and y.person_id = o.person_id and y.kind in ('no_access', 'no_location')))
        group by k.institution_id
    $$;
call scope.hand_over('app.headless_children()', variadic '{}');

drop function app.without_head();
create function app.without_head() returns table (institution_id uuid, name text, since timestamptz, told_at timestamptz, taken_over_at timestamptz, children integer)
    language sql stable security definer rows 5 set search_path = ''
    as $$
        select i.id, i.name, coalesce(h.since, k.since, now()), h.told_at, h.taken_over_at, coalesce(k.children, 0)
        from app.institutions i
        left join app.headless_periods h on h.municipality_id = i.municipality_id and h.institution_id = i.id and h.over_at is null
        left join app.headless_children() k on k.institution_id = i.id
        where i.municipality_id = scope.municipality() and scope.caller() = 'staff'
          and i.id in (select o.institution_id from app.own_roles o where o.role = 'owner')
          and (i.closed_at is null or i.closed_at > now())
          and (k.children > 0 or not app.headed_by_somebody(i.municipality_id, i.id))
        order by coalesce(h.since, k.since, now()), i.name, i.id
        limit 1000
    $$;
call scope.hand_over('app.without_head()', 'budstikke_api');

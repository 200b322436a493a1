-- Why: a restriction beats everything (B8), also for staff. One who is kept out of contact with a child was still told of messages about it, because a
-- notice to staff did not say which child it is about; one who must not know where a child is read it in the list of the place where they work, since
-- all that staff see of a child they see through its institution. A restriction that is still to begin did not keep an access from opening by itself.
-- A head who is kept from a child read its name in reviews and in what registers want.
-- The previous binary: runs; its notices to staff name no child and are judged as before.

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

-- A notice to staff may name the child that it is about.
alter table notify.deliveries drop constraint grounds_name_the_child;
alter table notify.deliveries add constraint grounds_name_the_child
    check (case grounds when 'child' then child_id is not null when 'staff' then true else child_id is null end);
update notify.deliveries d set child_id = c.child_id
from notify.events e
join app.conversations c on c.municipality_id = e.municipality_id and c.id = e.subject_id
where e.municipality_id = d.municipality_id and e.id = d.event_id and e.kind = 'message_posted' and d.grounds = 'staff';

-- knows_child tells what somebody at an institution may know of a child that is enrolled there: whether they meet it, as app.facts says of a caller, and
-- whether they may be told of what it is about where it is strictly protected: those who are cleared, and while there is nobody, the head, who can
-- take a clearance. No row for a child that is not enrolled there. Expanded into the queries that ask.
create function app.knows_child(municipality uuid, staff uuid, child uuid, institution uuid)
    returns table (protection text, access boolean, cleared boolean, restricted boolean, no_contact boolean)
    language sql stable
    as $$
        select c.protected_identity, bool_or(c.protected_identity = 'none' or k.yes or a.role in ('head', 'owner') or a.group_id = e.group_id),
            bool_or(k.yes or a.role = 'head' and not exists (
                select from app.clearances_now o where o.municipality_id = c.municipality_id and o.person_id = c.id)),
            bool_or(coalesce(x.kinds && array['no_access', 'no_location'], false)), bool_or(coalesce(x.kinds && array['no_contact'], false))
        from app.staff_access a
        join app.enrolments e on e.municipality_id = a.municipality_id and e.institution_id = a.institution_id
            and e.child_id = knows_child.child and (e.ended_at is null or e.ended_at > now())
        join app.persons c on c.municipality_id = e.municipality_id and c.id = e.child_id
        cross join lateral (select c.protected_identity in ('protected', 'strict') and exists (
            select from app.clearances_now o
            where o.municipality_id = c.municipality_id and o.person_id = c.id and o.staff_id = a.person_id) as yes) k
        cross join lateral (select array_agg(r.kind) as kinds from app.restrictions_now r
            where r.municipality_id = c.municipality_id and r.child_id = c.id and r.person_id = a.person_id) x
        where a.municipality_id = knows_child.municipality and a.person_id = knows_child.staff and a.institution_id = knows_child.institution
        group by c.protected_identity
    $$;
revoke all on function app.knows_child(uuid, uuid, uuid, uuid) from public;
grant execute on function app.knows_child(uuid, uuid, uuid, uuid) to budstikke_access;

grant create on schema app, scope to budstikke_access;
do $do$
declare
    d text;
begin
    -- Who is told of a guardian's message.
    d := pg_get_functiondef('app.staff_of_child(uuid, uuid)'::regprocedure);
    d := regexp_replace(d, 'select distinct a\.person_id from app\.staff_access a.*and scope\.caller\(\) = ''guardian''', $b$select distinct a.person_id from app.staff_access a
        where a.municipality_id = scope.municipality() and a.institution_id = staff_of_child.institution
          and a.role in ('head', 'leader', 'employee')
          and exists (
            select from app.knows_child(a.municipality_id, a.person_id, staff_of_child.child, a.institution_id) k
            where k.access and (k.protection <> 'strict' or k.cleared) and not k.restricted and not k.no_contact)
          and scope.caller() = 'guardian'$b$);
    d := regexp_replace(d, '\s+and not exists \(\s+select from app\.restrictions_now x[^$]*', E'\n    ');
    if position('knows_child' in d) = 0 or position('restrictions_now' in d) > 0 or position('clearances_now' in d) > 0 then
        raise exception 'app.staff_of_child is not as this migration expects it';
    end if;
    execute d;

    -- The gateway asks the same at the moment of sending.
    d := pg_get_functiondef('app.reachable(uuid[], uuid[], text[], uuid[], uuid[])'::regprocedure);
    execute pg_temp.changed(d, $a$and a.institution_id = t.institution_id)
            when 'self' then$a$, $b$and a.institution_id = t.institution_id)
              and (t.child_id is null or exists (
                select from app.knows_child(t.municipality_id, t.person_id, t.child_id, t.institution_id) k
                where k.access and (k.protection <> 'strict' or k.cleared) and not k.restricted and not k.no_contact))
            when 'self' then$b$);

    -- Staff do not meet a child that a restriction keeps from them, or whose place it keeps from them.
    d := pg_get_functiondef('app.remember()'::regprocedure);
    execute pg_temp.changed(d, $a$r.person_id = me and r.kind = 'no_access') x;$a$, $b$r.person_id = me and r.kind in ('no_access', 'no_location')) x;$b$);
    d := pg_get_functiondef('app.facts(text, uuid)'::regprocedure);
    execute pg_temp.changed(d, $a$x.child_id = child and x.person_id = me and x.kind = 'no_access')$a$,
        $b$x.child_id = child and x.person_id = me
                  and (x.kind = 'no_access' or caller = 'staff' and x.kind = 'no_location'))$b$);
    d := pg_get_functiondef('app.headed_protected()'::regprocedure);
    execute pg_temp.changed(d, $a$x.kind = 'no_access'$a$, $b$x.kind in ('no_access', 'no_location')$b$);
    d := pg_get_functiondef('app.grant_clearance(uuid, uuid, uuid, timestamptz, text, timestamptz)'::regprocedure);
    execute pg_temp.changed(d, $a$x.kind = 'no_access'$a$, $b$x.kind in ('no_access', 'no_location')$b$);
    d := pg_get_functiondef('app.held_listeners(uuid, text[])'::regprocedure);
    execute pg_temp.changed(d, $a$x.kind = 'no_access'$a$, $b$x.kind in ('no_access', 'no_location')$b$);

    -- A block that is still to begin speaks against a door, too.
    d := pg_get_functiondef('app.clear_custody()'::regprocedure);
    execute pg_temp.changed(d, $a$select from app.restrictions_now x
            where x.municipality_id = a.municipality_id and x.child_id = a.child_id and x.person_id = a.guardian_id)$a$, $b$select from app.restrictions x
            where x.municipality_id = a.municipality_id and x.child_id = a.child_id and x.person_id = a.guardian_id
              and x.lifted_at is null and (x.until is null or x.until > now()))$b$);
end
$do$;
revoke create on schema app, scope from budstikke_access;

-- receiver_facts tells of a notice to staff about a child what the policy asks: the child's protection, whether they meet it and may be told of it,
-- and what keeps them apart (B8).
do $do$
declare
    d text := pg_get_functiondef('app.receiver_facts(uuid[], uuid[], text[], uuid[], uuid[])'::regprocedure);
begin
    d := pg_temp.changed(d, 'restricted boolean, no_contact boolean)', 'restricted boolean, no_contact boolean, protection text, cleared boolean)');
    d := pg_temp.changed(d, $a$            g.has,
$a$, $b$            g.has or coalesce(k.access, false),
$b$);
    d := pg_temp.changed(d, $a$            t.grounds = 'child' and 'no_access' = any (r.kinds), t.grounds = 'child' and 'no_contact' = any (r.kinds)
$a$, $b$            t.grounds = 'child' and 'no_access' = any (r.kinds) or coalesce(k.restricted, false),
            t.grounds = 'child' and 'no_contact' = any (r.kinds) or coalesce(k.no_contact, false),
            coalesce(k.protection, 'none'), coalesce(k.cleared, false)
$b$);
    d := pg_temp.changed(d, $a$else '{}' end as kinds) r
$a$, $b$else '{}' end as kinds) r
        left join lateral app.knows_child(t.municipality_id, t.person_id, t.child_id, t.institution_id) k on t.grounds = 'staff' and t.child_id is not null
$b$);
    drop function app.receiver_facts(uuid[], uuid[], text[], uuid[], uuid[]);
    execute d;
end
$do$;
call scope.hand_over('app.receiver_facts(uuid[], uuid[], text[], uuid[], uuid[])', 'budstikke_worker');

-- What a restriction of that kind closes it closes at once, too (V15).
drop trigger cut_off_restricted on app.restrictions;
create trigger cut_off_restricted after insert on app.restrictions
    for each row when (new.kind in ('no_access', 'no_contact', 'no_location')) execute function app.cut_off_restricted();

-- kept_from answers the children whom a restriction keeps from the staff member of this transaction.
create function app.kept_from() returns uuid[]
    language sql stable security definer set search_path = ''
    as $$
        select coalesce(array_agg(x.child_id), '{}') from app.restrictions_now x
        where x.municipality_id = scope.municipality() and x.person_id = scope.person() and scope.caller() = 'staff'
          and x.kind in ('no_access', 'no_location')
    $$;
call scope.hand_over('app.kept_from()', 'budstikke_api');
comment on function app.kept_from is 'The children whom a restriction keeps from the staff member of this transaction (B8).';
create policy kept_apart on app.held_changes as restrictive for all to budstikke_api
    using (person_id <> all ((select app.kept_from())::uuid[]) and (child_id is null or child_id <> all ((select app.kept_from())::uuid[])));

grant create on schema app to budstikke_access;
do $do$
begin
    execute pg_temp.changed(pg_get_functiondef('app.review_names(uuid, uuid[])'::regprocedure),
        $a$case when c.protected_identity <> 'marked' then$a$, $b$case when c.protected_identity <> 'marked' and c.id <> all (app.kept_from()) then$b$);
end
$do$;
revoke create on schema app from budstikke_access;
drop function pg_temp.changed(text, text, text);

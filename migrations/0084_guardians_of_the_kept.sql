-- Why: a restriction keeps a child from a member of staff, and its guardians whose own names are kept were still there for them: a head who was kept
-- from a child took a clearance for its strictly protected guardian and read the name, and so did whoever had one already (B8). Whoever knows where the
-- guardian is knows where the child is. Every clearance is now held against the restrictions at the moment of reading, and of giving.
-- The previous binary: runs.

-- kept_persons are the people whom a restriction keeps from somebody who works here: the child, and the guardians it has or had whose own names are kept.
-- A row may stand twice.
create view app.kept_persons with (security_invoker = true) as
    select x.municipality_id, x.person_id as staff_id, x.child_id as person_id
    from app.restrictions_now x
    where x.kind in ('no_access', 'no_location')
    union all
    select x.municipality_id, x.person_id, g.guardian_id
    from app.restrictions_now x
    join app.guardianships g on g.municipality_id = x.municipality_id and g.child_id = x.child_id and g.guardian_id <> x.person_id
    join app.persons p on p.municipality_id = g.municipality_id and p.id = g.guardian_id and p.protected_identity in ('protected', 'strict')
    where x.kind in ('no_access', 'no_location');
grant select on app.kept_persons to budstikke_access;

create function pg_temp.changed(definition text, passage text, instead text) returns text
    language plpgsql as $$
    begin
        if length(definition) - length(replace(definition, passage, '')) <> length(passage) then
            raise exception 'the passage is not there exactly once: %', passage;
        end if;
        return replace(definition, passage, instead);
    end
    $$;

grant create on schema app to budstikke_access;
do $do$
declare
    d text;
begin
    execute 'create or replace view app.clearances_now with (security_invoker = true) as ' || pg_temp.changed(
        pg_get_viewdef('app.clearances_now'::regclass), '(c.revoked_at IS NULL)', $a$(c.revoked_at IS NULL) and not exists (
            select from app.kept_persons k
            where k.municipality_id = c.municipality_id and k.staff_id = c.staff_id and k.person_id = c.person_id)$a$);

    d := pg_get_functiondef('app.kept_from()'::regprocedure);
    d := pg_temp.changed(d, 'array_agg(x.child_id)', 'array_agg(x.person_id)');
    d := pg_temp.changed(d, 'app.restrictions_now x', 'app.kept_persons x');
    execute pg_temp.changed(d, $a$x.person_id = scope.person() and scope.caller() = 'staff'
          and x.kind in ('no_access', 'no_location')$a$, $b$x.staff_id = scope.person() and scope.caller() = 'staff'$b$);
    comment on function app.kept_from is 'The people whom a restriction keeps from the staff member of this transaction: children, and their guardians whose own names are kept (B8).';

    d := pg_get_functiondef('app.headed_protected()'::regprocedure);
    execute pg_temp.changed(d, $a$select from app.restrictions_now x
            where x.municipality_id = w.municipality_id and x.child_id = w.person_id and x.person_id = scope.person() and x.kind in ('no_access', 'no_location'))$a$,
        $b$select from app.kept_persons k
            where k.municipality_id = w.municipality_id and k.person_id = w.person_id and k.staff_id = scope.person())$b$);

    d := pg_get_functiondef('app.grant_clearance(uuid, uuid, uuid, timestamptz, text, timestamptz)'::regprocedure);
    execute pg_temp.changed(d, $a$select from app.restrictions_now x
                where x.municipality_id = here and x.child_id = grant_clearance.person and x.person_id = grant_clearance.staff and x.kind in ('no_access', 'no_location'))$a$,
        $b$select from app.kept_persons k
                where k.municipality_id = here and k.person_id = grant_clearance.person and k.staff_id = grant_clearance.staff)$b$);

    d := pg_get_functiondef('app.clearance_listeners(uuid, uuid)'::regprocedure);
    execute pg_temp.changed(d, $a$select from app.restrictions_now x
            where x.municipality_id = w.municipality_id and x.child_id = w.person_id and x.person_id = a.person_id and x.kind in ('no_access', 'no_location'))$a$,
        $b$select from app.kept_persons k
            where k.municipality_id = w.municipality_id and k.person_id = w.person_id and k.staff_id = a.person_id)$b$);

    d := pg_get_functiondef('app.held_listeners(uuid, text[])'::regprocedure);
    execute pg_temp.changed(d, $a$select from app.restrictions_now x
            where x.municipality_id = a.municipality_id and x.person_id = a.person_id and x.kind in ('no_access', 'no_location')
              and x.child_id = coalesce(h.child_id, h.person_id))$a$,
        $b$select from app.kept_persons k
            where k.municipality_id = a.municipality_id and k.staff_id = a.person_id and k.person_id in (h.child_id, h.person_id))$b$);

    d := pg_get_functiondef('app.facts(text, uuid)'::regprocedure);
    execute pg_temp.changed(d, $a$and x.kind = 'no_location'))
            into protection, restricted$a$, $b$and x.kind = 'no_location'))
                or facts.noun = 'protected_person' and caller = 'staff' and exists (
                select from app.kept_persons k where k.municipality_id = here and k.staff_id = me and k.person_id = child)
            into protection, restricted$b$);
end
$do$;
revoke create on schema app from budstikke_access;
drop function pg_temp.changed(text, text, text);

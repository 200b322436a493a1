-- Why: restrictions and reviews knew nothing of families. A head set one on the other guardian of her own child, was one of the two who lift one there
-- and read its reason, and kept the other guardian's access in a review (V6, V10, B8). And a head alone kept the owner from a child, for good, where
-- nobody was left to be the second who lifts it: nobody decides about who stands as high (V9).
-- The previous binary: runs; a head who restricts or lifts within their own family, or restricts whoever heads or owns, gets an error.

-- own_family are the staff member of this transaction, the children that they are or were a guardian of, and the other guardians of these.
create function app.own_family() returns uuid[]
    language sql stable security definer set search_path = ''
    as $$
        select case when scope.caller() = 'staff' then array[scope.person()] || coalesce((
            select array_agg(x.id) from (
                select g.child_id as id from app.guardianships g
                where g.municipality_id = scope.municipality() and g.guardian_id = scope.person()
                union
                select o.guardian_id from app.guardianships g
                join app.guardianships o on o.municipality_id = g.municipality_id and o.child_id = g.child_id
                where g.municipality_id = scope.municipality() and g.guardian_id = scope.person()) x), '{}') else '{}' end
    $$;
call scope.hand_over('app.own_family()', 'budstikke_api');

-- may_restrict tells whether somebody is the caller's to restrict from a child: whoever heads or owns a place of the child's is an owner's of that place.
create function app.may_restrict(child uuid, person uuid) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select scope.caller() = 'staff' and not exists (
            select from app.enrolments e
            join app.institutions i on i.municipality_id = e.municipality_id and i.id = e.institution_id
            join app.staff_roles r on r.municipality_id = e.municipality_id and r.person_id = may_restrict.person and r.role in ('head', 'owner')
                and (r.ended_at is null or r.ended_at > now())
                and (r.institution_id = e.institution_id or r.institution_id is null and i.ownership = 'municipal')
            where e.municipality_id = scope.municipality() and e.child_id = may_restrict.child and (e.ended_at is null or e.ended_at > now())
              and not app.owns(e.institution_id))
    $$;
call scope.hand_over('app.may_restrict(uuid, uuid)', 'budstikke_api');

create function app.another_restricts() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    begin
        if scope.caller() = 'staff' and (new.child_id = any (app.own_family()) or new.person_id = any (app.own_family())) then
            raise exception using errcode = 'check_violation', constraint = 'family_decides_nothing',
                message = 'somebody outside the family decides whom of it a restriction keeps apart (V6, B8)';
        end if;
        if tg_op = 'INSERT' and scope.caller() = 'staff' and not app.may_restrict(new.child_id, new.person_id) then
            raise exception using errcode = 'check_violation', constraint = 'owners_restrict_heads',
                message = 'an owner decides about who heads or owns an institution (V9)';
        end if;
        return new;
    end
    $$;
call scope.hand_over('app.another_restricts()', variadic '{}');
create trigger another_restricts before insert or update of lifting_proposed_by, lifting_proposed_at, lifted_by, lifted_at on app.restrictions
    for each row execute function app.another_restricts();

-- answered_outside tells whether somebody else answers for a place who is no guardian of the child and not kept from it.
create function app.answered_outside(institution uuid, child uuid) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select scope.caller() = 'staff' and answered_outside.institution = any (app.headed_at()) and exists (
            select from app.staff_access a
            where a.municipality_id = scope.municipality() and a.institution_id = answered_outside.institution
              and a.role in ('head', 'owner') and a.person_id <> scope.person()
              and not exists (
                select from app.guardianships g
                where g.municipality_id = a.municipality_id and g.child_id = answered_outside.child and g.guardian_id = a.person_id)
              and not exists (
                select from app.kept_persons k
                where k.municipality_id = a.municipality_id and k.staff_id = a.person_id and k.person_id = answered_outside.child))
    $$;
call scope.hand_over('app.answered_outside(uuid, uuid)', 'budstikke_api');

-- A review that waits for the rows of families alone asks the others, too; and who confirmed is not told of it.
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
    d text := pg_get_functiondef('app.ask_others(timestamptz)'::regprocedure);
begin
    d := pg_temp.changed(d, $a$select array_agg(w.person_id) as people, bool_and(coalesce(w.role in ('head', 'owner'), false) or exists ($a$,
        $b$select array_agg(w.person_id) || coalesce(array_agg(f.person_id) filter (where f.person_id is not null), '{}') as people,
                    bool_and(coalesce(w.role in ('head', 'owner'), false) or f.person_id is not null or exists ($b$);
    d := pg_temp.changed(d, 'g (id) on g.id = w.id', $b$g (id) on g.id = w.id
                left join lateral (
                    select a.person_id from app.guardianships s
                    join app.staff_access a on a.municipality_id = s.municipality_id and a.person_id = s.guardian_id and a.institution_id = w.institution_id
                        and a.role in ('head', 'owner')
                    where s.municipality_id = w.municipality_id and s.child_id = w.child_id) f on true$b$);
    execute pg_temp.changed(d, $a$'self_confirmed', array['owner'], array_agg(w.person_id)$a$,
        $b$'self_confirmed', array['owner'], array_agg(w.person_id) || array_agg(w.decided_by)$b$);
end
$do$;
revoke create on schema app from budstikke_access;
drop function pg_temp.changed(text, text, text);

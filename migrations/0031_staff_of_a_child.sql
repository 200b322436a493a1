-- Why: a message about a child with a protected identity was announced to everybody who reads messages at the institution. The notice holds ids
-- only, but it told those who may not know of the child that there is one (B8, P5).
-- The previous binary: runs; it goes on asking app.staff_audience.

-- staff_of_child answers whom a guardian's message about a child is announced to: who reads messages at the institution and may open this one, as
-- app.own_pupils says it of each of them. It answers only to a guardian of the child there.
create function app.staff_of_child(institution uuid, child uuid) returns setof uuid
    language sql stable security definer set search_path = ''
    as $$
        select distinct a.person_id from app.staff_access a
        join app.enrolments e on e.municipality_id = a.municipality_id and e.institution_id = a.institution_id
            and e.child_id = staff_of_child.child and (e.ended_at is null or e.ended_at > now())
        join app.persons c on c.municipality_id = a.municipality_id and c.id = e.child_id
        where a.municipality_id = scope.municipality() and a.institution_id = staff_of_child.institution
          and a.role in ('head', 'leader', 'employee')
          and (c.protected_identity = 'none' or a.role = 'head' or a.group_id = e.group_id)
          and scope.caller() = 'guardian' and exists (
            select from app.guardian_access g
            where g.municipality_id = a.municipality_id and g.guardian_id = scope.person() and g.institution_id = a.institution_id
              and g.child_id = staff_of_child.child)
          and not exists (
            select from app.restrictions_now x
            where x.municipality_id = a.municipality_id and x.child_id = staff_of_child.child and x.person_id = a.person_id and x.kind = 'no_access')
    $$;
call scope.hand_over('app.staff_of_child(uuid, uuid)', 'budstikke_api');

-- What staff may ask. Row-level security keeps each of these to the institutions where they have a role.

-- name: InstitutionsOfStaff :many
select i.id, i.name, i.kind, app.roles_at(i.id)::text[] as roles
from app.institutions i
where i.municipality_id = scope.municipality() and i.id in (select app.own_institutions())
order by i.name, i.id;

-- name: InstitutionOfStaff :one
select id, name, kind from app.institutions
where municipality_id = scope.municipality() and id = $1 and id in (select app.own_institutions());

-- name: ChildrenOfInstitution :many
select p.id, p.given_name, p.family_name, coalesce(g.name, '')::text as group_name
from app.enrolments e
join app.persons p on p.municipality_id = e.municipality_id and p.id = e.child_id
left join app.groups g on g.municipality_id = e.municipality_id and g.id = e.group_id
where e.municipality_id = scope.municipality() and e.institution_id = @institution_id and e.institution_id in (select app.own_institutions())
    and (e.ended_at is null or e.ended_at > now())
order by group_name, p.given_name, p.family_name, p.id;

-- name: AbsencesOfInstitution :many
-- The absences that cover a day. A child whom the caller may not see is not among them.
select sqlc.embed(a), p.given_name, p.family_name, coalesce(g.name, '')::text as group_name
from app.absences a
join app.persons p on p.municipality_id = a.municipality_id and p.id = a.child_id
left join app.enrolments e on e.municipality_id = a.municipality_id and e.child_id = a.child_id and e.institution_id = a.institution_id
    and (e.ended_at is null or e.ended_at > now())
left join app.groups g on g.municipality_id = e.municipality_id and g.id = e.group_id
where a.municipality_id = scope.municipality() and a.institution_id = @institution_id and a.institution_id in (select app.own_institutions())
    and @day::date between a.starts_on and a.ends_on
order by group_name, p.given_name, p.family_name, a.id;

-- name: ConversationsOfInstitution :many
select c.id, c.child_id, c.last_message_at, p.given_name, p.family_name, q.given_name as guardian_given_name, q.family_name as guardian_family_name
from app.conversations c
join app.persons p on p.municipality_id = c.municipality_id and p.id = c.child_id
join app.persons q on q.municipality_id = c.municipality_id and q.id = c.guardian_id
where c.municipality_id = scope.municipality() and c.institution_id = @institution_id and c.institution_id in (select app.own_institutions())
    and (c.last_message_at, c.id) < (@before_time::timestamptz, @before_id::uuid)
order by c.last_message_at desc, c.id desc
limit @page_size;

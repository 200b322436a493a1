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
-- One page, by group and name; each child once, also one that is in several groups.
select c.id, c.given_name, c.family_name, c.group_name
from (
    select p.id, p.given_name, p.family_name, coalesce(string_agg(distinct g.name, ', ' order by g.name), '')::text as group_name
    from app.enrolments e
    join app.persons p on p.municipality_id = e.municipality_id and p.id = e.child_id
    left join app.groups g on g.municipality_id = e.municipality_id and g.id = e.group_id
    where e.municipality_id = scope.municipality() and e.institution_id = @institution_id and e.institution_id in (select app.own_institutions())
        and (e.ended_at is null or e.ended_at > now())
    group by p.id, p.given_name, p.family_name
) c
where (c.group_name, c.given_name, c.family_name, c.id) > (@after_group::text, @after_given::text, @after_family::text, @after_id::uuid)
order by c.group_name, c.given_name, c.family_name, c.id
limit @page_size;

-- name: PlaceOfChild :one
-- Where a page of children goes on: after this child. One that has left since is found as long as the caller meets it elsewhere.
select coalesce(string_agg(distinct g.name, ', ' order by g.name) filter (where e.ended_at is null or e.ended_at > now()), '')::text as group_name,
    p.given_name, p.family_name
from app.enrolments e
join app.persons p on p.municipality_id = e.municipality_id and p.id = e.child_id
left join app.groups g on g.municipality_id = e.municipality_id and g.id = e.group_id
where e.municipality_id = scope.municipality() and e.institution_id = @institution_id and e.child_id = @id
group by p.id, p.given_name, p.family_name;

-- name: AbsencesOfInstitution :many
-- One page of the absences that cover a day, by child: of those who are enrolled now, whichever of their institutions it was reported to. A
-- child whom the caller may not see is not among them, and a note that the caller may not read is empty.
select sqlc.embed(a), p.given_name, p.family_name, e.group_name
from (
    select n.child_id, coalesce(string_agg(distinct g.name, ', ' order by g.name), '')::text as group_name
    from app.enrolments n
    left join app.groups g on g.municipality_id = n.municipality_id and g.id = n.group_id
    where n.municipality_id = scope.municipality() and n.institution_id = @institution_id and n.institution_id in (select app.own_institutions())
        and (n.starts_at is null or n.starts_at <= now()) and (n.ended_at is null or n.ended_at > now())
    group by n.child_id
) e
join app.shown_absences a on a.municipality_id = scope.municipality() and a.child_id = e.child_id
join app.persons p on p.municipality_id = a.municipality_id and p.id = a.child_id
where @day::date between a.starts_on and a.ends_on
    and (p.given_name, p.family_name, a.id) > (@after_given::text, @after_family::text, @after_id::uuid)
order by p.given_name, p.family_name, a.id
limit @page_size;

-- name: PlaceOfAbsence :one
-- Where a page of absences goes on: after this one.
select p.given_name, p.family_name
from app.absences a
join app.persons p on p.municipality_id = a.municipality_id and p.id = a.child_id
where a.municipality_id = scope.municipality() and a.id = @id and a.child_id in (
    select e.child_id from app.enrolments e where e.municipality_id = scope.municipality() and e.institution_id = @institution_id);

-- name: ConversationsOfInstitution :many
select c.id, c.child_id, c.last_message_at, p.given_name, p.family_name, 
    (case when c.child_id = any ((select app.aliased_persons())::uuid[]) then '' else q.given_name end)::text as guardian_given_name,
    (case when c.child_id = any ((select app.aliased_persons())::uuid[]) then '' else q.family_name end)::text as guardian_family_name
from app.conversations c
join app.persons p on p.municipality_id = c.municipality_id and p.id = c.child_id
join app.persons q on q.municipality_id = c.municipality_id and q.id = c.guardian_id
where c.municipality_id = scope.municipality() and c.institution_id = @institution_id and c.institution_id in (select app.message_institutions())
    and (c.last_message_at, c.id) < (@before_time::timestamptz, @before_id::uuid)
order by c.last_message_at desc, c.id desc
limit @page_size;

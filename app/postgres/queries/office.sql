-- What heads and owners decide, and only about the institutions they answer for.

-- name: HeadedInstitution :one
select id, name, kind from app.institutions
where municipality_id = scope.municipality() and id = $1 and id in (select app.headed_institutions());

-- name: GuardianshipsOfInstitution :many
-- The guardian of a child whose name is kept is not named, who would tell which child it is (B8).
-- One page, by the child's name and then the guardian's, with the access that this institution gives. Inactive are also those that came in from
-- a register and that nobody has looked at. The children are walked in the order of their names, and no further than the page goes: offset 0 keeps the
-- question whether a child has a row, and the look-up of its rows, behind that order. It is one child more than rows, since each has a row at least, but
-- the one that the page goes on after.
with listed as (
    select c.child_id, c.given_name, c.family_name
    from (
        select distinct v.given_name, v.family_name, v.child_id
        from app.headed_pupils v
        where v.municipality_id = scope.municipality() and v.institution_id = @institution_id
            and (v.given_name, v.family_name, v.child_id) >= (@after_child_given::text, @after_child_family::text, @after_child::uuid)
        order by v.given_name, v.family_name, v.child_id
        offset 0
    ) c
    where exists (
        select from app.headed_access a
        where a.municipality_id = scope.municipality() and a.child_id = c.child_id and a.institution_id = @institution_id and a.status <> 'ended'
            and (sqlc.narg(status)::text is null or a.status = sqlc.narg(status)::text or sqlc.narg(status)::text = 'inactive' and a.status = 'imported')
        offset 0)
    order by c.given_name, c.family_name, c.child_id
    limit sqlc.arg(page_size)::int + 1
)
select a.id, a.institution_id, a.child_id, a.guardian_id, a.basis, a.legal, a.time_boxed, a.status, a.until, a.version, a.ended_at,
    c.given_name as child_given_name, c.family_name as child_family_name, a.given_name, a.family_name, a.has_account, a.decided_at
from listed c
cross join lateral (
    select x.* from app.headed_access x
    where x.municipality_id = scope.municipality() and x.child_id = c.child_id and x.institution_id = @institution_id and x.status <> 'ended'
        and (sqlc.narg(status)::text is null or x.status = sqlc.narg(status)::text or sqlc.narg(status)::text = 'inactive' and x.status = 'imported')
    offset 0) a
where (c.given_name, c.family_name, c.child_id, a.given_name, a.family_name, a.id) > (@after_child_given::text, @after_child_family::text,
        @after_child::uuid, @after_given::text, @after_family::text, @after_id::uuid)
order by c.given_name, c.family_name, c.child_id, a.given_name, a.family_name, a.id
limit sqlc.arg(page_size)::int;

-- name: PlaceOfGuardianship :one
-- Where a page of guardianships goes on: after this one, whatever was decided about it since.
select g.id, c.id as child_id, c.given_name as child_given_name, c.family_name as child_family_name,
    (case when c.id = any ((select app.aliased_persons())::uuid[]) then '' else p.given_name end)::text as given_name,
    (case when c.id = any ((select app.aliased_persons())::uuid[]) then '' else p.family_name end)::text as family_name
from app.guardianships g
join app.persons c on c.municipality_id = g.municipality_id and c.id = g.child_id
join app.persons p on p.municipality_id = g.municipality_id and p.id = g.guardian_id
where g.municipality_id = scope.municipality() and g.id = @id
    and g.child_id in (
        select e.child_id from app.enrolments e
        where e.municipality_id = scope.municipality() and e.institution_id = @institution_id
          and e.institution_id in (select app.headed_institutions()));

-- name: HeadedGuardianship :many
-- What the institutions that the caller answers for give by a guardianship that has not ended; at most two, those that still have the child first.
select id, institution_id, child_id, guardian_id, basis, legal, time_boxed, status, until, version, ended_at, child_given_name, child_family_name,
    given_name, family_name, has_account, decided_at, last_status, last_rule, last_reason, last_given_name, last_family_name
from app.headed_guardianships
where municipality_id = scope.municipality() and id = @id
    and (sqlc.narg(institution_id)::uuid is null or institution_id = sqlc.narg(institution_id)::uuid)
order by status = 'ended', institution_id
limit 2;

-- name: Guardianship :many
-- The same of any guardianship, and on a shared tablet.
-- What the institutions that the caller answers for give by a guardianship; at most two, those that still have the child first.
select g.id, a.institution_id, g.child_id, g.guardian_id, g.basis, g.legal, g.time_boxed, a.status, a.until, a.version, g.ended_at,
    c.given_name as child_given_name, c.family_name as child_family_name,
    (case when c.id = any ((select app.aliased_persons())::uuid[]) then '' else p.given_name end)::text as given_name,
    (case when c.id = any ((select app.aliased_persons())::uuid[]) then '' else p.family_name end)::text as family_name,
    exists (select from auth.accounts x where x.municipality_id = g.municipality_id and x.person_id = g.guardian_id and x.ended_at is null) as has_account,
    coalesce((select max(d.decided_at) from app.guardianship_decisions d
        where d.municipality_id = g.municipality_id and d.guardianship_id = g.id
          and (d.institution_id is null or d.institution_id = a.institution_id)), 'epoch')::timestamptz as decided_at
from app.guardianship_access a
join app.guardianships g on g.municipality_id = a.municipality_id and g.id = a.guardianship_id
join app.persons c on c.municipality_id = g.municipality_id and c.id = g.child_id
join app.persons p on p.municipality_id = g.municipality_id and p.id = g.guardian_id
where a.municipality_id = scope.municipality() and a.guardianship_id = @id
    and (sqlc.narg(institution_id)::uuid is null or a.institution_id = sqlc.narg(institution_id)::uuid)
    and exists (select from app.pupils_now e
        where e.municipality_id = a.municipality_id and e.child_id = a.child_id and e.institution_id = any ((select app.headed_at())::uuid[]))
    and a.institution_id = any ((select app.headed_at())::uuid[])
order by a.status = 'ended', a.institution_id
limit 2;

-- name: SuspendedByRule :one
select app.suspended_by_rule(@guardianship_id::uuid, @institution_id::uuid)::boolean;

-- name: SetAccess :execrows
update app.guardianship_access
set status = @status, until = sqlc.narg(until), version = @version, changed_at = @changed_at, changed_by = scope.person()
where municipality_id = scope.municipality() and guardianship_id = @guardianship_id and institution_id = @institution_id
    and version = @from_version;

-- name: InsertDecision :exec
insert into app.guardianship_decisions (municipality_id, id, guardianship_id, institution_id, status, until, reason, decided_by, decided_at)
values (scope.municipality(), @id, @guardianship_id, sqlc.arg(institution_id)::uuid, @status, sqlc.narg(until), @reason, sqlc.arg(decided_by)::uuid, @decided_at);

-- name: InsertAlert :exec
insert into app.alerts (municipality_id, id, institution_id, situation, text, raised_by, raised_at)
values (scope.municipality(), @id, @institution_id, @situation, @text, @raised_by, @raised_at);

-- name: AlertOfHead :one
select sqlc.embed(a) from app.alerts a
where a.municipality_id = scope.municipality() and a.id = $1 and a.institution_id in (select app.headed_institutions());

-- name: FamilyOf :one
select app.family_of(@child_id)::boolean;

-- name: LastDecision :many
-- Why an access stands as it does: what was decided last about it. The reason is not for the child's own family.
select d.status, d.decided_at, coalesce(d.rule, '')::text as rule, coalesce(p.given_name, '')::text as given_name, coalesce(p.family_name, '')::text as family_name,
    case when app.family_of(@child_id) then '' else d.reason end::text as reason
from app.guardianship_decisions d
left join app.persons p on p.municipality_id = d.municipality_id and p.id = d.decided_by
where d.municipality_id = scope.municipality() and d.guardianship_id = @guardianship_id
    and (d.institution_id is null or d.institution_id = sqlc.arg(institution_id)::uuid)
order by d.decided_at desc, d.id desc
limit 1;

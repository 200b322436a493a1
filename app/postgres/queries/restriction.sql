-- Restrictions between children and adults, as those who answer for the children see them (B8).

-- name: InsertRestriction :exec
-- One that begins at once begins by the clock of the database, which asks for it: a process whose clock runs ahead must not leave the door open.
insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, until, reason_sealed, reason_key, set_by, set_at)
values (scope.municipality(), @id, @child_id, @person_id, @kind,
    case when @starts_at::timestamptz <= @set_at::timestamptz then least(@starts_at::timestamptz, now()) else @starts_at::timestamptz end, sqlc.narg(until), @reason_sealed, @reason_key, @set_by, @set_at);

-- name: HeadedChild :one
-- A child that the caller answers for.
select p.id, (case when p.protected_identity = 'marked' then '' else p.given_name end)::text as given_name,
    (case when p.protected_identity = 'marked' then '' else p.family_name end)::text as family_name
from app.persons p
where p.municipality_id = scope.municipality() and p.id = $1 and p.id in (select app.headed_children());

-- name: RestrictionExists :one
-- Whether one holds already that does the same for as long: setting it again changes nothing but how often it is to be lifted.
select exists (
    select from app.restrictions r
    where r.municipality_id = scope.municipality() and r.child_id = @child_id and r.person_id = @person_id and r.kind = @kind and r.lifted_at is null
      and r.starts_at <= @starts_at and (r.until is null or r.until >= sqlc.narg(until)::timestamptz))::boolean;

-- name: MetPerson :one
-- Somebody whom the caller meets at work; without a name beside a child whose own is kept (B8).
select p.id, (case when @child_id::uuid = any ((select app.aliased_persons())::uuid[]) then '' else p.given_name end)::text as given_name,
    (case when @child_id::uuid = any ((select app.aliased_persons())::uuid[]) then '' else p.family_name end)::text as family_name
from app.persons p where p.municipality_id = scope.municipality() and p.id = @id;

-- name: Restriction :one
-- With whether it is about the caller's own family, to whom its reason is not told. A proposal falls with who made it: somebody who is there proposes
-- anew (V9).
select sqlc.embed(r), (r.child_id = any ((select app.own_family())::uuid[]) or r.person_id = any ((select app.own_family())::uuid[]))::boolean as family,
    (app.lifting_stands(r.lifting_proposed_at)
        and (r.lifting_proposed_by is null or app.still_answers(r.lifting_proposed_by, r.child_id, '{}')))::boolean as proposal_stands, (case when r.child_id = any ((select app.aliased_persons())::uuid[]) then '' else coalesce(p.given_name, '') end)::text as given_name,
    (case when r.child_id = any ((select app.aliased_persons())::uuid[]) then '' else coalesce(p.family_name, '') end)::text as family_name,
    coalesce(case when c.protected_identity <> 'marked' then trim(c.given_name || ' ' || c.family_name) end, '')::text as child_name,
    coalesce(case when s.protected_identity <> 'marked' then trim(s.given_name || ' ' || s.family_name) end, '')::text as setter_name,
    coalesce(case when o.protected_identity <> 'marked' then trim(o.given_name || ' ' || o.family_name) end, '')::text as proposer_name
from app.restrictions r
left join app.persons p on p.municipality_id = r.municipality_id and p.id = r.person_id
left join app.persons c on c.municipality_id = r.municipality_id and c.id = r.child_id
left join app.persons s on s.municipality_id = r.municipality_id and s.id = r.set_by
left join app.persons o on o.municipality_id = r.municipality_id and o.id = r.lifting_proposed_by
where r.municipality_id = scope.municipality() and r.id = $1;

-- name: RestrictionsOfInstitution :many
select sqlc.embed(r), (r.child_id = any ((select app.own_family())::uuid[]) or r.person_id = any ((select app.own_family())::uuid[]))::boolean as family, app.lifting_stands(r.lifting_proposed_at)::boolean as proposal_stands, (case when r.child_id = any ((select app.aliased_persons())::uuid[]) then '' else coalesce(p.given_name, '') end)::text as given_name,
    (case when r.child_id = any ((select app.aliased_persons())::uuid[]) then '' else coalesce(p.family_name, '') end)::text as family_name,
    coalesce(case when c.protected_identity <> 'marked' then trim(c.given_name || ' ' || c.family_name) end, '')::text as child_name,
    coalesce(case when s.protected_identity <> 'marked' then trim(s.given_name || ' ' || s.family_name) end, '')::text as setter_name,
    coalesce(case when o.protected_identity <> 'marked' then trim(o.given_name || ' ' || o.family_name) end, '')::text as proposer_name
from app.restrictions r
left join app.persons p on p.municipality_id = r.municipality_id and p.id = r.person_id
left join app.persons c on c.municipality_id = r.municipality_id and c.id = r.child_id
left join app.persons s on s.municipality_id = r.municipality_id and s.id = r.set_by
left join app.persons o on o.municipality_id = r.municipality_id and o.id = r.lifting_proposed_by
where r.municipality_id = scope.municipality() and r.child_id in (
        select e.child_id from app.enrolments e
        where e.municipality_id = scope.municipality() and e.institution_id = @institution_id and (e.ended_at is null or e.ended_at > now()))
    and (r.set_at, r.id) < (@before_time::timestamptz, @before_id::uuid)
order by r.set_at desc, r.id desc
limit @page_size;

-- name: InOwnFamily :one
select (@child_id::uuid = any (app.own_family()) or @person_id::uuid = any (app.own_family()))::boolean;

-- name: MayRestrict :one
select app.may_restrict(@child_id::uuid, @person_id::uuid)::boolean;

-- name: UpdateLifting :execrows
update app.restrictions
set lifting_proposed_by = sqlc.narg(proposed_by), lifting_proposed_at = sqlc.narg(proposed_at), lifted_by = sqlc.narg(lifted_by),
    lifted_at = sqlc.narg(lifted_at), version = @version
where municipality_id = scope.municipality() and id = @id and version = @from_version;

-- Who wishes access, and whether the other guardian is to have it (V3, V6, V13).

-- name: StateWish :one
-- Whether what staff entered from a form stands for one of the children.
select app.state_wish(@wished, sqlc.narg(starts_at)::timestamptz, @moment::timestamptz)::boolean;

-- name: StateWishFor :exec
insert into app.access_wishes (municipality_id, guardianship_id, wished, starts_at, stated_by, stated_at)
values (scope.municipality(), @guardianship_id, @wished, sqlc.narg(starts_at), @stated_by, @stated_at)
on conflict (municipality_id, guardianship_id) do update
set wished = excluded.wished, starts_at = excluded.starts_at, stated_by = excluded.stated_by, stated_at = excluded.stated_at;

-- name: ProposedActivations :many
-- One page of those who wish access that this institution does not give, the longest waiting first: what was wished before somebody closed it was
-- answered by that. Whoever wishes anew is proposed with what was decided last; its reason is not for the child's own family.
select g.id, a.institution_id, g.child_id, g.guardian_id, g.basis, g.legal, g.time_boxed, a.status, a.until, a.version, g.ended_at,
    c.given_name as child_given_name, c.family_name as child_family_name,
    (case when c.id = any ((select app.aliased_persons())::uuid[]) then '' else p.given_name end)::text as given_name,
    (case when c.id = any ((select app.aliased_persons())::uuid[]) then '' else p.family_name end)::text as family_name,
    exists (select from auth.accounts x where x.municipality_id = g.municipality_id and x.person_id = g.guardian_id and x.ended_at is null) as has_account,
    coalesce(l.decided_at, 'epoch')::timestamptz as decided_at, coalesce(l.status, '')::text as decided_status, coalesce(l.rule, '')::text as decided_rule,
    coalesce(d.given_name, '')::text as decider_given_name, coalesce(d.family_name, '')::text as decider_family_name,
    (case when l.reason is null or l.reason = '' or app.family_of(g.child_id) then '' else l.reason end)::text as decided_reason,
    w.starts_at, w.stated_at
from app.access_wishes w
join app.guardianships g on g.municipality_id = w.municipality_id and g.id = w.guardianship_id
join app.guardianship_access a on a.municipality_id = w.municipality_id and a.guardianship_id = w.guardianship_id
join app.persons c on c.municipality_id = g.municipality_id and c.id = g.child_id
join app.persons p on p.municipality_id = g.municipality_id and p.id = g.guardian_id
left join lateral (
    select x.status, x.decided_at, x.rule, x.reason, x.decided_by from app.guardianship_decisions x
    where x.municipality_id = g.municipality_id and x.guardianship_id = g.id and (x.institution_id is null or x.institution_id = a.institution_id)
    order by x.decided_at desc, x.id desc limit 1) l on true
left join app.persons d on d.municipality_id = w.municipality_id and d.id = l.decided_by
where w.municipality_id = scope.municipality() and a.institution_id = @institution_id
    and a.institution_id in (select app.headed_institutions())
    and w.wished and a.status in ('imported', 'inactive') and g.ended_at is null and (w.starts_at is null or w.starts_at <= @moment::timestamptz)
    and (l.decided_at is null or l.status = 'active' or l.decided_at < w.stated_at)
    and not exists (
        select from app.restrictions_now x
        where x.municipality_id = w.municipality_id and x.child_id = g.child_id and x.person_id = g.guardian_id and x.kind = 'no_access')
    and (w.stated_at, g.id) > (@after_time::timestamptz, @after_id::uuid)
order by w.stated_at, g.id
limit @page_size;

-- name: LockAccess :exec
-- Until the transaction ends nobody else decides about these.
select a.guardianship_id from app.guardianship_access a
where a.municipality_id = scope.municipality() and a.institution_id = @institution_id and a.guardianship_id = any(@guardianships::uuid[])
order by a.guardianship_id for update;

-- name: UnclarifiedChildren :many
select u.child_id, u.guardians::int as guardians, c.given_name, c.family_name
from app.unclarified_children u
join app.persons c on c.municipality_id = u.municipality_id and c.id = u.child_id
where u.municipality_id = scope.municipality() and u.institution_id = @institution_id and u.institution_id in (select app.headed_institutions())
    and (c.given_name, c.family_name, c.id) > (@after_given::text, @after_family::text, @after_id::uuid)
order by c.given_name, c.family_name, c.id
limit @page_size;

-- name: InsertClarification :exec
insert into app.guardian_clarifications (municipality_id, id, child_id, answer, reason, clarified_by, clarified_at)
values (scope.municipality(), @id, @child_id, @answer, @reason, @clarified_by, @clarified_at);

-- What registers want that would widen an access, as those see it for whom it waits (B8).

-- name: HeldChanges :many
-- One page of what waits, or of everything, the longest waiting first.
select sqlc.embed(h), (case when h.child_id = any ((select app.aliased_persons())::uuid[]) then '' else coalesce(p.given_name, '') end)::text as given_name,
    (case when h.child_id = any ((select app.aliased_persons())::uuid[]) then '' else coalesce(p.family_name, '') end)::text as family_name,
    coalesce(c.given_name, '')::text as child_given_name, coalesce(c.family_name, '')::text as child_family_name
from app.held_changes h
left join app.persons p on p.municipality_id = h.municipality_id and p.id = h.person_id
left join app.persons c on c.municipality_id = h.municipality_id and c.id = h.child_id
where h.municipality_id = scope.municipality() and (h.institutions @> array[@institution_id::uuid] or h.institutions = '{}')
    and (@everything::boolean or h.state in ('waiting', 'proposed'))
    and (h.since, h.id) > (@after_time::timestamptz, @after_id::uuid)
order by h.since, h.id
limit @page_size;

-- name: HeldChangesOf :many
select sqlc.embed(h), (case when h.child_id = any ((select app.aliased_persons())::uuid[]) then '' else coalesce(p.given_name, '') end)::text as given_name,
    (case when h.child_id = any ((select app.aliased_persons())::uuid[]) then '' else coalesce(p.family_name, '') end)::text as family_name,
    coalesce(c.given_name, '')::text as child_given_name, coalesce(c.family_name, '')::text as child_family_name,
    coalesce(app.held_in_family(scope.person(), h.person_id, h.child_id), false)::boolean as family,
    coalesce(app.above_held(h.kind, h.row_id), false)::boolean as above,
    (h.proposed_by is null or app.still_answers(h.proposed_by, null, h.institutions)
        and app.held_in_family(h.proposed_by, h.person_id, h.child_id) is not true)::boolean as proposal_stands
from app.held_changes h
left join app.persons p on p.municipality_id = h.municipality_id and p.id = h.person_id
left join app.persons c on c.municipality_id = h.municipality_id and c.id = h.child_id
where h.municipality_id = scope.municipality() and h.id = any (@changes::uuid[])
    and (h.institutions @> array[@institution_id::uuid] and (h.child_id is null or h.child_id in (select app.headed_children())) or h.institutions = '{}');

-- name: DecideHeldChanges :many
-- Which of them were decided: those that still are as they were reviewed, and that the caller may decide.
update app.held_changes h
set state = d.state, proposed_by = nullif(d.proposed_by, '00000000-0000-0000-0000-000000000000'), proposed_at = case when d.proposed_at > 'epoch' then d.proposed_at end,
    decided_by = nullif(d.decided_by, '00000000-0000-0000-0000-000000000000'), decided_at = case when d.decided_at > 'epoch' then d.decided_at end,
    reason = d.reason, version = d.version
from (
    select unnest(@ids::uuid[]) as id, unnest(@states::text[]) as state, unnest(@proposers::uuid[]) as proposed_by, unnest(@proposals::timestamptz[]) as proposed_at,
        unnest(@deciders::uuid[]) as decided_by, unnest(@decisions::timestamptz[]) as decided_at, unnest(@reasons::text[]) as reason, unnest(@versions::int[]) as version
) d
where h.municipality_id = scope.municipality() and h.id = d.id and h.version = d.version - 1
returning h.id;

-- name: LockHeldChanges :exec
-- Until the transaction ends nobody else decides about these, or changes what they are about.
select app.lock_held(@changes::uuid[]);

-- name: AcceptedNumbers :many
-- The identity numbers that people have let registers give these persons, by what names them: each once, and not long ago.
select row_id, wants from app.held_changes
where municipality_id = scope.municipality() and kind = 'identity_changed' and state = 'accepted' and row_id = any(@persons::uuid[])
    and used_at is null and decided_at > @since;

-- name: AcceptedJoins :many
-- The names under which people have let registers bring these persons, by what names them: each once, and not long ago.
select row_id, wants from app.held_changes
where municipality_id = scope.municipality() and kind = 'identity_joined' and state = 'accepted' and row_id = any(@persons::uuid[])
    and used_at is null and decided_at > @since;

-- name: UseJoins :exec
select app.use_joins(@persons::uuid[], @wants::text[], @moment);

-- name: HoldJoins :exec
select app.hold_joins(@source, @file_name, @persons::uuid[], @wants::text[], @moment);

-- name: Entrusted :many
select person::uuid from app.entrusted(@persons::uuid[]) as person;

-- name: HoldNumbers :exec
select app.hold_numbers(@source, @file_name, @persons::uuid[], @wants::text[], @moment);

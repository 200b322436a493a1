-- Accounts that staff open with the guardian present (H7).

-- name: AssistedCases :many
-- One page of those of an institution that the caller answers for, the latest first. What somebody signs in with can say who they are (B8).
select c.id, c.institution_id, c.guardianship_id, c.child_id, c.shown, c.note,
    (case when c.person_id = any ((select app.aliased_persons())::uuid[]) then '' else c.username end)::text as username, c.state, c.opened_by, c.opened_at, c.expires_at, c.decided_by,
    c.decided_at, c.reason, coalesce(p.given_name, '')::text as given_name, coalesce(p.family_name, '')::text as family_name,
    (case when c.child_id = any ((select app.aliased_persons())::uuid[]) then '' else coalesce(k.given_name, '') end)::text as child_given_name,
    (case when c.child_id = any ((select app.aliased_persons())::uuid[]) then '' else coalesce(k.family_name, '') end)::text as child_family_name
from app.assisted_cases c
left join app.persons p on p.municipality_id = c.municipality_id and p.id = c.person_id
left join app.persons k on k.municipality_id = c.municipality_id and k.id = c.child_id
where c.municipality_id = scope.municipality() and c.institution_id = @institution_id and c.institution_id = any (app.headed_at())
    and (c.opened_at, c.id) < (@before_at::timestamptz, @before_id::uuid)
order by c.opened_at desc, c.id desc
limit @page_size;

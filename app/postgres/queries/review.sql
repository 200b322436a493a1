-- The monthly review of access (V10), and only of the institutions that the caller answers for.

-- name: ReviewsOfInstitution :many
-- One page, the latest month first.
select r.id, r.institution_id, r.month, r.opened_at, r.due_on, r.quiet_days, r.completed_at, r.completed_by, r.version, i.name as institution_name, coalesce(r.state = 'open' and r.due_on < timezone(m.time_zone, @moment::timestamptz)::date, false)::boolean as overdue,
    app.review_size(r.id, false)::bigint as row_count, app.review_size(r.id, true)::bigint as with_findings,
    app.review_undecided(r.id, @moment)::bigint as undecided
from app.reviews r
join app.institutions i on i.municipality_id = r.municipality_id and i.id = r.institution_id
join app.municipalities m on m.municipality_id = r.municipality_id
where r.municipality_id = scope.municipality() and r.institution_id = @institution_id
    and (r.opened_at, r.id) < (@before_at::timestamptz, @before_id::uuid)
order by r.opened_at desc, r.id desc
limit @page_size;

-- name: OverdueReviews :many
-- One page of what is overdue anywhere that the caller answers for, the oldest first.
select r.id, r.institution_id, r.month, r.opened_at, r.due_on, r.quiet_days, r.completed_at, r.completed_by, r.version, i.name as institution_name, app.review_size(r.id, false)::bigint as row_count, app.review_size(r.id, true)::bigint as with_findings,
    app.review_undecided(r.id, @moment)::bigint as undecided
from app.reviews r
join app.institutions i on i.municipality_id = r.municipality_id and i.id = r.institution_id
join app.municipalities m on m.municipality_id = r.municipality_id
where r.municipality_id = scope.municipality() and r.state = 'open' and r.due_on < timezone(m.time_zone, @moment::timestamptz)::date
    and i.closed_at is null -- nobody is asked to review an institution that is no more
    and (r.opened_at, r.id) > (@after_at::timestamptz, @after_id::uuid)
order by r.opened_at, r.id
limit @page_size;

-- name: Review :one
select r.id, r.institution_id, r.month, r.opened_at, r.due_on, r.quiet_days, r.completed_at, r.completed_by, r.version, i.name as institution_name, coalesce(r.state = 'open' and r.due_on < timezone(m.time_zone, @moment::timestamptz)::date, false)::boolean as overdue,
    app.review_size(r.id, false)::bigint as row_count, app.review_size(r.id, true)::bigint as with_findings,
    app.review_undecided(r.id, @moment)::bigint as undecided
from app.reviews r
join app.institutions i on i.municipality_id = r.municipality_id and i.id = r.institution_id
join app.municipalities m on m.municipality_id = r.municipality_id
where r.municipality_id = scope.municipality() and r.id = @id;

-- name: LockReview :one
-- Two heads who decide at once take turns.
select state from app.reviews where municipality_id = scope.municipality() and id = $1 for update;

-- name: ReviewRows :many
-- One page in their order. Names come by app.review_names, which knows whose are not shown.
select w.id, w.position, w.kind, w.grant_id, w.person_id, w.child_id, w.group_id, w.role, w.granted_at, w.ends_at, w.findings, w.decision, w.note,
    w.decided_by, w.decided_at, w.outcome, w.sponsor_id, w.named_children, (w.id in (select app.over_grants(@review_id, @moment::timestamptz)))::boolean as over,
    coalesce(w.child_id = any ((select app.own_family())::uuid[]), false)::boolean as family,
    coalesce(case when w.child_id = any ((select app.own_family())::uuid[]) then not app.answered_outside(w.institution_id, w.child_id) end, false)::boolean as only_family
from app.review_rows w
where w.municipality_id = scope.municipality() and w.review_id = @review_id and w.position > @after::integer
    and (not @findings_only::boolean or cardinality(w.findings) > 0)
    and (not @undecided_only::boolean or w.decision is null and w.id not in (select app.over_grants(@review_id, @moment)))
    and (sqlc.narg(wanted)::uuid[] is null or w.id = any (sqlc.narg(wanted)::uuid[]))
order by w.position
limit @page_size;

-- name: PlaceOfReviewRow :one
select position from app.review_rows where municipality_id = scope.municipality() and review_id = @review_id and id = @id;

-- name: DecideReviewRow :exec
update app.review_rows set decision = @decision, note = @note, decided_by = @decided_by, decided_at = @decided_at, outcome = @outcome
where municipality_id = scope.municipality() and review_id = @review_id and id = @id;

-- name: KeepReviewRows :execrows
update app.review_rows set decision = 'keep', decided_by = @decided_by, decided_at = @decided_at,
    outcome = case when person_id = @decided_by or child_id = any ((select app.own_family())::uuid[]) then 'self_confirmed' else 'done' end
where municipality_id = scope.municipality() and review_id = @review_id and decision is null and cardinality(findings) = 0
    and outcome is distinct from 'suspended' -- to keep that is to open it again, which is said row by row
    and (@alone::boolean or person_id is distinct from @decided_by and (child_id is null or child_id <> all ((select app.own_family())::uuid[])))
    and id not in (select app.over_grants(@review_id, @decided_at));

-- name: CountReviewDecision :exec
update app.reviews set version = version + 1 where municipality_id = scope.municipality() and id = $1;

-- name: CompleteReview :exec
update app.reviews set state = 'completed', version = version + 1, completed_at = @completed_at, completed_by = @completed_by, report = @report,
    signature = @signature, signed_with = @signed_with
where municipality_id = scope.municipality() and id = @id;

-- name: ReviewReport :one
select report, signature, signed_with from app.reviews where municipality_id = scope.municipality() and id = $1 and state = 'completed' and app.read_whole(id);

-- name: ReviewRule :one
select due_days, remind_days, quiet_days, coalesce(suspend_after_days, 0)::smallint as suspend_after_days, version from app.review_rules
where municipality_id = scope.municipality();

-- name: SetReviewRule :execrows
insert into app.review_rules as r (municipality_id, due_days, remind_days, quiet_days, suspend_after_days, version, changed_by, changed_at)
values (scope.municipality(), @due_days, @remind_days, @quiet_days, nullif(@suspend_after_days::smallint, 0), 1, @changed_by, @changed_at)
on conflict (municipality_id) do update set due_days = excluded.due_days, remind_days = excluded.remind_days, quiet_days = excluded.quiet_days,
    suspend_after_days = excluded.suspend_after_days, version = r.version + 1, changed_by = excluded.changed_by, changed_at = excluded.changed_at
where r.version = @from_version::integer;

-- name: OwnsMunicipality :one
select app.owns_municipality()::boolean;

-- name: Heads :one
-- Whether the caller answers for any institution at all.
select exists (select from app.headed_institutions())::boolean;

-- name: OwnsInstitution :one
select coalesce('owner' = any (app.roles_at(@institution_id)), false)::boolean;

-- name: AnsweredByAnother :one
-- Whether somebody else answers for an institution, too.
select coalesce(app.answered_by_another(@institution_id), false)::boolean;

-- name: ReviewChildren :many
select distinct child_id::uuid as child_id from app.review_rows
where municipality_id = scope.municipality() and review_id = $1 and child_id is not null;

-- name: OverdueRevisions :many
-- One page of the revisions that are overdue anywhere that the caller answers for, the oldest first.
select r.id, r.institution_id, i.name as institution_name, r.month, r.opened_at, r.due_on, count(p.point) as points, count(p.confirmed_at) as confirmed
from app.revisions r
join app.institutions i on i.municipality_id = r.municipality_id and i.id = r.institution_id and i.closed_at is null
join app.municipalities m on m.municipality_id = r.municipality_id
join app.revision_points p on p.municipality_id = r.municipality_id and p.revision_id = r.id
where r.municipality_id = scope.municipality() and r.completed_at is null and r.due_on < timezone(m.time_zone, @moment::timestamptz)::date
    and (r.opened_at, r.id) > (@after_at::timestamptz, @after_id::uuid)
group by r.municipality_id, r.id, i.name
order by r.opened_at, r.id
limit @page_size;

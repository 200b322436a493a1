-- Who works where, as heads and owners enter it (V5, V9, V11). The functions refuse what is not the caller's to decide.

-- name: LockStaff :exec
-- Those who decide about the staff of one institution take turns, so that two do not end the last two heads at once. Freed with the transaction.
select pg_advisory_xact_lock(hashtextextended(concat('staff ', scope.municipality(), @institution_id::uuid), 0));

-- name: KnownPerson :one
-- Whether the caller meets somebody, or somebody has worked where the caller answers.
select (exists (select from app.persons p where p.municipality_id = scope.municipality() and p.id = @id)
    or exists (select from app.staff_roles r
        where r.municipality_id = scope.municipality() and r.person_id = @id and r.institution_id in (select app.headed_institutions())))::boolean as known;

-- name: OpenGroupOfInstitution :one
select id, name from app.groups
where municipality_id = scope.municipality() and id = @id and institution_id = @institution_id and (ended_at is null or ended_at > now());

-- name: HoldsRoleMeanwhile :one
-- Whether somebody holds the very same role for a part of a period. Null stands for no end.
select exists (select from app.staff_roles r
    where r.municipality_id = scope.municipality() and r.person_id = @person_id and r.institution_id = @institution_id and r.role = @role
      and r.group_id is not distinct from sqlc.narg(group_id)::uuid
      and (r.ended_at is null or r.ended_at > @starts::timestamptz)
      and (sqlc.narg(ends)::timestamptz is null or coalesce(r.starts_at, r.created_at) < sqlc.narg(ends)::timestamptz))::boolean as holds;

-- name: EnterNewcomer :one
select app.enter_newcomer(@id, @given_name, @family_name, sqlc.narg(contact_email), @institution_id, @moment)::boolean;

-- name: EnterStaffRole :one
select app.enter_staff_role(@id, @person_id, @institution_id, sqlc.narg(group_id), @role, @starts, sqlc.narg(ends), @moment)::boolean;

-- name: EndStaffRole :one
select app.end_staff_role(@id, sqlc.narg(ends)::timestamptz)::boolean;

-- name: MaySendOnLeave :one
select app.may_send_on_leave(@person_id, @institution_id)::boolean;

-- name: KeepLeave :one
select app.keep_leave(@id, @person_id, @institution_id, @starts, sqlc.narg(ends), @moment)::boolean;

-- name: EndLeave :one
select app.end_leave(@id)::boolean;

-- name: HeadsOfInstitution :many
-- The times in which somebody heads an institution, from now on.
select id, person_id, coalesce(starts_at, created_at)::timestamptz as starts_at, ended_at from app.staff_roles
where municipality_id = scope.municipality() and institution_id = @institution_id and role = 'head' and (ended_at is null or ended_at > now());

-- name: LeavesOfInstitution :many
select id, person_id, starts_at, until from app.staff_leaves
where municipality_id = scope.municipality() and institution_id = @institution_id and (until is null or until > now());

-- name: TakeOver :one
select app.take_over(@id, @institution_id, @since, @moment)::boolean;

-- name: SubstituteDays :one
select substitute_days from app.municipalities
where municipality_id = scope.municipality() and app.owns_municipality();

-- name: SetSubstituteDays :execrows
update app.municipalities set substitute_days = @days
where municipality_id = scope.municipality() and app.owns_municipality();

-- What a guardian may ask. Row-level security keeps each of these to the guardian's own children; the conditions say it once more. They are planned once for a
-- connection, and so for no municipality in particular: it is asked for in a query of its own (plans_for_every_municipality.sql).

-- name: ChildrenOfGuardian :many
-- The children of the guardian, each with where it is enrolled now; only_child narrows it to one. Whom a restriction keeps from knowing where a
-- child is reads no name of its institution and group (B8).
select distinct on (id) id, given_name, family_name, institution_id, institution_name, institution_kind, group_name, time_zone
from app.family_children
where municipality_id = (select scope.municipality()) and (sqlc.narg(only_child)::uuid is null or id = sqlc.narg(only_child)::uuid)
order by id, enrolled_at desc;

-- name: OwnName :one
-- The name of whoever the transaction runs for, as others are to read it: an alias for somebody with a protected identity (B8).
select given_name, family_name from app.persons where municipality_id = (select scope.municipality()) and id = scope.person();

-- name: OwnLocale :one
-- The language of the municipality, until the person has chosen one.
select locale from app.municipalities where municipality_id = (select scope.municipality());

-- name: AbsenceOfGuardian :one
-- An absence of one of the guardian's children, with its institution's time zone. The words of another guardian are not shown (B11).
select sqlc.embed(a), m.time_zone from app.shown_absences a
join app.municipalities m on m.municipality_id = a.municipality_id
where a.municipality_id = (select scope.municipality()) and a.id = $1 and a.child_id in (select app.own_children());

-- name: AbsencesOfChild :many
-- One page, the latest first, of a child that the caller has access to. The words of another guardian are not shown (B11).
select * from app.own_absences
where municipality_id = (select scope.municipality()) and child_id = @child_id
    and (starts_on, id) < (@before_day::date, @before_id::uuid)
order by starts_on desc, id desc
limit @page_size;

-- name: InsertAbsence :exec
insert into app.absences (municipality_id, id, child_id, institution_id, starts_on, ends_on, reason, note, note_sensitive, reported_by, version,
    created_at, updated_at)
values (scope.municipality(), @id, @child_id, @institution_id, @starts_on, @ends_on, @reason, @note, @note_sensitive, @reported_by, @version,
    @created_at, @updated_at);

-- name: UpdateAbsence :execrows
-- Writes a changed absence of the caller's own if it still has the version it was changed from (B11). A deleted note is overwritten: nothing keeps the old text (V17).
update app.absences
set starts_on = @starts_on, ends_on = @ends_on, reason = @reason, note = @note, note_sensitive = @note_sensitive, version = @version,
    updated_at = @updated_at, note_removed_at = coalesce(sqlc.narg(note_removed_at)::timestamptz, note_removed_at)
where municipality_id = (select scope.municipality()) and id = @id and reported_by = scope.person() and version = @from_version;

-- name: OneReportAtATime :exec
-- Until the transaction ends nobody else reports an absence of this child.
select pg_advisory_xact_lock(hashtextextended(scope.municipality()::text || @child_id::text, 12));

-- name: AbsencesWithin :many
-- The days of a child's other absences that touch a period, whoever reported them.
select starts_on, ends_on from app.absences
where municipality_id = (select scope.municipality()) and child_id = @child_id and id <> @but and starts_on <= @ends_on and ends_on >= @starts_on
order by starts_on, id
limit 10;

-- name: WithdrawAbsence :execrows
-- The row goes: what was never to be keeps no words and no days (V17).
delete from app.absences
where municipality_id = (select scope.municipality()) and id = @id and version = @version and reported_by = scope.person();

-- name: OtherGuardians :many
-- The other guardians who may know of the child's day at an institution (B11, P5).
select distinct guardian::uuid as person_id from app.other_guardians_at(@child_id::uuid, @institution_id::uuid) as guardian;

-- name: EnsureConversation :one
-- The guardian's thread about a child with an institution; made if it is the first time (B11).
insert into app.conversations as c (municipality_id, id, child_id, guardian_id, institution_id, created_at, last_message_at)
values (scope.municipality(), @id, @child_id, scope.person(), @institution_id, @now, @now)
on conflict (municipality_id, child_id, guardian_id, institution_id) do update set last_message_at = greatest(c.last_message_at, excluded.last_message_at)
returning c.id;

-- name: ConversationsOfGuardian :many
select c.id, c.child_id, c.institution_id, c.last_message_at, coalesce(n.given_name, p.given_name)::text as given_name,
    coalesce(n.family_name, p.family_name)::text as family_name,
    (case when c.child_id = any ((select app.unlocated())::uuid[]) then '' else i.name end)::text as institution_name, i.kind as institution_kind
from app.conversations c
join app.persons p on p.municipality_id = c.municipality_id and p.id = c.child_id
left join app.protected_names n on n.municipality_id = p.municipality_id and n.person_id = p.id
join app.institutions i on i.municipality_id = c.municipality_id and i.id = c.institution_id
where c.municipality_id = (select scope.municipality()) and c.guardian_id = scope.person() and c.child_id in (select app.own_children())
    and (c.last_message_at, c.id) < (@before_time::timestamptz, @before_id::uuid)
order by c.last_message_at desc, c.id desc
limit @page_size;

-- name: AlertOfGuardian :one
-- The institution is named to those who are told that a child of theirs is there (B8).
select sqlc.embed(a), (case when exists (
        select from app.own_access() as x (child_id, institution_id)
        where x.institution_id = a.institution_id and x.child_id <> all ((select app.unlocated())::uuid[])) then i.name else '' end)::text as institution_name,
    i.kind as institution_kind from app.alerts a
join app.institutions i on i.municipality_id = a.municipality_id and i.id = a.institution_id
where a.municipality_id = (select scope.municipality()) and a.id = $1 and a.institution_id in (select app.own_places());

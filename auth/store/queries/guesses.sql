-- name: InsertGuess :exec
insert into auth.guesses (municipality_id, began_at, subject) values (@municipality_id, @began_at, @subject) on conflict do nothing;

-- name: CountGuesses :one
-- Of this window and the one before, unless that one raised the alarm already. A name in both counts once.
select count(*) from (
    (select n.subject from auth.guesses n where n.municipality_id = @municipality_id and n.began_at = @began_at limit @most)
    union
    (select p.subject from auth.guesses p where p.municipality_id = @municipality_id and p.began_at = @before_at
        and not exists (select 1 from auth.alarms a where a.municipality_id = @municipality_id and a.began_at = @before_at and a.kind = @kind) limit @most)
) as g;

-- name: DeleteGuess :exec
delete from auth.guesses where municipality_id = @municipality_id and began_at >= @since and subject = @subject;

-- name: RaiseAlarm :execrows
insert into auth.alarms (municipality_id, began_at, kind, raised_at) values (@municipality_id, @began_at, @kind, @raised_at) on conflict do nothing;

-- name: DeleteOldGuesses :execrows
delete from auth.guesses where municipality_id = @municipality_id and began_at < @began_before;

-- name: DeleteOldAlarms :exec
delete from auth.alarms where municipality_id = @municipality_id and raised_at < @raised_before;

-- name: AlarmsSince :many
select kind::text as kind, times::bigint as times from auth.alarms_since(@moment);

-- name: InsertGuess :exec
insert into auth.guesses (municipality_id, began_at, subject) values (@municipality_id, @began_at, @subject) on conflict do nothing;

-- name: CountGuesses :one
select count(*) from (
    select 1 from auth.guesses where municipality_id = @municipality_id and began_at = @began_at limit @most
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

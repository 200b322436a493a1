-- name: ClaimAttempt :execrows
-- Counts a try before it is made, so that tries made at the same time cannot outrun the count. No row: it is not yet time for another one.
-- The wait doubles with every failure from the limit on.
insert into auth.attempts as a (municipality_id, subject, failures, first_at, last_at)
values (sqlc.arg(municipality_id), sqlc.arg(subject), 1, sqlc.arg(now), sqlc.arg(now))
on conflict (municipality_id, subject) do update
set failures = case when a.last_at <= sqlc.arg(quiet_since) or a.failures < sqlc.arg(most) and a.first_at <= sqlc.arg(window_since) then 1 else a.failures + 1 end,
    first_at = case when a.last_at <= sqlc.arg(quiet_since) or a.failures < sqlc.arg(most) and a.first_at <= sqlc.arg(window_since) then excluded.first_at else a.first_at end,
    last_at = excluded.last_at
where a.failures < sqlc.arg(most) or a.last_at <= sqlc.arg(quiet_since)
   or a.last_at + make_interval(secs => least(sqlc.arg(most_wait_seconds)::float8, sqlc.arg(first_wait_seconds)::float8 * power(2, least(a.failures - sqlc.arg(most), 20)))) <= sqlc.arg(now);

-- name: NextAttemptAt :one
-- When the next try is due: the same wait as in ClaimAttempt.
select (last_at + make_interval(secs => least(sqlc.arg(most_wait_seconds)::float8, sqlc.arg(first_wait_seconds)::float8 * power(2, least(failures - sqlc.arg(most)::int, 20)))))::timestamptz as next_at
from auth.attempts
where municipality_id = sqlc.arg(municipality_id) and subject = sqlc.arg(subject);

-- name: AttemptKnown :one
select exists (select from auth.attempts
    where municipality_id = sqlc.arg(municipality_id) and subject = sqlc.arg(subject) and last_at > sqlc.arg(known_since)) as known;

-- name: UncountAttempt :exec
update auth.attempts set failures = greatest(failures - 1, 0)
where municipality_id = sqlc.arg(municipality_id) and subject = sqlc.arg(subject);

-- name: ForgiveAttempts :exec
insert into auth.attempts (municipality_id, subject, failures, first_at, last_at)
values (sqlc.arg(municipality_id), sqlc.arg(subject), 0, sqlc.arg(now), sqlc.arg(now))
on conflict (municipality_id, subject) do update set failures = 0, first_at = excluded.first_at, last_at = excluded.last_at;

-- name: DeleteOldAttempts :execrows
delete from auth.attempts
where municipality_id = sqlc.arg(municipality_id) and (failures > 0 and last_at <= sqlc.arg(failed_before) or last_at <= sqlc.arg(known_before));

-- name: CountWithin :execrows
-- Counts what may happen a number of times in a window that begins with the first. No row: the window is full.
insert into auth.attempts as a (municipality_id, subject, failures, first_at, last_at)
values (sqlc.arg(municipality_id), sqlc.arg(subject), 1, sqlc.arg(now), sqlc.arg(now))
on conflict (municipality_id, subject) do update
set failures = case when a.first_at <= sqlc.arg(window_since) then 1 else a.failures + 1 end,
    first_at = case when a.first_at <= sqlc.arg(window_since) then excluded.first_at else a.first_at end,
    last_at = excluded.last_at
where a.failures < sqlc.arg(most) or a.first_at <= sqlc.arg(window_since);

-- name: WindowBegan :one
select first_at from auth.attempts
where municipality_id = sqlc.arg(municipality_id) and subject = sqlc.arg(subject);

-- name: CountFailures :one
select failures from auth.attempts
where municipality_id = sqlc.arg(municipality_id) and subject = sqlc.arg(subject);

-- name: InsertTabletCode :exec
insert into auth.tablet_codes (municipality_id, code_hash, group_id, made_by, made_at, expires_at)
values (@municipality_id, @code_hash, @group_id, @made_by, @made_at, @expires_at);

-- name: SharedUser :one
-- Under a head's scope it finds the groups that the head answers for, and none besides.
select group_id, substitutes, generation, rotated_at, rotated_because, confirm_by, suspended_at from auth.shared_users
where municipality_id = @municipality_id and group_id = @group_id;

-- name: SharedUsers :many
select group_id, substitutes, generation, rotated_at, rotated_because, confirm_by, suspended_at from auth.shared_users
where municipality_id = @municipality_id and group_id = any (@groups::uuid[]);

-- name: TabletsOfGroups :many
select t.id, t.group_id, t.name, t.enrolled_at, t.proved_at, t.suspended_at, (t.generation < u.generation)::boolean as unconfirmed,
    (t.generation < u.generation and auth.deadline_of(u.deadlines, t.generation) <= @moment::timestamptz)::boolean as locked
from auth.tablets t
join auth.shared_users u on u.municipality_id = t.municipality_id and u.group_id = t.group_id
where t.municipality_id = @municipality_id and t.group_id = any (@groups::uuid[]) and t.ended_at is null
order by t.enrolled_at, t.id
limit 1000;

-- name: SetSubstitutes :execrows
update auth.shared_users set substitutes = @substitutes where municipality_id = @municipality_id and group_id = @group_id;

-- name: ProveTablet :exec
update auth.tablets set token_hash = @token_hash, token_expires_at = @token_expires_at::timestamptz, proved_at = @proved_at
where municipality_id = @municipality_id and id = @id;

-- name: EndTablet :one
update auth.tablets set ended_at = @ended_at::timestamptz, ended_because = @because::text, token_hash = null
where municipality_id = @municipality_id and id = @id and ended_at is null
returning group_id;

-- name: KeepTablet :exec
update auth.tablets set suspended_at = null where municipality_id = @municipality_id and id = @id and suspended_at is not null;

-- name: KeepSharedUser :exec
update auth.shared_users set suspended_at = null where municipality_id = @municipality_id and group_id = @group_id and suspended_at is not null;

-- name: EndSessionsOnTablet :execrows
update auth.sessions set ended_at = @ended_at::timestamptz, ended_reason = @reason::text
where municipality_id = @municipality_id and tablet_id = @tablet_id and ended_at is null;

-- name: EndWorkOf :execrows
update auth.sessions set ended_at = @ended_at::timestamptz, ended_reason = @reason::text
where municipality_id = @municipality_id and person_id = @person_id and tablet_id is not null and ended_at is null;

-- name: HoldTablet :one
-- Whoever ends the tablet meanwhile is waited for, and then there is no such row; or waits, and ends what began.
select group_id from auth.tablets where municipality_id = @municipality_id and id = @id and ended_at is null for share;

-- name: EndTabletCodes :execrows
delete from auth.tablet_codes where municipality_id = @municipality_id and group_id = @group_id and used_at is null;

-- name: HoldPIN :one
-- Whoever changes or forgets the PIN meanwhile is waited for, and then there is no such row.
select person_id from auth.pins where municipality_id = @municipality_id and person_id = @person_id and pin_hash = @pin_hash for share;

-- name: SetPIN :exec
insert into auth.pins (municipality_id, person_id, pin_hash, pepper_key, set_at)
values (@municipality_id, @person_id, @pin_hash, @pepper_key, @set_at)
on conflict (municipality_id, person_id) do update set pin_hash = excluded.pin_hash, pepper_key = excluded.pepper_key, set_at = excluded.set_at;

-- name: ForgetPINTries :exec
delete from auth.pin_tries where municipality_id = @municipality_id and person_id = @person_id;

-- name: ForgetPINTriesHere :exec
delete from auth.pin_tries where municipality_id = @municipality_id and tablet_id = @tablet_id and person_id = @person_id;

-- name: DeleteOldTabletCodes :execrows
delete from auth.tablet_codes where municipality_id = @municipality_id and expires_at <= @expired_before;

-- name: WithdrawPINTry :exec
update auth.pin_tries set tries = greatest(tries - 1, 0) where municipality_id = @municipality_id and tablet_id = @tablet_id and person_id = @person_id;

-- name: RestingPINs :one
-- Whose PINs were tried too often on a tablet lately.
select count(*) from auth.pin_tries
where municipality_id = @municipality_id and tablet_id = @tablet_id and tries >= @most and last_at > clock_timestamp() - interval '1 hour';

-- name: HoldPerson :exec
-- Sign-ins of one person take turns, so that none of two at the same time overlooks the other.
select pg_advisory_xact_lock(hashtextextended(concat(sqlc.arg(municipality_id)::uuid, sqlc.arg(person_id)::uuid), 21));

-- name: InsertSession :exec
insert into auth.sessions (municipality_id, id, kind, person_id, account_id, strong, assurance, created_at, authenticated_at, expires_at, device_hash, device_name, tablet_id)
values (@municipality_id, @id, @kind, @person_id, @account_id, @strong, @assurance, @created_at, @created_at, @expires_at, @device_hash, @device_name, @tablet_id);

-- name: InsertAccessToken :exec
insert into auth.access_tokens (municipality_id, token_hash, session_id, expires_at)
values (@municipality_id, @token_hash, @session_id, @expires_at);

-- name: InsertRefresh :exec
insert into auth.refreshes (municipality_id, session_id, stem_hash, current_hash, rotated_at, idle_until)
values (@municipality_id, @session_id, @stem_hash, @current_hash, @rotated_at, @idle_until);

-- name: EndOldest :execrows
update auth.sessions u set ended_at = @ended_at::timestamptz, ended_reason = @reason::text
where u.municipality_id = @municipality_id and u.ended_at is null and u.id in (
    select s.id from auth.sessions s
    where s.municipality_id = @municipality_id and s.person_id = @person_id and s.kind <> 'applicant' and s.tablet_id is null and s.ended_at is null
      and s.expires_at > @ended_at
    order by s.created_at desc, s.id desc offset @keep);

-- name: EndSession :execrows
update auth.sessions set ended_at = @ended_at::timestamptz, ended_reason = @reason::text
where municipality_id = @municipality_id and id = @id and ended_at is null;

-- name: EndSessionsOf :execrows
update auth.sessions set ended_at = @ended_at::timestamptz, ended_reason = @reason::text
where municipality_id = @municipality_id and person_id = @person_id and ended_at is null;

-- name: EndOtherSessions :execrows
update auth.sessions set ended_at = @ended_at::timestamptz, ended_reason = @reason::text
where municipality_id = @municipality_id and person_id = @person_id and id <> @this and ended_at is null and expires_at > @ended_at;

-- name: EndOwnSession :execrows
update auth.sessions set ended_at = @ended_at::timestamptz, ended_reason = @reason::text
where municipality_id = @municipality_id and person_id = @person_id and id = @id and ended_at is null and expires_at > @ended_at;

-- name: SessionsOf :many
select id, kind, device_name, created_at, greatest(created_at, last_used_at)::timestamptz as last_used_at,
    expires_at
from auth.sessions
where municipality_id = @municipality_id and person_id = @person_id and ended_at is null and expires_at > @now and kind <> 'applicant'
order by created_at desc, id desc
limit 50;

-- name: DeviceOfSession :one
select device_hash, device_name from auth.sessions where municipality_id = @municipality_id and id = @id;

-- name: DeleteOldTokens :execrows
delete from auth.access_tokens where municipality_id = @municipality_id and expires_at <= @expired_before;

-- name: RenewProof :execrows
update auth.sessions set authenticated_at = @proved_at::timestamptz, assurance = @assurance, strong = @strong
where municipality_id = @municipality_id and id = @id and person_id = @person_id and ended_at is null and expires_at > @proved_at;

-- name: InsertSession :exec
insert into auth.sessions (municipality_id, id, token_hash, kind, person_id, account_id, strong, created_at, expires_at)
values (@municipality_id, @id, @token_hash, @kind, @person_id, @account_id, @strong, @created_at, @expires_at);

-- name: EndSession :execrows
update auth.sessions set ended_at = @ended_at::timestamptz, ended_reason = @reason::text
where municipality_id = @municipality_id and id = @id and ended_at is null;

-- name: EndSessionsOf :execrows
update auth.sessions set ended_at = @ended_at::timestamptz, ended_reason = @reason::text
where municipality_id = @municipality_id and person_id = @person_id and ended_at is null;

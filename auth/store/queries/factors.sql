-- name: Standing :many
select coalesce(s.role, '')::text as role, coalesce(s.whole, true)::boolean as whole, coalesce(s.group_id, '00000000-0000-0000-0000-000000000000')::uuid as group_id, s.for_all::boolean as for_all
from auth.standing(@person_id::uuid) s;

-- name: InsertRecoveryCodes :exec
insert into auth.recovery_codes (municipality_id, account_id, code_hash, code_key, made_at)
select @municipality_id::uuid, @account_id::uuid, unnest(@hashes::bytea[]), @code_key::smallint, @moment::timestamptz;

-- name: DeleteRecoveryCodes :exec
delete from auth.recovery_codes where municipality_id = @municipality_id and account_id = @account_id;

-- name: UseRecoveryCode :execrows
update auth.recovery_codes set used_at = @moment::timestamptz
where municipality_id = @municipality_id and account_id = @account_id and code_key = @code_key and code_hash = @code_hash and used_at is null;

-- name: CountRecoveryCodes :one
select count(*)::int as n from auth.recovery_codes where municipality_id = @municipality_id and account_id = @account_id and used_at is null;

-- name: RemoveAuthenticator :execrows
-- Only if the password that was checked is still the account's.
update auth.passwords set totp_sealed = null, totp_key = null, totp_last_step = 0, totp_new_sealed = null, totp_new_key = null, totp_new_at = null
where municipality_id = @municipality_id and account_id = @account_id and password_hash = @password_hash and totp_sealed is not null;

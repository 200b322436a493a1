-- name: UpsertPassword :exec
insert into auth.passwords (municipality_id, account_id, username, password_hash, totp_sealed, totp_key, totp_last_step, changed_at)
values (@municipality_id, @account_id, @username, @password_hash, @totp_sealed, @totp_key, 0, @changed_at)
on conflict (municipality_id, account_id) do update set username = excluded.username, password_hash = excluded.password_hash,
    totp_new_sealed = null, totp_new_key = null, totp_new_at = null, opens = 'staff', totp_sealed = excluded.totp_sealed, totp_key = excluded.totp_key, totp_last_step = 0, changed_at = excluded.changed_at;

-- name: UpsertFirstPassword :exec
-- Without a second factor: whatever there was of one is gone.
insert into auth.passwords (municipality_id, account_id, username, password_hash, opens, changed_at)
values (@municipality_id, @account_id, @username, @password_hash, @opens, @changed_at)
on conflict (municipality_id, account_id) do update set username = excluded.username, password_hash = excluded.password_hash,
    totp_sealed = null, totp_key = null, totp_last_step = 0, totp_new_sealed = null, totp_new_key = null, totp_new_at = null,
    opens = excluded.opens, changed_at = excluded.changed_at;

-- name: PasswordOf :one
select p.account_id, a.person_id, a.kind, p.opens, p.username, p.password_hash, p.totp_sealed, p.totp_key, p.totp_last_step,
    exists (select from auth.passkeys k where k.municipality_id = p.municipality_id and k.account_id = p.account_id)::boolean as has_passkeys
from auth.passwords p
join auth.accounts a on a.municipality_id = p.municipality_id and a.id = p.account_id
where p.municipality_id = @municipality_id and p.username = @username and a.ended_at is null;

-- name: UseStep :execrows
-- Only if the password that was checked is still the account's, and only for a step above every used one: a code counts once.
update auth.passwords set totp_last_step = @step
where municipality_id = @municipality_id and account_id = @account_id and totp_last_step < @step and password_hash = @password_hash;

-- name: RenewHash :exec
update auth.passwords set password_hash = @new_hash
where municipality_id = @municipality_id and account_id = @account_id and password_hash = @old_hash;

-- name: OwnPassword :one
select p.account_id, a.person_id, a.kind, p.opens, p.username, p.password_hash, p.totp_sealed, p.totp_key, p.totp_last_step,
    p.totp_new_sealed, p.totp_new_key, p.totp_new_at,
    exists (select from auth.passkeys k where k.municipality_id = p.municipality_id and k.account_id = p.account_id)::boolean as has_passkeys
from auth.passwords p
join auth.accounts a on a.municipality_id = p.municipality_id and a.id = p.account_id
where p.municipality_id = @municipality_id and p.account_id = @account_id and a.ended_at is null;

-- name: HoldPassword :execrows
-- Keeps the password that was checked from being changed until the transaction ends; no row: it has changed, or has a second factor by now.
update auth.passwords p set changed_at = p.changed_at
where p.municipality_id = @municipality_id and p.account_id = @account_id and p.password_hash = @password_hash
  and (p.totp_sealed is not null) = @with_authenticator::boolean
  and exists (select from auth.passkeys k where k.municipality_id = p.municipality_id and k.account_id = p.account_id) = @with_passkeys::boolean;

-- name: ProposeAuthenticator :execrows
update auth.passwords set totp_new_sealed = @sealed::bytea, totp_new_key = @key::smallint, totp_new_at = @moment::timestamptz
where municipality_id = @municipality_id and account_id = @account_id and password_hash = @password_hash;

-- name: ConfirmAuthenticator :execrows
-- Only the secret that the code was checked against becomes the second factor, once.
update auth.passwords set totp_sealed = totp_new_sealed, totp_key = totp_new_key, totp_last_step = @step::bigint,
    totp_new_sealed = null, totp_new_key = null, totp_new_at = null
where municipality_id = @municipality_id and account_id = @account_id and totp_new_sealed = @sealed::bytea;

-- name: ChangeHash :execrows
update auth.passwords set password_hash = @new_hash, changed_at = @moment
where municipality_id = @municipality_id and account_id = @account_id and password_hash = @old_hash;

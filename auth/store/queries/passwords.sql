-- name: UpsertPassword :exec
insert into auth.passwords (municipality_id, account_id, username, password_hash, totp_sealed, totp_key, totp_last_step, changed_at)
values (@municipality_id, @account_id, @username, @password_hash, @totp_sealed, @totp_key, 0, @changed_at)
on conflict (municipality_id, account_id) do update set username = excluded.username, password_hash = excluded.password_hash,
    totp_sealed = excluded.totp_sealed, totp_key = excluded.totp_key, totp_last_step = 0, changed_at = excluded.changed_at;

-- name: PasswordOf :one
select p.account_id, a.person_id, a.kind, p.password_hash, p.totp_sealed, p.totp_key, p.totp_last_step
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

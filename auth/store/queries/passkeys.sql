-- name: InsertChallenge :exec
insert into auth.passkey_challenges (municipality_id, challenge_hash, purpose, holder_hash, session_id, made_at)
values (@municipality_id, @challenge_hash, @purpose, sqlc.narg('holder_hash'), sqlc.narg('session_id'), @made_at);

-- name: TakeChallenge :execrows
-- Once: of two who take the same challenge at the same time, the second finds none.
delete from auth.passkey_challenges
where municipality_id = @municipality_id and challenge_hash = @challenge_hash and purpose = @purpose and made_at > @not_before
  and holder_hash is not distinct from sqlc.narg('holder_hash') and session_id is not distinct from sqlc.narg('session_id');

-- name: DeleteOldChallenges :execrows
delete from auth.passkey_challenges where municipality_id = @municipality_id and made_at < @made_before;

-- name: InsertPasskey :exec
insert into auth.passkeys (municipality_id, id, account_id, credential_id, public_key, opens, name, aaguid, transports, sign_count, backup_eligible,
    backed_up, user_verified, created_at)
values (@municipality_id, @id, @account_id, @credential_id, @public_key, @opens, @name, @aaguid, @transports, @sign_count, @backup_eligible,
    @backed_up, @user_verified, @created_at);

-- name: PasskeyByCredential :one
select k.id, k.account_id, a.person_id, a.kind, k.opens, k.name, k.credential_id, k.public_key, k.aaguid, k.transports, k.sign_count,
    k.backup_eligible, k.backed_up, k.created_at, k.last_used_at, k.suspected_at
from auth.passkeys k
join auth.accounts a on a.municipality_id = k.municipality_id and a.id = k.account_id
where k.municipality_id = @municipality_id and k.credential_id = @credential_id and a.ended_at is null;

-- name: PasskeysOf :many
select k.id, k.account_id, a.person_id, a.kind, k.opens, k.name, k.credential_id, k.public_key, k.aaguid, k.transports, k.sign_count,
    k.backup_eligible, k.backed_up, k.created_at, k.last_used_at, k.suspected_at
from auth.passkeys k
join auth.accounts a on a.municipality_id = k.municipality_id and a.id = k.account_id
where k.municipality_id = @municipality_id and k.account_id = @account_id and a.ended_at is null
order by k.created_at, k.id;

-- name: HoldPasskeys :many
-- Whoever else adds up or removes the account's passkeys waits until this transaction ends.
select id from auth.passkeys where municipality_id = @municipality_id and account_id = @account_id order by id for update;

-- name: UsePasskey :execrows
-- Only while the count is the one that the signature was held against: of two signatures side by side the later count wins.
update auth.passkeys set sign_count = @sign_count, backed_up = @backed_up, user_verified = @user_verified, last_used_at = @moment::timestamptz
where municipality_id = @municipality_id and id = @id and sign_count = @known_count;

-- name: SuspectPasskey :exec
update auth.passkeys set suspected_at = @moment::timestamptz where municipality_id = @municipality_id and id = @id;

-- name: RenamePasskey :execrows
update auth.passkeys set name = @name where municipality_id = @municipality_id and account_id = @account_id and id = @id;

-- name: DeletePasskey :execrows
delete from auth.passkeys where municipality_id = @municipality_id and account_id = @account_id and id = @id;

-- name: DeletePasskeysOf :exec
delete from auth.passkeys where municipality_id = @municipality_id and account_id = @account_id;

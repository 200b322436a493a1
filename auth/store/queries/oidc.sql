-- name: InsertOIDCOrder :exec
insert into auth.oidc_orders (municipality_id, id, holder_hash, state_hash, provider, audience, client, target, secrets_sealed, secrets_key, started_at, session_id)
values (@municipality_id, @id, @holder_hash, @state_hash, @provider, @audience, @client, @target, @secrets_sealed, @secrets_key, @started_at, sqlc.narg(session_id)::uuid);

-- name: OIDCOrder :one
-- An order that proves a session anew is found for that session only, and one of a sign-in for none.
select id, provider, audience, client, target, secrets_sealed, secrets_key, started_at, claimed_at, finished_at from auth.oidc_orders
where municipality_id = @municipality_id and holder_hash = @holder_hash and state_hash = @state_hash and started_at > @not_before
  and session_id is not distinct from sqlc.narg(session_id)::uuid;

-- name: ClaimOIDCOrder :execrows
-- Of all who bring the same answer at the same time, one claims the order. Its secrets go with it.
update auth.oidc_orders set claimed_at = @claimed_at::timestamptz, secrets_sealed = ''
where municipality_id = @municipality_id and id = @id and claimed_at is null;

-- name: FinishOIDCOrder :execrows
update auth.oidc_orders set finished_at = @finished_at::timestamptz
where municipality_id = @municipality_id and id = @id and finished_at is null;

-- name: DeleteOldOIDCOrders :execrows
delete from auth.oidc_orders where municipality_id = @municipality_id and started_at <= @started_before;

-- name: IdentityOf :one
select id, person_id from auth.identities
where municipality_id = @municipality_id and issuer = @issuer and index_key = @index_key and subject_index = @subject_index;

-- name: InsertIdentity :execrows
insert into auth.identities (municipality_id, id, person_id, issuer, subject_index, index_key, linked_at, last_used_at)
values (@municipality_id, @id, @person_id, @issuer, @subject_index, @index_key, @linked_at, @linked_at)
on conflict (municipality_id, issuer, index_key, subject_index) do nothing;

-- name: UseIdentity :exec
update auth.identities set last_used_at = @last_used_at where municipality_id = @municipality_id and id = @id;

-- name: MatchStaff :many
select person_id::uuid as person_id from app.match_staff(@username::text, @index_key::smallint, @national_id_index::bytea) as person_id;

-- name: RaiseProtection :exec
select app.raise_protection(@person);

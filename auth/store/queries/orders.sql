-- name: InsertOrder :exec
insert into auth.bankid_orders (municipality_id, id, holder_hash, order_ref, qr_token, qr_secret, qr_sealed, qr_key, started_at, nonce_hash, told)
values (@municipality_id, @id, @holder_hash, @order_ref, @qr_token, '', @qr_sealed::bytea, @qr_key::smallint, @started_at, @nonce_hash, @told);

-- name: OpenOrder :one
select id, order_ref, qr_token, qr_secret, qr_sealed, qr_key, started_at, restarts, nonce_hash, told, proved_sealed, proved_key from auth.bankid_orders
where municipality_id = @municipality_id and holder_hash = @holder_hash and finished_at is null and started_at > @not_before;

-- name: RestartOrder :execrows
-- Of all who bring a fresh order in the place of the same one, at the same time, one sees that one.
update auth.bankid_orders
set order_ref = @order_ref, qr_token = @qr_token, qr_secret = '', qr_sealed = @qr_sealed::bytea, qr_key = @qr_key::smallint, started_at = @started_at, restarts = restarts + 1
where municipality_id = @municipality_id and id = @id and order_ref = @instead_of and finished_at is null and proved_at is null;

-- name: KeepProof :execrows
update auth.bankid_orders set proved_sealed = @proved_sealed::bytea, proved_key = @proved_key::smallint, proved_at = @proved_at::timestamptz
where municipality_id = @municipality_id and id = @id and finished_at is null and proved_at is null;

-- name: KeepRisk :exec
update auth.bankid_orders set risk = @risk::text where municipality_id = @municipality_id and id = @id;

-- name: FinishOrder :execrows
-- Of all who try at the same time, one sees the order unfinished: the others wait for its commit and then find nothing.
update auth.bankid_orders
set finished_at = @finished_at::timestamptz, qr_token = '', qr_secret = '', qr_sealed = null, qr_key = null, told = '', proved_sealed = null, proved_key = null
where municipality_id = @municipality_id and id = @id and finished_at is null;

-- name: DeleteOldOrders :execrows
delete from auth.bankid_orders
where municipality_id = @municipality_id and started_at <= @started_before;

-- name: InsertOrder :exec
insert into auth.bankid_orders (municipality_id, id, holder_hash, order_ref, qr_token, qr_secret, started_at)
values (@municipality_id, @id, @holder_hash, @order_ref, @qr_token, @qr_secret, @started_at);

-- name: OpenOrder :one
select id, order_ref, qr_token, qr_secret, started_at from auth.bankid_orders
where municipality_id = @municipality_id and holder_hash = @holder_hash and finished_at is null and started_at > @not_before;

-- name: FinishOrder :execrows
-- Of all who try at the same time, one sees the order unfinished: the others wait for its commit and then find nothing.
update auth.bankid_orders set finished_at = @finished_at::timestamptz, qr_token = '', qr_secret = ''
where municipality_id = @municipality_id and id = @id and finished_at is null;

-- name: DeleteOldOrders :execrows
delete from auth.bankid_orders
where municipality_id = @municipality_id and started_at <= @started_before;

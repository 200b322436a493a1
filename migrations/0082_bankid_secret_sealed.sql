-- Why: the secret of BankID's animated code stood readable in the table while an order was pending. Whoever could read the table, or a copy of it, could have
-- shown the code of an order to somebody else. It is sealed from now on (P15).
-- The previous binary: runs; orders that the new one has begun it shows with a code that the app does not take, and the person starts again.
alter table auth.bankid_orders
    add column qr_sealed bytea, -- in place of qr_secret; gone when the order ends
    add column qr_key smallint,
    add check ((qr_sealed is null) = (qr_key is null));

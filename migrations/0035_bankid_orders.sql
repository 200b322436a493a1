-- Why: a BankID order that nobody started in time goes on as a fresh one of the same attempt; an order that was started on the same device ends
-- only where its way back leads, so that nobody is signed in on a device that somebody else began with; and how risky BankID found it is kept
-- as long as the order (H1).
-- The previous binary: runs. It starts orders without any of this, and those it finds it collects as before.

alter table auth.bankid_orders
    add column restarts smallint not null default 0 check (restarts between 0 and 100), -- how often a fresh order took the place of one that was not started
    add column nonce_hash bytea check (length(nonce_hash) = 32), -- digest of what the way back has to bring; null when BankID is on another device
    add column told text not null default '', -- what BankID is told about the app or browser, for a fresh order; gone when the order ends
    add column risk text check (risk in ('low', 'moderate', 'high', 'other')), -- BankID's word; other is one that is not known here
    add column proved_sealed bytea, -- who signed, until the way back brings the nonce
    add column proved_key smallint,
    add column proved_at timestamptz,
    add check ((proved_sealed is null) = (proved_key is null));

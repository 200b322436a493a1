-- Why: what became of an SMS was known only when Twilio's call came. One whose answer was lost is looked for before it is sent again (B3), and one
-- that no call came for is asked after, a minute after it was taken: an alert's board is evidence (B2).
-- The previous binary: runs; it asks after nothing.

-- One row for each SMS whose end is not known yet. It stands beside the delivery because what changes in a delivery's life stands in no index (0097).
create table notify.awaited_receipts (
    municipality_id     uuid not null,
    delivery_id         uuid not null,
    provider_message_id text not null,
    ask_at              timestamptz not null, -- when it is asked after next
    asked               smallint not null default 0,
    primary key (municipality_id, delivery_id)
);
create index awaited_receipts_due on notify.awaited_receipts (ask_at);
call scope.protect_table('notify.awaited_receipts');
create policy worker_keeps on notify.awaited_receipts for all to budstikke_worker using (true) with check (true);
grant select, insert, update, delete on notify.awaited_receipts to budstikke_worker;

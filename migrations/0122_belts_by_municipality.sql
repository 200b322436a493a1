-- Why: whoever looks for parcels that are due goes from municipality to municipality, so that one with a hundred thousand notices does not hold up the
-- ten of another: while Redis is away, and to find what was lost from the belt, which has a stream for each municipality from here on. The index that
-- is searched for it leads by municipality within a lane. Nothing accepted is lost (B3).
-- The previous binary: runs; its search for what is due longest in a lane reads the whole lane until it is stopped.
drop index notify.parcels_due;
create index parcels_due on notify.parcels (provider, urgency, municipality_id, next_at);

-- Why: after a worker was killed, each SMS that it may have had on its way is asked about before it is sent again, and whoever finds it takes it for one of
-- an event's after the other, so that two never take the same. That took five round trips, each under the lock that all the others of the alert waited for
-- on a connection of their own: with a school's worth of them the two seconds that a question may take were over, and they were sent again (B3).
-- The previous binary: runs.

-- adopt takes the oldest of the messages that the provider has for a delivery, unless each is another delivery's of the same event: two people may have one
-- number. It answers which; null for none. Whoever comes second sees what the first has taken: the lock is taken by a statement of its own. It waits for nobody
-- longer than half a second: those behind it have two in all.
create function notify.adopt(municipality uuid, delivery uuid, event uuid, candidates text[]) returns text
    language plpgsql volatile set search_path = '' set jit = off set plan_cache_mode = force_generic_plan
    set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set lock_timeout = '500ms'
    as $$
    declare
        adopted text;
    begin
        perform pg_advisory_xact_lock(hashtextextended(adopt.event::text, 120));
        select c.id into adopted
        from unnest(adopt.candidates) with ordinality c (id, n)
        where not exists (
            select from notify.deliveries d
            where d.municipality_id = adopt.municipality and d.id between notify.first_of(adopt.event) and notify.last_of(adopt.event)
              and d.event_id = adopt.event and d.id <> adopt.delivery and d.provider_message_id = c.id)
        order by c.n limit 1;
        if adopted is not null then
            update notify.deliveries d set provider_message_id = adopted where d.municipality_id = adopt.municipality and d.id = adopt.delivery;
        end if;
        return adopted;
    end
    $$;
revoke all on function notify.adopt(uuid, uuid, uuid, text[]) from public;
grant execute on function notify.adopt(uuid, uuid, uuid, text[]) to budstikke_worker;

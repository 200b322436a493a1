-- Why: a session that runs is proved anew with the provider that its owner signs in with (RFC 9470, U5); and people are told when the way they
-- sign in is changed, or a recovery code is used, so that whoever did not do it themselves can say so.
-- The previous binary: runs. It starts no order for a session, and announces nothing of the new kind.

alter table auth.oidc_orders add column session_id uuid; -- the session that it proves anew; null for a sign-in

do $$
declare
    known constant text := (select pg_get_constraintdef(c.oid) from pg_constraint c where c.conname = 'events_kind_check');
begin
    alter table notify.events drop constraint events_kind_check;
    execute 'alter table notify.events add constraint events_kind_check ' || replace(known, 'ARRAY[', 'ARRAY[''sign_in_changed''::text, ');
end
$$;

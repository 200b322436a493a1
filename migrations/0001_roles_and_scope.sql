-- Why: who may touch the database, and how a transaction says on whose behalf it runs. Everything after this leans on both.
-- The previous binary: there is none.
--
-- Roles are groups without a login of their own. A deployment gives its logins membership (docs/operations.md), so that passwords never
-- stand in a migration. None of them owns a table or can bypass row-level security.
--   budstikke_api      the API: sees the municipality, and within it the person, that its transaction is scoped to
--   budstikke_worker   the notify worker: the gateway's tables of every municipality, nothing else
--   budstikke_access   owns the few functions that answer access questions; may read what they need and nothing may log in as it
do $$
declare
    wanted text;
begin
    foreach wanted in array array['budstikke_api', 'budstikke_worker', 'budstikke_access'] loop
        begin
            execute format('create role %I nologin nosuperuser nobypassrls nocreatedb nocreaterole', wanted);
        exception when duplicate_object or unique_violation then
            null; -- another database of this cluster has made it
        end;
    end loop;
    -- The migrating role hands functions over to budstikke_access, for which it must be able to become it, unless it is a superuser. From
    -- PostgreSQL 16 on the maker of a role is its member without that right.
    if not (select rolsuper from pg_roles where rolname = current_user) then
        if current_setting('server_version_num')::int >= 160000 then
            execute format('grant budstikke_access to %I with inherit true, set true', current_user);
        elsif not pg_has_role(current_user, 'budstikke_access', 'member') then
            execute format('grant budstikke_access to %I', current_user);
        end if;
    end if;
end
$$;

create schema scope;
create schema app;
create schema auth;
create schema notify;
revoke all on schema public from public;
grant usage on schema scope, app, auth, notify to budstikke_api, budstikke_access;
grant usage on schema scope, app, notify to budstikke_worker;

comment on schema scope is 'On whose behalf the current transaction runs.';
comment on schema app is 'The nouns: owned by app/postgres.';
comment on schema auth is 'Accounts, sessions and sign-in: owned by auth/store.';
comment on schema notify is 'Events, endpoints and deliveries: owned by notify/outbox.';

-- A setting that was ever set in a connection reads as '' and not as null afterwards, hence nullif: no scope means no rows, never an error.
create function scope.municipality() returns uuid
    language sql stable parallel safe
    as $$ select nullif(current_setting('budstikke.municipality', true), '')::uuid $$;

create function scope.person() returns uuid
    language sql stable parallel safe
    as $$ select nullif(current_setting('budstikke.person', true), '')::uuid $$;

-- The kind of caller: guardian, staff, applicant, signin (nobody is known yet), machine or register (an import).
create function scope.caller() returns text
    language sql stable parallel safe
    as $$ select nullif(current_setting('budstikke.caller', true), '') $$;

-- open sets the scope for the rest of the transaction and for no longer.
create function scope.open(municipality uuid, person uuid, caller text) returns void
    language sql volatile
    as $$
        select set_config('budstikke.municipality', coalesce(municipality::text, ''), true),
               set_config('budstikke.person', coalesce(person::text, ''), true),
               set_config('budstikke.caller', coalesce(caller, ''), true);
    $$;

-- new_id makes a UUIDv7 (RFC 9562): milliseconds first, so that rows written together lie together. Everywhere else ids are made by the
-- program; here many are needed inside one statement.
create function scope.new_id() returns uuid
    language sql volatile parallel safe
    as $$
        select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
            placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
            52, 1), 53, 1), 'hex')::uuid
    $$;

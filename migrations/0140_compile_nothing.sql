-- Why: PostgreSQL compiles what it takes to be dear, and a plan that was told to read no table whole looks dear where it has to: the list of municipalities,
-- which every app asks for before anybody signs in, was compiled anew at each call, a hundred milliseconds on a fresh connection (B14). No function that goes
-- by keys compiles anything from here on, and the two that have to read a table whole may.
-- The previous binary: runs.

do $do$
declare
    f regprocedure;
begin
    for f in
        select p.oid::regprocedure from pg_proc p
        where p.pronamespace in ('app'::regnamespace, 'auth'::regnamespace, 'notify'::regnamespace, 'audit'::regnamespace, 'scope'::regnamespace)
          and p.proconfig @> array['enable_seqscan=off'] and not p.proconfig @> array['jit=off']
    loop
        execute format('alter function %s set jit = off', f);
    end loop;
end
$do$;
alter function app.list_municipalities() set enable_seqscan = on;
alter function auth.alarms_since(timestamptz) set enable_seqscan = on;

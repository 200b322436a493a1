-- Why: each write looked for the sessions that it had made itself among all sessions that there ever were, because the index by person holds only those
-- that run; and each message asked whom it may be told to by functions in SQL, which PostgreSQL plans anew at each call: 80 ms of planning a message,
-- against 10 ms for carrying it out. Now the index holds all sessions of a person, and the functions keep their plans.
-- The previous binary: runs.

create index sessions_of_person on auth.sessions (municipality_id, person_id);
drop index auth.sessions_municipality_id_person_id_idx;

-- keep_plan writes a function in SQL as one in PL/pgSQL, with the same statement, owner and rights. Its plan is made once for a connection, and kept to
-- keys: one that was made while a table was small would read it whole when it has grown.
create function pg_temp.keep_plan(f regprocedure) returns void
    language plpgsql
    as $$
    declare
        p pg_proc;
        body text;
    begin
        select * into strict p from pg_proc where oid = f;
        body := case when p.proretset then 'return query ' || p.prosrc when p.prorettype = 'void'::regtype then p.prosrc else 'return (' || p.prosrc || ')' end;
        execute format('create or replace function %s(%s) returns %s language plpgsql %s %s set search_path = '''' set plan_cache_mode = force_generic_plan
            set enable_seqscan = off set jit = off as %L',
            p.oid::regproc, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), case p.provolatile when 's' then 'stable' else 'volatile' end,
            case when p.prosecdef then 'security definer' else '' end,
            format(E'\n    #variable_conflict use_column\n    begin\n        %s;\n    end\n    ', body));
    end
    $$;
select pg_temp.keep_plan('app.staff_of_child(uuid, uuid)');
select pg_temp.keep_plan('app.thread_open(uuid)');
select pg_temp.keep_plan('app.other_guardians_at(uuid, uuid)');
select pg_temp.keep_plan('app.is_family(uuid, uuid)');

-- Why: what 0007 and 0008 did once for every table and function there was, in two procedures that a later migration calls for its own.
-- The previous binary: runs; nothing that it uses changes.

-- protect_table forces row-level security on a new table and keeps municipalities apart on it, as 0008 does. Who sees which of its rows, the
-- migration that makes the table says by policies of its own, and who may touch it at all by grants.
create procedure scope.protect_table(t regclass)
    language plpgsql
    as $$
    begin
        execute format('alter table %s enable row level security', t);
        execute format('alter table %s force row level security', t);
        execute format('create policy one_municipality on %s as restrictive for all to budstikke_api
            using (municipality_id = (select scope.municipality())) with check (municipality_id = (select scope.municipality()))', t);
        execute format('create policy answers on %s for all to budstikke_access using (true) with check (true)', t);
    end
    $$;

-- hand_over gives a SECURITY DEFINER function to budstikke_access, the role that nobody can log in as, and lets the named roles call it.
create procedure scope.hand_over(f regprocedure, variadic callers text[])
    language plpgsql
    as $$
    declare
        caller text;
        home constant text := (select n.nspname from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.oid = f);
    begin
        execute format('grant create on schema %I to budstikke_access', home); -- only to take the function over
        execute format('alter function %s owner to budstikke_access', f);
        execute format('revoke create on schema %I from budstikke_access', home);
        execute format('revoke all on function %s from public', f);
        execute format('grant execute on function %s to budstikke_access', f);
        foreach caller in array callers loop
            execute format('grant execute on function %s to %I', f, caller);
        end loop;
    end
    $$;
revoke all on procedure scope.protect_table, scope.hand_over from public;

-- Why: a plan that a connection keeps was made for the municipality that asked first. PostgreSQL computes scope.municipality() while it plans, and where the answer
-- was a municipality with no rows yet, every index that begins with the municipality looked as good as that of the key: the connection then read all that a large
-- municipality has for each of its requests, 24 ms for a key among 25,000, until the table was analyzed again. A statement that is planned once asks for the
-- municipality as it runs (B14).
-- The previous binary: runs.

grant create on schema app to budstikke_access;
do $do$
declare
    f regprocedure;
begin
    for f in
        select p.oid::regprocedure from pg_proc p
        where p.pronamespace in ('app'::regnamespace, 'auth'::regnamespace, 'notify'::regnamespace, 'audit'::regnamespace)
          and p.prolang = (select l.oid from pg_language l where l.lanname = 'plpgsql')
          and (p.proconfig @> array['plan_cache_mode=force_generic_plan'] or p.proconfig @> array['enable_seqscan=off'])
          and replace(p.prosrc, ':= scope.municipality()', '') like '%= scope.municipality()%'
    loop
        -- not what is computed once, as a variable: ":= scope.municipality()"
        execute regexp_replace(pg_get_functiondef(f), '([^:])= scope\.municipality\(\)', '\1= (select scope.municipality())', 'g');
    end loop;
end
$do$;
revoke create on schema app from budstikke_access;

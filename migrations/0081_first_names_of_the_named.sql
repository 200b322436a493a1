-- Why: a shared tablet writes one letter more behind a first name that two children of the group have (V7). It counted those whom it does not name:
-- "Alma A" told everybody in the room that a child whose identity is marked is an Alma too (B8). Only names that the tablet shows are counted now, and
-- the explanation says the same (B9).
-- The previous binary: runs.

grant create on schema app to budstikke_access;
do $do$
declare
    nameless constant text := 'c.protected_identity = ''marked'' or app.shown_to_kept(g.municipality_id, g.id, c.id)';
    was text := pg_get_functiondef('app.roll_call(timestamptz)'::regprocedure);
    now_is text := replace(was, 'count(*) over (partition by c.given_name)', 'count(*) filter (where not (' || nameless || ')) over (partition by c.given_name)');
begin
    if now_is = was then
        raise exception 'app.roll_call is not as this migration expects it';
    end if;
    execute now_is;

    was := pg_get_functiondef('app.tablets_of_child(uuid)'::regprocedure);
    now_is := replace(was, 'p.given_name = c.given_name', 'p.given_name = c.given_name' || chr(10)
        || '                      and not (' || replace(nameless, 'c.', 'p.') || ')');
    if now_is = was then
        raise exception 'app.tablets_of_child is not as this migration expects it';
    end if;
    execute now_is;
end
$do$;
revoke create on schema app from budstikke_access;

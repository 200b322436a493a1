-- Why: opening a scope cost more than many a query that it was opened for. Each statement in a function is begun and ended by itself, and there were
-- some twenty-five of them between the token and the first row; and app.unlocated, a function that Postgres plans anew at every call, was asked twice by
-- each list of a guardian's children. Now a scope is opened with a handful of statements, and what unlocated answers is remembered with the rest.
-- The previous binary: runs; every function keeps its name and its answers.

-- changed answers a definition with one passage replaced, and refuses when the passage is not there exactly once.
create function pg_temp.changed(definition text, passage text, instead text) returns text
    language plpgsql as $$
    begin
        if length(definition) - length(replace(definition, passage, '')) <> length(passage) then
            raise exception 'the passage is not there exactly once: %', passage;
        end if;
        return replace(definition, passage, instead);
    end
    $$;

do $do$
declare
    d text;
begin
    -- What is remembered of a guardian comes from one statement, and all of it is kept with one.
    d := pg_get_functiondef('app.remember()'::regprocedure);
    d := pg_temp.changed(d, $a$        hidden uuid[] := '{}';
$a$, $b$        hidden uuid[] := '{}';
        unlocated uuid[] := '{}';
$b$);
    d := pg_temp.changed(d, $a$            select coalesce(array_agg(x.child_id), '{}'), coalesce(array_agg(x.institution_id), '{}') into children, places
            from (select distinct a.child_id, a.institution_id from app.guardian_access a where a.municipality_id = here and a.guardian_id = me) x;
            select coalesce(array_agg(a.child_id), '{}'), coalesce(array_agg(a.institution_id), '{}') into closed_children, closed_places
            from app.guardianship_access a
            where a.municipality_id = here and a.guardian_id = me
              and (a.status in ('imported', 'inactive', 'suspended') or a.status = 'active' and a.until <= now());
$a$, $b$            select o.children, o.places, c.children, c.places, u.children into children, places, closed_children, closed_places, unlocated
            from (
                select coalesce(array_agg(x.child_id), '{}') as children, coalesce(array_agg(x.institution_id), '{}') as places
                from (select distinct a.child_id, a.institution_id from app.guardian_access a where a.municipality_id = here and a.guardian_id = me) x) o,
            (
                select coalesce(array_agg(a.child_id), '{}') as children, coalesce(array_agg(a.institution_id), '{}') as places
                from app.guardianship_access a
                where a.municipality_id = here and a.guardian_id = me
                  and (a.status in ('imported', 'inactive', 'suspended') or a.status = 'active' and a.until <= now())) c,
            (
                select coalesce(array_agg(r.child_id), '{}') as children from app.restrictions_now r
                where r.municipality_id = here and r.person_id = me and r.kind = 'no_location') u; -- B8
$b$);
    d := replace(d, ', true);
        perform set_config(', ', true),
            set_config(');
    d := pg_temp.changed(d, $a$set_config('budstikke.hidden', hidden::text, true),$a$,
        $b$set_config('budstikke.hidden', hidden::text, true),
            set_config('budstikke.unlocated', unlocated::text, true),$b$);
    execute d;

    d := pg_get_functiondef('scope.open(uuid, uuid, text)'::regprocedure);
    execute pg_temp.changed(d, ',headed,hidden,cleared,sealed}', ',headed,hidden,cleared,sealed,unlocated}');

    -- The session and its account are asked for together (H4).
    d := pg_get_functiondef('auth.enter(uuid, bytea, text, timestamptz)'::regprocedure);
    d := pg_temp.changed(d, $a$          and x.ended_at is null and x.expires_at > enter.moment;
$a$, $b$          and x.ended_at is null and x.expires_at > enter.moment
          and (x.account_id is null or exists (
            select from auth.accounts a where a.municipality_id = x.municipality_id and a.id = x.account_id and a.ended_at is null)); -- H4
$b$);
    d := pg_temp.changed(d, $a$        if s.account_id is not null and not exists (
            select from auth.accounts a
            where a.municipality_id = s.municipality_id and a.id = s.account_id and a.ended_at is null) then
            raise exception using errcode = 'BU401', message = 'the account has ended'; -- H4
        end if;
$a$, '');
    execute d;

    d := pg_get_functiondef('auth.owes(uuid, uuid, timestamptz)'::regprocedure);
    d := pg_temp.changed(d, $a$        select max(t.effective_at) into since from app.terms t where t.municipality_id = municipality and t.effective_at <= moment;
        if since is not null and not exists (
            select from app.terms_acceptances a
            join app.terms t on t.municipality_id = a.municipality_id and t.version = a.version
            where a.municipality_id = municipality and a.person_id = person and t.effective_at >= since) then
$a$, $b$        if exists (
            select from (select max(t.effective_at) as since from app.terms t where t.municipality_id = municipality and t.effective_at <= moment) asked
            where asked.since is not null and not exists (
                select from app.terms_acceptances a
                join app.terms t on t.municipality_id = a.municipality_id and t.version = a.version
                where a.municipality_id = municipality and a.person_id = person and t.effective_at >= asked.since)) then
$b$);
    execute pg_temp.changed(d, $a$        since timestamptz;
$a$, '');

    -- What is known of a child, and of a guardian's relation to it, are one statement each.
    d := pg_get_functiondef('app.facts(text, uuid)'::regprocedure);
    d := pg_temp.changed(d, $a$            select p.protected_identity into protection from app.persons p where p.municipality_id = here and p.id = child;
$a$, $b$            select p.protected_identity, exists (
                select from app.restrictions_now x
                where x.municipality_id = here and x.child_id = child and x.person_id = me and x.kind = 'no_access')
            into protection, restricted
            from app.persons p where p.municipality_id = here and p.id = child;
$b$);
    d := pg_temp.changed(d, $a$            protection := 'none';
            return next;
$a$, $b$            protection := 'none'; restricted := false;
            return next;
$b$);
    d := pg_temp.changed(d, $a$        restricted := child is not null and exists (
            select from app.restrictions_now x
            where x.municipality_id = here and x.child_id = child and x.person_id = me and x.kind = 'no_access');
$a$, '');
    d := pg_temp.changed(d, $a$                select case when g.ended_at is not null$a$, $b$                select coalesce((select case when g.ended_at is not null$b$);
    d := pg_temp.changed(d, $a$                into relation from app.guardianships g
                where g.municipality_id = here and g.child_id = child and g.guardian_id = me;
                relation := coalesce(relation, 'none');
                access := exists (
                        select from app.guardian_access a$a$, $b$                    from app.guardianships g
                    where g.municipality_id = here and g.child_id = child and g.guardian_id = me), 'none'),
                    exists (
                        select from app.guardian_access a$b$);
    d := pg_temp.changed(d, $a$ or a.status = 'active' and a.until <= now()));
            else
                place$a$, $b$ or a.status = 'active' and a.until <= now()))
                into relation, access;
            else
                place$b$);
    execute d;
end
$do$;

-- unlocated reads what is remembered, and is an expression that Postgres writes into the query.
create or replace function app.unlocated() returns uuid[] language sql stable security invoker as $$ select scope.list('budstikke.unlocated') $$;
alter function app.unlocated() reset all;
drop function pg_temp.changed(text, text, text);

-- Why: an alert goes to thousands who all have one reason to be told: a place is open to them. Whether it still is was asked, for each of them and right
-- before it leaves (V15), together with six questions that only other reasons raise: a third of what deciding costs (B14).
-- The previous binary: runs.

-- receivers as before. Where nobody is told for another reason than a place that is open to them, it asks that alone, by the same rule (app.guardian_access),
-- and answers the same (TestPolicyAndDatabaseAgreeAtTheClaim).
do $do$
declare
    f constant regprocedure := 'app.receivers(uuid[], uuid[], text[], uuid[], uuid[])';
    was constant text := pg_get_functiondef(f);
    now_is constant text := replace(was, $was$    begin
        return query$was$, $now_is$    begin
        if cardinality($1) = cardinality($2) and cardinality($3) = cardinality($2) and cardinality($4) = cardinality($2) and cardinality($5) = cardinality($2)
            and 'institution' = all ($3) then
            return query
            select g.opened, true, 'none', false, g.opened, '{}'::text[], false, false, 'none', false
            from unnest($1, $2, $5) with ordinality as t (municipality_id, person_id, institution_id, n)
            cross join lateral (select exists (
                select from (
                    select a.institution_id from app.guardian_access a
                    where a.municipality_id = t.municipality_id and a.guardian_id = t.person_id offset 0) a
                where a.institution_id = t.institution_id) as opened offset 0) g
            order by t.n;
            return;
        end if;
        return query$now_is$);
begin
    if now_is = was then
        raise exception '% is not as this migration expects it', f;
    end if;
    execute now_is;
end
$do$;

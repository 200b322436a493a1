-- Why: who answers for a group, and for a tablet of it, follows from its institution. The policy decided about both by the role alone and left the
-- rest to row-level security; now each of the two refuses by itself (P1, V7).
-- The previous binary: runs; it does not ask about them.

-- As in 0018, the function is taken as it stands and gets two branches more.
grant create on schema app to budstikke_access;
do $$
declare
    known constant text := pg_get_functiondef('app.facts(text, uuid)'::regprocedure);
    more constant text := replace(known, E'        else\n            raise exception ''app.facts knows no noun %',
        E'        when ''group'' then\n'
        '            select g.institution_id into institution from app.groups g where g.municipality_id = here and g.id = facts.id;\n'
        '        when ''tablet'' then\n'
        '            select g.institution_id into institution from auth.tablets t\n'
        '            join app.groups g on g.municipality_id = t.municipality_id and g.id = t.group_id\n'
        '            where t.municipality_id = here and t.id = facts.id;\n'
        '        else\n            raise exception ''app.facts knows no noun %');
begin
    if more = known then
        raise exception 'app.facts is not as this migration expects it';
    end if;
    execute more;
end
$$;
revoke create on schema app from budstikke_access;
grant select on app.groups, auth.tablets to budstikke_access;

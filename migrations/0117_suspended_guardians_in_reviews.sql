-- Why: the access of a guardian that a head had suspended stood in the month's review like one that is open and about which nothing was found: it was kept
-- with all the others, and the signed report said so, from the moment of the suspension on (V10). It is found to be suspended now, as tablets and clearances
-- are, so that somebody decides it, and it stands there since it was opened. And a member of the staff could let a guardian whose access is suspended in by
-- a letter (H7): who is to come in again is activated first (V6), unless it is only that they are to prove anew who they are (H1).
-- The previous binary: runs.
grant create on schema app to budstikke_access;
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
    d := pg_get_functiondef('app.review_grants(uuid, uuid, timestamptz, integer)'::regprocedure);
    d := pg_temp.changed(d, 'null::text as role, a.changed_at as granted_at,', E'null::text as role,\n'
        '                case when a.status = ''suspended'' then coalesce((\n'
        '                    select max(d.decided_at) from app.guardianship_decisions d\n'
        '                    where d.municipality_id = a.municipality_id and d.guardianship_id = a.guardianship_id and d.status = ''active''\n'
        '                      and (d.institution_id is null or d.institution_id = a.institution_id)), a.changed_at) else a.changed_at end as granted_at,');
    execute pg_temp.changed(d, E'then ''proof_overdue'' end\n', E'then ''proof_overdue'' end,\n'
        '                    case when a.status = ''suspended'' then ''suspended'' end\n');
    d := pg_get_functiondef('app.assistable(uuid, uuid)'::regprocedure);
    execute pg_temp.changed(d, E'and x.kind = ''no_access'')\n', E'and x.kind = ''no_access'')\n'
        '            and not exists (\n'
        '                select from app.guardianship_access s\n'
        '                where s.municipality_id = g.municipality_id and s.guardianship_id = g.id and s.institution_id = assistable.institution\n'
        '                  and s.status = ''suspended'' and (\n'
        '                    select d.rule from app.guardianship_decisions d\n'
        '                    where d.municipality_id = s.municipality_id and d.guardianship_id = s.guardianship_id\n'
        '                      and (d.institution_id is null or d.institution_id = s.institution_id)\n'
        '                    order by d.decided_at desc, d.id desc limit 1) is distinct from ''proof_overdue'')\n');
end
$do$;
revoke create on schema app from budstikke_access;
drop function pg_temp.changed(text, text, text);

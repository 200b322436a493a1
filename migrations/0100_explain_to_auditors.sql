-- Why: the command that explains who would see a child said nothing of the shared tablets that show it and of those whom an alert reaches, which the
-- explanation of the API says (B9). Both come from the same functions; they answer whoever runs the program now, as app.viewers does.
-- The previous binary: runs.

create function pg_temp.changed(definition text, passage text, instead text) returns text
    language plpgsql as $$
    begin
        if length(definition) - length(replace(definition, passage, '')) <> length(passage) then
            raise exception 'the passage is not there exactly once: %', passage;
        end if;
        return replace(definition, passage, instead);
    end
    $$;

grant create on schema app to budstikke_access;
do $do$
begin
    execute pg_temp.changed(pg_temp.changed(pg_get_functiondef('app.tablets_of_child(uuid)'::regprocedure), $a$ and scope.caller() = 'staff'$a$, ''),
        $a$and e.child_id in (select app.headed_children()) and e.institution_id = any (app.headed_at())$a$,
        $b$and (scope.caller() = 'auditor'
            or scope.caller() = 'staff' and e.child_id in (select app.headed_children()) and e.institution_id = any (app.headed_at()))$b$);
    execute pg_temp.changed(pg_get_functiondef('app.alert_reach(uuid)'::regprocedure),
        $a$scope.caller() = 'staff' and alert_reach.child in (select app.headed_children()) and exists$a$,
        $b$(scope.caller() = 'auditor' or scope.caller() = 'staff' and alert_reach.child in (select app.headed_children())) and exists$b$);
    execute pg_temp.changed(pg_get_functiondef('app.guardian_audience(uuid)'::regprocedure),
        'and a.institution_id in (select app.headed_institutions())', 'and (scope.caller() = ''auditor'' or a.institution_id in (select app.headed_institutions()))');
end
$do$;
revoke create on schema app from budstikke_access;
drop function pg_temp.changed(text, text, text);

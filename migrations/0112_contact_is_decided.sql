-- Why: a restriction on contact was kept by the flow and by row-level security, and the policy did not know of it: what closes a conversation stood in two
-- places where everything else stands in three (B8, P1). A guardian who wrote for the first time was answered otherwise than one who had written before. The
-- facts say now whether anything keeps the two sides out of contact about what is asked for.
-- The previous binary: runs; it does not ask for the new fact.

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
    facts text := pg_get_functiondef('app.facts(text, uuid)'::regprocedure);
begin
    facts := pg_temp.changed(facts, 'restricted boolean, cleared boolean)', 'restricted boolean, cleared boolean, no_contact boolean)');
    facts := pg_temp.changed(facts, 'restricted := false; cleared := false;
            return next;', 'restricted := false; cleared := false;
            no_contact := facts.id = any (scope.list(''budstikke.uncontacted''));
            return next;');
    facts := pg_temp.changed(facts, 'protection := ''none''; restricted := false; cleared := false;
        case', 'protection := ''none''; restricted := false; cleared := false; no_contact := false;
        case');
    facts := pg_temp.changed(facts, 'own := author is not distinct from me;', 'own := author is not distinct from me;
        if child is not null then -- in a conversation whichever of the two sides is kept apart
            no_contact := case when caller = ''guardian'' and (facts.noun <> ''conversation'' or own) then child = any (scope.list(''budstikke.uncontacted''))
                else exists (
                    select from app.restrictions_now x
                    where x.municipality_id = here and x.child_id = child and x.kind in (''no_access'', ''no_contact'')
                      and (x.person_id = me or facts.noun = ''conversation'' and x.person_id = author)) end;
        end if;');
    drop function app.facts(text, uuid);
    execute facts;
    execute pg_temp.changed(pg_get_functiondef('scope.forget()'::regprocedure), ',unlocated,', ',unlocated,uncontacted,');
end
$do$;
call scope.hand_over('app.facts(text, uuid)', 'budstikke_api');

grant create on schema app to budstikke_access;
do $do$
declare
    remember text := pg_get_functiondef('app.remember(uuid, uuid, text)'::regprocedure);
begin
    remember := pg_temp.changed(remember, 'set_config(''budstikke.unlocated'', x.unlocated::text, true)',
        'set_config(''budstikke.unlocated'', x.unlocated::text, true), set_config(''budstikke.uncontacted'', x.uncontacted::text, true)');
    remember := pg_temp.changed(remember, 'filter (where r.kind = ''no_location''), ''{}'') as unlocated',
        'filter (where r.kind = ''no_location''), ''{}'') as unlocated,
                    coalesce(array_agg(r.child_id) filter (where r.kind in (''no_access'', ''no_contact'')), ''{}'') as uncontacted');
    remember := pg_temp.changed(remember, 'r.unlocated
                from (', 'r.unlocated, r.uncontacted
                from (');
    execute remember;
end
$do$;
revoke create on schema app from budstikke_access;
drop function pg_temp.changed(text, text, text);

-- Why: whoever works where a child of their own family is still read, as staff, what the other home had noted about a day of it, and was told of messages of
-- the other home that they could not open (B11). The other home is another guardian of one's own child, also where they write about a half-sibling of it.
-- Of a day staff see then what the other guardian sees: the day and its reason.
-- The previous binary: runs; it does not ask for the new fact, and the database refuses what it then lets through.

create function pg_temp.changed(definition text, passage text, instead text) returns text
    language plpgsql as $$
    begin
        if length(definition) - length(replace(definition, passage, '')) <> length(passage) then
            raise exception 'the passage is not there exactly once: %', passage;
        end if;
        return replace(definition, passage, instead);
    end
    $$;

-- threads_of_other_homes are those that the caller, who is staff, does not meet because somebody else of their own family writes in them, or writes about
-- a child of theirs.
create function app.threads_of_other_homes() returns uuid[]
    language plpgsql stable security definer set search_path = ''
    as $$
    declare
        family constant uuid[] := app.own_family();
    begin
        if cardinality(family) < 2 then
            return '{}';
        end if;
        return coalesce((
            select array_agg(c.id) from app.conversations c
            where c.municipality_id = scope.municipality() and c.guardian_id <> scope.person() and (c.child_id = any (family) or c.guardian_id = any (family))), '{}');
    end
    $$;
call scope.hand_over('app.threads_of_other_homes()', 'budstikke_api');

alter policy not_the_other_home on app.conversations
    using (guardian_id = (select scope.person())
        or child_id <> all ((select app.own_family())::uuid[]) and guardian_id <> all ((select app.own_family())::uuid[]));

-- Nor are they told of one.
create policy not_the_other_home on notify.events as restrictive for select to budstikke_api
    using (kind <> 'message_posted' or subject_id <> all ((select app.threads_of_other_homes())::uuid[]));

do $do$
declare
    view text := pg_get_viewdef('app.shown_absences'::regclass);
begin
    view := pg_temp.changed(view, '(scope.caller() = ''staff''::text) AND (a.note <> ''''::text)',
        '(scope.caller() = ''staff''::text) AND (a.note <> ''''::text) AND (a.reported_by = scope.person()
            or a.child_id <> all ((select app.own_family())::uuid[]) and a.reported_by <> all ((select app.own_family())::uuid[]))');
    view := pg_temp.changed(view, 'ELSE a.note_sensitive', 'ELSE a.note_sensitive AND (a.reported_by = scope.person()
            or a.child_id <> all ((select app.own_family())::uuid[]) and a.reported_by <> all ((select app.own_family())::uuid[]))');
    execute 'create or replace view app.shown_absences with (security_invoker = true) as ' || view;
end
$do$;

do $do$
declare
    facts text := pg_get_functiondef('app.facts(text, uuid)'::regprocedure);
begin
    facts := pg_temp.changed(facts, 'no_contact boolean)', 'no_contact boolean, other_home boolean)');
    facts := pg_temp.changed(facts, 'no_contact := facts.id = any', 'other_home := false; no_contact := facts.id = any');
    facts := pg_temp.changed(facts, 'no_contact := false;
        case', 'no_contact := false; other_home := false;
        case');
    facts := pg_temp.changed(facts, 'if facts.noun = ''conversation'' and not own and app.family_of(child) then -- the other home''s (B11)
            roles := ''{}''; access := false;
        end if;', 'if caller = ''staff'' and facts.noun in (''conversation'', ''absence'') and not own then -- what is written there (B11)
            other_home := app.own_family() && array[child, author];
        end if;');
    drop function app.facts(text, uuid);
    execute facts;
end
$do$;
call scope.hand_over('app.facts(text, uuid)', 'budstikke_api');

grant create on schema app to budstikke_access;
do $do$
begin
    -- At work nobody is told of what is written about their own child: their own they know, and the other home's is not theirs.
    execute pg_temp.changed(pg_get_functiondef('app.knows_child(uuid, uuid, uuid, uuid)'::regprocedure),
        'a.group_id = e.group_id),', 'a.group_id = e.group_id) and not exists (
                select from app.guardianships g
                where g.municipality_id = $1 and g.child_id = $3 and g.guardian_id = $2),');
    execute pg_temp.changed(pg_get_functiondef('app.staff_of_child(uuid, uuid)'::regprocedure),
        'and scope.caller() = ''guardian'' and exists (', 'and not app.is_family(a.person_id, scope.person())
          and scope.caller() = ''guardian'' and exists (');
    execute pg_temp.changed(pg_get_functiondef('app.stream_news(uuid[], bytea[], text[], timestamptz)'::regprocedure),
        'and (d.grounds = ''staff'') = (p.kind = ''staff'')', 'and (d.grounds = ''staff'') = (p.kind = ''staff'')
                      and not (p.kind = ''staff'' and e.kind = ''message_posted'' and exists ( -- the other home''s (B11)
                        select from app.conversations c
                        where c.municipality_id = d.municipality_id and c.id = e.subject_id and c.guardian_id <> p.person_id and exists (
                            select from app.guardianships g
                            join app.guardianships o on o.municipality_id = g.municipality_id and o.child_id = g.child_id
                            where g.municipality_id = d.municipality_id and g.guardian_id = p.person_id
                              and (g.child_id = c.child_id or o.guardian_id = c.guardian_id))))');
end
$do$;
revoke create on schema app from budstikke_access;
drop function pg_temp.changed(text, text, text);

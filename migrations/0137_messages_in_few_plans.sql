-- Why: what a guardian's message cost beside its words went into setting up statements of hundreds of nodes for a few rows: whom of the staff it is told to was
-- asked of each of them by a rule that knows protected children, clearances and restrictions, where hardly any child has any; the time of its thread was
-- written under all policies of threads; and right before the commit all that a guardian has access to was noted once more only to be compared (V15).
-- Now each is asked in steps, the rare ones only where there is something to ask, by the same rules (B14).
-- The previous binary: runs; it writes the time of a thread a second time.

grant create on schema app, auth to budstikke_access;

-- staff_of_child answers whom a guardian's message about a child is announced to: who reads messages at the institution and may open this one, as
-- app.knows_child says it of each of them. It answers only to a guardian of the child there. Whoever is a guardian of the child shares it with whoever asks.
create or replace function app.staff_of_child(institution uuid, child uuid) returns setof uuid
    language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off
    as $$
    #variable_conflict use_column
    declare
        here constant uuid := scope.municipality();
        me constant uuid := scope.person();
        protection text;
        family uuid[];
        apart uuid[];
    begin
        if scope.caller() is distinct from 'guardian' or not exists (
            select from app.guardian_access g
            where g.municipality_id = here and g.guardian_id = me and g.institution_id = staff_of_child.institution and g.child_id = staff_of_child.child) then
            return;
        end if;
        select p.protected_identity,
            array(select o.guardian_id from app.guardianships g
                join app.guardianships o on o.municipality_id = g.municipality_id and o.child_id = g.child_id
                where g.municipality_id = here and g.guardian_id = me),
            array(select r.person_id from app.restrictions_now r
                where r.municipality_id = here and r.child_id = staff_of_child.child and r.kind in ('no_access', 'no_location', 'no_contact'))
        into protection, family, apart
        from app.persons p where p.municipality_id = here and p.id = staff_of_child.child;
        if protection = 'none' then
            return query
            select distinct a.person_id from app.staff_access a
            where a.municipality_id = here and a.institution_id = staff_of_child.institution and a.role in ('head', 'leader', 'employee')
              and a.person_id <> all (family) and a.person_id <> me and a.person_id <> all (apart);
            return;
        end if;
        return query
        select distinct a.person_id from app.staff_access a
        where a.municipality_id = here and a.institution_id = staff_of_child.institution and a.role in ('head', 'leader', 'employee')
          and a.person_id <> all (family) and a.person_id <> me
          and exists (
            select from app.knows_child(a.municipality_id, a.person_id, staff_of_child.child, a.institution_id) k
            where k.access and (k.protection <> 'strict' or k.cleared) and not k.restricted and not k.no_contact);
    end
    $$;

-- still_stands raises when the session has ended, or when somebody has less than they entered with, as 0095 and 0109 say.
do $do$
declare
    was constant text := pg_get_functiondef('auth.still_stands(uuid, uuid)'::regprocedure);
    passage constant text := $a$            perform app.remember(here, me, caller);
            lost := exists (
                select * from unnest(had_children, had_places)
                except select * from unnest(scope.list('budstikke.children'), scope.list('budstikke.places')));
$a$;
begin
    if length(was) - length(replace(was, passage, '')) <> length(passage) then
        raise exception 'auth.still_stands is not as this migration expects it';
    end if;
    execute replace(was, passage, $b$            lost := exists (
                select from unnest(had_children, had_places) had (child_id, institution_id)
                where not exists (
                    select from app.guardian_access a
                    where a.municipality_id = here and a.guardian_id = me and a.child_id = had.child_id and a.institution_id = had.institution_id
                    offset 0));
$b$);
end
$do$;
revoke create on schema app, auth from budstikke_access;

-- A thread's time is that of its last message, whoever wrote it.
create function app.touch_thread() returns trigger
    language plpgsql volatile security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off
    as $$
    begin
        update app.conversations c set last_message_at = greatest(c.last_message_at, new.created_at)
        where c.municipality_id = new.municipality_id and c.id = new.conversation_id;
        return null;
    end
    $$;
call scope.hand_over('app.touch_thread()', variadic '{}');
grant update (last_message_at) on app.conversations to budstikke_access;
create trigger touch_thread after insert on app.messages for each row execute function app.touch_thread();

-- Whether a message may be written in a thread is asked by functions, so that what the other side is asked is set up only for the other side. A guardian's own
-- thread is looked up by the rule of app.conversations for guardians, where the child is enrolled now and the guardian is not closed out.
create function app.writes_at_home(thread uuid) returns boolean
    language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off
    as $$
    begin
        return exists (
            select from app.conversations c
            where c.municipality_id = scope.municipality() and scope.caller() = 'guardian' and c.id = writes_at_home.thread and c.guardian_id = scope.person()
              and (c.child_id, c.institution_id) in (select x.child_id, x.institution_id from app.own_access() x)
              and (c.child_id, c.institution_id) not in (select x.child_id, x.institution_id from app.closed_places() x)
              and exists (
                select from app.enrolments e
                where e.municipality_id = c.municipality_id and e.child_id = c.child_id and e.institution_id = c.institution_id
                  and (e.starts_at is null or e.starts_at <= now()) and (e.ended_at is null or e.ended_at > now())
                offset 0));
    end
    $$;
call scope.hand_over('app.writes_at_home(uuid)', 'budstikke_api');

-- Staff write in a thread that the policies of app.conversations show them, of a child whom they meet: it reads with the rights of whoever asks.
create function app.writes_at_work(thread uuid) returns boolean
    language plpgsql stable set search_path = ''
    as $$
    begin
        return exists (
            select from app.conversations c
            where c.municipality_id = scope.municipality() and c.id = writes_at_work.thread and c.child_id in (select app.own_pupils()));
    end
    $$;
revoke all on function app.writes_at_work(uuid) from public;
grant execute on function app.writes_at_work(uuid) to budstikke_api;

alter policy guardian_writes on app.messages with check ((select scope.caller()) = 'guardian' and author_id = (select scope.person())
    and author_side = 'guardian' and app.writes_at_home(conversation_id));
alter policy staff_writes on app.messages with check ((select scope.caller()) = 'staff' and author_id = (select scope.person())
    and author_side = 'staff' and app.writes_at_work(conversation_id));

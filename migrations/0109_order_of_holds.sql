-- Why: an ending takes the access or the role first and, by its triggers, the sessions after it, while a write that asked before its commit whether it still
-- stands held its session first and the access after it. Each waited for the other until one of them was refused (V15). A write now holds the two in the order
-- of the endings, and so does the end of an account. And two who end each other's role or account at once take turns: the second finds itself put out.
-- The previous binary: runs; every function keeps its name.

-- changed answers a definition with one passage replaced, and refuses when the passage is not there exactly once.
create function pg_temp.changed(definition text, passage text, instead text) returns text
    language plpgsql
    as $$
    begin
        if length(definition) - length(replace(definition, passage, '')) <> length(passage) then
            raise exception 'the passage is not there exactly once: %', passage;
        end if;
        return replace(definition, passage, instead);
    end
    $$;

-- hold_ground holds what somebody was let in by until the transaction ends: their access or roles, and after them the session, as all who end them do. It tells
-- whether the session still runs, or was ended by this very transaction.
create function auth.hold_ground(session uuid, me uuid, caller text) returns boolean
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
    begin
        if me is null or scope.person() is distinct from me then
            null;
        elsif caller = 'guardian' then
            perform from app.guardianship_access a where a.municipality_id = here and a.guardian_id = me
            order by a.guardianship_id, a.institution_id for share;
        elsif caller = 'staff' then
            perform from app.staff_roles r where r.municipality_id = here and r.person_id = me order by r.id for share;
        end if;
        perform from auth.sessions s
        where s.municipality_id = here and s.id = hold_ground.session and (s.ended_at is null or s.xmin = pg_current_xact_id_if_assigned()::xid)
        for share;
        return found;
    end
    $$;
call scope.hand_over('auth.hold_ground(uuid, uuid, text)', variadic array[]::text[]);

-- hold_session is for what is made in a session and outlasts it. It tells whether the session of the transaction still runs, and keeps it so.
create function auth.hold_session(session uuid) returns boolean
    language sql volatile security definer set search_path = ''
    as $$ select auth.hold_ground(hold_session.session, scope.person(), scope.caller()) $$;
call scope.hand_over('auth.hold_session(uuid)', 'budstikke_api');

do $do$
declare
    d text;
begin
    d := pg_get_functiondef('auth.still_stands(uuid, uuid)'::regprocedure);
    -- Whoever has written a session of their own, such as at a sign-out, holds that one already and asks for nothing else: it was about how they came in.
    d := pg_temp.changed(d, $a$        perform from auth.sessions s
        where s.municipality_id = here and s.id = still_stands.session and (s.ended_at is null or s.xmin = own)
        for share;
        if not found then
$a$, $b$        if exists (select from auth.sessions s where s.municipality_id = here and s.person_id = still_stands.me and s.xmin = own) then
            caller := null;
        end if;
        if not auth.hold_ground(still_stands.session, still_stands.me, caller) then
$b$);
    d := pg_temp.changed(d, $a$caller constant text := scope.caller()$a$, $b$caller text := scope.caller()$b$);
    d := pg_temp.changed(d, $a$if scope.person() is distinct from still_stands.me or caller not in ('guardian', 'staff') then$a$,
        $b$if scope.person() is distinct from still_stands.me or coalesce(caller, '') not in ('guardian', 'staff') then$b$);
    d := pg_temp.changed(d, $a$        if caller = 'guardian' then
            perform from app.guardianship_access a where a.municipality_id = here and a.guardian_id = me
            order by a.guardianship_id, a.institution_id for share;
            if exists$a$, $b$        if caller = 'guardian' then
            if exists$b$);
    d := pg_temp.changed(d, $a$        else
            perform from app.staff_roles r where r.municipality_id = here and r.person_id = me order by r.id for share;
            if had_cleared$a$, $b$        else
            if had_cleared$b$);
    execute d;

    d := pg_get_functiondef('auth.end_guardian(uuid, text, timestamp with time zone)'::regprocedure);
    d := pg_temp.changed(d, $a$        -- Sessions come before the access: a write that asks at its end whether it still stands holds the two in that order.
$a$, $b$        -- The access comes before sessions, as in every ending; the doors are held, so that a head who decides at this very moment comes before or after.
        perform from app.guardianship_access a
        where a.municipality_id = here and a.guardian_id = someone order by a.guardianship_id, a.institution_id for update;
$b$);
    d := pg_temp.changed(d, $a$        -- The decision comes before what it decides (V6). The doors are held, so that a head who decides at this very moment comes before or after.
        perform from app.guardianship_access a
        where a.municipality_id = here and a.guardian_id = someone order by a.guardianship_id, a.institution_id for update;
$a$, $b$        -- The decision comes before what it decides (V6).
$b$);
    execute d;

    d := pg_get_functiondef('app.keep_leave(uuid, uuid, uuid, timestamp with time zone, timestamp with time zone, timestamp with time zone)'::regprocedure);
    d := pg_temp.changed(d, $a$        if app.may_send_on_leave($a$, $b$        perform auth.take_turns(keep_leave.someone);
        if app.may_send_on_leave($b$);
    execute d;

    d := pg_get_functiondef('auth.end_staff_account(uuid, uuid, timestamp with time zone)'::regprocedure);
    d := pg_temp.changed(d, $a$        if auth.answers_for($a$, $b$        perform auth.take_turns(someone);
        if auth.answers_for($b$);
    execute d;
end
$do$;

-- take_turns lets those who put somebody out at work, and are put out themselves at the same moment, come one after the other: each is held by whoever ends them
-- alone, and by themselves together with others. All hold them in one order.
create function auth.take_turns(someone uuid) returns void
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        me constant uuid := scope.person();
        p uuid;
    begin
        for p in select distinct x from unnest(array[me, someone]) x where x is not null order by x loop
            if p = someone then
                perform pg_advisory_xact_lock(hashtextextended(scope.municipality()::text || p::text, 108));
            else
                perform pg_advisory_xact_lock_shared(hashtextextended(scope.municipality()::text || p::text, 108));
            end if;
        end loop;
    end
    $$;
call scope.hand_over('auth.take_turns(uuid)', variadic array[]::text[]);

create or replace function app.end_staff_role(staff_role uuid, ends timestamptz) returns boolean
    language plpgsql security definer set search_path = ''
    as $$
    begin
        perform auth.take_turns(r.person_id) from app.staff_roles r where r.municipality_id = scope.municipality() and r.id = end_staff_role.staff_role;
        update app.staff_roles r set ended_at = coalesce(end_staff_role.ends, now())
        where r.municipality_id = scope.municipality() and r.id = end_staff_role.staff_role
          and r.person_id is distinct from scope.person() and app.outranks(r.institution_id, r.role)
          and (r.ended_at is null or r.ended_at > now());
        return found;
    end
    $$;

drop function pg_temp.changed(text, text, text);

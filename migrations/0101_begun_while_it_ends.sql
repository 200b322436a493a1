-- Why: what is begun at the moment at which its ground ends outlived it, now and then (V15): work on a tablet that was just reported lost, a device that was
-- registered, a calendar that was opened or a letter that was used while the account ended. Each of them now holds what it stands on, or is ended with it. And
-- who is a guardian and works here has devices and sessions for each of the two, of which an ending of the one takes only its own (H4, V9).
-- The previous binary: runs; a tablet that ends at the moment at which somebody gives their PIN there answers not_found once more.

-- Of which app a device is: the guardians' or the staff's; null for those of before, which any ending takes along. Their apps register them anew.
alter table notify.endpoints add column registered_as text check (registered_as in ('guardian', 'staff'));

create function notify.note_app() returns trigger language plpgsql set search_path = '' as $$
    begin
        if scope.caller() in ('guardian', 'staff') then
            new.registered_as := scope.caller();
        end if;
        return new;
    end
$$;
create trigger note_app before insert or update of registered_at on notify.endpoints for each row when (new.channel = 'push') execute function notify.note_app();

-- A session of an account that is ending waits for the end, and is over as it begins. The end in turn waits for one that has begun, and then ends it.
create function auth.begin_session() returns trigger language plpgsql security definer set search_path = '' as $$
    begin
        perform from auth.accounts a where a.municipality_id = new.municipality_id and a.id = new.account_id and a.ended_at is null for share;
        if not found then
            new.ended_at := new.created_at;
            new.ended_reason := 'account_ended';
        end if;
        return new;
    end
$$;
call scope.hand_over('auth.begin_session()', variadic array[]::text[]);
create trigger begin_session before insert on auth.sessions for each row when (new.account_id is not null and new.ended_at is null) execute function auth.begin_session();

-- Work on a tablet ends with the tablet.
create function auth.end_work() returns trigger language plpgsql security definer set search_path = '' as $$
    begin
        update auth.sessions s set ended_at = new.ended_at, ended_reason = 'tablet_ended'
        where s.municipality_id = new.municipality_id and s.tablet_id = new.id and s.ended_at is null;
        return null;
    end
$$;
call scope.hand_over('auth.end_work()', variadic array[]::text[]);
create trigger end_work after update of ended_at on auth.tablets for each row when (new.ended_at is not null and old.ended_at is null) execute function auth.end_work();

-- A working tablet is asked for once more when it has been held: the view is read as it was before the wait.
create procedure auth.amend(function regprocedure, known text, wider text) language plpgsql as $$
    declare
        before constant text := pg_get_functiondef(function);
    begin
        if strpos(before, known) = 0 then
            raise exception '% does not say %', function, known;
        end if;
        execute replace(before, known, wider);
    end
$$;
call auth.amend('auth.hold_tablet(uuid)', 't.id = hold_tablet.tablet', 't.id = hold_tablet.tablet and t.ended_at is null');

-- A code waits for whoever is closing the group's shared user, and is gone then; the closing waits for a tablet that is being enrolled, and ends it.
call auth.amend('auth.enrol_tablet(bytea, uuid, text, bytea, bytea, bytea, timestamptz, timestamptz)', '        update auth.tablet_codes x set used_at = moment',
'        perform from auth.shared_users u
        where u.municipality_id = scope.municipality() and u.group_id = (
            select k.group_id from auth.tablet_codes k where k.municipality_id = scope.municipality() and k.code_hash = code) for share;
        update auth.tablet_codes x set used_at = moment');

-- Whoever works here no more hears of their own children on a telephone of their own, not on the one they may have handed back; and the reverse.
call auth.amend('app.cut_off(uuid, uuid)', '        if not at_home and not at_work then
            update notify.endpoints e set state = ''retired'', retired_reason = ''access_ended''
            where e.municipality_id = cut_off.municipality and e.person_id = cut_off.guardian and e.channel = ''push'' and e.state <> ''retired'';
        end if;',
'        if not at_home or not at_work then
            update notify.endpoints e set state = ''retired'', retired_reason = ''access_ended''
            where e.municipality_id = cut_off.municipality and e.person_id = cut_off.guardian and e.channel = ''push'' and e.state <> ''retired''
              and (not at_home and not at_work or e.registered_as = ''staff'' and not at_work or e.registered_as = ''guardian'' and not at_home);
        end if;');

-- Both ends of an account take things in one order: what leads to an account, sessions, what opens one, the account, and last what was made in a session that
-- ran until now. Whoever is on the way in holds them in the same order.
call auth.amend('auth.end_guardian(uuid, text, timestamptz)', '        -- The lock: of two who end it at the same time, the second finds it ended.
        select a.id into account from auth.accounts a
        where a.municipality_id = here and a.person_id = someone and a.ended_at is null for update;',
'        perform from app.applications a where a.municipality_id = here and a.person_id = someone and a.state in (''open'', ''queued'') order by a.id for update;
        perform from app.assisted_cases c where c.municipality_id = here and c.person_id = someone and c.state = ''waiting'' order by c.id for update;
        perform from auth.letters l
        where l.municipality_id = here and l.person_id = someone and l.used_at is null and l.withdrawn_at is null order by l.id for update;
        perform from auth.passwords p join auth.accounts a on a.municipality_id = p.municipality_id and a.id = p.account_id
        where a.municipality_id = here and a.person_id = someone for update of p;
        perform from auth.passkeys k join auth.accounts a on a.municipality_id = k.municipality_id and a.id = k.account_id
        where a.municipality_id = here and a.person_id = someone order by k.id for update of k;
        -- The lock: of two who end it at the same time, the second finds it ended.
        select a.id into account from auth.accounts a
        where a.municipality_id = here and a.person_id = someone and a.ended_at is null for no key update;
        -- Sessions come before the access: a write that asks at its end whether it still stands holds the two in that order.
        works := exists (
            select from app.staff_roles r
            where r.municipality_id = here and r.person_id = someone and (r.ended_at is null or r.ended_at > now()));
        update auth.sessions s set ended_at = moment, ended_reason = ''account_ended''
        where account is not null and s.municipality_id = here and s.person_id = someone and s.ended_at is null
          and (not works or s.kind in (''guardian'', ''applicant'', ''second_factor''));');
call auth.amend('auth.end_guardian(uuid, text, timestamptz)', '        delete from auth.recovery_codes c
        where c.municipality_id = here and c.account_id = account and (not works',
'        update auth.sessions s set ended_at = moment, ended_reason = ''account_ended''
        where s.municipality_id = here and s.person_id = someone and s.ended_at is null and (not works or s.kind in (''guardian'', ''applicant'', ''second_factor''));
        delete from auth.recovery_codes c
        where c.municipality_id = here and c.account_id = account and (not works');
call auth.amend('auth.end_guardian(uuid, text, timestamptz)', '(not works or k.opens = ''guardian'');
        update auth.sessions s set ended_at = moment, ended_reason = ''account_ended''
        where s.municipality_id = here and s.person_id = someone and s.ended_at is null and (not works or s.kind in (''guardian'', ''applicant'', ''second_factor''));
        if works then',
'(not works or k.opens = ''guardian'');
        if works then
            update notify.endpoints e set state = ''retired'', retired_reason = ''account_ended''
            where e.municipality_id = here and e.person_id = someone and e.channel = ''push'' and e.registered_as is distinct from ''staff'' and e.state <> ''retired'';');

-- end_staff_account as in 0042, in that order. Somebody who is a guardian, too, keeps what is the guardian's, whatever their account was opened for (H2).
create or replace function auth.end_staff_account(someone uuid, institution uuid, moment timestamptz) returns boolean
    language plpgsql security definer set search_path = '' as $$
    declare
        here constant uuid := scope.municipality();
        account uuid;
        guardian boolean;
    begin
        if auth.answers_for(someone, institution) is not true then
            return false;
        end if;
        update auth.letters l set withdrawn_at = moment
        where l.municipality_id = here and l.person_id = someone and l.used_at is null and l.withdrawn_at is null and l.purpose <> 'guardian';
        select a.id, exists (select from app.guardianships g where g.municipality_id = here and g.guardian_id = someone and g.ended_at is null) and (
            a.kind = 'guardian' or exists (
                select from app.guardianship_access x where x.municipality_id = here and x.guardian_id = someone and x.status in ('active', 'suspended')))
        into account, guardian from auth.accounts a where a.municipality_id = here and a.person_id = someone;
        guardian := coalesce(guardian, false);
        update auth.sessions s set ended_at = moment, ended_reason = 'ended_by_head'
        where s.municipality_id = here and s.person_id = someone and s.ended_at is null and (s.kind in ('staff', 'second_factor') or not guardian);
        delete from auth.pins p where p.municipality_id = here and p.person_id = someone;
        delete from auth.pin_tries p where p.municipality_id = here and p.person_id = someone;
        delete from auth.recovery_codes c
        where c.municipality_id = here and c.account_id = account and (not guardian or not exists (
            select from auth.passwords p where p.municipality_id = here and p.account_id = account and p.opens = 'guardian'));
        delete from auth.passwords p where p.municipality_id = here and p.account_id = account and (p.opens = 'staff' or not guardian);
        delete from auth.passkeys k where k.municipality_id = here and k.account_id = account and (k.opens = 'staff' or not guardian);
        perform from auth.accounts a where a.municipality_id = here and a.id = account for no key update;
        -- Those that began meanwhile, which held the account until now.
        update auth.sessions s set ended_at = moment, ended_reason = 'ended_by_head'
        where s.municipality_id = here and s.person_id = someone and s.ended_at is null and (s.kind in ('staff', 'second_factor') or not guardian);
        delete from app.wheel_links w where w.municipality_id = here and w.person_id = someone;
        update auth.tablet_codes c set used_at = moment where c.municipality_id = here and c.made_by = someone and c.used_at is null;
        if guardian then
            update auth.accounts a set kind = 'guardian' where a.municipality_id = here and a.id = account and a.kind <> 'guardian';
        else
            update auth.accounts a set ended_at = moment where a.municipality_id = here and a.id = account and a.ended_at is null;
        end if;
        update notify.endpoints e set state = 'retired', retired_reason = 'account_ended'
        where e.municipality_id = here and e.person_id = someone and e.state <> 'retired'
          and (not guardian or e.channel = 'push' and e.registered_as is distinct from 'guardian');
        return true;
    end
$$;
grant select, delete on auth.pins, auth.pin_tries to budstikke_access;
-- What holds a row needs the right to change one column of it.
grant update (changed_at) on auth.passwords to budstikke_access;
grant update (created_at) on auth.passkeys to budstikke_access;

drop procedure auth.amend(regprocedure, text, text);

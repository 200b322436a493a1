-- Why: somebody whose roles change goes on with what they came in with, here and there longer than they should. Who came in with one factor and was made a head
-- used the new role with it for up to ten minutes (U5); a session that began at the moment at which the last role ended opened nothing, and would have opened
-- the work again had a role come back within its day (V15); and what leads to a second factor for the work outlived the role it was for.
-- The previous binary: runs.

-- A new role, another one, or one that goes on elsewhere: who came in with one factor signs in anew, where it is asked whether one is still enough.
create function auth.prove_for_role() returns trigger language plpgsql security definer set search_path = '' as $$
    begin
        update auth.sessions s set ended_at = clock_timestamp(), ended_reason = 'role_changed'
        where s.municipality_id = new.municipality_id and s.person_id = new.person_id and s.ended_at is null
          and s.kind = 'staff' and s.assurance = 'low' and s.tablet_id is null;
        return null;
    end
$$;
call scope.hand_over('auth.prove_for_role()', variadic array[]::text[]);
create trigger prove_for_role after insert on app.staff_roles for each row when (new.ended_at is null or new.ended_at > new.created_at) execute function auth.prove_for_role();
create trigger prove_for_other_role after update of role, group_id, institution_id, ended_at on app.staff_roles for each row
    when (old.role <> new.role or old.group_id is distinct from new.group_id or old.institution_id is distinct from new.institution_id
        or old.ended_at < coalesce(new.ended_at, 'infinity')) execute function auth.prove_for_role();

-- A session for the work of somebody whose last role is ending waits for the end, and is over as it begins. The end in turn waits for one that has begun.
create or replace function auth.begin_session() returns trigger language plpgsql security definer set search_path = '' as $$
    begin
        perform from auth.accounts a where a.municipality_id = new.municipality_id and a.id = new.account_id and a.ended_at is null for share;
        if not found then
            new.ended_at := new.created_at;
            new.ended_reason := 'account_ended';
        elsif new.kind = 'staff' then
            perform from app.staff_roles r where r.municipality_id = new.municipality_id and r.person_id = new.person_id order by r.id for share;
            -- By the clock and not by when the transaction began: the end may have been recorded since.
            if found and not exists (
                select from app.staff_roles r
                where r.municipality_id = new.municipality_id and r.person_id = new.person_id and (r.ended_at is null or r.ended_at > clock_timestamp())) then
                new.ended_at := new.created_at;
                new.ended_reason := 'access_ended';
            end if;
        end if;
        return new;
    end
$$;

-- What leads to a second factor for the work goes with the last role.
do $$
declare
    before constant text := pg_get_functiondef('app.cut_off(uuid, uuid)'::regprocedure);
    known constant text := '(s.kind = ''guardian'' and not at_home or s.kind = ''staff'' and not at_work);';
begin
    if strpos(before, known) = 0 then
        raise exception 'app.cut_off does not say %', known;
    end if;
    execute replace(before, known, '(s.kind = ''guardian'' and not at_home or s.kind = ''staff'' and not at_work
               or s.kind = ''second_factor'' and not at_work and exists (
                 select from auth.passwords p
                 where p.municipality_id = s.municipality_id and p.account_id = s.account_id and p.opens = ''staff''));');
end
$$;

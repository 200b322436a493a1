-- Why: heads enter staff, their leaves and their last day themselves, and owners appoint heads (V2, V5, V9, V11). Nobody decides about themselves,
-- about somebody who stands as high or higher, or about another institution, whatever the program asks for. A substitute's role has an end (B12).
-- The previous binary: runs. Its reviews end roles by the same function as before; leaves it only reads.

-- How long a substitute's role lasts that came in without a last day.
alter table app.municipalities add column substitute_days smallint not null default 30 check (substitute_days between 1 and 366);

alter table app.staff_roles
    add column entered_by uuid, -- who entered it here; null: a register
    add column end_by_default boolean not null default false, -- nobody gave the end: it is what the municipality has for substitutes
    add foreign key (municipality_id, entered_by) references app.persons;
grant insert on app.persons, app.staff_roles to budstikke_access;
grant update (ended_at, register_end, end_by_default) on app.staff_roles to budstikke_access;
grant update, delete on app.staff_leaves to budstikke_access;
grant select on app.groups to budstikke_access;

-- Leaves are written by the functions below, which know who stands above whom; as policies had it, a head could send the owner on leave.
revoke insert, update on app.staff_leaves from budstikke_api;
drop policy head_keeps on app.staff_leaves;
create policy head_reads on app.staff_leaves for select to budstikke_api
    using ((select scope.caller()) = 'staff' and institution_id in (select app.headed_institutions()));

-- Substitutes that are here without an end get one, counted from today: nobody is put out of their work by an upgrade.
set local role budstikke_access; -- which alone sees every municipality
update app.staff_roles r
set ended_at = e.ends, register_end = coalesce(r.register_end, e.ends), end_by_default = true
from (
    select m.municipality_id, ((now() at time zone m.time_zone)::date + m.substitute_days)::timestamp at time zone m.time_zone as ends
    from app.municipalities m
) e
where e.municipality_id = r.municipality_id and r.role = 'substitute' and r.ended_at is null;
reset role;

-- A substitute's role that comes in without a last day ends some days after its first (B12). An end by default stays where it is while nobody gives
-- another, so that no import prolongs it; it counts as the register's own, so that a register can.
create function app.end_substitutes() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    declare
        here app.municipalities;
        begins timestamptz := coalesce(new.starts_at, new.created_at);
    begin
        if new.role <> 'substitute' or new.ended_at is not null then
            if tg_op = 'UPDATE' then
                new.end_by_default := old.end_by_default and new.role = 'substitute' and new.ended_at is not distinct from old.ended_at;
            end if;
            return new;
        end if;
        select * into here from app.municipalities m where m.municipality_id = new.municipality_id;
        if tg_op = 'UPDATE' then
            if old.end_by_default and new.starts_at is not distinct from old.starts_at then
                begins := null;
                new.ended_at := old.ended_at;
            elsif old.ended_at <= now() then
                begins := greatest(begins, now()); -- it had ended, and has returned
            end if;
        end if;
        if begins is not null then
            new.ended_at := ((begins at time zone here.time_zone)::date + here.substitute_days)::timestamp at time zone here.time_zone;
        end if;
        if new.register_end is null or scope.caller() = 'register' then
            new.register_end := new.ended_at;
        end if;
        new.end_by_default := true;
        return new;
    end
    $$;
call scope.hand_over('app.end_substitutes()', variadic '{}');
create trigger end_substitutes before insert or update on app.staff_roles for each row execute function app.end_substitutes();
alter table app.staff_roles add constraint substitutes_end check (role <> 'substitute' or ended_at is not null);

-- The review finds what has its end by default, as it found what had none.
grant create on schema app to budstikke_access;
do $$
declare
    known constant text := pg_get_functiondef('app.review_grants(uuid, uuid, timestamptz, integer)'::regprocedure);
    wider constant text := replace(known, 'and r.ended_at is null then ''end_missing'' end', 'and (r.ended_at is null or r.end_by_default) then ''end_missing'' end');
begin
    if wider = known then
        raise exception 'app.review_grants is not as this migration expects it';
    end if;
    execute wider;
end
$$;
revoke create on schema app from budstikke_access;

-- outranks tells whether the staff member of this transaction answers for an institution and stands above a role there: an owner above all but
-- owners, who owns everything in the municipality above the owners of its institutions, and a head above those who are neither (V2, V5, V9).
create function app.outranks(institution uuid, role text) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select coalesce(scope.caller() = 'staff', false) and exists (
            select from app.own_roles o
            where o.institution_id = outranks.institution
              and (o.role = 'owner' and (outranks.role <> 'owner' or app.owns_municipality()) or o.role = 'head' and outranks.role not in ('owner', 'head')))
    $$;
call scope.hand_over('app.outranks(uuid, text)', 'budstikke_api');

-- may_send_on_leave tells whether they stand above everything that somebody else holds, or will hold, at an institution.
create function app.may_send_on_leave(someone uuid, institution uuid) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select may_send_on_leave.someone is distinct from scope.person() and count(*) > 0
            and coalesce(bool_and(r.institution_id is not null and app.outranks(may_send_on_leave.institution, r.role)), false)
        from app.staff_roles r
        join app.institutions i on i.municipality_id = r.municipality_id and i.id = may_send_on_leave.institution
        where r.municipality_id = scope.municipality() and r.person_id = may_send_on_leave.someone
          and (r.ended_at is null or r.ended_at > now())
          and (r.institution_id = i.id or r.institution_id is null and r.role = 'owner' and i.ownership = 'municipal')
    $$;
call scope.hand_over('app.may_send_on_leave(uuid, uuid)', 'budstikke_api');

-- staff_of is who works, or will work, at an institution that the staff member of this transaction answers for, with the leave that runs or is
-- planned. Whoever answers for the place sees everybody there.
create function app.staff_of(institution uuid)
    returns table (id uuid, person_id uuid, given_name text, family_name text, role text, group_id uuid, group_name text, starts_at timestamptz,
        ended_at timestamptz, end_by_default boolean, leave_id uuid, leave_starts_at timestamptz, leave_until timestamptz, may_decide boolean)
    language sql stable security definer rows 50 set search_path = ''
    as $$
        select r.id, r.person_id, p.given_name, p.family_name, r.role, r.group_id, g.name, r.starts_at, r.ended_at, r.end_by_default,
            l.id, l.starts_at, l.until, r.person_id is distinct from scope.person() and app.outranks(staff_of.institution, r.role)
        from app.staff_roles r
        join app.persons p on p.municipality_id = r.municipality_id and p.id = r.person_id
        left join app.groups g on g.municipality_id = r.municipality_id and g.id = r.group_id
        left join lateral (
            select x.id, x.starts_at, x.until from app.staff_leaves x
            where x.municipality_id = r.municipality_id and x.person_id = r.person_id and x.institution_id = r.institution_id
              and (x.until is null or x.until > now())
            order by x.starts_at limit 1) l on true
        where r.municipality_id = scope.municipality() and r.institution_id = staff_of.institution and scope.caller() = 'staff'
          and staff_of.institution = any (app.headed_at()) and (r.ended_at is null or r.ended_at > now())
        order by p.given_name, p.family_name, r.person_id, r.role, r.id
        limit 2000
    $$;
call scope.hand_over('app.staff_of(uuid)', 'budstikke_api');

-- enter_newcomer enters somebody whom no register has, to give them a role (V5, U5).
create function app.enter_newcomer(id uuid, given_name text, family_name text, contact_email text, institution uuid, moment timestamptz) returns boolean
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        if scope.caller() is distinct from 'staff' or (enter_newcomer.institution = any (app.headed_at())) is not true then
            return false;
        end if;
        insert into app.persons (municipality_id, id, given_name, family_name, contact_email, created_at)
        values (scope.municipality(), enter_newcomer.id, enter_newcomer.given_name, enter_newcomer.family_name, enter_newcomer.contact_email, moment);
        return true;
    end
    $$;
call scope.hand_over('app.enter_newcomer(uuid, text, text, text, uuid, timestamptz)', 'budstikke_api');

-- enter_staff_role gives somebody a role at an institution (V5, V9). False: not the caller's to give, not to this person, or not there: nobody
-- gives themselves a role, and a child that is enrolled has none.
create function app.enter_staff_role(id uuid, person uuid, institution uuid, in_group uuid, role text, starts timestamptz, ends timestamptz,
    moment timestamptz) returns boolean
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
    begin
        if app.outranks(institution, role) is not true or person is not distinct from scope.person()
            or role not in ('head', 'leader', 'employee', 'substitute') or role = 'head' and in_group is not null or starts is null
            or not exists (select from app.institutions i
                where i.municipality_id = here and i.id = institution and (i.closed_at is null or i.closed_at > now()))
            or not exists (select from app.persons p where p.municipality_id = here and p.id = person)
            or exists (select from app.enrolments e
                where e.municipality_id = here and e.child_id = person and (e.ended_at is null or e.ended_at > now()))
            or in_group is not null and not exists (select from app.groups g
                where g.municipality_id = here and g.id = in_group and g.institution_id = enter_staff_role.institution
                  and (g.ended_at is null or g.ended_at > now())) then
            return false;
        end if;
        insert into app.staff_roles (municipality_id, id, person_id, institution_id, group_id, role, created_at, starts_at, ended_at, entered_by)
        values (here, enter_staff_role.id, person, institution, in_group, role, moment, starts, ends, scope.person());
        return true;
    end
    $$;
call scope.hand_over('app.enter_staff_role(uuid, uuid, uuid, uuid, text, timestamptz, timestamptz, timestamptz)', 'budstikke_api');

-- end_staff_role sets when a role ends that has not ended; null: at once (V9, V11). The triggers of the table take with it, at that moment or by the sweep, what
-- hangs on it: sessions, push tokens, notices on their way (V15). False: not the caller's to end.
create function app.end_staff_role(staff_role uuid, ends timestamptz) returns boolean
    language sql volatile security definer set search_path = ''
    as $$
        with ended as (
            update app.staff_roles r set ended_at = coalesce(end_staff_role.ends, now())
            where r.municipality_id = scope.municipality() and r.id = end_staff_role.staff_role
              and r.person_id is distinct from scope.person() and app.outranks(r.institution_id, r.role)
              and (r.ended_at is null or r.ended_at > now())
            returning r.id)
        select exists (select from ended)
    $$;
call scope.hand_over('app.end_staff_role(uuid, timestamptz)', 'budstikke_api');

-- The function of the previous binary's reviews, by the same rule.
create or replace function app.remove_staff_role(staff_role uuid, moment timestamptz) returns boolean
    language sql volatile security definer set search_path = ''
    as $$ select app.end_staff_role(remove_staff_role.staff_role, least(remove_staff_role.moment, now())) $$;

-- keep_leave enters a leave or changes one that has not ended (V11). False: not the caller's to enter.
create function app.keep_leave(id uuid, someone uuid, institution uuid, starts timestamptz, ends timestamptz, moment timestamptz) returns boolean
    language plpgsql volatile security definer set search_path = ''
    as $$
    #variable_conflict use_column
    begin
        if app.may_send_on_leave(keep_leave.someone, keep_leave.institution) is not true then
            return false;
        end if;
        insert into app.staff_leaves as l (municipality_id, id, person_id, institution_id, starts_at, until, set_by, set_at)
        values (scope.municipality(), keep_leave.id, keep_leave.someone, keep_leave.institution, keep_leave.starts, keep_leave.ends,
            scope.person(), keep_leave.moment)
        on conflict (municipality_id, id) do update
        set starts_at = excluded.starts_at, until = excluded.until, set_by = excluded.set_by, set_at = excluded.set_at
        where l.person_id = excluded.person_id and l.institution_id = excluded.institution_id and (l.until is null or l.until > now());
        return found;
    end
    $$;
call scope.hand_over('app.keep_leave(uuid, uuid, uuid, timestamptz, timestamptz, timestamptz)', 'budstikke_api');

-- end_leave ends a leave that runs, by the clock that the rule of access reads, and takes one back that has not begun.
create function app.end_leave(leave uuid) returns boolean
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        l app.staff_leaves;
    begin
        select * into l from app.staff_leaves x where x.municipality_id = scope.municipality() and x.id = end_leave.leave for update;
        if not found or app.may_send_on_leave(l.person_id, l.institution_id) is not true then
            return false;
        end if;
        delete from app.staff_leaves x where x.municipality_id = l.municipality_id and x.id = l.id and x.starts_at > now();
        update app.staff_leaves x set until = greatest(now(), x.starts_at + interval '1 microsecond')
        where x.municipality_id = l.municipality_id and x.id = l.id and (x.until is null or x.until > now());
        return true;
    end
    $$;
call scope.hand_over('app.end_leave(uuid)', 'budstikke_api');

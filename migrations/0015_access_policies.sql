-- Why: who reads and writes what 0014 keeps, and that a guardian whom one institution has closed out sees nothing of that place while another
-- one is open to them (V15, B8).
-- The previous binary: runs; it sees less where access per institution says so.

-- Where the guardian of this transaction has access to which child.
create function app.own_access() returns table (child_id uuid, institution_id uuid)
    language sql stable security definer rows 4 set search_path = ''
    as $$
        select distinct a.child_id, a.institution_id from app.guardian_access a
        where a.municipality_id = scope.municipality() and a.guardian_id = scope.person() and scope.caller() = 'guardian'
    $$;
call scope.hand_over('app.own_access()', 'budstikke_api');

-- Where the guardian of this transaction is closed out of the matters of a child that is there: what was written with that place is closed too.
-- A place that the child has left is another thing: what was written with it can be read on (V14).
create function app.closed_places() returns table (child_id uuid, institution_id uuid)
    language sql stable security definer rows 1 set search_path = ''
    as $$
        select a.child_id, a.institution_id from app.guardianship_access a
        where a.municipality_id = scope.municipality() and a.guardian_id = scope.person() and scope.caller() = 'guardian'
          and (a.status in ('imported', 'inactive', 'suspended') or a.status = 'active' and a.until <= now())
    $$;
call scope.hand_over('app.closed_places()', 'budstikke_api');

-- thread_open tells whether home and institution can write to each other in a conversation now: its guardian has access there, and nothing
-- keeps the guardian or whoever writes out of contact (B8, V14).
create function app.thread_open(conversation uuid) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select exists (
            select from app.conversations c
            join app.guardian_access a on a.municipality_id = c.municipality_id and a.guardian_id = c.guardian_id and a.child_id = c.child_id
                and a.institution_id = c.institution_id
            where c.municipality_id = scope.municipality() and c.id = thread_open.conversation and not exists (
                select from app.restrictions_now x
                where x.municipality_id = c.municipality_id and x.child_id = c.child_id and x.kind in ('no_access', 'no_contact')
                  and x.person_id in (c.guardian_id, scope.person())))
    $$;
call scope.hand_over('app.thread_open(uuid)', 'budstikke_api');

-- may_contact tells whether the caller of this transaction may write about a child at all (B8).
create function app.may_contact(child uuid) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select not exists (
            select from app.restrictions_now x
            where x.municipality_id = scope.municipality() and x.child_id = may_contact.child and x.person_id = scope.person()
              and x.kind in ('no_access', 'no_contact'))
    $$;
call scope.hand_over('app.may_contact(uuid)', 'budstikke_api');

create policy open_threads on app.messages as restrictive for insert to budstikke_api with check (app.thread_open(conversation_id));
create policy in_contact on app.conversations as restrictive for insert to budstikke_api with check (app.may_contact(child_id));

-- The guardian's policies of 0008, per institution.
drop policy guardian_reads on app.enrolments;
create policy guardian_reads on app.enrolments for select to budstikke_api
    using ((select scope.caller()) = 'guardian'
        and (child_id, institution_id) in (select x.child_id, x.institution_id from app.own_access() x));
drop policy guardian_reads on app.absences;
create policy guardian_reads on app.absences for select to budstikke_api
    using ((select scope.caller()) = 'guardian' and child_id in (select app.own_children())
        and (child_id, institution_id) not in (select x.child_id, x.institution_id from app.closed_places() x));
drop policy guardian_reports on app.absences;
create policy guardian_reports on app.absences for insert to budstikke_api
    with check ((select scope.caller()) = 'guardian' and reported_by = (select scope.person())
        and (child_id, institution_id) in (select x.child_id, x.institution_id from app.own_access() x));
drop policy guardian_keeps on app.conversations;
create policy guardian_keeps on app.conversations for all to budstikke_api
    using ((select scope.caller()) = 'guardian' and guardian_id = (select scope.person()) and child_id in (select app.own_children())
        and (child_id, institution_id) not in (select x.child_id, x.institution_id from app.closed_places() x))
    with check ((select scope.caller()) = 'guardian' and guardian_id = (select scope.person())
        and (child_id, institution_id) in (select x.child_id, x.institution_id from app.own_access() x));

-- Staff whom a restriction keeps from a child do not meet it in their work (B8).
create or replace function app.own_pupils() returns setof uuid
    language sql stable security definer rows 250 set search_path = ''
    as $$
        select distinct e.child_id from app.own_roles r
        join app.enrolments e on e.municipality_id = scope.municipality() and e.institution_id = r.institution_id
            and (e.ended_at is null or e.ended_at > now())
        where (r.role in ('head', 'owner') or r.group_id = e.group_id or not exists (
            select from app.persons p
            where p.municipality_id = scope.municipality() and p.id = e.child_id and p.protected_identity <> 'none'))
          and not exists (
            select from app.restrictions_now x
            where x.municipality_id = scope.municipality() and x.person_id = scope.person() and x.child_id = e.child_id and x.kind = 'no_access')
    $$;

create or replace function app.headed_children() returns setof uuid
    language sql stable security definer rows 250 set search_path = ''
    as $$
        select distinct e.child_id from app.enrolments e
        where e.municipality_id = scope.municipality() and e.institution_id in (select app.headed_institutions())
          and (e.ended_at is null or e.ended_at > now())
          and not exists (
            select from app.restrictions_now x
            where x.municipality_id = scope.municipality() and x.person_id = scope.person() and x.child_id = e.child_id and x.kind = 'no_access')
    $$;

create or replace function app.meets(someone uuid) returns boolean
    language plpgsql stable security definer cost 200 set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
        me constant uuid := scope.person();
        hidden boolean;
    begin
        if scope.caller() is distinct from 'staff' then
            return false;
        end if;
        hidden := exists (select from app.persons p where p.municipality_id = here and p.id = someone and p.protected_identity <> 'none');
        return exists (
            select from app.enrolments e
            join app.own_roles r on r.institution_id = e.institution_id
            where e.municipality_id = here and e.child_id = someone and (e.ended_at is null or e.ended_at > now())
              and (not hidden or r.role in ('head', 'owner') or r.group_id = e.group_id)
              and not exists (
                select from app.restrictions_now x
                where x.municipality_id = here and x.person_id = me and x.child_id = someone and x.kind = 'no_access')
        ) or exists (
            select from app.guardianships g
            join app.enrolments e on e.municipality_id = g.municipality_id and e.child_id = g.child_id
                and (e.ended_at is null or e.ended_at > now())
            join app.own_roles r on r.institution_id = e.institution_id
            where g.municipality_id = here and g.guardian_id = someone and g.ended_at is null
              and (not hidden or r.role in ('head', 'owner'))
              and not exists (
                select from app.restrictions_now x
                where x.municipality_id = here and x.person_id = me and x.child_id = g.child_id and x.kind = 'no_access')
        ) or exists (
            select from app.staff_access a
            join app.own_roles r on r.institution_id = a.institution_id
            where a.municipality_id = here and a.person_id = someone and (not hidden or r.role in ('head', 'owner')));
    end
    $$;

-- The other home is told of the child's day unless a restriction says no (B11, B8).
create or replace function app.other_guardians(child uuid) returns setof uuid
    language sql stable security definer set search_path = ''
    as $$
        select distinct a.guardian_id from app.guardian_access a
        where a.municipality_id = scope.municipality() and a.child_id = other_guardians.child
          and a.guardian_id is distinct from scope.person()
          and (a.child_id in (select app.own_children()) or a.institution_id in (select app.own_institutions()))
          and not exists (
            select from app.restrictions_now x
            where x.municipality_id = a.municipality_id and x.child_id = a.child_id and x.person_id = a.guardian_id
              and x.kind in ('no_contact', 'no_location'))
    $$;

create or replace function app.reachable(municipality_ids uuid[], person_ids uuid[], grounds text[], child_ids uuid[], institution_ids uuid[])
    returns setof bigint
    language sql stable security definer set search_path = ''
    as $$
        select t.n
        from unnest(municipality_ids, person_ids, grounds, child_ids, institution_ids) with ordinality
            as t (municipality_id, person_id, grounds, child_id, institution_id, n)
        where case t.grounds
            when 'child' then exists (
                select from app.guardian_access a
                where a.municipality_id = t.municipality_id and a.guardian_id = t.person_id and a.child_id = t.child_id
                  and (t.institution_id is null or a.institution_id = t.institution_id))
              and not exists (
                select from app.restrictions_now x
                where x.municipality_id = t.municipality_id and x.child_id = t.child_id and x.person_id = t.person_id and x.kind = 'no_contact')
            when 'institution' then exists (
                select from app.guardian_access a
                where a.municipality_id = t.municipality_id and a.guardian_id = t.person_id and a.institution_id = t.institution_id)
            when 'staff' then exists (
                select from app.staff_access a
                where a.municipality_id = t.municipality_id and a.person_id = t.person_id and a.institution_id = t.institution_id)
            when 'self' then exists ( -- the mail that asks an applicant to confirm the address they gave (H3)
                select from app.applications p
                where p.municipality_id = t.municipality_id and p.person_id = t.person_id and p.state = 'open') or exists (
                select from auth.accounts a
                where a.municipality_id = t.municipality_id and a.person_id = t.person_id and a.ended_at is null)
            else false
        end
    $$;

-- A notice about a child may name the institution that it comes from: it then needs access there.
alter table notify.deliveries drop constraint deliveries_check3, drop constraint deliveries_check4;
alter table notify.deliveries
    add constraint grounds_name_the_child check ((grounds = 'child') = (child_id is not null)),
    add constraint grounds_name_the_institution check (case grounds when 'self' then institution_id is null
        when 'child' then true else institution_id is not null end);
drop policy own_notices on notify.deliveries;
create policy own_notices on notify.deliveries for select to budstikke_api
    using ((select scope.caller()) = 'guardian' and person_id = (select scope.person()) and case grounds
        when 'self' then true
        when 'child' then child_id in (select app.own_children()) and (institution_id is null
            or (child_id, institution_id) in (select x.child_id, x.institution_id from app.own_access() x))
        when 'institution' then institution_id in (select app.own_places())
        else false end);

-- cut_off takes from a person what an access that has ended must not leave behind (V14, V15): notices not yet sent, those of the last day that
-- wait in the app, and, when no access of its kind is left, the sessions, and when none at all is left, the push tokens. Triggers call it, so
-- that no way of ending an access can forget it; what ends by time, app.sweep_access brings to it.
create or replace function app.cut_off(municipality uuid, guardian uuid) returns void
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        at_home constant boolean := exists (
            select from app.guardian_access a where a.municipality_id = cut_off.municipality and a.guardian_id = cut_off.guardian);
        at_work constant boolean := exists (
            select from app.staff_access a where a.municipality_id = cut_off.municipality and a.person_id = cut_off.guardian);
    begin
        update notify.deliveries d
        set state = 'suppressed', reason = 'access_ended', settled_at = clock_timestamp(), fence = d.fence + 1
        where d.municipality_id = cut_off.municipality and d.person_id = cut_off.guardian
          and (d.state in ('pending', 'retry')
               or d.channel = 'in_app' and d.state = 'sent' and d.created_at > clock_timestamp() - interval '1 day')
          and d.grounds in ('child', 'institution', 'staff')
          and not exists (
            select from app.reachable(array[d.municipality_id], array[d.person_id], array[d.grounds], array[d.child_id], array[d.institution_id]));
        update auth.sessions s set ended_at = clock_timestamp(), ended_reason = 'access_ended'
        where s.municipality_id = cut_off.municipality and s.person_id = cut_off.guardian and s.ended_at is null
          and (s.kind = 'guardian' and not at_home or s.kind = 'staff' and not at_work);
        if not at_home and not at_work then
            update notify.endpoints e set state = 'retired', retired_reason = 'access_ended'
            where e.municipality_id = cut_off.municipality and e.person_id = cut_off.guardian and e.channel = 'push' and e.state <> 'retired';
        end if;
    end
    $$;

-- The same for staff whose role ends, or who go on leave (V11, V15).
create function app.cut_off_staff() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    begin
        perform app.cut_off(new.municipality_id, new.person_id);
        return null;
    end
    $$;
call scope.hand_over('app.cut_off_staff()', variadic '{}');
create trigger cut_off_staff after update of ended_at, starts_at, role, group_id on app.staff_roles
    for each row when (new.ended_at is not null or new.starts_at is not null) execute function app.cut_off_staff();
create trigger cut_off_staff after insert or update on app.staff_leaves for each row execute function app.cut_off_staff();

-- Restrictions and leaves: those who answer for the child and for the institution.
create policy head_reads on app.restrictions for select to budstikke_api
    using ((select scope.caller()) = 'staff' and child_id in (select app.headed_children()));
create policy head_sets on app.restrictions for insert to budstikke_api
    with check ((select scope.caller()) = 'staff' and child_id in (select app.headed_children()) and set_by = (select scope.person())
        and lifted_at is null and lifting_proposed_at is null);
create policy head_lifts on app.restrictions for update to budstikke_api
    using ((select scope.caller()) = 'staff' and child_id in (select app.headed_children()))
    with check ((select scope.caller()) = 'staff');
grant select, insert on app.restrictions to budstikke_api;
grant update (lifting_proposed_by, lifting_proposed_at, lifted_by, lifted_at, version) on app.restrictions to budstikke_api;
grant select on app.restrictions_now to budstikke_api;

create policy head_keeps on app.staff_leaves for all to budstikke_api
    using (institution_id in (select app.headed_institutions()))
    with check (institution_id in (select app.headed_institutions()) and set_by = (select scope.person()));
grant select, insert, update on app.staff_leaves to budstikke_api;

-- Two people lift a restriction: one proposes, and later another confirms, each in their own name (B8).
create function app.keep_restriction() returns trigger
    language plpgsql set search_path = ''
    as $$
    begin
        if scope.caller() is null then
            return new; -- the administrator
        end if;
        if old.lifted_at is not null
            or new.lifting_proposed_by is distinct from old.lifting_proposed_by and new.lifting_proposed_by is distinct from scope.person()
            or new.lifted_by is not null and (new.lifted_by <> scope.person() or old.lifting_proposed_by is null
                or old.lifting_proposed_by = scope.person() or new.lifting_proposed_by is distinct from old.lifting_proposed_by) then
            raise exception using errcode = 'check_violation', constraint = 'two_people_lift',
                message = 'one person proposes that a restriction is lifted and another confirms it (B8)';
        end if;
        return new;
    end
    $$;
create trigger keep_restriction before update on app.restrictions for each row execute function app.keep_restriction();

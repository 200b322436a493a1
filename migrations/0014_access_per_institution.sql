-- Why: a guardianship has its access per institution (V1, V6, V14, V15): the head of the school decides about the school, and what the
-- kindergarten's head decided ends with the kindergarten. Restrictions (B8) and leaves (V11) enter the rule of access here, so that there stays
-- one rule. The views keep their names and columns.
-- The previous binary: runs. It decides with app.guardianships.status, which from now on is a summary (some institution has opened it); what
-- it writes there goes down to the institutions that its head answers for. A later migration takes that way away.

-- One row per guardianship and institution where the child is or was: what came in from a register is imported until somebody here has looked.
create table app.guardianship_access (
    municipality_id uuid not null,
    guardianship_id uuid not null,
    institution_id  uuid not null,
    child_id        uuid not null, -- as the guardianship has them: the rule of access asks by child and by guardian
    guardian_id     uuid not null,
    status          text not null default 'imported' check (status in ('imported', 'inactive', 'active', 'suspended', 'ended')),
    until           timestamptz,   -- access ends at this moment by itself (B12); null: with the enrolment
    version         integer not null default 1, -- for ETag and If-Match
    changed_at      timestamptz not null,
    changed_by      uuid,          -- null: a register, or time
    primary key (municipality_id, guardianship_id, institution_id),
    foreign key (municipality_id, guardianship_id) references app.guardianships,
    foreign key (municipality_id, institution_id) references app.institutions,
    foreign key (municipality_id, changed_by) references app.persons
);
create index guardianship_access_of_guardian on app.guardianship_access (municipality_id, guardian_id, child_id, institution_id);
create index guardianship_access_of_child on app.guardianship_access (municipality_id, child_id, institution_id);
create index guardianship_access_of_institution on app.guardianship_access (municipality_id, institution_id, status);
call scope.protect_table('app.guardianship_access');
comment on table app.guardianship_access is 'What each institution lets each guardian see of each child. An import never opens it (V1).';

-- A foster parent's or bonus parent's relation has an end: nobody opens it without saying until when (B12).
alter table app.guardianships add column time_boxed boolean not null default false;

alter table app.guardianship_decisions
    add column institution_id uuid, -- null: decided before access was kept per institution, about all of them
    add column until timestamptz,   -- the end that was decided with it
    add foreign key (municipality_id, guardianship_id, institution_id) references app.guardianship_access,
    drop constraint guardianship_decisions_status_check,
    add constraint guardianship_decisions_status_check check (status in ('inactive', 'active', 'suspended'));

-- A block between a child and an adult (B8). It wins over every guardianship and every role, no import touches it, and two people lift it.
-- no_access: sees nothing of the child. no_contact: neither writes nor is written to about it. no_location, no_photo, no_pickup: what shows
-- where the child is, shows its picture, or hands it over.
create table app.restrictions (
    municipality_id    uuid not null,
    id                 uuid not null,
    child_id           uuid not null,
    person_id          uuid not null, -- guardian or staff
    kind               text not null check (kind in ('no_access', 'no_contact', 'no_location', 'no_photo', 'no_pickup')),
    starts_at          timestamptz not null,
    until              timestamptz,   -- null: until it is lifted
    reason_sealed      bytea not null, -- AES-256-GCM, bound to this row; opened by those who answer for the child only
    reason_key         smallint not null,
    set_by             uuid not null,
    set_at             timestamptz not null,
    lifting_proposed_by uuid,
    lifting_proposed_at timestamptz,
    lifted_by          uuid,
    lifted_at          timestamptz,
    version            integer not null default 1,
    primary key (municipality_id, id),
    foreign key (municipality_id, child_id) references app.persons,
    foreign key (municipality_id, person_id) references app.persons,
    foreign key (municipality_id, set_by) references app.persons,
    foreign key (municipality_id, lifting_proposed_by) references app.persons,
    foreign key (municipality_id, lifted_by) references app.persons,
    check (child_id <> person_id),
    check (until is null or until > starts_at),
    check ((lifting_proposed_by is null) = (lifting_proposed_at is null)),
    check ((lifted_by is null) = (lifted_at is null)),
    constraint two_people_lift check (lifted_by is null or lifting_proposed_by is not null and lifted_by <> lifting_proposed_by)
);
create index restrictions_of_pair on app.restrictions (municipality_id, child_id, person_id) where lifted_at is null;
create index restrictions_of_person on app.restrictions (municipality_id, person_id, child_id) where lifted_at is null;
call scope.protect_table('app.restrictions');

-- Long leave: from its first to its last moment the person has none of their roles at the institution (V11).
create table app.staff_leaves (
    municipality_id uuid not null,
    id              uuid not null,
    person_id       uuid not null,
    institution_id  uuid not null,
    starts_at       timestamptz not null,
    until           timestamptz, -- null: until somebody enters the return
    set_by          uuid not null,
    set_at          timestamptz not null,
    primary key (municipality_id, id),
    foreign key (municipality_id, person_id) references app.persons,
    foreign key (municipality_id, institution_id) references app.institutions,
    foreign key (municipality_id, set_by) references app.persons,
    check (until is null or until > starts_at)
);
create index on app.staff_leaves (municipality_id, person_id, institution_id);
call scope.protect_table('app.staff_leaves');

-- The restrictions that hold now.
create view app.restrictions_now with (security_invoker = true) as
    select x.municipality_id, x.child_id, x.person_id, x.kind, x.id from app.restrictions x
    where x.lifted_at is null and x.starts_at <= now() and (x.until is null or x.until > now());

-- The rule for guardians: an institution where the child is enrolled now has opened it, for this moment, and nothing restricts it
-- (V1, V6, V14, V15, B8, B12). That the guardianship runs, app.settle_access keeps in the status.
create or replace view app.guardian_access with (security_invoker = true) as
    select a.municipality_id, a.guardian_id, a.child_id, a.institution_id, a.guardianship_id
    from app.guardianship_access a
    join app.enrolments e on e.municipality_id = a.municipality_id and e.child_id = a.child_id and e.institution_id = a.institution_id
    where a.status = 'active' and (a.until is null or a.until > now())
      and (e.starts_at is null or e.starts_at <= now()) and (e.ended_at is null or e.ended_at > now())
      and not exists (
        select from app.restrictions_now x
        where x.municipality_id = a.municipality_id and x.child_id = a.child_id and x.person_id = a.guardian_id and x.kind = 'no_access');

-- The rule for staff: a role that runs now, of somebody who is not on leave (V11).
create or replace view app.staff_access with (security_invoker = true) as
    select r.municipality_id, r.person_id, i.id as institution_id, r.group_id, r.role
    from app.staff_roles r
    join app.institutions i on i.municipality_id = r.municipality_id
        and (i.id = r.institution_id or r.institution_id is null and r.role = 'owner' and i.ownership = 'municipal')
    where (r.starts_at is null or r.starts_at <= now()) and (r.ended_at is null or r.ended_at > now())
      and r.role in ('owner', 'head', 'leader', 'employee', 'substitute')
      and not exists (
        select from app.staff_leaves l
        where l.municipality_id = r.municipality_id and l.person_id = r.person_id and l.institution_id = i.id
          and l.starts_at <= now() and (l.until is null or l.until > now()));

grant select, insert, update on app.guardianship_access to budstikke_access;
grant select on app.restrictions, app.restrictions_now, app.staff_leaves to budstikke_access;
grant update (status) on app.guardianships to budstikke_access;

-- settle_access keeps the rows in step with what the registers say of these children, and opens nothing: an institution that is new to a child
-- gets a row that gives no access, a guardianship or an enrolment that has ended ends it, and one that returns is inactive. What is suspended
-- stays suspended (V1, V14, P6).
create function app.settle_access(municipality uuid, children uuid[]) returns void
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        insert into app.guardianship_access (municipality_id, guardianship_id, institution_id, child_id, guardian_id, status, changed_at)
        select distinct g.municipality_id, g.id, e.institution_id, g.child_id, g.guardian_id,
            case when scope.caller() in ('staff') then 'inactive' else 'imported' end, now()
        from app.guardianships g
        join app.enrolments e on e.municipality_id = g.municipality_id and e.child_id = g.child_id and (e.ended_at is null or e.ended_at > now())
        where g.municipality_id = settle_access.municipality and g.child_id = any (settle_access.children) and g.ended_at is null
        on conflict do nothing;
        update app.guardianship_access a
        set status = case when s.runs then 'inactive' else 'ended' end, version = a.version + 1, changed_at = now(), changed_by = null,
            until = case when s.runs then null else a.until end
        from (
            select x.guardianship_id, x.institution_id, g.ended_at is null and exists (
                select from app.enrolments e
                where e.municipality_id = x.municipality_id and e.child_id = x.child_id and e.institution_id = x.institution_id
                  and (e.ended_at is null or e.ended_at > now())) as runs
            from app.guardianship_access x
            join app.guardianships g on g.municipality_id = x.municipality_id and g.id = x.guardianship_id
            where x.municipality_id = settle_access.municipality and x.child_id = any (settle_access.children)
        ) s
        where a.municipality_id = settle_access.municipality and a.guardianship_id = s.guardianship_id and a.institution_id = s.institution_id
          and a.status <> 'suspended' and (a.status = 'ended') = s.runs;
    end
    $$;
call scope.hand_over('app.settle_access(uuid, uuid[])', variadic '{}');

-- The three below call it once per statement, for all the children that the statement is about: an import writes thousands of rows.
create function app.settle_new() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        perform app.settle_access(x.municipality_id, array_agg(distinct x.child_id)) from added x group by x.municipality_id;
        return null;
    end
    $$;
call scope.hand_over('app.settle_new()', variadic '{}');

create function app.settle_guardianships() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        if not exists (
            select from added n join removed o on o.municipality_id = n.municipality_id and o.id = n.id
            where (n.ended_at, n.legal, n.basis) is distinct from (o.ended_at, o.legal, o.basis)) then
            return null; -- also the summary that app.summarise_access writes
        end if;
        perform app.settle_access(n.municipality_id, array_agg(distinct n.child_id))
        from added n join removed o on o.municipality_id = n.municipality_id and o.id = n.id
        where n.ended_at is distinct from o.ended_at group by n.municipality_id;
        -- What a head sees of it has changed, so that a tap on the old state is refused.
        update app.guardianship_access a set version = a.version + 1
        from added n join removed o on o.municipality_id = n.municipality_id and o.id = n.id
        where a.municipality_id = n.municipality_id and a.guardianship_id = n.id
          and (n.legal, n.basis, n.ended_at) is distinct from (o.legal, o.basis, o.ended_at);
        return null;
    end
    $$;
call scope.hand_over('app.settle_guardianships()', variadic '{}');

-- An enrolment that ended by time has left its rows as they were: when a register lets it run again, what was open then is not open now.
create function app.settle_enrolments() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        update app.guardianship_access a set status = 'ended', version = a.version + 1, changed_at = now(), changed_by = null
        from added n join removed o on o.municipality_id = n.municipality_id and o.id = n.id
        where a.municipality_id = n.municipality_id and a.child_id = n.child_id and a.institution_id = n.institution_id
          and a.status in ('imported', 'inactive', 'active') and (n.ended_at is null or n.ended_at > now())
          and (o.ended_at <= now() or o.institution_id <> n.institution_id)
          and not exists (
            select from app.enrolments e
            where e.municipality_id = n.municipality_id and e.child_id = n.child_id and e.institution_id = n.institution_id
              and e.id <> n.id and (e.ended_at is null or e.ended_at > now()));
        perform app.settle_access(n.municipality_id, array_agg(distinct n.child_id))
        from added n join removed o on o.municipality_id = n.municipality_id and o.id = n.id
        where (n.ended_at, n.institution_id) is distinct from (o.ended_at, o.institution_id) group by n.municipality_id;
        return null;
    end
    $$;
call scope.hand_over('app.settle_enrolments()', variadic '{}');

create function app.settle_new_enrolments() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        update app.guardianship_access a set status = 'ended', version = a.version + 1, changed_at = now(), changed_by = null
        from added n
        where a.municipality_id = n.municipality_id and a.child_id = n.child_id and a.institution_id = n.institution_id
          and a.status in ('imported', 'inactive', 'active') and not exists (
            select from app.enrolments e
            where e.municipality_id = n.municipality_id and e.child_id = n.child_id and e.institution_id = n.institution_id
              and e.id not in (select x.id from added x) and (e.ended_at is null or e.ended_at > now()));
        perform app.settle_access(x.municipality_id, array_agg(distinct x.child_id)) from added x group by x.municipality_id;
        return null;
    end
    $$;
call scope.hand_over('app.settle_new_enrolments()', variadic '{}');

-- In the order of their names: what was decided goes down before what was ended is settled.
create trigger settle_new after insert on app.guardianships
    referencing new table as added for each statement execute function app.settle_new();
create trigger settle_new after insert on app.enrolments
    referencing new table as added for each statement execute function app.settle_new_enrolments();
create trigger settle_access after update on app.guardianships
    referencing old table as removed new table as added for each statement execute function app.settle_guardianships();
create trigger settle_access after update on app.enrolments
    referencing old table as removed new table as added for each statement execute function app.settle_enrolments();

-- An import can neither open an access nor lengthen one nor take a suspension away, and nobody opens a time-boxed one without an end.
create function app.keep_access_status() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    begin
        if new.status = 'active' and (tg_op = 'INSERT' or scope.caller() = 'register' and old.status <> 'active')
            or tg_op = 'UPDATE' and scope.caller() = 'register' and (
                old.status = 'suspended' and new.status <> 'suspended' or new.status = 'suspended' and old.status <> 'suspended'
                or new.status = 'active' and new.until is distinct from old.until) then
            raise exception using errcode = 'check_violation', constraint = 'imports_never_grant',
                message = 'access comes into being closed, and an import neither opens it nor changes what was decided (V1, P6)';
        end if;
        if new.status = 'active' and exists (
            select from app.guardianships g
            where g.municipality_id = new.municipality_id and g.id = new.guardianship_id and g.ended_at is not null) then
            raise exception using errcode = 'check_violation', constraint = 'ended_stays_closed',
                message = 'a guardianship that is over gives no access (V14)';
        end if;
        if new.status = 'active' and new.until is null and exists (
            select from app.guardianships g where g.municipality_id = new.municipality_id and g.id = new.guardianship_id and g.time_boxed) then
            raise exception using errcode = 'check_violation', constraint = 'time_boxed_access_ends',
                message = 'access of this kind needs an end (B12)';
        end if;
        return new;
    end
    $$;
call scope.hand_over('app.keep_access_status()', variadic '{}');
create trigger keep_access_status before insert or update on app.guardianship_access
    for each row execute function app.keep_access_status();

-- The status for an institution changes together with the row that says who decided it there and why, or not at all (V6, V13, B5).
create or replace function app.want_decision() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        if scope.caller() is null or scope.caller() = 'register' or pg_trigger_depth() > 1 or exists (
            select from app.guardianship_decisions d
            where d.municipality_id = new.municipality_id and d.guardianship_id = new.id and d.status = new.status
              and d.decided_by = scope.person() and d.transaction_id = pg_current_xact_id()) then
            return null;
        end if;
        raise exception using errcode = 'check_violation', constraint = 'status_needs_a_decision',
            message = 'the status of a guardianship changes by a decision of whoever changes it, written in the same transaction (V6)';
    end
    $$;
create function app.want_access_decision() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        if scope.caller() is null or scope.caller() = 'register' or pg_trigger_depth() > 1 or exists (
            select from app.guardianship_decisions d
            where d.municipality_id = new.municipality_id and d.guardianship_id = new.guardianship_id and d.status = new.status
              and d.institution_id = new.institution_id and d.until is not distinct from new.until
              and d.decided_by = scope.person() and d.transaction_id = pg_current_xact_id()) then
            return null;
        end if;
        raise exception using errcode = 'check_violation', constraint = 'status_needs_a_decision',
            message = 'access changes by a decision of whoever changes it, written in the same transaction (V6)';
    end
    $$;
call scope.hand_over('app.want_access_decision()', variadic '{}');
create trigger want_decision after update of status, until on app.guardianship_access
    for each row when (old.status is distinct from new.status or old.until is distinct from new.until)
    execute function app.want_access_decision();

-- The summary, for those who only want to know whether a guardianship gives access anywhere.
create function app.summarise_access() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        if not exists (select from added) then
            return null; -- a trigger of a statement runs also when it changed nothing
        end if;
        update app.guardianships g set status = s.status
        from (
            select a.municipality_id, a.guardianship_id, case when bool_or(a.status = 'active') then 'active' else 'inactive' end as status
            from app.guardianship_access a
            where (a.municipality_id, a.guardianship_id) in (select n.municipality_id, n.guardianship_id from added n)
            group by a.municipality_id, a.guardianship_id
        ) s
        where g.municipality_id = s.municipality_id and g.id = s.guardianship_id and g.status <> s.status;
        return null;
    end
    $$;
call scope.hand_over('app.summarise_access()', variadic '{}');
create trigger summarise_access after update on app.guardianship_access
    referencing new table as added for each statement execute function app.summarise_access();

-- What the administrator or the previous binary writes to the summary goes down: to every institution, or to those that the writer answers for.
create function app.pass_down_status() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        if pg_trigger_depth() = 1 and (new.status <> 'active' or new.ended_at is null) then
            update app.guardianship_access a
            set status = new.status, version = a.version + 1, changed_at = now(), changed_by = scope.person()
            where a.municipality_id = new.municipality_id and a.guardianship_id = new.id and a.status <> 'ended' and a.status <> new.status
              and (scope.caller() is distinct from 'register' or a.status = 'active')
              and (scope.caller() is distinct from 'staff' or a.institution_id in (select app.headed_institutions()));
        end if;
        return null;
    end
    $$;
call scope.hand_over('app.pass_down_status()', variadic '{}');
create trigger pass_down_status after update of status on app.guardianships
    for each row when (old.status is distinct from new.status) execute function app.pass_down_status();

-- Whatever takes access away cuts its owner off in the same transaction (V15), whether it is decided, restricted, or shortened.
drop trigger cut_off_guardian on app.guardianships;
create trigger cut_off_guardian after update of status, until on app.guardianship_access
    for each row when (new.status <> 'active' or new.until is not null) execute function app.cut_off_guardian();
create function app.cut_off_restricted() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    begin
        perform app.cut_off(new.municipality_id, new.person_id);
        return null;
    end
    $$;
call scope.hand_over('app.cut_off_restricted()', variadic '{}');
create trigger cut_off_restricted after insert or update on app.restrictions
    for each row when (new.lifted_at is null) execute function app.cut_off_restricted();

-- What there was is carried over: a guardianship that a head had opened stays open where the child is enrolled.
set local role budstikke_access; -- which alone sees every municipality
select app.settle_access(g.municipality_id, array_agg(distinct g.child_id)) from app.guardianships g group by g.municipality_id;
update app.guardianship_access a
set status = g.status
from app.guardianships g
where g.municipality_id = a.municipality_id and g.id = a.guardianship_id and a.status = 'imported'
  and (g.status = 'active' or exists (
    select from app.guardianship_decisions d where d.municipality_id = g.municipality_id and d.guardianship_id = g.id));
reset role;

-- Row-level security on the new tables.
create policy head_reads on app.guardianship_access for select to budstikke_api
    using (institution_id in (select app.headed_institutions()) and child_id in (select app.headed_children()));
create policy head_decides on app.guardianship_access for update to budstikke_api
    using (institution_id in (select app.headed_institutions()) and child_id in (select app.headed_children()))
    with check (institution_id in (select app.headed_institutions()) and child_id in (select app.headed_children())
        and changed_by = (select scope.person()));
grant select, update (status, until, version, changed_at, changed_by) on app.guardianship_access to budstikke_api;
grant insert (institution_id, until) on app.guardianship_decisions to budstikke_api;
create policy decides_at_home on app.guardianship_decisions as restrictive for insert to budstikke_api
    with check (institution_id is null or institution_id in (select app.headed_institutions()));

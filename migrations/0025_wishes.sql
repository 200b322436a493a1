-- Why: who wishes access (V3, V4, V6), whether the other guardian of a child is to have it (V13), and what an access that ends by time leaves
-- behind (V15, B12): the views end it to the minute by themselves, and a sweep takes sessions, push tokens and waiting notices with it.
-- The previous binary: runs; it does not sweep.

create table app.access_wishes (
    municipality_id uuid not null,
    guardianship_id uuid not null,
    wished          boolean not null,
    starts_at       timestamptz,  -- not before; null: as soon as possible
    stated_by       uuid not null, -- the guardian, or staff on their behalf
    stated_at       timestamptz not null,
    primary key (municipality_id, guardianship_id),
    foreign key (municipality_id, guardianship_id) references app.guardianships,
    foreign key (municipality_id, stated_by) references app.persons
);
call scope.protect_table('app.access_wishes');
create policy head_keeps on app.access_wishes for all to budstikke_api
    using ((select scope.caller()) = 'staff' and guardianship_id in (
        select a.guardianship_id from app.guardianship_access a
        where a.municipality_id = (select scope.municipality()) and a.institution_id in (select app.headed_institutions())))
    with check ((select scope.caller()) = 'staff' and stated_by = (select scope.person()) and guardianship_id in (
        select a.guardianship_id from app.guardianship_access a
        where a.municipality_id = (select scope.municipality()) and a.institution_id in (select app.headed_institutions())));
grant select, insert, update on app.access_wishes to budstikke_api;
grant select, insert, update on app.access_wishes to budstikke_access;

-- state_wish states the wish of the caller about all their own children. It answers nothing, because somebody without access learns nothing
-- of any child.
create function app.state_wish(wished boolean, starts timestamptz, moment timestamptz) returns void
    language sql volatile security definer set search_path = ''
    as $$
        insert into app.access_wishes (municipality_id, guardianship_id, wished, starts_at, stated_by, stated_at)
        select g.municipality_id, g.id, state_wish.wished, state_wish.starts, g.guardian_id, state_wish.moment
        from app.guardianships g
        where g.municipality_id = scope.municipality() and g.guardian_id = scope.person() and scope.caller() = 'guardian' and g.ended_at is null
        on conflict (municipality_id, guardianship_id) do update
        set wished = excluded.wished, starts_at = excluded.starts_at, stated_by = excluded.stated_by, stated_at = excluded.stated_at
    $$;
call scope.hand_over('app.state_wish(boolean, timestamptz, timestamptz)', 'budstikke_api');

-- Whoever has applied and got an account has wished for access by that.
create function app.wish_of_applicant() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        insert into app.access_wishes (municipality_id, guardianship_id, wished, stated_by, stated_at)
        select g.municipality_id, g.id, true, g.guardian_id, coalesce(new.submitted_at, now())
        from app.guardianships g
        where g.municipality_id = new.municipality_id and g.guardian_id = new.person_id and g.legal and g.ended_at is null
        on conflict do nothing;
        return null;
    end
    $$;
call scope.hand_over('app.wish_of_applicant()', variadic '{}');
create trigger wish_of_applicant after update of state on app.applications
    for each row when (new.state = 'submitted' and old.state <> 'submitted') execute function app.wish_of_applicant();

-- Whether the other guardian is to have access: asked when only one is registered, and again when the guardians change (V13).
create table app.guardian_clarifications (
    municipality_id uuid not null,
    id              uuid not null,
    child_id        uuid not null,
    answer          text not null check (answer in ('both', 'only_this_one', 'nobody_else')),
    reason          text not null check (length(reason) between 1 and 500), -- for staff only
    clarified_by    uuid not null,
    clarified_at    timestamptz not null,
    primary key (municipality_id, id),
    foreign key (municipality_id, child_id) references app.persons,
    foreign key (municipality_id, clarified_by) references app.persons
);
create index on app.guardian_clarifications (municipality_id, child_id, clarified_at desc);
call scope.protect_table('app.guardian_clarifications');
create policy head_reads on app.guardian_clarifications for select to budstikke_api
    using ((select scope.caller()) = 'staff' and child_id in (select app.headed_children()));
create policy head_clarifies on app.guardian_clarifications for insert to budstikke_api
    with check ((select scope.caller()) = 'staff' and child_id in (select app.headed_children()) and clarified_by = (select scope.person()));
grant select, insert on app.guardian_clarifications to budstikke_api;

-- The children of whom one guardian is registered, or none, and nobody has said since whether that is right.
create view app.unclarified_children with (security_invoker = true) as
    select e.municipality_id, e.institution_id, e.child_id, count(distinct g.guardian_id) as guardians
    from app.enrolments e
    left join app.guardianships g on g.municipality_id = e.municipality_id and g.child_id = e.child_id and g.ended_at is null
    where (e.ended_at is null or e.ended_at > now())
    group by e.municipality_id, e.institution_id, e.child_id
    having count(distinct g.guardian_id) < 2 and not exists (
        select from app.guardian_clarifications c
        where c.municipality_id = e.municipality_id and c.child_id = e.child_id and not exists (
            select from app.guardianships x
            where x.municipality_id = e.municipality_id and x.child_id = e.child_id
              and (x.created_at > c.clarified_at or x.ended_at > c.clarified_at)));
grant select on app.unclarified_children to budstikke_api;

-- How far the sweep has come in each municipality.
create table app.sweeps (
    municipality_id uuid primary key references app.municipalities,
    swept_until     timestamptz not null
);
call scope.protect_table('app.sweeps');
grant select, insert, update on app.sweeps to budstikke_access;
grant select on app.sweeps to budstikke_api;
create policy signin_keeps on app.sweeps for select to budstikke_api using ((select scope.caller()) = 'signin');

create index guardianship_access_until on app.guardianship_access (municipality_id, until) where until is not null;
create index enrolments_ended_at on app.enrolments (municipality_id, ended_at) where ended_at is not null;
create index restrictions_starts_at on app.restrictions (municipality_id, starts_at) where lifted_at is null;
create index staff_roles_ended_at on app.staff_roles (municipality_id, ended_at) where ended_at is not null;
create index staff_leaves_starts_at on app.staff_leaves (municipality_id, starts_at);

-- sweep_access cuts off whoever's access has ended by time since the last sweep, and returns how many people that were. It looks back a minute
-- more than it must, because a transaction that entered an end may have begun before the last sweep and committed after it; cutting off
-- twice changes nothing.
create function app.sweep_access() returns bigint
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
        since timestamptz;
        n bigint;
    begin
        if scope.caller() is distinct from 'signin' or not pg_try_advisory_xact_lock(hashtextextended(here::text, 13)) then
            return 0; -- another process is sweeping
        end if;
        since := coalesce((select s.swept_until from app.sweeps s where s.municipality_id = here) - interval '1 minute', '-infinity');
        select count(app.cut_off(here, p.person_id)::text) into n from (
            select a.guardian_id as person_id from app.guardianship_access a
            where a.municipality_id = here and a.status = 'active' and a.until > since and a.until <= now()
            union
            select a.guardian_id from app.enrolments e
            join app.guardianship_access a on a.municipality_id = e.municipality_id and a.child_id = e.child_id
            where e.municipality_id = here and e.ended_at > since and e.ended_at <= now()
            union
            select x.person_id from app.restrictions x
            where x.municipality_id = here and x.lifted_at is null and x.starts_at > since and x.starts_at <= now()
            union
            select r.person_id from app.staff_roles r where r.municipality_id = here and r.ended_at > since and r.ended_at <= now()
            union
            select l.person_id from app.staff_leaves l where l.municipality_id = here and l.starts_at > since and l.starts_at <= now()
        ) p;
        insert into app.sweeps values (here, now())
        on conflict (municipality_id) do update set swept_until = excluded.swept_until;
        return n;
    end
    $$;
call scope.hand_over('app.sweep_access()', 'budstikke_api');

-- Whom a restriction leaves their access, it leaves their session: somebody who waits for access and may not be photographed goes on waiting.
drop trigger cut_off_restricted on app.restrictions;
create trigger cut_off_restricted after insert on app.restrictions
    for each row when (new.kind in ('no_access', 'no_contact')) execute function app.cut_off_restricted();

-- The facts that the policy decides by know a restriction by its child. As in 0018, the function gets one branch more.
do $$
declare
    before constant text := pg_get_functiondef('app.facts(text, uuid)'::regprocedure);
    after constant text := replace(before, '        when ''alert'' then' || chr(10), '        when ''restriction'' then' || chr(10) ||
        '            select x.child_id into child from app.restrictions x where x.municipality_id = here and x.id = facts.id;' || chr(10) ||
        '        when ''alert'' then' || chr(10));
begin
    if before = after then
        raise exception 'app.facts has no branch for alerts to put another before';
    end if;
    execute 'grant create on schema app to budstikke_access';
    execute after;
    execute 'revoke create on schema app from budstikke_access';
end
$$;

-- Why: the review of access lists shared users and their tablets beside people (V10, V12), knows that a lone guardian was clarified (V13), and
-- suspends nobody whom an alert would be the last to reach through (B13). Heads are told before the secret of a shared user is overdue, which
-- after a month's change is now after seven days instead of three, and a PIN goes with the account that it belongs to.
-- The previous binary: runs; it shows the new rows without a name, and cannot remove them.

-- review_grants as in 0019, with the shared users of the institution's groups and the tablets they live on. Found about them: the secret is
-- overdue on a tablet, which is locked; nobody has worked on it, ever or for a while; a tablet was lost within a month; nobody heads the
-- institution; whoever enrolled the tablet answers for it no more.
drop function app.review_grants(uuid, uuid, timestamptz, integer);
create function app.review_grants(municipality uuid, institution uuid, moment timestamptz, quiet_days integer)
    returns table (kind text, grant_id uuid, person_id uuid, child_id uuid, group_id uuid, role text, granted_at timestamptz,
        ends_at timestamptz, findings text[])
    language sql stable security definer set search_path = ''
    as $$
        with grants as (
            select 'guardian' as kind, a.guardianship_id as grant_id, a.guardian_id as person_id, a.child_id, null::uuid as group_id,
                null::text as role, a.changed_at as granted_at, a.until as ends_at, array[
                    case when not exists (
                        select from app.enrolments e
                        where e.municipality_id = a.municipality_id and e.child_id = a.child_id and e.institution_id = a.institution_id
                          and (e.ended_at is null or e.ended_at > review_grants.moment)) then 'child_left' end,
                    case when a.until <= review_grants.moment then 'end_passed' end,
                    case when (select bool_and(x.missing_since is not null) from app.register_records x
                        where x.municipality_id = a.municipality_id and x.noun = 'guardianship' and x.row_id = a.guardianship_id)
                        or g.register_end <= review_grants.moment then 'register_disagrees' end,
                    case when not exists (
                        select from app.guardianships o
                        where o.municipality_id = a.municipality_id and o.child_id = a.child_id and o.id <> a.guardianship_id
                          and o.ended_at is null)
                      and not exists (
                        select from app.guardian_clarifications c
                        where c.municipality_id = a.municipality_id and c.child_id = a.child_id and not exists (
                            select from app.guardianships x
                            where x.municipality_id = c.municipality_id and x.child_id = c.child_id
                              and (x.created_at > c.clarified_at or x.ended_at > c.clarified_at)))
                        then 'single_guardian_unclarified' end,
                    case when not exists (
                        select from notify.endpoints n
                        where n.municipality_id = a.municipality_id and n.person_id = a.guardian_id and n.state = 'active')
                        then 'no_contact_point' end
                ] as found
            from app.guardianship_access a
            join app.guardianships g on g.municipality_id = a.municipality_id and g.id = a.guardianship_id
            where a.municipality_id = review_grants.municipality and a.institution_id = review_grants.institution
              and a.status in ('active', 'suspended')
            union all
            select case when r.role = 'external_partner' then 'external_partner' else 'staff' end, r.id, r.person_id, null, r.group_id,
                r.role, coalesce(r.starts_at, r.created_at), r.ended_at, array[
                    case when r.role in ('substitute', 'external_partner') and r.ended_at is null then 'end_missing' end,
                    case when (select bool_and(x.missing_since is not null) from app.register_records x
                        where x.municipality_id = r.municipality_id and x.noun = 'staff_role' and x.row_id = r.id)
                        or r.register_end <= review_grants.moment then 'register_disagrees' end,
                    case when exists (
                        select from app.staff_leaves l
                        where l.municipality_id = r.municipality_id and l.person_id = r.person_id and l.institution_id = r.institution_id
                          and l.starts_at <= review_grants.moment and (l.until is null or l.until > review_grants.moment)) then 'on_leave' end
                ]
            from app.staff_roles r
            where r.municipality_id = review_grants.municipality and r.institution_id = review_grants.institution
              and (r.ended_at is null or r.ended_at > review_grants.moment)
        ), signed_in as (
            select s.person_id, max(coalesce(s.last_used_at, s.created_at)) as last_at from auth.sessions s
            where s.municipality_id = review_grants.municipality and s.kind in ('guardian', 'staff')
              and s.person_id in (select g.person_id from grants g)
            group by s.person_id
        ), answering as (
            select distinct a.person_id, a.role from app.staff_access a
            where a.municipality_id = review_grants.municipality and a.institution_id = review_grants.institution and a.role in ('head', 'owner')
        ), tablets as (
            select t.id, t.group_id, t.enrolled_at, t.enrolled_by, t.ended_at, t.ended_because,
                t.ended_at is null as here, t.ended_at is null and t.generation < u.generation and u.confirm_by <= review_grants.moment as locked,
                (select max(coalesce(s.last_used_at, s.created_at)) from auth.sessions s
                 where s.municipality_id = t.municipality_id and s.tablet_id = t.id) as worked_at
            from auth.tablets t
            join auth.shared_users u on u.municipality_id = t.municipality_id and u.group_id = t.group_id
            join app.groups g on g.municipality_id = t.municipality_id and g.id = t.group_id
            where t.municipality_id = review_grants.municipality and g.institution_id = review_grants.institution
              and (g.ended_at is null or g.ended_at > review_grants.moment)
        ), quiet as (
            select review_grants.moment - make_interval(days => review_grants.quiet_days) as since
        )
        select g.kind, g.grant_id, g.person_id, g.child_id, g.group_id, g.role, g.granted_at, g.ends_at, array_remove(g.found || array[
            case when s.last_at is null then 'never_signed_in'
                when s.last_at < q.since then 'no_sign_in_for_a_while' end
        ], null)
        from grants g cross join quiet q left join signed_in s on s.person_id = g.person_id
        union all
        select 'shared_user', g.id, null, null, g.id, null, g.created_at, g.ended_at, array_remove(array[
            case when bool_or(t.locked) then 'secret_overdue' end,
            case when count(t.worked_at) = 0 then 'never_used' when max(t.worked_at) < max(q.since) then 'not_used_for_a_while' end,
            case when bool_or(t.ended_because = 'lost' and t.ended_at > review_grants.moment - interval '1 month') then 'tablet_lost' end,
            case when not exists (select from answering a where a.role = 'head') then 'head_gone' end
        ], null)
        from app.groups g cross join quiet q left join tablets t on t.group_id = g.id
        where g.municipality_id = review_grants.municipality and g.institution_id = review_grants.institution
          and (g.ended_at is null or g.ended_at > review_grants.moment)
        group by g.id, g.created_at, g.ended_at
        union all
        select 'tablet', t.id, null, null, t.group_id, null, t.enrolled_at, null, array_remove(array[
            case when t.locked then 'secret_overdue' end,
            case when t.worked_at is null then 'never_used' when t.worked_at < q.since then 'not_used_for_a_while' end,
            case when not exists (select from answering a where a.person_id = t.enrolled_by) then 'enroller_gone' end
        ], null)
        from tablets t cross join quiet q
        where t.here
    $$;
call scope.hand_over('app.review_grants(uuid, uuid, timestamptz, integer)', variadic '{}');
grant select on app.guardian_clarifications to budstikke_access;

-- over_grants takes a branch more for each of the two, as it stands.
grant create on schema app to budstikke_access;
do $$
declare
    known constant text := pg_get_functiondef('app.over_grants(uuid, timestamptz)'::regprocedure);
    wider constant text := replace(known, E'            else false end\n', E'            when ''shared_user'' then not exists (\n'
        '                select from app.groups g\n'
        '                where g.municipality_id = w.municipality_id and g.id = w.grant_id and (g.ended_at is null or g.ended_at > over_grants.moment))\n'
        '            when ''tablet'' then not exists (\n'
        '                select from auth.tablets t join app.groups g on g.municipality_id = t.municipality_id and g.id = t.group_id\n'
        '                where t.municipality_id = w.municipality_id and t.id = w.grant_id and t.ended_at is null\n'
        '                  and (g.ended_at is null or g.ended_at > over_grants.moment))\n'
        '            else false end\n');
begin
    if wider = known then
        raise exception 'app.over_grants is not as this migration expects it';
    end if;
    execute wider;
end
$$;
revoke create on schema app from budstikke_access;

-- review_names also names the group of a row, and the tablet.
drop function app.review_names(uuid, uuid[]);
create function app.review_names(review uuid, wanted uuid[])
    returns table (id uuid, person_name text, child_name text, decider_name text, group_name text, tablet_name text)
    language sql stable security definer set search_path = ''
    as $$
        select w.id,
            case when p.protected_identity = 'none' then trim(p.given_name || ' ' || p.family_name) end,
            case when c.protected_identity = 'none' then trim(c.given_name || ' ' || c.family_name) end,
            case when d.protected_identity = 'none' then trim(d.given_name || ' ' || d.family_name) end,
            g.name, t.name
        from app.review_rows w
        left join app.persons p on p.municipality_id = w.municipality_id and p.id = w.person_id
        left join app.persons c on c.municipality_id = w.municipality_id and c.id = w.child_id
        left join app.persons d on d.municipality_id = w.municipality_id and d.id = w.decided_by
        left join app.groups g on g.municipality_id = w.municipality_id and g.id = w.group_id
        left join auth.tablets t on t.municipality_id = w.municipality_id and t.id = w.grant_id and w.kind = 'tablet'
        where w.municipality_id = scope.municipality() and w.review_id = review_names.review and w.id = any (review_names.wanted)
          and w.institution_id in (select app.headed_institutions())
    $$;
call scope.hand_over('app.review_names(uuid, uuid[])', 'budstikke_api');

-- Heads are told that tablets wait for somebody's PIN: a week and a day before the secret is overdue, once each for every change of it.
alter table auth.shared_users
    add column told_generation integer, -- the change of the secret that the head was last told about
    add column told_days smallint;      -- and how many days before it was overdue: 7, then 1

-- due_secrets answers which shared users a head is to be told about now, and notes that they are.
create function auth.due_secrets(moment timestamptz) returns table (shared_user uuid, institution uuid)
    language sql volatile security definer set search_path = ''
    as $$
        with due as (
            select u.municipality_id, u.group_id, g.institution_id, case when u.confirm_by <= moment + interval '1 day' then 1 else 7 end as days
            from auth.shared_users u
            join app.groups g on g.municipality_id = u.municipality_id and g.id = u.group_id and (g.ended_at is null or g.ended_at > moment)
            where u.municipality_id = scope.municipality() and scope.caller() = 'clock'
              and u.confirm_by > moment and u.confirm_by <= moment + interval '7 days' and exists (
                select from auth.tablets t
                where t.municipality_id = u.municipality_id and t.group_id = u.group_id and t.ended_at is null and t.generation < u.generation)
        )
        update auth.shared_users u set told_generation = u.generation, told_days = d.days
        from due d
        where u.municipality_id = d.municipality_id and u.group_id = d.group_id
          and (u.told_generation is distinct from u.generation or u.told_days > d.days)
        returning u.group_id, d.institution_id
    $$;
call scope.hand_over('auth.due_secrets(timestamptz)', 'budstikke_api');

-- A week from a month's change to be confirmed in, so that there is a week to tell the head in. Two processes that rotate at once do it once.
grant create on schema auth to budstikke_access;
do $$
declare
    f regprocedure;
    known text;
begin
    foreach f in array array['auth.rotate_due(timestamptz)', 'auth.rotate_shared_user(uuid, text, timestamptz)']::regprocedure[] loop
        known := pg_get_functiondef(f);
        if position('interval ''3 days''' in known) = 0 then
            raise exception '% is not as this migration expects it', f;
        end if;
        known := replace(known, 'interval ''3 days''', 'interval ''7 days''');
        known := replace(known, 'select u.group_id, case when exists', 'select u.group_id, u.generation, case when exists');
        execute replace(known, 'u.group_id = d.group_id and u.rotated_at < moment',
            'u.group_id = d.group_id and u.generation = d.generation and u.rotated_at < moment');
    end loop;
end
$$;
revoke create on schema auth from budstikke_access;

-- A PIN goes with the account (H4).
create function auth.forget_pin() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    begin
        delete from auth.pin_tries p where p.municipality_id = new.municipality_id and p.person_id = new.person_id;
        delete from auth.pins p where p.municipality_id = new.municipality_id and p.person_id = new.person_id;
        return null;
    end
    $$;
grant delete on auth.pins to budstikke_access;
call scope.hand_over('auth.forget_pin()', 'budstikke_api');
create trigger forget_pin after update of ended_at on auth.accounts for each row when (new.ended_at is not null)
    execute function auth.forget_pin();

-- forget_pins takes those that time has left over: of people without an account that goes on, or without a role that runs or is to come (V11).
create function auth.forget_pins(moment timestamptz) returns bigint
    language sql volatile security definer set search_path = ''
    as $$
        with gone as (
            select i.municipality_id, i.person_id from auth.pins i
            where i.municipality_id = scope.municipality() and scope.caller() = 'signin' and (
                not exists (
                    select from auth.accounts a
                    where a.municipality_id = i.municipality_id and a.person_id = i.person_id and a.ended_at is null)
                or not exists (
                    select from app.staff_roles r
                    where r.municipality_id = i.municipality_id and r.person_id = i.person_id and (r.ended_at is null or r.ended_at > moment)))
        ), tries as (
            delete from auth.pin_tries p using gone where p.municipality_id = gone.municipality_id and p.person_id = gone.person_id
        ), pins as (
            delete from auth.pins p using gone where p.municipality_id = gone.municipality_id and p.person_id = gone.person_id returning 1
        )
        select count(*) from pins
    $$;
call scope.hand_over('auth.forget_pins(timestamptz)', 'budstikke_api');

-- What nobody confirmed is suspended as in 0023, but for a guardian through whom an alert about a child would be the last to get through: their
-- row says so, and heads and owners are told of the review again.
alter table app.review_rows drop constraint review_rows_outcome_check;
alter table app.review_rows add constraint review_rows_outcome_check
    check (outcome in ('done', 'already_ended', 'suspended', 'last_guardian'));

-- last_guardians are the rows of a review that nobody decided whose child has no other guardian that is decided about and can be reached.
create function app.last_guardians(review uuid) returns setof uuid
    language sql stable security definer set search_path = ''
    as $$
        select w.id from app.review_rows w
        where w.municipality_id = scope.municipality() and w.review_id = last_guardians.review and w.kind = 'guardian' and w.decision is null
          and exists (
            select from notify.endpoints n
            where n.municipality_id = w.municipality_id and n.person_id = w.person_id and n.state = 'active')
          and not exists (
            select from app.guardian_access a
            join notify.endpoints n on n.municipality_id = a.municipality_id and n.person_id = a.guardian_id and n.state = 'active'
            where a.municipality_id = w.municipality_id and a.child_id = w.child_id and a.institution_id = w.institution_id
              and a.guardian_id <> w.person_id and not exists (
                select from app.review_rows o
                where o.municipality_id = w.municipality_id and o.review_id = w.review_id and o.kind = 'guardian' and o.decision is null
                  and o.person_id = a.guardian_id and o.child_id = w.child_id))
    $$;
call scope.hand_over('app.last_guardians(uuid)', variadic '{}');

grant create on schema app to budstikke_access;
do $$
declare
    known constant text := pg_get_functiondef('app.suspend_unconfirmed(timestamptz)'::regprocedure);
    wider text := replace(known, 'w.kind = ''guardian'' and w.decision is null',
        'w.kind = ''guardian'' and w.decision is null and w.outcome is null');
begin
    wider := replace(wider, E'        loop\n', E'        loop\n'
        '            update app.review_rows w set outcome = ''last_guardian''\n'
        '            where w.municipality_id = here and w.review_id = review and w.id in (select app.last_guardians(review));\n');
    wider := replace(wider, 'w.decision is null and (w.kind = ''guardian''', 'w.decision is null and (w.kind = ''guardian'' and w.outcome is null');
    if position('last_guardians' in wider) = 0 or position('(w.kind = ''guardian'' and w.outcome is null' in wider) = 0 then
        raise exception 'app.suspend_unconfirmed is not as this migration expects it';
    end if;
    execute wider;
end
$$;
revoke create on schema app from budstikke_access;

-- What people are told about it. The list of kinds takes one more, as it stands.
do $$
declare
    known constant text := (select pg_get_constraintdef(c.oid) from pg_constraint c where c.conname = 'events_kind_check');
begin
    alter table notify.events drop constraint events_kind_check;
    execute 'alter table notify.events add constraint events_kind_check ' || replace(known, 'ARRAY[', 'ARRAY[''secret_due''::text, ');
end
$$;

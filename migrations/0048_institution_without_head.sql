-- Why: an institution is never without a head unnoticed (V9). From the moment that nobody heads it, however that came, its owners are told every
-- week until somebody does; an owner who lets the last head go says that they answer for it meanwhile. And a new head learns on the first day which
-- reviews of access wait (V10).
-- The previous binary: runs; it tells nobody.

-- One row per time in which nobody heads an institution.
create table app.headless_periods (
    municipality_id uuid not null,
    id              uuid not null,
    institution_id  uuid not null,
    since           timestamptz not null, -- from this moment on; to come, where an owner has taken it over ahead
    told_at         timestamptz, -- the last time that the owners were told
    taken_over_by   uuid,        -- the owner who let the last head go
    taken_over_at   timestamptz,
    over_at         timestamptz, -- somebody heads it again, or it has closed
    primary key (municipality_id, id),
    foreign key (municipality_id, institution_id) references app.institutions,
    foreign key (municipality_id, taken_over_by) references app.persons,
    check ((taken_over_by is null) = (taken_over_at is null))
);
create unique index one_headless_period on app.headless_periods (municipality_id, institution_id) where over_at is null;
call scope.protect_table('app.headless_periods');
create policy head_reads on app.headless_periods for select to budstikke_api
    using ((select scope.caller()) = 'staff' and institution_id in (select app.headed_institutions()));
grant select on app.headless_periods to budstikke_api;
grant select, insert, update on app.headless_periods to budstikke_access;

-- take_over records that an owner answers for an institution from the moment on in which its last head has gone. False: not theirs.
create function app.take_over(id uuid, institution uuid, since timestamptz, moment timestamptz) returns boolean
    language plpgsql volatile security definer set search_path = ''
    as $$
    #variable_conflict use_column
    begin
        if scope.caller() is distinct from 'staff' or not exists (
            select from app.own_roles o where o.institution_id = take_over.institution and o.role = 'owner') then
            return false;
        end if;
        insert into app.headless_periods as h (municipality_id, id, institution_id, since, taken_over_by, taken_over_at)
        values (scope.municipality(), take_over.id, take_over.institution, take_over.since, scope.person(), take_over.moment)
        on conflict (municipality_id, institution_id) where over_at is null
        do update set taken_over_by = excluded.taken_over_by, taken_over_at = excluded.taken_over_at, since = least(h.since, excluded.since);
        return true;
    end
    $$;
call scope.hand_over('app.take_over(uuid, uuid, timestamptz, timestamptz)', 'budstikke_api');

-- without_head are the institutions of the owner of this transaction that nobody heads now.
create function app.without_head() returns table (institution_id uuid, name text, since timestamptz, told_at timestamptz, taken_over_at timestamptz)
    language sql stable security definer rows 5 set search_path = ''
    as $$
        select i.id, i.name, coalesce(h.since, now()), h.told_at, h.taken_over_at
        from app.institutions i
        left join app.headless_periods h on h.municipality_id = i.municipality_id and h.institution_id = i.id and h.over_at is null
        where i.municipality_id = scope.municipality() and scope.caller() = 'staff'
          and i.id in (select o.institution_id from app.own_roles o where o.role = 'owner')
          and (i.closed_at is null or i.closed_at > now())
          and not exists (
            select from app.staff_access a where a.municipality_id = i.municipality_id and a.institution_id = i.id and a.role = 'head')
        order by coalesce(h.since, now()), i.name, i.id
        limit 1000
    $$;
call scope.hand_over('app.without_head()', 'budstikke_api');

-- tell_headless notes which institutions nobody heads and which have a head again, and answers of which the owners are to be told now: once when
-- it begins, and then every week. Asked by several processes at once, each institution is answered to one of them.
create function app.tell_headless(moment timestamptz) returns setof uuid
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
        headless uuid[];
    begin
        if scope.caller() is distinct from 'clock' then
            return;
        end if;
        select coalesce(array_agg(i.id), '{}') into headless from app.institutions i
        where i.municipality_id = here and (i.closed_at is null or i.closed_at > now()) and not exists (
            select from app.staff_access a where a.municipality_id = here and a.institution_id = i.id and a.role = 'head');
        update app.headless_periods h set over_at = moment
        where h.municipality_id = here and h.over_at is null and h.since <= now() and h.institution_id <> all (headless);
        insert into app.headless_periods (municipality_id, id, institution_id, since)
        select here, scope.new_id(), x, coalesce((
            select max(r.ended_at) from app.staff_roles r
            where r.municipality_id = here and r.institution_id = x and r.role = 'head' and r.ended_at <= now()), now())
        from unnest(headless) x
        on conflict do nothing;
        return query
            update app.headless_periods h set told_at = moment
            where h.municipality_id = here and h.over_at is null and h.institution_id = any (headless)
              and (h.told_at is null or h.told_at <= moment - interval '7 days')
            returning h.institution_id;
    end
    $$;
call scope.hand_over('app.tell_headless(timestamptz)', 'budstikke_api');

-- Who begins as head learns which reviews wait. Those who head an institution already know.
alter table app.staff_roles add column briefed_at timestamptz;
grant update (briefed_at) on app.staff_roles to budstikke_access;
set local role budstikke_access;
update app.staff_roles set briefed_at = now() where role = 'head' and (starts_at is null or starts_at <= now());
reset role;

create function app.brief_heads(moment timestamptz) returns table (review uuid, institution uuid, person uuid)
    language sql volatile security definer set search_path = ''
    as $$
        with fresh as (
            update app.staff_roles r set briefed_at = moment
            where r.municipality_id = scope.municipality() and scope.caller() = 'clock' and r.role = 'head' and r.briefed_at is null
              and (r.starts_at is null or r.starts_at <= now()) and (r.ended_at is null or r.ended_at > now())
            returning r.institution_id, r.person_id
        )
        select distinct v.id, f.institution_id, f.person_id from fresh f
        join app.reviews v on v.municipality_id = scope.municipality() and v.institution_id = f.institution_id and v.state = 'open'
    $$;
call scope.hand_over('app.brief_heads(timestamptz)', 'budstikke_api');

-- The gateway knows one kind more, whatever other kinds have come.
do $$
declare
    known constant text := (select pg_get_constraintdef(c.oid) from pg_constraint c
        where c.conrelid = 'notify.events'::regclass and c.conname = 'events_kind_check');
    wider constant text := replace(known, '''review_overdue''::text', '''review_overdue''::text, ''institution_without_head''::text');
begin
    if wider is null or wider = known then
        raise exception 'notify.events knows its kinds by another constraint';
    end if;
    alter table notify.events drop constraint events_kind_check;
    execute 'alter table notify.events add constraint events_kind_check ' || wider;
end
$$;

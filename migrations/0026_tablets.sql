-- Why: the shared user of a group and the tablets it lives on (V7, V12): enrolled by the head with a code that works once, proved by a key that
-- never leaves the tablet, and opened for a person's work by that person's own PIN.
-- The previous binary: runs; it knows no tablets.

-- Every group has one shared user, for whoever is on duty there (V7). Its secret changes every month and at once when somebody who knows it
-- leaves or a tablet is lost (V12): each change is a generation, and a tablet that has not been given the new secret by confirm_by is locked.
create table auth.shared_users (
    municipality_id uuid not null,
    group_id        uuid not null,
    substitutes     boolean not null default false, -- may substitutes use it? The head decides (V7)
    generation      integer not null default 1,
    rotated_at      timestamptz not null,
    rotated_because text not null default 'new' check (rotated_because in ('new', 'month', 'left', 'lost', 'asked')),
    confirm_by      timestamptz not null, -- a tablet with an older generation is locked from here on
    primary key (municipality_id, group_id),
    foreign key (municipality_id, group_id) references app.groups
);
call scope.protect_table('auth.shared_users');

create table auth.tablets (
    municipality_id  uuid not null,
    id               uuid not null,
    group_id         uuid not null,
    name             text not null check (length(name) between 1 and 60),
    public_key       bytea not null check (length(public_key) = 32), -- Ed25519; the private key stays on the tablet
    secret_hash      bytea not null, -- SHA-256 of the secret of this tablet's generation
    generation       integer not null,
    token_hash       bytea, -- SHA-256 of the access token it has now
    token_expires_at timestamptz,
    proved_at        timestamptz not null, -- the moment that its last proof named; an older proof is a copy
    enrolled_by      uuid not null,
    enrolled_at      timestamptz not null,
    ended_at         timestamptz,
    ended_because    text check (ended_because in ('lost', 'replaced', 'group_ended')),
    primary key (municipality_id, id),
    unique (municipality_id, token_hash),
    foreign key (municipality_id, group_id) references auth.shared_users,
    foreign key (municipality_id, enrolled_by) references app.persons,
    check ((ended_at is null) = (ended_because is null))
);
create index on auth.tablets (municipality_id, group_id) where ended_at is null;
call scope.protect_table('auth.tablets');

-- A code that enrols one tablet, once, for ten minutes.
create table auth.tablet_codes (
    municipality_id uuid not null,
    code_hash       bytea not null,
    group_id        uuid not null,
    made_by         uuid not null,
    made_at         timestamptz not null,
    expires_at      timestamptz not null,
    used_at         timestamptz,
    primary key (municipality_id, code_hash),
    foreign key (municipality_id, group_id) references auth.shared_users,
    foreign key (municipality_id, made_by) references app.persons
);
call scope.protect_table('auth.tablet_codes');

-- A person's PIN. Six digits are few: the hash is Argon2id over a keyed digest, so that a stolen table without the key answers no guess.
create table auth.pins (
    municipality_id uuid not null,
    person_id       uuid not null,
    pin_hash        text not null, -- in PHC form
    pepper_key      smallint not null, -- version of the key of the digest
    set_at          timestamptz not null,
    primary key (municipality_id, person_id),
    foreign key (municipality_id, person_id) references app.persons
);
call scope.protect_table('auth.pins');

-- Wrong PINs by tablet and person: five, and the PIN works there again only after its owner has set one anew elsewhere. Nobody is locked out
-- of anything but that tablet by somebody else's guesses.
create table auth.pin_tries (
    municipality_id uuid not null,
    tablet_id       uuid not null,
    person_id       uuid not null,
    tries           smallint not null,
    primary key (municipality_id, tablet_id, person_id),
    foreign key (municipality_id, tablet_id) references auth.tablets,
    foreign key (municipality_id, person_id) references app.persons
);
call scope.protect_table('auth.pin_tries');

-- A person's work on a tablet is a session that names the tablet. It closes itself 60 seconds after its last use.
alter table auth.sessions add column tablet_id uuid, add foreign key (municipality_id, tablet_id) references auth.tablets,
    add check (tablet_id is null or kind = 'staff');
create index on auth.sessions (municipality_id, tablet_id) where tablet_id is not null;

do $$
declare
    t text;
begin
    foreach t in array array['shared_users', 'tablets', 'tablet_codes', 'pins', 'pin_tries'] loop
        execute format('create policy signin_keeps on auth.%I for all to budstikke_api
            using ((select scope.caller()) = ''signin'') with check ((select scope.caller()) = ''signin'')', t);
    end loop;
    foreach t in array array['shared_users', 'tablets', 'tablet_codes'] loop
        execute format('create policy head_keeps on auth.%I for all to budstikke_api
            using (group_id in (select g.id from app.groups g where g.institution_id in (select app.headed_institutions())))
            with check (group_id in (select g.id from app.groups g where g.institution_id in (select app.headed_institutions())))', t);
    end loop;
end
$$;
create policy own_pin on auth.pins for all to budstikke_api
    using ((select scope.caller()) = 'staff' and person_id = (select scope.person()))
    with check ((select scope.caller()) = 'staff' and person_id = (select scope.person()));
create policy own_tries on auth.pin_tries for delete to budstikke_api
    using ((select scope.caller()) = 'staff' and person_id = (select scope.person()));
create policy own_tries_seen on auth.pin_tries for select to budstikke_api
    using ((select scope.caller()) = 'staff' and person_id = (select scope.person()));

grant select on auth.shared_users, auth.tablets, auth.pins to budstikke_api;
grant update (substitutes) on auth.shared_users to budstikke_api;
grant insert on auth.tablets to budstikke_api;
grant update (token_hash, token_expires_at, proved_at, secret_hash, generation, ended_at, ended_because) on auth.tablets to budstikke_api;
grant select, insert, delete on auth.tablet_codes to budstikke_api;
grant update (used_at) on auth.tablet_codes to budstikke_api;
grant insert, update, delete on auth.pins to budstikke_api;
grant select, insert, update, delete on auth.pin_tries to budstikke_api;
grant select, insert, update on auth.shared_users to budstikke_access;
grant select, update on auth.tablets, auth.access_tokens to budstikke_access;
grant select on auth.pins to budstikke_access;
grant select on app.groups, app.absences to budstikke_access;

-- A group comes into being with its shared user (V7).
create function auth.give_shared_user() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    begin
        insert into auth.shared_users (municipality_id, group_id, rotated_at, confirm_by)
        values (new.municipality_id, new.id, clock_timestamp(), clock_timestamp()) on conflict do nothing;
        return null;
    end
    $$;
call scope.hand_over('auth.give_shared_user()', 'budstikke_api');
create trigger give_shared_user after insert on app.groups for each row execute function auth.give_shared_user();
insert into auth.shared_users (municipality_id, group_id, rotated_at, confirm_by)
    select g.municipality_id, g.id, now(), now() from app.groups g;

-- A tablet works while it is enrolled, its group goes on, and its secret is not overdue.
create view auth.working_tablets with (security_invoker = true) as
    select t.municipality_id, t.id, t.group_id, g.institution_id, u.substitutes, t.generation < u.generation as unconfirmed, u.confirm_by
    from auth.tablets t
    join auth.shared_users u on u.municipality_id = t.municipality_id and u.group_id = t.group_id
    join app.groups g on g.municipality_id = t.municipality_id and g.id = t.group_id
    where t.ended_at is null and (g.ended_at is null or g.ended_at > now())
      and (t.generation = u.generation or u.confirm_by > now());
grant select on auth.working_tablets to budstikke_access;

-- rotate_shared_user gives a shared user a new secret (V12): tablets keep the old one until confirm_by. After a month they have three days;
-- when somebody left or a tablet was lost, one.
create function auth.rotate_shared_user(shared uuid, because text, moment timestamptz) returns void
    language sql volatile security definer set search_path = ''
    as $$
        update auth.shared_users u
        set generation = u.generation + 1, rotated_at = moment, rotated_because = because,
            confirm_by = moment + case because when 'month' then interval '3 days' else interval '1 day' end
        where u.municipality_id = scope.municipality() and u.group_id = shared
          and (scope.caller() = 'signin' or scope.caller() = 'staff' and exists (
            select from app.groups g
            where g.municipality_id = u.municipality_id and g.id = u.group_id and g.institution_id in (select app.headed_institutions())))
    $$;
call scope.hand_over('auth.rotate_shared_user(uuid, text, timestamptz)', 'budstikke_api');

-- rotate_due does it where it is due: a month has begun where the institution is, or somebody who has worked on one of the tablets since the
-- last change has no role at the institution any more. It returns the groups.
create function auth.rotate_due(moment timestamptz) returns setof uuid
    language sql volatile security definer set search_path = ''
    as $$
        with due as (
            select u.group_id, case when exists (
                    select from auth.tablets t join auth.sessions s on s.municipality_id = t.municipality_id and s.tablet_id = t.id
                    where t.municipality_id = u.municipality_id and t.group_id = u.group_id and s.created_at >= u.rotated_at
                      and not exists (
                        select from app.staff_access a
                        where a.municipality_id = u.municipality_id and a.person_id = s.person_id and a.institution_id = g.institution_id)) then 'left'
                when u.rotated_at < date_trunc('month', moment at time zone m.time_zone) at time zone m.time_zone then 'month' end as because
            from auth.shared_users u
            join app.groups g on g.municipality_id = u.municipality_id and g.id = u.group_id
            join app.municipalities m on m.municipality_id = u.municipality_id
            where u.municipality_id = scope.municipality() and scope.caller() = 'signin' and (g.ended_at is null or g.ended_at > moment)
        )
        update auth.shared_users u
        set generation = u.generation + 1, rotated_at = moment, rotated_because = d.because,
            confirm_by = moment + case d.because when 'month' then interval '3 days' else interval '1 day' end
        from due d
        where d.because is not null and u.municipality_id = scope.municipality() and u.group_id = d.group_id and u.rotated_at < moment
        returning u.group_id
    $$;
call scope.hand_over('auth.rotate_due(timestamptz)', 'budstikke_api');

-- The group that the tablet of this transaction belongs to, or that the person who works on it is kept to; null elsewhere.
create function scope.group_id() returns uuid
    language sql stable parallel safe
    as $$ select nullif(current_setting('budstikke.group', true), '')::uuid $$;
-- The tablet that the transaction comes from; null elsewhere.
create function scope.tablet() returns uuid
    language sql stable parallel safe
    as $$ select nullif(current_setting('budstikke.tablet', true), '')::uuid $$;
grant execute on function scope.group_id, scope.tablet to budstikke_api, budstikke_worker, budstikke_access;

-- hold_tablet finds a working tablet for its next proof and keeps everybody else from proving it at the same time.
create function auth.hold_tablet(tablet uuid)
    returns table (group_id uuid, public_key bytea, secret_hash bytea, proved_at timestamptz, confirm_by timestamptz)
    language sql volatile security definer set search_path = ''
    as $$
        select t.group_id, t.public_key, t.secret_hash, t.proved_at, case when w.unconfirmed then w.confirm_by end
        from auth.tablets t
        join auth.working_tablets w on w.municipality_id = t.municipality_id and w.id = t.id
        where t.municipality_id = scope.municipality() and scope.caller() = 'signin' and t.id = hold_tablet.tablet
        for update of t
    $$;
call scope.hand_over('auth.hold_tablet(uuid)', 'budstikke_api');

-- enrol_tablet uses a code up and enrols the tablet for the code's group, if whoever made the code still answers for the group. No row: the
-- code is unknown, too old or used.
create function auth.enrol_tablet(code bytea, tablet uuid, name text, public_key bytea, secret bytea, token bytea, token_until timestamptz,
        moment timestamptz)
    returns table (group_id uuid, made_by uuid)
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        c auth.tablet_codes;
    begin
        update auth.tablet_codes x set used_at = moment
        where x.municipality_id = scope.municipality() and scope.caller() = 'signin' and x.code_hash = code and x.used_at is null
          and x.expires_at > moment
        returning x.* into c;
        if not found or not exists (
            select from app.groups g
            join app.staff_access a on a.municipality_id = g.municipality_id and a.institution_id = g.institution_id
            where g.municipality_id = c.municipality_id and g.id = c.group_id and (g.ended_at is null or g.ended_at > moment)
              and a.person_id = c.made_by and a.role in ('head', 'owner')) then
            return;
        end if;
        insert into auth.tablets (municipality_id, id, group_id, name, public_key, secret_hash, generation, token_hash, token_expires_at, proved_at,
            enrolled_by, enrolled_at)
        select c.municipality_id, tablet, c.group_id, enrol_tablet.name, enrol_tablet.public_key, secret, u.generation, token, token_until, moment,
            c.made_by, moment
        from auth.shared_users u where u.municipality_id = c.municipality_id and u.group_id = c.group_id;
        return query select c.group_id, c.made_by;
    end
    $$;
grant select, update on auth.tablet_codes to budstikke_access;
grant insert on auth.tablets to budstikke_access;
call scope.hand_over('auth.enrol_tablet(bytea, uuid, text, bytea, bytea, bytea, timestamptz, timestamptz)', 'budstikke_api');
revoke insert on auth.tablets from budstikke_api;

-- confirm_tablet gives a tablet the secret of the present generation (V12). Whoever works on it with their PIN at this moment may do it.
create function auth.confirm_tablet(tablet uuid, secret bytea) returns boolean
    language sql volatile security definer set search_path = ''
    as $$
        with confirmed as (
            update auth.tablets t set secret_hash = secret, generation = u.generation
            from auth.shared_users u
            where t.municipality_id = scope.municipality() and t.id = tablet and t.ended_at is null
              and u.municipality_id = t.municipality_id and u.group_id = t.group_id and t.group_id = scope.group_id() and scope.caller() = 'staff'
            returning 1
        )
        select exists (select from confirmed)
    $$;
call scope.hand_over('auth.confirm_tablet(uuid, bytea)', 'budstikke_api');

-- What a tablet shows by itself: who belongs to the group and who is away today. The first name only, and one letter more where two are alike.
-- A child with a protected identity is counted and not named.
create function app.roll_call(moment timestamptz) returns table (group_name text, child_id uuid, name text, away boolean)
    language sql stable security definer set search_path = ''
    as $$
        select g.name, c.id,
            case when c.id is null then '' when c.protected_identity <> 'none' then ''
                when count(*) over (partition by c.given_name) > 1 then c.given_name || ' ' || left(c.family_name, 1) else c.given_name end,
            exists (
                select from app.absences a
                where a.municipality_id = g.municipality_id and a.child_id = c.id
                  and (moment at time zone m.time_zone)::date between a.starts_on and a.ends_on)
        from app.groups g
        join app.municipalities m on m.municipality_id = g.municipality_id
        left join app.enrolments e on e.municipality_id = g.municipality_id and e.group_id = g.id
            and (e.starts_at is null or e.starts_at <= moment) and (e.ended_at is null or e.ended_at > moment)
        left join app.persons c on c.municipality_id = e.municipality_id and c.id = e.child_id
        where g.municipality_id = scope.municipality() and scope.caller() = 'tablet' and g.id = scope.group_id()
        order by 3, 2
        limit 200
    $$;
call scope.hand_over('app.roll_call(timestamptz)', 'budstikke_api');

-- Who may work on the tablet now and has a PIN: those whose role is at the institution or in the group; substitutes where the head lets them
-- (V7, V11). An owner does not work there.
create function auth.tablet_staff() returns table (person_id uuid, name text)
    language sql stable security definer set search_path = ''
    as $$
        select distinct p.id, case when p.protected_identity <> 'none' then p.given_name else btrim(p.given_name || ' ' || p.family_name) end
        from app.groups g
        join auth.shared_users u on u.municipality_id = g.municipality_id and u.group_id = g.id
        join app.staff_access a on a.municipality_id = g.municipality_id and a.institution_id = g.institution_id
            and (a.group_id is null or a.group_id = g.id) and (a.role in ('head', 'leader', 'employee') or a.role = 'substitute' and u.substitutes)
        join auth.pins i on i.municipality_id = a.municipality_id and i.person_id = a.person_id
        join auth.accounts x on x.municipality_id = a.municipality_id and x.person_id = a.person_id and x.ended_at is null
        join app.persons p on p.municipality_id = a.municipality_id and p.id = a.person_id
        where g.municipality_id = scope.municipality() and scope.caller() = 'tablet' and g.id = scope.group_id()
        order by 2, 1
        limit 200
    $$;
call scope.hand_over('auth.tablet_staff()', 'budstikke_api');

-- try_pin counts a try before it is made, so that tries made side by side cannot outrun the limit, and returns the hash to compare with, its
-- key, and the account. No row: the person may not work on this tablet now, has no PIN, or has tried it too often here (tried says which).
create function auth.try_pin(person uuid, most integer)
    returns table (tried integer, pin_hash text, pepper_key smallint, account_id uuid)
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
        this constant uuid := scope.tablet();
        n integer;
    begin
        if not exists (select from auth.tablet_staff() s where s.person_id = person) then
            return;
        end if;
        insert into auth.pin_tries as t (municipality_id, tablet_id, person_id, tries) values (here, this, person, 1)
        on conflict (municipality_id, tablet_id, person_id) do update set tries = least(t.tries + 1, 1000)
        returning t.tries into n;
        return query
        select n, case when n <= most then i.pin_hash else '' end, i.pepper_key, a.id
        from auth.pins i join auth.accounts a on a.municipality_id = i.municipality_id and a.person_id = i.person_id and a.ended_at is null
        where i.municipality_id = here and i.person_id = person;
    end
    $$;
grant select, insert, update, delete on auth.pin_tries to budstikke_access;
call scope.hand_over('auth.try_pin(uuid, integer)', 'budstikke_api');

-- enter_tablet proves the access token of a tablet and opens its scope: a caller of its own kind, for whom no table has a row and who asks what
-- a tablet may show by the functions above (V7). It returns the tablet, null for a token of no working tablet.
create function auth.enter_tablet(municipality uuid, token_hash bytea, moment timestamptz) returns uuid
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        w record;
    begin
        select v.id, v.group_id into w from auth.tablets t
        join auth.working_tablets v on v.municipality_id = t.municipality_id and v.id = t.id
        where t.municipality_id = enter_tablet.municipality and t.token_hash = enter_tablet.token_hash and t.token_expires_at > moment;
        if not found then
            return null;
        end if;
        perform scope.open(municipality, null, 'tablet'), set_config('budstikke.group', w.group_id::text, true),
            set_config('budstikke.tablet', w.id::text, true);
        return w.id;
    end
    $$;
call scope.hand_over('auth.enter_tablet(uuid, bytea, timestamptz)', variadic array[]::text[]);

-- enter_work keeps somebody's work on a tablet to the tablet's group and moves its end to a minute from now. False when the tablet does not
-- work any more, or the person may not work there any more: then the work is over (V7, V11).
create function auth.enter_work(s auth.sessions, token_hash bytea, moment timestamptz) returns boolean
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        w auth.working_tablets;
    begin
        select v.* into w from auth.working_tablets v where v.municipality_id = s.municipality_id and v.id = s.tablet_id;
        if not found or not exists (
            select from app.staff_access a
            where a.municipality_id = s.municipality_id and a.person_id = s.person_id and a.institution_id = w.institution_id
              and (a.group_id is null or a.group_id = w.group_id)
              and (a.role in ('head', 'leader', 'employee') or a.role = 'substitute' and w.substitutes)) then
            return false;
        end if;
        update auth.access_tokens t set expires_at = least(moment + interval '60 seconds', s.expires_at)
        where t.municipality_id = s.municipality_id and t.token_hash = enter_work.token_hash;
        perform set_config('budstikke.group', w.group_id::text, true), set_config('budstikke.tablet', w.id::text, true);
        return true;
    end
    $$;
call scope.hand_over('auth.enter_work(auth.sessions, bytea, timestamptz)', variadic array[]::text[]);

-- enter as in 0011, for tablets too; it also tells which tablet the transaction comes from.
drop function auth.enter(uuid, bytea, text, timestamptz);
create function auth.enter(municipality uuid, token_hash bytea, wanted text, moment timestamptz)
    returns table (session_id uuid, person_id uuid, account_id uuid, kind text, strong boolean, roles text[], assurance text,
        authenticated_at timestamptz, tablet_id uuid)
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        s auth.sessions;
        held text[];
        this uuid;
    begin
        perform scope.open(null, null, null);
        select x.* into s from auth.access_tokens t
        join auth.sessions x on x.municipality_id = t.municipality_id and x.id = t.session_id
        where t.municipality_id = enter.municipality and t.token_hash = enter.token_hash and t.expires_at > enter.moment
          and x.ended_at is null and x.expires_at > enter.moment;
        if not found then
            this := auth.enter_tablet(enter.municipality, enter.token_hash, enter.moment);
            if this is null then
                raise exception using errcode = 'BU401', message = 'no such session';
            elsif 'staff' = any (string_to_array(enter.wanted, ',')) and 'tablet' <> all (string_to_array(enter.wanted, ',')) then
                raise exception using errcode = 'BU412', message = 'a PIN is needed';
            elsif 'tablet' <> all (string_to_array(enter.wanted, ',')) then
                raise exception using errcode = 'BU404', message = 'another kind of caller';
            end if;
            return query select this, null::uuid, null::uuid, 'tablet', false, '{}'::text[], 'low', enter.moment, this;
            return;
        end if;
        if s.account_id is not null and not exists (
            select from auth.accounts a
            where a.municipality_id = s.municipality_id and a.id = s.account_id and a.ended_at is null) then
            raise exception using errcode = 'BU401', message = 'the account has ended'; -- H4
        end if;
        if s.kind <> all (string_to_array(enter.wanted, ',')) then
            raise exception using errcode = 'BU404', message = 'another kind of caller';
        end if;
        if s.kind = 'staff' then
            select array_agg(distinct a.role order by a.role) into held from app.staff_access a
            where a.municipality_id = s.municipality_id and a.person_id = s.person_id;
            if held is null then
                raise exception using errcode = 'BU401', message = 'no role';
            end if;
            if s.tablet_id is not null and not auth.enter_work(s, enter.token_hash, enter.moment) then
                raise exception using errcode = 'BU401', message = 'the work on the tablet is over';
            end if;
        end if;
        perform scope.open(s.municipality_id, s.person_id, s.kind);
        return query select s.id, s.person_id, s.account_id, s.kind, s.strong, coalesce(held, '{}'), s.assurance,
            coalesce(s.authenticated_at, s.created_at), s.tablet_id;
    end
    $$;
comment on function auth.enter is
    'Proves an access token and opens the scope of its person for this transaction, so that a session that has ended is refused by the very '
    'statement that would have let it in (V15). wanted: the kinds of caller that may enter, separated by commas. Errors: BU401 no such '
    'session, BU404 a session of another kind, BU412 a tablet where staff are wanted: a PIN would open it.';
call scope.hand_over('auth.enter(uuid, bytea, text, timestamptz)', 'budstikke_api');

-- On a tablet nobody meets children of other groups, whatever their roles are (V7). Restrictive policies say so beside the rule of access,
-- which knows nothing of tablets.
create function app.group_children() returns setof uuid
    language sql stable security definer rows 25 set search_path = ''
    as $$
        select distinct e.child_id from app.enrolments e
        where e.municipality_id = scope.municipality() and e.group_id = scope.group_id()
          and (e.starts_at is null or e.starts_at <= now()) and (e.ended_at is null or e.ended_at > now())
    $$;
call scope.hand_over('app.group_children()', 'budstikke_api');

create function app.group_persons() returns setof uuid
    language sql stable security definer rows 100 set search_path = ''
    as $$
        select c from app.group_children() c
        union
        select g.guardian_id from app.guardianships g
        where g.municipality_id = scope.municipality() and g.ended_at is null and g.child_id in (select app.group_children())
        union
        select a.person_id from app.groups g
        join app.staff_access a on a.municipality_id = g.municipality_id and a.institution_id = g.institution_id
        where g.municipality_id = scope.municipality() and g.id = scope.group_id()
    $$;
call scope.hand_over('app.group_persons()', 'budstikke_api');

do $$
declare
    t text;
begin
    foreach t in array array['enrolments', 'absences', 'conversations', 'guardianships', 'guardianship_access', 'restrictions'] loop
        execute format('create policy tablet_keeps_to_its_group on app.%I as restrictive for all to budstikke_api
            using ((select scope.group_id()) is null or child_id in (select app.group_children()))
            with check ((select scope.group_id()) is null or child_id in (select app.group_children()))', t);
    end loop;
end
$$;
create policy tablet_keeps_to_its_group on app.persons as restrictive for all to budstikke_api
    using ((select scope.group_id()) is null or id in (select app.group_persons()))
    with check ((select scope.group_id()) is null);
create policy nothing_from_a_tablet on app.alerts as restrictive for insert to budstikke_api with check ((select scope.group_id()) is null);
create policy nothing_from_a_tablet on auth.pins as restrictive for all to budstikke_api
    using ((select scope.group_id()) is null) with check ((select scope.group_id()) is null);

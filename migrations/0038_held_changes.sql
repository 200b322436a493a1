-- Why: an import that would widen an access is held for the head (B8): a guardianship that comes back after people ended or restricted it, custody
-- that a register had denied, a protection that falls, an end that moves later, two people who would become one. The rest of the import goes on.
-- The previous binary: runs; its imports hold nothing, and one that lowers a protection is refused as a whole.

create table app.held_changes (
    municipality_id uuid not null,
    id              uuid not null,
    kind            text not null check (kind in
        ('guardianship_returns', 'custody_rises', 'protection_lowered', 'enrolment_longer', 'staff_role_longer', 'identity_taken')),
    row_id          uuid not null, -- the guardianship, person, enrolment or staff role that the register wants changed
    person_id       uuid not null, -- whom it would give more, or whose protection would fall; never decides about it
    child_id        uuid,          -- the child concerned; who is kept from it does not see that something waits
    institutions    uuid[] not null default '{}', -- whose heads it waits for; none: the owner
    source          text not null check (length(source) between 1 and 100),
    file_name       text not null,
    was             text not null check (length(was) <= 100),   -- a level, a moment; never a name or a number
    wants           text not null check (length(wants) <= 100),
    since           timestamptz not null, -- the import that was held first
    seen_at         timestamptz not null, -- the last one that said the same
    told_at         timestamptz,          -- the heads were told that something waits
    state           text not null default 'waiting' check (state in ('waiting', 'proposed', 'accepted', 'refused', 'withdrawn')),
    two_people      boolean not null, -- a protection or a restriction would yield
    proposed_by     uuid,
    proposed_at     timestamptz,
    decided_by      uuid,
    decided_at      timestamptz,
    reason          text not null default '' check (length(reason) <= 500), -- for staff only
    version         integer not null default 1,
    primary key (municipality_id, id),
    foreign key (municipality_id, person_id) references app.persons,
    foreign key (municipality_id, child_id) references app.persons,
    foreign key (municipality_id, proposed_by) references app.persons,
    foreign key (municipality_id, decided_by) references app.persons,
    check ((proposed_by is null) = (proposed_at is null)),
    check ((decided_by is null) = (decided_at is null)),
    check ((state in ('accepted', 'refused')) = (decided_by is not null)),
    constraint never_the_subject check (proposed_by is distinct from person_id and decided_by is distinct from person_id),
    constraint two_people_widen check (state <> 'accepted' or not two_people or proposed_by is not null and proposed_by <> decided_by)
);
create unique index held_once on app.held_changes (municipality_id, kind, row_id) where state in ('waiting', 'proposed');
create index on app.held_changes (municipality_id, row_id, kind, state);
create index held_at on app.held_changes using gin (institutions) where state in ('waiting', 'proposed');
call scope.protect_table('app.held_changes');
comment on table app.held_changes is 'What registers say that would widen an access, waiting for a person (B8).';

create policy head_reads on app.held_changes for select to budstikke_api
    using ((select scope.caller()) = 'staff' and (child_id is null or child_id <> all ((select app.hidden_children())::uuid[]))
        and (institutions && (select app.headed_at())::uuid[] or institutions = '{}' and (select app.owns_municipality())));
create policy head_decides on app.held_changes for update to budstikke_api
    using ((select scope.caller()) = 'staff' and person_id <> (select scope.person())
        and (institutions && (select app.headed_at())::uuid[] or institutions = '{}' and (select app.owns_municipality())))
    with check ((select scope.caller()) = 'staff');
create policy imports_look on app.held_changes for select to budstikke_api using ((select scope.caller()) = 'register');
grant select on app.held_changes to budstikke_api;
grant update (state, proposed_by, proposed_at, decided_by, decided_at, reason, version) on app.held_changes to budstikke_api;
grant select, insert, update on app.held_changes to budstikke_access;
grant update (legal, version, ended_at, register_end) on app.guardianships to budstikke_access;
grant update (ended_at, register_end) on app.enrolments, app.staff_roles to budstikke_access;

-- held_places answers whose heads a change waits for: where the child, or a child of the guardian, is enrolled, and where the person works.
create function app.held_places(person uuid, child uuid) returns uuid[]
    language sql stable security definer set search_path = ''
    as $$
        select coalesce(array_agg(distinct i.id), '{}') from (
            select e.institution_id as id from app.enrolments e
            where e.municipality_id = scope.municipality() and (e.ended_at is null or e.ended_at > now())
              and (e.child_id = coalesce(held_places.child, held_places.person) or held_places.child is null and e.child_id in (
                select g.child_id from app.guardianships g
                where g.municipality_id = scope.municipality() and g.guardian_id = held_places.person and g.ended_at is null))
            union all
            select r.institution_id from app.staff_roles r
            where r.municipality_id = scope.municipality() and r.person_id = held_places.person and held_places.child is null
              and r.institution_id is not null and (r.ended_at is null or r.ended_at > now())) i
    $$;
call scope.hand_over('app.held_places(uuid, uuid)', variadic '{}');

-- hold notes that a register wants more than is here. What waits already is seen again; what was refused stays refused while the register says
-- the same; another wish of the register begins anew.
create function app.hold(kind text, row_id uuid, person uuid, child uuid, was text, wants text, two_people boolean, source text, file_name text,
    moment timestamptz) returns void
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
        last app.held_changes;
    begin
        select * into last from app.held_changes h
        where h.municipality_id = here and h.kind = hold.kind and h.row_id = hold.row_id and h.state <> 'withdrawn'
        order by h.state in ('waiting', 'proposed') desc, h.since desc, h.id desc limit 1;
        if last.state in ('waiting', 'proposed') then
            update app.held_changes h
            set seen_at = hold.moment, wants = hold.wants, was = hold.was, source = hold.source, file_name = hold.file_name,
                state = case when h.wants = hold.wants then h.state else 'waiting' end, two_people = h.two_people or hold.two_people,
                proposed_by = case when h.wants = hold.wants then h.proposed_by end,
                proposed_at = case when h.wants = hold.wants then h.proposed_at end,
                version = h.version + case when h.wants = hold.wants then 0 else 1 end
            where h.municipality_id = here and h.id = last.id;
        elsif last.state = 'refused' and last.wants = hold.wants then
            return;
        else
            insert into app.held_changes (municipality_id, id, kind, row_id, person_id, child_id, institutions, source, file_name, was, wants, since,
                seen_at, two_people)
            values (here, scope.new_id(), hold.kind, hold.row_id, hold.person, hold.child, app.held_places(hold.person, hold.child), hold.source,
                hold.file_name, hold.was, hold.wants, hold.moment, hold.moment, hold.two_people);
        end if;
    end
    $$;
call scope.hand_over('app.hold(text, uuid, uuid, uuid, text, text, boolean, text, text, timestamptz)', variadic '{}');

-- kept_apart tells whether a restriction that holds, or is to, stands between a child and an adult.
create function app.kept_apart(child uuid, person uuid) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select exists (
            select from app.restrictions x
            where x.municipality_id = scope.municipality() and x.child_id = kept_apart.child and x.person_id = kept_apart.person
              and x.lifted_at is null and (x.until is null or x.until > now()) and x.kind in ('no_access', 'no_contact'))
    $$;
call scope.hand_over('app.kept_apart(uuid, uuid)', 'budstikke_api');

-- hold_guardianships holds those of the guardianships that a register names anew which people ended, or between people whom a restriction keeps
-- apart. One that a register had ended stays ended too, and from then on by the head's decision. Called when the records are written and before
-- ends are settled.
create function app.hold_guardianships(source text, file_name text, anew uuid[], moment timestamptz) returns void
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        g app.guardianships;
        apart boolean;
    begin
        if scope.caller() is distinct from 'register' then
            return;
        end if;
        for g in select x.* from app.guardianships x
            where x.municipality_id = scope.municipality() and x.id = any (hold_guardianships.anew) and x.ended_at is not null
        loop
            apart := app.kept_apart(g.child_id, g.guardian_id);
            continue when not apart and g.ended_at is not distinct from g.register_end;
            update app.guardianships x set register_end = null
            where x.municipality_id = g.municipality_id and x.id = g.id and x.register_end is not distinct from x.ended_at;
            perform app.hold('guardianship_returns', g.id, g.guardian_id, g.child_id, 'ended', 'in_force', apart, hold_guardianships.source,
                hold_guardianships.file_name, hold_guardianships.moment);
        end loop;
    end
    $$;
call scope.hand_over('app.hold_guardianships(text, text, uuid[], timestamptz)', 'budstikke_api');

-- hold_custody holds custody that a register now states of guardianships that it denied before (denied), or about which people have decided. What
-- no register had spoken of is news and no rise.
create function app.hold_custody(source text, file_name text, touched uuid[], denied uuid[], moment timestamptz) returns void
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        g record;
    begin
        if scope.caller() is distinct from 'register' then
            return;
        end if;
        for g in select x.id, x.child_id, x.guardian_id from app.guardianships x
            join app.register_records r on r.municipality_id = x.municipality_id and r.noun = 'guardianship' and r.row_id = x.id and r.missing_since is null
            where x.municipality_id = scope.municipality() and x.id = any (hold_custody.touched) and not x.legal
              and (x.id = any (hold_custody.denied) or app.kept_apart(x.child_id, x.guardian_id) or exists (
                select from app.guardianship_decisions d
                where d.municipality_id = x.municipality_id and d.guardianship_id = x.id and d.status <> 'active'))
            group by x.id, x.child_id, x.guardian_id
            having bool_or((r.fields->>'legal')::boolean) and not bool_or((r.fields->>'legal_stated')::boolean and not (r.fields->>'legal')::boolean)
        loop
            perform app.hold('custody_rises', g.id, g.guardian_id, g.child_id, 'none', 'legal', false, hold_custody.source, hold_custody.file_name,
                hold_custody.moment);
        end loop;
    end
    $$;
call scope.hand_over('app.hold_custody(text, text, uuid[], uuid[], timestamptz)', 'budstikke_api');

-- protection_rank orders the levels.
create function app.protection_rank(level text) returns integer
    language sql immutable parallel safe
    as $$ select case level when 'strict' then 2 when 'protected' then 1 else 0 end $$;
grant execute on function app.protection_rank(text) to budstikke_api, budstikke_access, budstikke_worker;

-- hold_protection holds each protection that would fall. rows are the persons that are about to be written.
create function app.hold_protection(source text, file_name text, rows jsonb, moment timestamptz) returns void
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        p record;
    begin
        if scope.caller() is distinct from 'register' then
            return;
        end if;
        for p in select x.id, x.protected_identity as was, n.protected_identity as wants, (
                select e.child_id from app.enrolments e where e.municipality_id = x.municipality_id and e.child_id = x.id limit 1) as child
            from jsonb_to_recordset(hold_protection.rows) as n (id uuid, protected_identity text)
            join app.persons x on x.municipality_id = scope.municipality() and x.id = n.id
            where app.protection_rank(n.protected_identity) < app.protection_rank(x.protected_identity)
        loop
            perform app.hold('protection_lowered', p.id, p.id, p.child, p.was, p.wants, true, hold_protection.source, hold_protection.file_name,
                hold_protection.moment);
        end loop;
    end
    $$;
call scope.hand_over('app.hold_protection(text, text, jsonb, timestamptz)', 'budstikke_api');

-- longer answers which of these rows of a noun would end later than they do now: those that run and have an end that a register gave, and those
-- about which somebody is asked, or has refused.
create function app.longer(of text, touched uuid[]) returns table (id uuid, person uuid, child uuid, was timestamptz, wants timestamptz)
    language sql stable security definer set search_path = ''
    as $$
        select x.id, x.person, x.child, x.ended_at, s.ends
        from (
            select e.municipality_id, e.id, e.child_id as person, e.child_id as child, e.ended_at, e.register_end from app.enrolments e
            where longer.of = 'enrolment' and e.municipality_id = scope.municipality() and e.id = any (longer.touched)
            union all
            select t.municipality_id, t.id, t.person_id, null, t.ended_at, t.register_end from app.staff_roles t
            where longer.of = 'staff_role' and t.municipality_id = scope.municipality() and t.id = any (longer.touched)) x
        cross join lateral (
            select case when bool_or(r.fields->>'end' is null) then null else max((r.fields->>'end')::timestamptz) end as ends, count(*) as n
            from app.register_records r
            where r.municipality_id = x.municipality_id and r.noun = longer.of and r.row_id = x.id and r.missing_since is null) s
        where (x.ended_at > now() or exists (
                select from app.held_changes h
                where h.municipality_id = x.municipality_id and h.row_id = x.id and h.kind = longer.of || '_longer'
                  and h.state in ('waiting', 'proposed', 'refused')))
          and x.ended_at is not distinct from x.register_end and s.n > 0 and (s.ends is null or s.ends > x.ended_at)
    $$;
call scope.hand_over('app.longer(text, uuid[])', variadic '{}');

-- hold_ends holds an end that would move later (B12). The earlier end stands until somebody has decided.
create function app.hold_ends(of text, source text, file_name text, touched uuid[], moment timestamptz) returns void
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        x record;
    begin
        if scope.caller() is distinct from 'register' then
            return;
        end if;
        for x in select * from app.longer(hold_ends.of, hold_ends.touched) loop
            perform app.hold(hold_ends.of || '_longer', x.id, x.person, x.child, to_char(x.was at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                coalesce(to_char(x.wants at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'open'), false, hold_ends.source, hold_ends.file_name,
                hold_ends.moment);
        end loop;
    end
    $$;
call scope.hand_over('app.hold_ends(text, text, text, uuid[], timestamptz)', 'budstikke_api');

-- hold_identities holds that a register gives a person the identity number of another: they would become one. Nothing here makes one of two.
create function app.hold_identities(source text, file_name text, persons uuid[], holders uuid[], moment timestamptz) returns void
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        if scope.caller() is distinct from 'register' then
            return;
        end if;
        perform app.hold('identity_taken', t.person, t.person, null, 'another', t.holder::text, false, hold_identities.source,
            hold_identities.file_name, hold_identities.moment)
        from unnest(hold_identities.persons, hold_identities.holders) as t (person, holder);
    end
    $$;
call scope.hand_over('app.hold_identities(text, text, uuid[], uuid[], timestamptz)', 'budstikke_api');

-- withdraw_held takes back what no register wants any more, and lets what still waits follow its child. Called at the end of every import.
create function app.withdraw_held(source text, moment timestamptz) returns void
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
    begin
        if scope.caller() is distinct from 'register' then
            return;
        end if;
        update app.held_changes h set state = 'withdrawn', proposed_by = null, proposed_at = null, version = h.version + 1
        where h.municipality_id = here and h.state in ('waiting', 'proposed') and case h.kind
            when 'guardianship_returns' then not exists (
                select from app.register_records r
                where r.municipality_id = here and r.noun = 'guardianship' and r.row_id = h.row_id and r.missing_since is null)
            when 'custody_rises' then not coalesce((
                select bool_or((r.fields->>'legal')::boolean) and not bool_or((r.fields->>'legal_stated')::boolean and not (r.fields->>'legal')::boolean)
                from app.register_records r
                where r.municipality_id = here and r.noun = 'guardianship' and r.row_id = h.row_id and r.missing_since is null), false)
            when 'protection_lowered' then coalesce((
                select max(app.protection_rank(r.fields->>'protected')) from app.register_records r
                where r.municipality_id = here and r.noun = 'person' and r.row_id = h.row_id and r.missing_since is null), 0)
                >= app.protection_rank((select p.protected_identity from app.persons p where p.municipality_id = here and p.id = h.row_id))
            when 'identity_taken' then h.source = withdraw_held.source and h.seen_at < withdraw_held.moment
            else not exists (select from app.longer(replace(h.kind, '_longer', ''), array[h.row_id])) end;
        update app.held_changes h set institutions = app.held_places(h.person_id, h.child_id)
        where h.municipality_id = here and h.state in ('waiting', 'proposed') and h.institutions is distinct from app.held_places(h.person_id, h.child_id);
    end
    $$;
call scope.hand_over('app.withdraw_held(text, timestamptz)', 'budstikke_api');

-- A change is decided in the decider's own name, in two steps by two people where a protection or a restriction would yield, and takes effect in
-- the transaction that accepts it.
create function app.decide_held() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        if scope.caller() is null or scope.caller() = 'register' or new.state = old.state and new.told_at is distinct from old.told_at then
            return new; -- the administrator, an import, and the clock
        end if;
        if old.state not in ('waiting', 'proposed') or new.state not in ('proposed', 'accepted', 'refused') or scope.person() is null
            or new.state = 'proposed' and new.proposed_by is distinct from scope.person()
            or new.state <> 'proposed' and (new.decided_by is distinct from scope.person() or new.proposed_by is distinct from old.proposed_by)
            or new.state = 'accepted' and new.kind = 'identity_taken'
            or exists (
                select from app.guardianships g
                where g.municipality_id = new.municipality_id and g.guardian_id = scope.person() and g.child_id = coalesce(new.child_id, new.person_id)) then
            raise exception using errcode = 'check_violation', constraint = 'held_changes_are_decided',
                message = 'what waits is decided by somebody else than the family it is about, in their own name (B8)';
        end if;
        if new.state <> 'accepted' then
            return new;
        end if;
        case new.kind
        when 'guardianship_returns' then
            update app.guardianships g set ended_at = null, register_end = null, version = g.version + 1
            where g.municipality_id = new.municipality_id and g.id = new.row_id;
        when 'custody_rises' then
            update app.guardianships g set legal = true, version = g.version + 1
            where g.municipality_id = new.municipality_id and g.id = new.row_id;
        when 'protection_lowered' then
            update app.persons p set protected_identity = new.wants where p.municipality_id = new.municipality_id and p.id = new.row_id;
        when 'enrolment_longer' then
            update app.enrolments e set ended_at = nullif(new.wants, 'open')::timestamptz, register_end = nullif(new.wants, 'open')::timestamptz
            where e.municipality_id = new.municipality_id and e.id = new.row_id;
        when 'staff_role_longer' then
            update app.staff_roles r set ended_at = nullif(new.wants, 'open')::timestamptz, register_end = nullif(new.wants, 'open')::timestamptz
            where r.municipality_id = new.municipality_id and r.id = new.row_id;
        else
            null;
        end case;
        return new;
    end
    $$;
call scope.hand_over('app.decide_held()', variadic '{}');
create trigger decide_held before update on app.held_changes for each row execute function app.decide_held();

-- Whatever an import asks for, it never lowers a protection.
create function app.keep_held() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    begin
        if scope.caller() is distinct from 'register' then
            return new;
        end if;
        if app.protection_rank(new.protected_identity) < app.protection_rank(old.protected_identity) then
            raise exception using errcode = 'check_violation', constraint = 'imports_never_grant',
                message = 'an import never lowers a protection (B8)';
        end if;
        return new;
    end
    $$;
call scope.hand_over('app.keep_held()', variadic '{}');
create trigger keep_held before update of protected_identity on app.persons for each row execute function app.keep_held();

-- What waits is a finding of the monthly review: the register disagrees. The function is taken as it stands.
grant create on schema app to budstikke_access;
do $$
declare
    known constant text := pg_get_functiondef('app.review_grants(uuid, uuid, timestamptz, integer)'::regprocedure);
    wider constant text := replace(replace(known, 'or g.register_end <= review_grants.moment then ''register_disagrees''',
        'or g.register_end <= review_grants.moment or exists (
                        select from app.held_changes h
                        where h.municipality_id = a.municipality_id and h.state in (''waiting'', ''proposed'')
                          and (h.row_id = a.guardianship_id or h.person_id in (a.guardian_id, a.child_id))) then ''register_disagrees'''),
        'or r.register_end <= review_grants.moment then ''register_disagrees''',
        'or r.register_end <= review_grants.moment or exists (
                        select from app.held_changes h
                        where h.municipality_id = r.municipality_id and h.state in (''waiting'', ''proposed'')
                          and (h.row_id = r.id or h.person_id = r.person_id)) then ''register_disagrees''');
begin
    if length(wider) < length(known) + 400 then
        raise exception 'app.review_grants is not as this migration expects it';
    end if;
    execute wider;
end
$$;
revoke create on schema app from budstikke_access;

-- Why: who has no electronic identity or no national identity number, or is protected, gets an account at the institution (H7): one member of the staff
-- has the guardian before them and says what was shown, another one confirms it, and a letter is handed over whose code opens the account.
-- The previous binary: runs; it opens no account in that way.

create table app.assisted_cases (
    municipality_id uuid not null,
    id              uuid not null,
    institution_id  uuid not null,
    guardianship_id uuid not null, -- by which the guardian belongs to the institution
    person_id       uuid not null, -- the guardian
    child_id        uuid not null,
    shown           text not null check (shown in ('passport', 'identity_card', 'driving_licence', 'residence_permit', 'other_document')),
    note            text not null check (length(note) <= 500), -- for staff only
    username        text not null check (username = lower(username) and length(username) between 3 and 320),
    state           text not null check (state in ('waiting', 'confirmed', 'refused', 'withdrawn')), -- withdrawn: another one, or the account's end, took its place
    opened_by       uuid not null, -- had the guardian before them
    opened_at       timestamptz not null,
    expires_at      timestamptz not null,
    decided_by      uuid,          -- somebody else
    decided_at      timestamptz,
    reason          text not null default '' check (length(reason) <= 500), -- for staff only
    transaction_id  xid8,          -- of the confirmation, in which the letter is written
    primary key (municipality_id, id),
    foreign key (municipality_id, institution_id) references app.institutions,
    foreign key (municipality_id, guardianship_id) references app.guardianships,
    foreign key (municipality_id, person_id) references app.persons,
    foreign key (municipality_id, child_id) references app.persons,
    foreign key (municipality_id, opened_by) references app.persons,
    foreign key (municipality_id, decided_by) references app.persons,
    constraint two_members_of_the_staff check (decided_by is null or decided_by <> opened_by),
    constraint nobody_for_themselves check (person_id <> opened_by and person_id is distinct from decided_by),
    check ((state in ('confirmed', 'refused')) = (decided_by is not null)),
    check ((decided_at is null) = (decided_by is null))
);
create unique index one_waiting_assisted_case on app.assisted_cases (municipality_id, person_id) where state = 'waiting';
create index on app.assisted_cases (municipality_id, institution_id, opened_at desc);
create index on app.assisted_cases (municipality_id, person_id, opened_at);
call scope.protect_table('app.assisted_cases');
create policy head_reads on app.assisted_cases for select to budstikke_api
    using ((select scope.caller()) = 'staff' and institution_id = any ((select app.headed_at())::uuid[])
        and child_id <> all ((select app.hidden_children())::uuid[]));
grant select on app.assisted_cases to budstikke_api, budstikke_access;
grant insert, update (state, decided_by, decided_at, reason, transaction_id) on app.assisted_cases to budstikke_access;

-- assistable finds the guardian of a guardianship by which a child is at an institution now; nobody where it is over, hidden from the caller, or
-- of another institution. possible: a legal guardian whom no block keeps from the child (H11, B8), and who does not work here: whoever does has
-- what they sign in with as staff.
create function app.assistable(guardianship uuid, institution uuid) returns table (person uuid, child uuid, possible boolean)
    language sql stable security definer rows 1 set search_path = ''
    as $$
        select g.guardian_id, g.child_id, g.legal and g.guardian_id <> scope.person() and not exists (
                select from app.restrictions_now x
                where x.municipality_id = g.municipality_id and x.child_id = g.child_id and x.person_id = g.guardian_id and x.kind = 'no_access')
            and not exists (
                select from app.staff_roles r
                where r.municipality_id = g.municipality_id and r.person_id = g.guardian_id and (r.ended_at is null or r.ended_at > now()))
        from app.guardianships g
        where g.municipality_id = scope.municipality() and g.id = assistable.guardianship and g.ended_at is null
          and g.child_id <> all (app.hidden_children())
          and exists (
            select from app.enrolments e
            where e.municipality_id = g.municipality_id and e.child_id = g.child_id and e.institution_id = assistable.institution
              and (e.ended_at is null or e.ended_at > now()))
    $$;
call scope.hand_over('app.assistable(uuid, uuid)', variadic '{}');

-- open_assisted_case keeps that a member of the staff has a guardian before them, and answers in one word what came of it. One that waited gives
-- way to it. Five in a week are enough for anybody.
create function app.open_assisted_case(case_id uuid, institution uuid, guardianship uuid, shown text, note text, username text, moment timestamptz,
        lasts interval)
    returns text
    language plpgsql volatile security definer set search_path = ''
    as $$
    #variable_conflict use_column
    declare
        here constant uuid := scope.municipality();
        someone uuid;
        of_child uuid;
        may boolean;
    begin
        if scope.caller() is distinct from 'staff' or scope.group_id() is not null or not exists (
            select from app.held_roles() r
            where r.institution_id = open_assisted_case.institution and r.role in ('owner', 'head', 'leader', 'employee')) then
            return 'not_found';
        end if;
        select a.person, a.child, a.possible into someone, of_child, may from app.assistable(open_assisted_case.guardianship, open_assisted_case.institution) a;
        if not found then
            return 'not_found';
        elsif not may then
            return 'not_possible';
        end if;
        perform pg_advisory_xact_lock(hashtextextended('assisted ' || someone::text, 0)); -- one after the other
        if (select count(*) from app.assisted_cases c
            where c.municipality_id = here and c.person_id = someone and c.opened_at > open_assisted_case.moment - interval '7 days') >= 5 then
            return 'too_often';
        elsif not auth.username_free(open_assisted_case.username, someone, open_assisted_case.moment) then
            return 'username_taken';
        end if;
        update app.assisted_cases c set state = 'withdrawn' where c.municipality_id = here and c.person_id = someone and c.state = 'waiting';
        insert into app.assisted_cases (municipality_id, id, institution_id, guardianship_id, person_id, child_id, shown, note, username, state,
            opened_by, opened_at, expires_at)
        values (here, open_assisted_case.case_id, open_assisted_case.institution, open_assisted_case.guardianship, someone, of_child,
            open_assisted_case.shown, open_assisted_case.note, open_assisted_case.username, 'waiting', scope.person(), open_assisted_case.moment,
            open_assisted_case.moment + open_assisted_case.lasts);
        return 'opened';
    end
    $$;
call scope.hand_over('app.open_assisted_case(uuid, uuid, uuid, text, text, text, timestamptz, interval)', 'budstikke_api');

-- decide_assisted_case confirms or refuses a case of an institution that the caller answers for; of two at the same time, one does. What stood
-- against it when it was opened is asked again.
create function app.decide_assisted_case(case_id uuid, institution uuid, decision text, reason text, moment timestamptz)
    returns table (what text, person uuid, child uuid, username text)
    language plpgsql volatile security definer rows 1 set search_path = ''
    as $$
    #variable_conflict use_column
    declare
        here constant uuid := scope.municipality();
        c app.assisted_cases;
        may boolean;
    begin
        if scope.caller() = 'staff' and decide_assisted_case.institution = any (app.headed_at()) then
            select x.* into c from app.assisted_cases x
            where x.municipality_id = here and x.id = decide_assisted_case.case_id and x.institution_id = decide_assisted_case.institution
              and x.child_id <> all (app.hidden_children()) for update;
        end if;
        what := 'decided';
        if c.id is null then
            what := 'not_found';
        elsif c.state <> 'waiting' or c.expires_at <= decide_assisted_case.moment then
            what := 'closed';
        elsif scope.person() in (c.opened_by, c.person_id) then
            what := 'another_person';
        elsif decide_assisted_case.decision = 'confirmed' then
            select a.possible into may from app.assistable(c.guardianship_id, c.institution_id) a;
            if may is not true then
                what := 'not_possible';
            end if;
        end if;
        if what = 'decided' then
            update app.assisted_cases x
            set state = decide_assisted_case.decision, decided_by = scope.person(), decided_at = decide_assisted_case.moment,
                reason = decide_assisted_case.reason, transaction_id = pg_current_xact_id()
            where x.municipality_id = here and x.id = c.id;
        end if;
        person := c.person_id;
        child := c.child_id;
        username := c.username;
        return next;
    end
    $$;
call scope.hand_over('app.decide_assisted_case(uuid, uuid, text, text, timestamptz)', 'budstikke_api');

-- A letter for a guardian is written by whoever confirms a case, in the same transaction, and by nobody else. As in 0025, the function is taken
-- as it stands.
do $$
declare
    before constant text := pg_get_functiondef('auth.may_write_letter(uuid, text)'::regprocedure);
    after constant text := replace(before, 'select purpose in', 'select purpose = ''guardian'' and exists (
            select from app.assisted_cases c
            where c.municipality_id = scope.municipality() and c.person_id = someone and c.state = ''confirmed''
              and c.decided_by = scope.person() and c.transaction_id = pg_current_xact_id())
        or purpose in');
    ending constant text := pg_get_functiondef('auth.end_guardian(uuid, text, timestamptz)'::regprocedure);
    ended constant text := replace(ending, '        update auth.letters l set withdrawn_at', '        update app.assisted_cases c set state = ''withdrawn''
        where c.municipality_id = here and c.person_id = someone and c.state = ''waiting'';
        update auth.letters l set withdrawn_at');
begin
    if after = before or ended = ending then
        raise exception 'auth.may_write_letter or auth.end_guardian is not as this migration expects it';
    end if;
    grant create on schema auth to budstikke_access;
    execute after;
    execute ended;
    revoke create on schema auth from budstikke_access;
end
$$;

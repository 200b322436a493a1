-- Why: the monthly review of access (V2, V10, V12, V13, B13): a snapshot of every grant of an institution with what was found about it, what
-- was decided row by row, and the signed report that comes of it.
-- The previous binary: runs; nothing that it uses changes.

-- What an owner has set for all institutions of the municipality. No row: as the defaults say.
create table app.review_rules (
    municipality_id    uuid primary key references app.municipalities,
    due_days           smallint not null default 14 check (due_days between 1 and 27), -- after the first of the month
    remind_days        smallint not null default 3 check (remind_days between 1 and 14), -- before it is due
    quiet_days         smallint not null default 60 check (quiet_days between 7 and 730), -- without a sign-in, then it is a finding
    suspend_after_days smallint check (suspend_after_days between 1 and 60), -- overdue, then what nobody confirmed is suspended; null: never
    version            integer not null default 1,
    changed_by         uuid not null,
    changed_at         timestamptz not null,
    foreign key (municipality_id, changed_by) references app.persons
);

create table app.reviews (
    municipality_id uuid not null,
    id              uuid not null,
    institution_id  uuid not null,
    month           date not null check (month = date_trunc('month', month)), -- its first day
    opened_at       timestamptz not null,
    due_on          date not null, -- the last day, at the institution
    quiet_days      smallint not null, -- the rule when it was opened
    state           text not null default 'open' check (state in ('open', 'completed')),
    version         integer not null default 1, -- counts with every decision; for ETag and If-Match
    reminded_at     timestamptz,
    escalated_at    timestamptz, -- the last time that the owner was told it is overdue
    suspended_at    timestamptz, -- what nobody confirmed was suspended
    completed_at    timestamptz,
    completed_by    uuid,
    report          text,  -- canonical JSON, byte for byte what was signed
    signature       bytea, -- Ed25519 over the report
    signed_with     bytea, -- the public key of it
    primary key (municipality_id, id),
    unique (municipality_id, institution_id, month),
    foreign key (municipality_id, institution_id) references app.institutions,
    foreign key (municipality_id, completed_by) references app.persons,
    check ((state = 'completed') = (completed_at is not null)),
    check ((completed_at is null) = (report is null)),
    check ((report is null) = (signature is null) and (report is null) = (signed_with is null))
);
create index reviews_open on app.reviews (municipality_id, due_on) where state = 'open';

-- One grant as it was when the review opened. The kind is open-ended: shared users and tablets come with tables of their own. Names are not
-- kept here: they are read as they are, and not at all for a protected identity.
create table app.review_rows (
    municipality_id uuid not null,
    review_id       uuid not null,
    id              uuid not null,
    institution_id  uuid not null,
    position        integer not null, -- rows with findings first
    kind            text not null check (kind ~ '^[a-z_]{1,40}$'), -- guardian, staff, external_partner, shared_user, tablet
    grant_id        uuid not null,    -- the row of the grant: guardianship, staff role …
    person_id       uuid,
    child_id        uuid,
    group_id        uuid,
    role            text,
    granted_at      timestamptz not null,
    ends_at         timestamptz,
    findings        text[] not null,
    decision        text check (decision in ('keep', 'change', 'remove')),
    note            text not null default '' check (length(note) <= 500), -- for staff only
    decided_by      uuid,
    decided_at      timestamptz,
    outcome         text check (outcome in ('done', 'already_ended', 'suspended')),
    primary key (municipality_id, review_id, id),
    unique (municipality_id, review_id, kind, grant_id),
    unique (municipality_id, review_id, position),
    foreign key (municipality_id, review_id) references app.reviews,
    foreign key (municipality_id, person_id) references app.persons,
    foreign key (municipality_id, child_id) references app.persons,
    foreign key (municipality_id, decided_by) references app.persons,
    check ((decision is null) = (decided_by is null) and (decision is null) = (decided_at is null)),
    check (decision <> 'change' or note <> '')
);

call scope.protect_table('app.review_rules');
call scope.protect_table('app.reviews');
call scope.protect_table('app.review_rows');

create policy staff_reads on app.review_rules for select to budstikke_api using ((select scope.caller()) = 'staff');
create policy head_reads on app.reviews for select to budstikke_api using (institution_id in (select app.headed_institutions()));
create policy head_completes on app.reviews for update to budstikke_api
    using (institution_id in (select app.headed_institutions())) with check (institution_id in (select app.headed_institutions()));
create policy head_reads on app.review_rows for select to budstikke_api using (institution_id in (select app.headed_institutions()));
create policy head_decides on app.review_rows for update to budstikke_api
    using (institution_id in (select app.headed_institutions()))
    with check (institution_id in (select app.headed_institutions()) and decided_by = (select scope.person()));
grant select on app.review_rules, app.reviews, app.review_rows to budstikke_api;
grant insert, update on app.review_rules to budstikke_api;
grant update (state, version, completed_at, completed_by, report, signature, signed_with) on app.reviews to budstikke_api;
grant update (decision, note, decided_by, decided_at, outcome) on app.review_rows to budstikke_api;
grant select on app.review_rules, app.groups, app.register_records to budstikke_access;
grant select, insert, update on app.reviews, app.review_rows to budstikke_access;
grant update (ended_at) on app.staff_roles to budstikke_access;

-- What is completed is evidence: nobody changes it afterwards, nor what it was made of.
create function app.keep_completed_review() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    declare
        done boolean;
    begin
        if tg_table_name = 'reviews' then
            done := old.state = 'completed';
        else
            select r.state = 'completed' into done from app.reviews r where r.municipality_id = old.municipality_id and r.id = old.review_id;
        end if;
        if done then
            raise exception using errcode = 'check_violation', constraint = 'completed_reviews_stay',
                message = 'a completed review is evidence and does not change (V10)';
        end if;
        return new;
    end
    $$;
call scope.hand_over('app.keep_completed_review()', variadic '{}');
create trigger keep_completed before update on app.reviews for each row execute function app.keep_completed_review();
create trigger keep_completed before update on app.review_rows for each row execute function app.keep_completed_review();

-- owns_municipality tells whether the staff member of this transaction owns all that the municipality runs: who sets its rules (V2).
create function app.owns_municipality() returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select scope.caller() = 'staff' and exists (
            select from app.staff_roles r
            where r.municipality_id = scope.municipality() and r.person_id = scope.person() and r.role = 'owner' and r.institution_id is null
              and (r.starts_at is null or r.starts_at <= now()) and (r.ended_at is null or r.ended_at > now()))
    $$;
call scope.hand_over('app.owns_municipality()', 'budstikke_api');
create policy owner_sets on app.review_rules for insert to budstikke_api
    with check ((select app.owns_municipality()) and changed_by = (select scope.person()));
create policy owner_changes on app.review_rules for update to budstikke_api
    using ((select app.owns_municipality())) with check ((select app.owns_municipality()) and changed_by = (select scope.person()));

-- The facts that the policy decides by know a review by its institution. The function is taken as it stands and gets one branch more.
grant create on schema app to budstikke_access;
do $$
declare
    known constant text := pg_get_functiondef('app.facts(text, uuid)'::regprocedure);
    wider constant text := replace(known, E'        when ''alert'' then\n', E'        when ''review'' then\n'
        '            select r.institution_id into institution from app.reviews r where r.municipality_id = here and r.id = facts.id;\n'
        '        when ''alert'' then\n');
begin
    if wider = known then
        raise exception 'app.facts is not as this migration expects it';
    end if;
    execute wider;
end
$$;
revoke create on schema app from budstikke_access;

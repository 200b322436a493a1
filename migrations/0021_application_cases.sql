-- Why: an application is a case (H1, H2, H7, H11): what was checked is kept, and the municipality's policy or a head decides it. An account is
-- not access: whatever is decided here, a guardianship stays as it is (V1, V6).
-- The previous binary: runs, and opens accounts as it did. It takes what this one approved for not handed in, which concerns nobody but a
-- member of the staff who became a guardian during the deployment, for as long as it takes.

-- head_manual: a head decides every application. self_service_eid and auto_on_custody: whom nothing stands against has the account at once;
-- the second also opens the guardianships that are beyond doubt.
alter table app.municipalities add column application_policy text not null default 'self_service_eid'
    check (application_policy in ('head_manual', 'auto_on_custody', 'self_service_eid'));

-- open → queued → approved or declined; open → approved, by the policy. An applicant withdraws what is not decided, and what was approved ends
-- with the account (H4). The word submitted stands for approved in the rows of before.
alter table app.applications
    drop constraint applications_state_check,
    add constraint applications_state_check
        check (state in ('open', 'submitted', 'queued', 'approved', 'declined', 'withdrawn', 'ended')),
    add column decided_at timestamptz;
drop index app.applications_municipality_id_person_id_idx;
create unique index one_running_application on app.applications (municipality_id, person_id) where state in ('open', 'queued');
create index applications_queued on app.applications (municipality_id, submitted_at, id) where state = 'queued';

-- The institutions whose heads are concerned: where the applicant's children were when it was begun, and when it was handed in.
create table app.application_places (
    municipality_id uuid not null,
    application_id  uuid not null,
    institution_id  uuid not null,
    primary key (municipality_id, application_id, institution_id),
    foreign key (municipality_id, application_id) references app.applications,
    foreign key (municipality_id, institution_id) references app.institutions
);
create index on app.application_places (municipality_id, institution_id, application_id);
call scope.protect_table('app.application_places');

-- What was looked at, each time the application was handed in or decided. Never shown to the applicant (I18).
create table app.application_checks (
    municipality_id uuid not null,
    application_id  uuid not null,
    occasion        text not null check (occasion in ('submitted', 'decided')),
    name            text not null check (name in
        ('head_decides', 'no_legal_guardianship', 'protected_identity', 'restricted', 'has_account')),
    found           boolean not null, -- whether what the name says is so
    checked_at      timestamptz not null,
    primary key (municipality_id, application_id, occasion, name),
    foreign key (municipality_id, application_id) references app.applications
);
call scope.protect_table('app.application_checks');

-- Who decided an application, and why; the reason is for staff only. What the policy decided has no row.
create table app.application_decisions (
    municipality_id uuid not null,
    application_id  uuid not null,
    decision        text not null check (decision in ('approved', 'declined')),
    reason          text not null check (length(reason) <= 500),
    decided_by      uuid not null,
    decided_at      timestamptz not null,
    primary key (municipality_id, application_id),
    foreign key (municipality_id, application_id) references app.applications,
    foreign key (municipality_id, decided_by) references app.persons
);
call scope.protect_table('app.application_decisions');

grant select on app.application_places, app.application_checks, app.application_decisions to budstikke_api, budstikke_access;
grant insert on app.application_checks, app.application_decisions to budstikke_api;
grant insert on app.application_places to budstikke_access;

-- The applications that the staff member of this transaction decides about: handed in, and of their institutions.
create function app.headed_applications() returns setof uuid
    language sql stable security definer rows 20 set search_path = ''
    as $$
        select a.id from app.application_places l
        join app.applications a on a.municipality_id = l.municipality_id and a.id = l.application_id and a.state <> 'open'
        where l.municipality_id = scope.municipality() and l.institution_id in (select app.headed_institutions())
    $$;
call scope.hand_over('app.headed_applications()', 'budstikke_api');

-- The people whose account those decisions open.
create function app.headed_applicants() returns setof uuid
    language sql stable security definer rows 20 set search_path = ''
    as $$
        select a.person_id from app.applications a
        where a.municipality_id = scope.municipality() and a.state in ('queued', 'approved') and a.id in (select app.headed_applications())
    $$;
call scope.hand_over('app.headed_applicants()', 'budstikke_api');

-- What is known of an applicant at this moment, for the rule in app/application.go. It answers applicants about themselves and heads about those
-- whose applications they decide; nobody else gets a row.
create function app.applicant_facts(person uuid)
    returns table (policy text, legal boolean, hidden boolean, restricted boolean, has_account boolean)
    language sql stable security definer set search_path = ''
    as $$
        with children as (
            select c.protected_identity <> 'none' as hidden, exists (
                select from app.restrictions_now x
                where x.municipality_id = g.municipality_id and x.child_id = g.child_id and x.person_id = g.guardian_id
                  and x.kind = 'no_access') as restricted
            from app.guardianships g
            join app.persons c on c.municipality_id = g.municipality_id and c.id = g.child_id
            where g.municipality_id = scope.municipality() and g.guardian_id = applicant_facts.person and g.legal and g.ended_at is null
              and exists (
                select from app.enrolments e
                where e.municipality_id = g.municipality_id and e.child_id = g.child_id and (e.ended_at is null or e.ended_at > now()))
        )
        select m.application_policy, exists (select from children),
            p.protected_identity <> 'none' or coalesce((select bool_and(c.hidden) from children c), false),
            coalesce((select bool_and(c.restricted) from children c where not c.hidden), false),
            exists (select from auth.accounts a where a.municipality_id = p.municipality_id and a.person_id = p.id and a.ended_at is null)
        from app.persons p
        join app.municipalities m on m.municipality_id = p.municipality_id
        where p.municipality_id = scope.municipality() and p.id = applicant_facts.person
          and (scope.caller() = 'applicant' and p.id = scope.person()
               or scope.caller() = 'staff' and p.id in (select app.headed_applicants()))
    $$;
call scope.hand_over('app.applicant_facts(uuid)', 'budstikke_api');

-- place_application notes whose heads an application concerns, as things stand. Institutions are added and never taken away: a head to whom it
-- was shown decides it also when the child has left meanwhile.
create function app.place_application(application uuid) returns void
    language sql volatile security definer set search_path = ''
    as $$
        insert into app.application_places (municipality_id, application_id, institution_id)
        select distinct a.municipality_id, a.id, e.institution_id
        from app.applications a
        join app.guardianships g on g.municipality_id = a.municipality_id and g.guardian_id = a.person_id and g.ended_at is null
        join app.enrolments e on e.municipality_id = g.municipality_id and e.child_id = g.child_id and (e.ended_at is null or e.ended_at > now())
        where a.municipality_id = scope.municipality() and a.id = place_application.application and a.state in ('open', 'queued')
          and (scope.caller() = 'signin' or scope.caller() = 'applicant' and a.person_id = scope.person())
        on conflict do nothing
    $$;
call scope.hand_over('app.place_application(uuid)', 'budstikke_api');

-- Who is told that applications wait at an institution: its heads, or its owners when it has none. They are told when the queue stops being
-- empty, and once a day at most while it is not; in between this is nobody.
create function app.waiting_audience(application uuid) returns table (institution_id uuid, person_id uuid)
    language sql stable security definer set search_path = ''
    as $$
        select distinct s.institution_id, s.person_id
        from app.applications a
        join app.application_places l on l.municipality_id = a.municipality_id and l.application_id = a.id
        join app.staff_access s on s.municipality_id = l.municipality_id and s.institution_id = l.institution_id
            and s.role in ('head', 'owner')
        where a.municipality_id = scope.municipality() and a.id = waiting_audience.application and a.state = 'queued'
          and scope.caller() = 'applicant' and a.person_id = scope.person()
          and (s.role = 'head' or not exists (
            select from app.staff_access h
            where h.municipality_id = s.municipality_id and h.institution_id = s.institution_id and h.role = 'head'))
          and not (
            exists (
                select from app.application_places o
                join app.applications b on b.municipality_id = o.municipality_id and b.id = o.application_id and b.state = 'queued'
                where o.municipality_id = l.municipality_id and o.institution_id = l.institution_id and o.application_id <> a.id)
            and exists (
                select from notify.events e
                where e.municipality_id = l.municipality_id and e.subject_id = l.institution_id and e.kind = 'applications_waiting'
                  and e.created_at > now() - interval '1 day'))
    $$;
call scope.hand_over('app.waiting_audience(uuid)', 'budstikke_api');

-- Whoever owns everything that the municipality runs itself may say how applications are decided; others change nothing.
create policy owner_sets on app.municipalities for update to budstikke_api
    using ((select app.owns_municipality())) with check ((select app.owns_municipality()));

create policy head_reads on app.applications for select to budstikke_api
    using ((select scope.caller()) = 'staff' and id in (select app.headed_applications()));
create policy head_decides on app.applications for update to budstikke_api
    using ((select scope.caller()) = 'staff' and id in (select app.headed_applications()))
    with check ((select scope.caller()) = 'staff' and id in (select app.headed_applications()));
create policy head_reads on app.application_places for select to budstikke_api
    using (institution_id in (select app.headed_institutions()));
create policy applicant_checked on app.application_checks for insert to budstikke_api
    with check ((select scope.caller()) = 'applicant' and application_id in (
        select a.id from app.applications a where a.municipality_id = (select scope.municipality()) and a.person_id = (select scope.person())));
create policy head_checks on app.application_checks for all to budstikke_api
    using ((select scope.caller()) = 'staff' and application_id in (select app.headed_applications()))
    with check ((select scope.caller()) = 'staff' and application_id in (select app.headed_applications()));
create policy head_decides on app.application_decisions for all to budstikke_api
    using ((select scope.caller()) = 'staff' and application_id in (select app.headed_applications()))
    with check ((select scope.caller()) = 'staff' and application_id in (select app.headed_applications())
        and decided_by = (select scope.person()));
create policy head_approves on auth.accounts for all to budstikke_api
    using ((select scope.caller()) = 'staff' and person_id in (select app.headed_applicants()))
    with check ((select scope.caller()) = 'staff' and kind = 'guardian' and person_id in (select app.headed_applicants()));

-- Two kinds of notice more.
do $$
declare
    kinds text;
begin
    select pg_get_constraintdef(c.oid) into strict kinds from pg_constraint c
    where c.conrelid = 'notify.events'::regclass and c.conname = 'events_kind_check';
    execute 'alter table notify.events drop constraint events_kind_check';
    execute 'alter table notify.events add constraint events_kind_check '
        || replace(kinds, 'ARRAY[', 'ARRAY[''application_decided''::text, ''applications_waiting''::text, ');
end
$$;

-- reachable, with one change: an applicant hears what became of an application also when it was declined, for as long as the notice is worth
-- sending. The rest of it belongs to the rule of access and is left as it stands.
do $$
declare
    now_said constant text := 'p.state = ''open''';
    body constant text := pg_get_functiondef('app.reachable(uuid[], uuid[], text[], uuid[], uuid[])'::regprocedure);
begin
    if strpos(body, now_said) = 0 then
        raise exception 'app.reachable does not say what this migration changes';
    end if;
    execute replace(body, now_said,
        '(p.state in (''open'', ''queued'') or p.state = ''declined'' and p.decided_at > now() - interval ''3 days'')');
end
$$;

-- Who may apply at all, with one condition more: a block between the two is as if there were no such child (B8, I18).
create or replace function app.match_applicant(index_key smallint, national_id_index bytea)
    returns table (person_id uuid, has_account boolean, may_apply boolean)
    language sql stable security definer set search_path = ''
    as $$
        select p.id,
               exists (select from auth.accounts a
                       where a.municipality_id = p.municipality_id and a.person_id = p.id and a.ended_at is null),
               p.protected_identity = 'none' and exists (
                   select from app.guardianships g
                   join app.enrolments e on e.municipality_id = g.municipality_id and e.child_id = g.child_id
                   join app.persons c on c.municipality_id = g.municipality_id and c.id = g.child_id
                   where g.municipality_id = p.municipality_id and g.guardian_id = p.id and g.legal and g.ended_at is null
                     and (e.ended_at is null or e.ended_at > now()) and c.protected_identity = 'none'
                     and not exists (
                       select from app.restrictions_now x
                       where x.municipality_id = g.municipality_id and x.child_id = g.child_id and x.person_id = g.guardian_id
                         and x.kind = 'no_access'))
        from app.persons p
        where p.municipality_id = scope.municipality() and scope.caller() = 'signin'
          and p.national_id_index_key = match_applicant.index_key
          and p.national_id_index = match_applicant.national_id_index
    $$;

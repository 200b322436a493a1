-- Why: nobody confirms their own access in a review (V9, V10): another head or an owner does, and they are told when nothing else is left to decide.
-- Where nobody else answers for the institution, whoever confirms their own says so in the report, and an owner is told as soon as there is one.
-- The previous binary: runs; a head who keeps their own row with it gets an error and keeps it after the upgrade, or lets another do it.

alter table app.review_rows drop constraint review_rows_outcome_check;
alter table app.review_rows add constraint review_rows_outcome_check
    check (outcome in ('done', 'already_ended', 'suspended', 'last_guardian', 'self_confirmed'));
-- What was decided before stays as it is.
alter table app.review_rows add constraint nobody_confirms_themselves
    check (person_id is null or decided_by is distinct from person_id or outcome in ('self_confirmed', 'already_ended')) not valid;
create index review_rows_self_confirmed on app.review_rows (municipality_id, review_id) where outcome = 'self_confirmed';

-- That somebody else was asked about a review, once for each reason.
create table app.review_asks (
    municipality_id uuid not null,
    review_id       uuid not null,
    reason          text not null check (reason in ('own_rows', 'self_confirmed')),
    asked_at        timestamptz not null,
    primary key (municipality_id, review_id, reason),
    foreign key (municipality_id, review_id) references app.reviews
);
call scope.protect_table('app.review_asks');
create policy calendar_reads on app.review_asks for select to budstikke_api using ((select scope.caller()) = 'clock');
grant select on app.review_asks to budstikke_api;
grant select, insert on app.review_asks to budstikke_access;

-- answered_by_another tells whether somebody else answers for an institution that the staff member of this transaction answers for.
create function app.answered_by_another(institution uuid) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select scope.caller() = 'staff' and answered_by_another.institution = any (app.headed_at()) and exists (
            select from app.staff_access a
            where a.municipality_id = scope.municipality() and a.institution_id = answered_by_another.institution
              and a.role in ('head', 'owner') and a.person_id is distinct from scope.person())
    $$;
call scope.hand_over('app.answered_by_another(uuid)', 'budstikke_api');

-- ask_others answers whom a review waits for now, and notes that they are asked: heads and owners whose own row is not among what is left, when
-- nothing but rows of those who answer for the institution is left; and owners of what somebody confirmed of themselves.
create function app.ask_others(moment timestamptz) returns table (review uuid, institution uuid, person uuid)
    language sql volatile security definer set search_path = ''
    as $$
        with wanted as (
            select r.id, r.institution_id, 'own_rows' as reason, array['head', 'owner'] as roles, u.people
            from app.reviews r
            cross join lateral (
                select array_agg(w.person_id) as people, bool_and(coalesce(w.role in ('head', 'owner'), false)) as leading
                from app.review_rows w left join app.over_grants(r.id, ask_others.moment) g (id) on g.id = w.id
                where w.municipality_id = r.municipality_id and w.review_id = r.id and w.decision is null and g.id is null) u
            where r.municipality_id = scope.municipality() and scope.caller() = 'clock' and r.state = 'open' and u.leading
            union all
            select r.id, r.institution_id, 'self_confirmed', array['owner'], array_agg(w.person_id)
            from app.review_rows w join app.reviews r on r.municipality_id = w.municipality_id and r.id = w.review_id
            where w.municipality_id = scope.municipality() and scope.caller() = 'clock' and w.outcome = 'self_confirmed'
              and r.opened_at > ask_others.moment - interval '1 year'
            group by r.id, r.institution_id
        ), asked as (
            select x.id, x.institution_id, x.reason, a.person_id from wanted x
            join app.staff_access a on a.municipality_id = scope.municipality() and a.institution_id = x.institution_id
                and a.role = any (x.roles) and a.person_id <> all (x.people)
            where not exists (
                select from app.review_asks k
                where k.municipality_id = scope.municipality() and k.review_id = x.id and k.reason = x.reason)
        ), noted as (
            insert into app.review_asks (municipality_id, review_id, reason, asked_at)
            select distinct scope.municipality(), k.id, k.reason, ask_others.moment from asked k
            on conflict do nothing
            returning review_id, reason
        )
        select distinct k.id, k.institution_id, k.person_id from asked k join noted n on n.review_id = k.id and n.reason = k.reason
    $$;
call scope.hand_over('app.ask_others(timestamptz)', 'budstikke_api');

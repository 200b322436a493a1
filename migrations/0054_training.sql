-- Why: who was trained in which part of the routine, and when (V3, V9): a new head and whoever begins to work are trained, everybody anew each
-- year, and the review of access finds who was not.
-- The previous binary: runs; it shows the finding as a word that it does not know.

create table app.trainings (
    municipality_id uuid not null,
    id              uuid not null,
    institution_id  uuid not null, -- where it was recorded; it counts at every institution of the municipality
    person_id       uuid not null,
    routine         text not null check (routine in ('access', 'messages', 'absences', 'alerts', 'privacy')),
    trained_on      date not null,
    recorded_by     uuid not null,
    recorded_at     timestamptz not null,
    primary key (municipality_id, id),
    unique (municipality_id, person_id, routine, trained_on),
    foreign key (municipality_id, institution_id) references app.institutions,
    foreign key (municipality_id, person_id) references app.persons,
    foreign key (municipality_id, recorded_by) references app.persons,
    check (recorded_by <> person_id)
);
call scope.protect_table('app.trainings');
create policy head_reads on app.trainings for select to budstikke_api using (institution_id in (select app.headed_institutions()));
grant select on app.trainings to budstikke_api;
grant select, insert on app.trainings to budstikke_access;

-- Nobody was trained on record before there was a record: whoever works here already has as long for it as who begins today.
alter table app.municipalities add column training_from timestamptz not null default now();

-- training_due is what everybody who works, or will work, at an institution is to be trained in, and until when: a month after their first day, and
-- a year after they were. Heads in all of it; pedagogues, employees and substitutes in what they do with it.
create function app.training_due(municipality uuid, institution uuid, moment timestamptz)
    returns table (staff_role uuid, person_id uuid, role text, routine text, trained_on date, due_on date, overdue boolean)
    language sql stable security definer rows 200 set search_path = ''
    as $$
        select r.id, r.person_id, r.role, n.routine, t.trained_on, d.due_on, d.due_on < (training_due.moment at time zone m.time_zone)::date
        from app.staff_roles r
        join app.municipalities m on m.municipality_id = r.municipality_id
        cross join lateral unnest(case
            when r.role = 'head' then array['access', 'messages', 'absences', 'alerts', 'privacy']
            when r.role in ('leader', 'employee', 'substitute') then array['messages', 'absences', 'alerts', 'privacy'] end) n (routine)
        left join lateral (
            select max(x.trained_on) as trained_on from app.trainings x
            where x.municipality_id = r.municipality_id and x.person_id = r.person_id and x.routine = n.routine) t on true
        cross join lateral (
            select coalesce((t.trained_on + interval '1 year')::date,
                (greatest(coalesce(r.starts_at, r.created_at), m.training_from) at time zone m.time_zone)::date + 30) as due_on) d
        where r.municipality_id = training_due.municipality and r.institution_id = training_due.institution
          and (r.ended_at is null or r.ended_at > training_due.moment)
    $$;
call scope.hand_over('app.training_due(uuid, uuid, timestamptz)', variadic '{}');

-- training_of is the record of an institution, to whoever answers for it; once for each person and part, whatever roles they hold there. The name of a
-- protected identity is left out.
create function app.training_of(institution uuid, moment timestamptz)
    returns table (person_id uuid, person_name text, routine text, trained_on date, due_on date, overdue boolean)
    language sql stable security definer rows 200 set search_path = ''
    as $$
        select d.person_id, case when p.protected_identity = 'none' then trim(p.given_name || ' ' || p.family_name) end,
            d.routine, max(d.trained_on), min(d.due_on), bool_or(d.overdue)
        from app.training_due(scope.municipality(), training_of.institution, training_of.moment) d
        join app.persons p on p.municipality_id = scope.municipality() and p.id = d.person_id
        where scope.caller() = 'staff' and training_of.institution = any (app.headed_at())
        group by d.person_id, p.municipality_id, p.id, d.routine
        order by p.given_name, p.family_name, d.person_id, d.routine
        limit 10000
    $$;
call scope.hand_over('app.training_of(uuid, timestamptz)', 'budstikke_api');

-- record_training notes it. False: not the caller's to record: their own, somebody's who stands as high, or of nobody who works there. The same
-- training a second time changes nothing.
create function app.record_training(id uuid, someone uuid, institution uuid, routine text, day date, moment timestamptz) returns boolean
    language plpgsql volatile security definer set search_path = ''
    as $$
    #variable_conflict use_column
    begin
        if scope.caller() is distinct from 'staff' or record_training.someone is not distinct from scope.person() or (
            select coalesce(bool_and(app.outranks(record_training.institution, r.role)), false) from app.staff_roles r
            where r.municipality_id = scope.municipality() and r.person_id = record_training.someone
              and r.institution_id = record_training.institution and (r.ended_at is null or r.ended_at > now())) is not true then
            return false;
        end if;
        insert into app.trainings (municipality_id, id, institution_id, person_id, routine, trained_on, recorded_by, recorded_at)
        values (scope.municipality(), record_training.id, record_training.institution, record_training.someone, record_training.routine,
            record_training.day, scope.person(), record_training.moment)
        on conflict (municipality_id, person_id, routine, trained_on) do nothing;
        return true;
    end
    $$;
call scope.hand_over('app.record_training(uuid, uuid, uuid, text, date, timestamptz)', 'budstikke_api');

-- The review finds who was not trained, as it stands.
grant create on schema app to budstikke_access;
do $$
declare
    known constant text := pg_get_functiondef('app.review_grants(uuid, uuid, timestamptz, integer)'::regprocedure);
    wider constant text := replace(known, 'then ''on_leave'' end', E'then ''on_leave'' end,\n'
        '                    case when r.id in (\n'
        '                        select d.staff_role from app.training_due(review_grants.municipality, review_grants.institution, review_grants.moment) d\n'
        '                        where d.overdue) then ''training_overdue'' end');
begin
    if wider = known then
        raise exception 'app.review_grants is not as this migration expects it';
    end if;
    execute wider;
end
$$;
revoke create on schema app from budstikke_access;

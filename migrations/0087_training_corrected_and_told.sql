-- Why: a training that was recorded wrongly could not be taken back (V9), and only the monthly review said that one is overdue (V3). A wrong entry is
-- withdrawn with a reason and stays; whoever is overdue, and whoever answers for them, is told once.
-- The previous binary: runs; it tells nobody and withdraws nothing.

alter table app.trainings
    add column withdrawn_at timestamptz,
    add column withdrawn_by uuid,
    add column withdrawn_because text check (length(withdrawn_because) between 1 and 300), -- for those who audit
    add foreign key (municipality_id, withdrawn_by) references app.persons,
    add check ((withdrawn_at is null) = (withdrawn_by is null) and (withdrawn_at is null) = (withdrawn_because is null)),
    add check (withdrawn_by <> person_id);
-- The same training counts once; a withdrawn one does not stand in the way of the right one.
alter table app.trainings drop constraint trainings_municipality_id_person_id_routine_trained_on_key;
create unique index trainings_once on app.trainings (municipality_id, person_id, routine, trained_on) where withdrawn_at is null;
grant update (withdrawn_at, withdrawn_by, withdrawn_because) on app.trainings to budstikke_access;

grant create on schema app to budstikke_access;
do $do$
declare
    c record;
    known text;
    wider text;
begin
    for c in select * from (values
        ('app.training_due(uuid, uuid, timestamptz)', 'and x.routine = n.routine)', 'and x.routine = n.routine and x.withdrawn_at is null)'),
        ('app.record_training(uuid, uuid, uuid, text, date, timestamptz)', 'on conflict (municipality_id, person_id, routine, trained_on) do nothing',
            'on conflict (municipality_id, person_id, routine, trained_on) where withdrawn_at is null do nothing')
    ) as list (name, before, after) loop
        known := pg_get_functiondef(c.name::regprocedure);
        wider := replace(known, c.before, c.after);
        if wider = known then
            raise exception '% is not as this migration expects it', c.name;
        end if;
        execute wider;
    end loop;
end
$do$;
revoke create on schema app from budstikke_access;

-- correct_training withdraws an entry that was wrong, and records the right day instead where there is one. False: there is no such entry, or it is
-- not the caller's to record.
create function app.correct_training(id uuid, someone uuid, institution uuid, routine text, day date, instead date, reason text, moment timestamptz)
    returns boolean
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        if scope.caller() is distinct from 'staff' or someone is not distinct from scope.person() or (
            select coalesce(bool_and(app.outranks(correct_training.institution, r.role)), false) from app.staff_roles r
            where r.municipality_id = scope.municipality() and r.person_id = correct_training.someone
              and r.institution_id = correct_training.institution and (r.ended_at is null or r.ended_at > now())) is not true then
            return false;
        end if;
        update app.trainings t set withdrawn_at = correct_training.moment, withdrawn_by = scope.person(), withdrawn_because = correct_training.reason
        where t.municipality_id = scope.municipality() and t.person_id = correct_training.someone and t.routine = correct_training.routine
          and t.trained_on = correct_training.day and t.withdrawn_at is null;
        if not found then
            return false;
        end if;
        return correct_training.instead is null or app.record_training(correct_training.id, correct_training.someone, correct_training.institution,
            correct_training.routine, correct_training.instead, correct_training.moment);
    end
    $$;
call scope.hand_over('app.correct_training(uuid, uuid, uuid, text, date, date, text, timestamptz)', 'budstikke_api');

-- Who was told that their training is overdue, until it is not any more.
create table app.training_tellings (
    municipality_id uuid not null,
    institution_id  uuid not null,
    person_id       uuid not null,
    told_at         timestamptz not null,
    primary key (municipality_id, institution_id, person_id),
    foreign key (municipality_id, institution_id) references app.institutions,
    foreign key (municipality_id, person_id) references app.persons
);
call scope.protect_table('app.training_tellings');
create policy calendar_reads on app.training_tellings for select to budstikke_api using ((select scope.caller()) = 'clock');
grant select on app.training_tellings to budstikke_api;
grant select, insert, delete on app.training_tellings to budstikke_access;

-- tell_training answers who is to be told now that their training at an institution is overdue, and notes that they are: once, until nothing is overdue
-- any more. Whoever is on leave is told when they are back. owned: theirs is the owner's to record.
create function app.tell_training(moment timestamptz) returns table (institution uuid, person uuid, owned boolean)
    language plpgsql volatile security definer set search_path = ''
    as $$
    #variable_conflict use_column
    declare
        here constant uuid := scope.municipality();
    begin
        if scope.caller() is distinct from 'clock' then
            return;
        end if;
        return query
            with overdue as materialized (
                select i.id as institution_id, d.person_id, bool_or(d.role = 'head') as owned
                from app.institutions i
                cross join lateral app.training_due(here, i.id, tell_training.moment) d
                where i.municipality_id = here and i.closed_at is null and d.overdue
                group by i.id, d.person_id
            ), settled as (
                delete from app.training_tellings t
                where t.municipality_id = here and not exists (
                    select from overdue o where o.institution_id = t.institution_id and o.person_id = t.person_id)
            ), told as (
                insert into app.training_tellings (municipality_id, institution_id, person_id, told_at)
                select here, o.institution_id, o.person_id, tell_training.moment from overdue o
                where exists (
                    select from app.staff_access a
                    where a.municipality_id = here and a.institution_id = o.institution_id and a.person_id = o.person_id)
                on conflict do nothing
                returning institution_id, person_id
            )
            select t.institution_id, t.person_id, o.owned from told t
            join overdue o on o.institution_id = t.institution_id and o.person_id = t.person_id;
    end
    $$;
call scope.hand_over('app.tell_training(timestamptz)', 'budstikke_api');

-- One kind of notice more.
do $$
declare
    known constant text := (select pg_get_constraintdef(c.oid) from pg_constraint c where c.conrelid = 'notify.events'::regclass and c.conname = 'events_kind_check');
begin
    if known is null or position('ARRAY[' in known) = 0 then
        raise exception 'notify.events knows its kinds by another constraint';
    end if;
    alter table notify.events drop constraint events_kind_check;
    execute 'alter table notify.events add constraint events_kind_check ' || replace(known, 'ARRAY[', 'ARRAY[''training_overdue''::text, ');
end
$$;

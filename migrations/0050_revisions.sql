-- Why: the routine itself is gone through twice a year, in January and in June (V2, V9): a task for each institution with points that a head
-- confirms one by one, reminded of and, when it is overdue, known to the owner, as the monthly review is (V10).
-- The previous binary: runs; it knows no revisions, and tells a new head of an open one as of a review.

create table app.revisions (
    municipality_id uuid not null,
    id              uuid not null,
    institution_id  uuid not null,
    month           date not null check (month = date_trunc('month', month) and extract(month from month) in (1, 6)), -- its first day
    opened_at       timestamptz not null,
    due_on          date not null, -- the last day, at the institution
    reminded_at     timestamptz,
    escalated_at    timestamptz, -- the last time that the owner was told it is overdue
    completed_at    timestamptz,
    completed_by    uuid,
    primary key (municipality_id, id),
    unique (municipality_id, institution_id, month),
    foreign key (municipality_id, institution_id) references app.institutions,
    foreign key (municipality_id, completed_by) references app.persons,
    check ((completed_at is null) = (completed_by is null))
);
create index revisions_open on app.revisions (municipality_id, due_on) where completed_at is null;

create table app.revision_points (
    municipality_id uuid not null,
    revision_id     uuid not null,
    point           text not null check (point in ('roles', 'tablets', 'external_partners', 'texts_and_terms', 'training', 'restrictions')),
    institution_id  uuid not null,
    position        smallint not null,
    remark          text not null default '' check (length(remark) <= 500), -- for staff only
    confirmed_by    uuid,
    confirmed_at    timestamptz,
    primary key (municipality_id, revision_id, point),
    foreign key (municipality_id, revision_id) references app.revisions,
    foreign key (municipality_id, confirmed_by) references app.persons,
    check ((confirmed_at is null) = (confirmed_by is null))
);

call scope.protect_table('app.revisions');
call scope.protect_table('app.revision_points');
create policy head_reads on app.revisions for select to budstikke_api using (institution_id in (select app.headed_institutions()));
create policy head_completes on app.revisions for update to budstikke_api
    using (institution_id in (select app.headed_institutions()))
    with check (institution_id in (select app.headed_institutions()) and completed_by = (select scope.person()));
create policy head_reads on app.revision_points for select to budstikke_api using (institution_id in (select app.headed_institutions()));
create policy head_confirms on app.revision_points for update to budstikke_api
    using (institution_id in (select app.headed_institutions()))
    with check (institution_id in (select app.headed_institutions()) and confirmed_by = (select scope.person()));
grant select on app.revisions, app.revision_points to budstikke_api;
grant update (completed_at, completed_by) on app.revisions to budstikke_api;
grant update (remark, confirmed_by, confirmed_at) on app.revision_points to budstikke_api;
grant select, insert, update on app.revisions, app.revision_points to budstikke_access;

-- What is completed is evidence, and who confirmed a point does not change afterwards.
create function app.keep_completed_revision() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    declare
        done boolean;
    begin
        if tg_table_name = 'revisions' then
            done := old.completed_at is not null;
        else
            done := old.confirmed_at is not null;
        end if;
        if done then
            raise exception using errcode = 'check_violation', constraint = 'completed_revisions_stay',
                message = 'what was confirmed in a revision is evidence and does not change (V2)';
        end if;
        return new;
    end
    $$;
call scope.hand_over('app.keep_completed_revision()', variadic '{}');
create trigger keep_completed before update on app.revisions for each row execute function app.keep_completed_revision();
create trigger keep_confirmed before update on app.revision_points for each row execute function app.keep_completed_revision();

-- open_revisions opens the revision of every institution that was there when January or June began, once, and answers which it opened. It may
-- be asked as often as one likes, by several processes at once: the month is a key.
create function app.open_revisions(moment timestamptz) returns table (revision uuid, institution uuid)
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant app.municipalities := (select m from app.municipalities m where m.municipality_id = scope.municipality());
        begins constant date := date_trunc('month', open_revisions.moment at time zone here.time_zone)::date;
    begin
        if scope.caller() is distinct from 'clock' or here is null or extract(month from begins) not in (1, 6) then
            return;
        end if;
        for revision, institution in
            insert into app.revisions (municipality_id, id, institution_id, month, opened_at, due_on)
            select i.municipality_id, scope.new_id(), i.id, begins, open_revisions.moment, (begins + interval '1 month')::date - 1
            from app.institutions i
            where i.municipality_id = here.municipality_id and i.closed_at is null
              and i.created_at < begins::timestamp at time zone here.time_zone
            order by i.id
            on conflict (municipality_id, institution_id, month) do nothing
            returning revisions.id, revisions.institution_id
        loop
            insert into app.revision_points (municipality_id, revision_id, point, institution_id, position)
            select here.municipality_id, revision, p.point, institution, p.position
            from unnest(array['roles', 'tablets', 'external_partners', 'texts_and_terms', 'training', 'restrictions'])
                with ordinality as p (point, position);
            return next;
        end loop;
    end
    $$;
call scope.hand_over('app.open_revisions(timestamptz)', 'budstikke_api');

-- due_revisions answers which open revisions somebody is to be told about now, and notes that they are: "revision" to the heads some days before
-- it is due, once, and not on the day on which they were told that it is open; "revision_overdue" to heads and owners from the day after, once a
-- week. An institution that has closed has nobody to revise its routine.
create function app.due_revisions(moment timestamptz) returns table (revision uuid, institution uuid, what text)
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        today date;
        ahead integer;
    begin
        if scope.caller() is distinct from 'clock' then
            return;
        end if;
        select (due_revisions.moment at time zone m.time_zone)::date, coalesce(x.remind_days, 3) into today, ahead
        from app.municipalities m left join app.review_rules x on x.municipality_id = m.municipality_id
        where m.municipality_id = scope.municipality();
        return query
            update app.revisions r set reminded_at = due_revisions.moment
            from app.institutions i
            where r.municipality_id = scope.municipality() and r.completed_at is null and r.reminded_at is null
              and i.municipality_id = r.municipality_id and i.id = r.institution_id and i.closed_at is null
              and today between r.due_on - ahead and r.due_on and r.opened_at <= due_revisions.moment - interval '1 day'
            returning r.id, r.institution_id, 'revision';
        return query
            update app.revisions r set escalated_at = due_revisions.moment
            from app.institutions i
            where r.municipality_id = scope.municipality() and r.completed_at is null and r.due_on < today
              and i.municipality_id = r.municipality_id and i.id = r.institution_id and i.closed_at is null
              and (r.escalated_at is null or r.escalated_at <= due_revisions.moment - interval '7 days')
            returning r.id, r.institution_id, 'revision_overdue';
    end
    $$;
call scope.hand_over('app.due_revisions(timestamptz)', 'budstikke_api');

-- due_reviews: a rule under which a review opens within the days of the reminder made the head hear of it twice in one sweep.
grant create on schema app to budstikke_access;
do $$
declare
    known constant text := pg_get_functiondef('app.due_reviews(timestamptz)'::regprocedure);
    wider constant text := replace(known, 'and today between r.due_on - ahead and r.due_on',
        'and today between r.due_on - ahead and r.due_on and r.opened_at <= due_reviews.moment - interval ''1 day''');
begin
    if wider = known then
        raise exception 'app.due_reviews is not as this migration expects it';
    end if;
    execute wider;
end
$$;
revoke create on schema app from budstikke_access;

-- brief_heads tells whoever begins as head of the revisions that wait, too. The previous binary reads its first three columns.
drop function app.brief_heads(timestamptz);
create function app.brief_heads(moment timestamptz) returns table (review uuid, institution uuid, person uuid, revision boolean)
    language sql volatile security definer set search_path = ''
    as $$
        with fresh as (
            update app.staff_roles r set briefed_at = moment
            where r.municipality_id = scope.municipality() and scope.caller() = 'clock' and r.role = 'head' and r.briefed_at is null
              and (r.starts_at is null or r.starts_at <= now()) and (r.ended_at is null or r.ended_at > now())
            returning r.institution_id, r.person_id
        )
        select v.id, f.institution_id, f.person_id, v.revision from (select distinct x.institution_id, x.person_id from fresh x) f
        join (
            select r.institution_id, r.id, false as revision from app.reviews r
            where r.municipality_id = scope.municipality() and r.state = 'open'
            union all
            select r.institution_id, r.id, true from app.revisions r
            where r.municipality_id = scope.municipality() and r.completed_at is null
        ) v on v.institution_id = f.institution_id
    $$;
call scope.hand_over('app.brief_heads(timestamptz)', 'budstikke_api');

-- wheel_revisions are the revisions since a day of the institution that a link leads to.
create function app.wheel_revisions(token bytea, since date) returns table (month date, due_on date, done boolean)
    language sql stable security definer set search_path = ''
    as $$
        select r.month, r.due_on, r.completed_at is not null from app.wheel_of(wheel_revisions.token) w
        join app.revisions r on r.municipality_id = scope.municipality() and r.institution_id = w.institution_id and r.month >= wheel_revisions.since
        order by r.month
    $$;
call scope.hand_over('app.wheel_revisions(bytea, date)', 'budstikke_api');

-- The gateway knows two kinds more, whatever other kinds have come.
do $$
declare
    known constant text := (select pg_get_constraintdef(c.oid) from pg_constraint c
        where c.conrelid = 'notify.events'::regclass and c.conname = 'events_kind_check');
    wider constant text := replace(known, '''review_overdue''::text', '''review_overdue''::text, ''revision_due''::text, ''revision_overdue''::text');
begin
    if wider is null or wider = known then
        raise exception 'notify.events knows its kinds by another constraint';
    end if;
    alter table notify.events drop constraint events_kind_check;
    execute 'alter table notify.events add constraint events_kind_check ' || wider;
end
$$;

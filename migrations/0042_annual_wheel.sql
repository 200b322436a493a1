-- Why: what recurs through the year at an institution, as a calendar that a head subscribes to (V2, V9): the reviews of each month and the
-- revisions of January and June. A calendar program cannot sign in, so each head has a secret link of their own, which can be renewed and dies
-- with the role.
-- The previous binary: runs; it knows no links.

create table app.wheel_links (
    municipality_id uuid not null,
    institution_id  uuid not null,
    person_id       uuid not null,
    token_hash      bytea not null, -- SHA-256 of the secret in the link
    locale          text not null check (locale in ('nb', 'nn', 'da', 'sv', 'en')),
    made_at         timestamptz not null,
    primary key (municipality_id, institution_id, person_id),
    unique (municipality_id, token_hash),
    foreign key (municipality_id, institution_id) references app.institutions,
    foreign key (municipality_id, person_id) references app.persons
);
call scope.protect_table('app.wheel_links');
create policy own_links on app.wheel_links for all to budstikke_api
    using ((select scope.caller()) = 'staff' and person_id = (select scope.person()) and institution_id in (select app.headed_institutions()))
    with check ((select scope.caller()) = 'staff' and person_id = (select scope.person()) and institution_id in (select app.headed_institutions()));
grant select, insert, update, delete on app.wheel_links to budstikke_api;
grant select, delete on app.wheel_links to budstikke_access;

-- wheel_of finds the institution that a link leads to, if whoever made it answers for the institution at this moment.
create function app.wheel_of(token bytea)
    returns table (institution_id uuid, name text, locale text, time_zone text, created_at timestamptz, made_at timestamptz, due_days integer, rule_version integer)
    language sql stable security definer set search_path = ''
    as $$
        select i.id, i.name, l.locale, m.time_zone, i.created_at, l.made_at, coalesce(x.due_days, 14)::integer, coalesce(x.version, 0)
        from app.wheel_links l
        join app.institutions i on i.municipality_id = l.municipality_id and i.id = l.institution_id and i.closed_at is null
        join app.municipalities m on m.municipality_id = l.municipality_id
        left join app.review_rules x on x.municipality_id = l.municipality_id
        where l.municipality_id = scope.municipality() and scope.caller() = 'machine' and l.token_hash = wheel_of.token and exists (
            select from app.staff_access a
            where a.municipality_id = l.municipality_id and a.person_id = l.person_id and a.institution_id = l.institution_id
              and a.role in ('head', 'owner'))
    $$;
call scope.hand_over('app.wheel_of(bytea)', 'budstikke_api');

-- wheel_reviews are the reviews of that institution since a day.
create function app.wheel_reviews(token bytea, since date) returns table (month date, due_on date, done boolean)
    language sql stable security definer set search_path = ''
    as $$
        select r.month, r.due_on, r.state = 'completed' from app.wheel_of(wheel_reviews.token) w
        join app.reviews r on r.municipality_id = scope.municipality() and r.institution_id = w.institution_id and r.month >= wheel_reviews.since
        order by r.month
    $$;
call scope.hand_over('app.wheel_reviews(bytea, date)', 'budstikke_api');

-- end_wheel_links takes the links of those who have no such role that runs or is to come: one who gets a role again makes a new link. A leave
-- takes none, but while it lasts the link leads nowhere.
create function app.end_wheel_links(moment timestamptz) returns bigint
    language sql volatile security definer set search_path = ''
    as $$
        with gone as (
            delete from app.wheel_links l
            where l.municipality_id = scope.municipality() and scope.caller() = 'signin' and not exists (
                select from app.staff_roles r
                where r.municipality_id = l.municipality_id and r.person_id = l.person_id and r.role in ('head', 'owner')
                  and (r.institution_id is null or r.institution_id = l.institution_id)
                  and (r.ended_at is null or r.ended_at > end_wheel_links.moment))
            returning 1
        )
        select count(*) from gone
    $$;
call scope.hand_over('app.end_wheel_links(timestamptz)', 'budstikke_api');

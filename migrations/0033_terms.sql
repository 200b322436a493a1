-- Why: terms and privacy notice are accepted by version, again when there is a new one (H12). Until now an applicant accepted one version and nobody
-- was asked again. What somebody has yet to do before they may go on is found where the session is proved, so that it costs no round trip.
-- The previous binary: runs. It opens accounts as it did, and asks nobody about a new version.

-- What a municipality has published. The one in force is the latest that has taken effect; one published ahead can be accepted before.
create table app.terms (
    municipality_id uuid not null references app.municipalities,
    version         text not null check (version ~ '^[0-9A-Za-z][0-9A-Za-z._-]{0,39}$'),
    effective_at    timestamptz not null,
    published_at    timestamptz not null,
    published_by    uuid, -- null: the version that a municipality begins with
    primary key (municipality_id, version),
    unique (municipality_id, effective_at),
    foreign key (municipality_id, published_by) references app.persons
);
create table app.terms_texts (
    municipality_id uuid not null,
    version         text not null,
    locale          text not null check (locale in ('nb', 'nn', 'da', 'sv', 'en')),
    terms           text not null check (length(terms) between 1 and 10000),   -- the text, or the address of a page that holds it
    privacy         text not null check (length(privacy) between 1 and 10000), -- the same of the privacy notice
    primary key (municipality_id, version, locale),
    foreign key (municipality_id, version) references app.terms
);
create table app.terms_acceptances (
    municipality_id uuid not null,
    person_id       uuid not null,
    version         text not null,
    accepted_at     timestamptz not null,
    primary key (municipality_id, person_id, version),
    foreign key (municipality_id, person_id) references app.persons,
    foreign key (municipality_id, version) references app.terms
);
call scope.protect_table('app.terms');
call scope.protect_table('app.terms_texts');
call scope.protect_table('app.terms_acceptances');

grant select, insert on app.terms, app.terms_texts, app.terms_acceptances to budstikke_api;
grant select on app.terms, app.terms_texts, app.terms_acceptances to budstikke_access;

-- Terms are for everybody of the municipality to read. What is published, and who accepted what, never changes.
create policy everybody_reads on app.terms for select to budstikke_api using (true);
create policy everybody_reads on app.terms_texts for select to budstikke_api using (true);
create policy owner_publishes on app.terms for insert to budstikke_api
    with check ((select scope.caller()) = 'staff' and (select app.owns_municipality()) and published_by = (select scope.person()));
create policy owner_publishes on app.terms_texts for insert to budstikke_api
    with check ((select scope.caller()) = 'staff' and (select app.owns_municipality()));
create policy register_begins on app.terms for insert to budstikke_api
    with check ((select scope.caller()) = 'register' and published_by is null);
create policy own_acceptances on app.terms_acceptances for all to budstikke_api
    using ((select scope.caller()) in ('guardian', 'applicant') and person_id = (select scope.person()))
    with check ((select scope.caller()) in ('guardian', 'applicant') and person_id = (select scope.person()));

-- The version that each municipality has had, and who accepted it by applying.
insert into app.terms (municipality_id, version, effective_at, published_at)
    select m.municipality_id, m.terms_version, m.created_at, m.created_at from app.municipalities m;
insert into app.terms_acceptances (municipality_id, person_id, version, accepted_at)
    select a.municipality_id, a.person_id, a.terms_version, min(a.terms_accepted_at) from app.applications a
    join app.terms t on t.municipality_id = a.municipality_id and t.version = a.terms_version
    where a.terms_accepted_at is not null
    group by a.municipality_id, a.person_id, a.terms_version;

-- owes tells what a guardian has yet to do before they may go on: accept the terms in force, which whoever accepted later ones has done (H12).
-- A municipality that has published nothing asks for nothing.
create function auth.owes(municipality uuid, person uuid, moment timestamptz) returns text[]
    language plpgsql stable security definer set search_path = ''
    as $$
    declare
        since timestamptz;
        duties text[] := '{}';
    begin
        select max(t.effective_at) into since from app.terms t where t.municipality_id = municipality and t.effective_at <= moment;
        if since is not null and not exists (
            select from app.terms_acceptances a
            join app.terms t on t.municipality_id = a.municipality_id and t.version = a.version
            where a.municipality_id = municipality and a.person_id = person and t.effective_at >= since) then
            duties := duties || 'terms'::text;
        end if;
        return duties;
    end
    $$;
call scope.hand_over('auth.owes(uuid, uuid, timestamptz)', variadic '{}');

-- enter, as it stands, tells that too. A function that returns more is another function: it is dropped and made anew.
do $$
declare
    before constant text := pg_get_functiondef('auth.enter(uuid, bytea, text, timestamptz)'::regprocedure);
    said constant text := obj_description('auth.enter(uuid, bytea, text, timestamptz)'::regprocedure);
    wide constant text := replace(before, 'tablet_id uuid)', 'tablet_id uuid, owes text[])');
    tablets constant text := replace(wide, 'enter.moment, this;', 'enter.moment, this, ''{}''::text[];');
    people constant text := replace(tablets, 's.tablet_id;', 's.tablet_id,' || chr(10)
        || '            case when s.kind = ''guardian'' then auth.owes(s.municipality_id, s.person_id, enter.moment) else ''{}''::text[] end;');
begin
    if wide = before or tablets = wide or people = tablets then
        raise exception 'auth.enter is not as this migration expects it';
    end if;
    drop function auth.enter(uuid, bytea, text, timestamptz);
    execute people;
    execute format('comment on function auth.enter(uuid, bytea, text, timestamptz) is %L', said);
end
$$;
call scope.hand_over('auth.enter(uuid, bytea, text, timestamptz)', 'budstikke_api');

-- Why: somebody who tries one password at each of ten thousand accounts never reaches the limit of any of them (P10). What is counted here is
-- over how many accounts tries have spread that came from where nobody has signed in before, so that it is seen while it happens.
-- The previous binary: runs; it counts nothing here.

create table auth.guesses (
    municipality_id uuid not null,
    began_at        timestamptz not null, -- of the five minutes that are counted together
    subject         bytea not null,       -- keyed digest of a user name, whether or not there is such an account
    primary key (municipality_id, began_at, subject)
);
create table auth.alarms (
    municipality_id uuid not null,
    began_at        timestamptz not null, -- of the five minutes that gave it
    kind            text not null check (kind in ('sign_in_stuffing_suspected')),
    raised_at       timestamptz not null,
    primary key (municipality_id, began_at, kind)
);
call scope.protect_table('auth.guesses');
call scope.protect_table('auth.alarms');
do $$
declare
    t text;
begin
    foreach t in array array['guesses', 'alarms'] loop
        execute format('create policy signin_keeps on auth.%I for all to budstikke_api
            using ((select scope.caller()) = ''signin'') with check ((select scope.caller()) = ''signin'')', t);
    end loop;
end
$$;
grant select, insert, delete on auth.guesses, auth.alarms to budstikke_api;
grant select on auth.alarms to budstikke_access;

-- alarms_since counts the alarms of all municipalities, for a metric: no scope, and nothing of where or whom.
create function auth.alarms_since(moment timestamptz) returns table (kind text, times bigint)
    language sql stable security definer set search_path = ''
    as $$ select a.kind, count(*) from auth.alarms a where a.raised_at >= alarms_since.moment group by a.kind $$;
call scope.hand_over('auth.alarms_since(timestamptz)', 'budstikke_api');

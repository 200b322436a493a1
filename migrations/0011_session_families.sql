-- Why: a session becomes a family of short-lived access tokens that one device prolongs (P11). Until now a session was one token that lasted
-- as long as the session: a stolen one was good for a fortnight and nobody would have noticed.
-- The previous binary: runs. A session that it begins has its token in auth.sessions, and a trigger puts it among the access tokens.

-- A row of auth.sessions is the family: what a person is signed in with on one device. Whatever ends it ends every token of it, because a
-- token opens nothing but its session.
alter table auth.sessions
    alter column token_hash drop not null, -- null since this migration: its tokens are in auth.access_tokens
    add column device_hash bytea,          -- digest of the secret that the device made at sign-in; null: the session cannot be prolonged
    add column device_name text not null default '' check (length(device_name) <= 60), -- as its owner calls it
    add column assurance text not null default 'substantial' check (assurance in ('low', 'substantial', 'high')), -- of the last sign-in
    add column authenticated_at timestamptz, -- when the person last proved who they are; null: when it began
    add column last_used_at timestamptz;   -- to the hour, for its owner; null: when it began
create index on auth.sessions (municipality_id, account_id) where ended_at is null;

-- Access tokens: opaque, 256 bits, kept as SHA-256, good for minutes. The row leads to the session by its primary key.
create table auth.access_tokens (
    municipality_id uuid not null,
    token_hash      bytea not null,
    session_id      uuid not null,
    expires_at      timestamptz not null,
    primary key (municipality_id, token_hash),
    foreign key (municipality_id, session_id) references auth.sessions
);
create index on auth.access_tokens (municipality_id, expires_at); -- those that are over are deleted

-- What prolongs a session: one refresh token at a time, and its immediate predecessor for some seconds. All tokens of a session share a stem,
-- of which the digest is here; a token with the right stem that is neither of the two was issued once, and somebody has kept it (P11).
create table auth.refreshes (
    municipality_id  uuid not null,
    session_id       uuid not null,
    stem_hash        bytea not null,
    current_hash     bytea not null, -- of the one token that is good
    previous_hash    bytea,          -- of the token before it
    rotated_at       timestamptz not null,
    successor_sealed bytea,          -- the answer that the token before was given, under a key made from that token: nobody else can open it
    idle_until       timestamptz not null,
    primary key (municipality_id, session_id),
    unique (municipality_id, stem_hash),
    foreign key (municipality_id, session_id) references auth.sessions
);

call scope.protect_table('auth.access_tokens');
call scope.protect_table('auth.refreshes');
do $$
declare
    t text;
begin
    foreach t in array array['access_tokens', 'refreshes'] loop
        execute format('create policy signin_keeps on auth.%I for all to budstikke_api
            using ((select scope.caller()) = ''signin'') with check ((select scope.caller()) = ''signin'')', t);
        -- An applicant whose account was opened begins a session of their own; nobody reads a token's digest outside a sign-in.
        execute format('create policy applicant_begins on auth.%I for insert to budstikke_api
            with check ((select scope.caller()) = ''applicant'' and session_id in (
                select s.id from auth.sessions s
                where s.municipality_id = (select scope.municipality()) and s.person_id = (select scope.person())))', t);
    end loop;
end
$$;
grant select, insert, delete on auth.access_tokens to budstikke_api;
grant select, insert, update, delete on auth.refreshes to budstikke_api;
grant update (assurance, strong, authenticated_at, last_used_at) on auth.sessions to budstikke_api; -- its end is as fixed as before
grant select, insert on auth.access_tokens to budstikke_access;

-- How well and when a person proved themselves is what a sign-in says, and nothing that a session says of itself.
create function auth.keep_proof() returns trigger
    language plpgsql set search_path = ''
    as $$
    begin
        if scope.caller() is distinct from 'signin' and scope.caller() is not null then
            raise exception using errcode = 'check_violation', constraint = 'proof_needs_a_sign_in',
                message = 'how a session was proved changes by a sign-in only';
        end if;
        return new;
    end
    $$;
create trigger keep_proof before update of assurance, strong, authenticated_at on auth.sessions
    for each row when (new.assurance <> old.assurance or new.strong <> old.strong or new.authenticated_at is distinct from old.authenticated_at)
    execute function auth.keep_proof();

-- The token of a session that the previous binary begins.
create function auth.keep_token() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    begin
        insert into auth.access_tokens (municipality_id, token_hash, session_id, expires_at)
        values (new.municipality_id, new.token_hash, new.id, new.expires_at);
        return null;
    end
    $$;
call scope.hand_over('auth.keep_token()', 'budstikke_api');
create trigger keep_token after insert on auth.sessions for each row when (new.token_hash is not null) execute function auth.keep_token();
update auth.sessions set assurance = 'low' where not strong;
insert into auth.access_tokens (municipality_id, token_hash, session_id, expires_at)
    select s.municipality_id, s.token_hash, s.id, s.expires_at from auth.sessions s where s.ended_at is null and s.token_hash is not null;

-- enter as in 0006, by way of the access token; it also tells how well and when the person last proved who they are (RFC 9470).
drop function auth.enter(uuid, bytea, text, timestamptz);
create function auth.enter(municipality uuid, token_hash bytea, wanted text, moment timestamptz)
    returns table (session_id uuid, person_id uuid, account_id uuid, kind text, strong boolean, roles text[], assurance text,
        authenticated_at timestamptz)
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        s auth.sessions;
        held text[];
    begin
        perform scope.open(null, null, null);
        select x.* into s from auth.access_tokens t
        join auth.sessions x on x.municipality_id = t.municipality_id and x.id = t.session_id
        where t.municipality_id = enter.municipality and t.token_hash = enter.token_hash and t.expires_at > enter.moment
          and x.ended_at is null and x.expires_at > enter.moment;
        if not found then
            raise exception using errcode = 'BU401', message = 'no such session';
        end if;
        if s.account_id is not null and not exists (
            select from auth.accounts a
            where a.municipality_id = s.municipality_id and a.id = s.account_id and a.ended_at is null) then
            raise exception using errcode = 'BU401', message = 'the account has ended'; -- H4
        end if;
        if s.kind <> all (string_to_array(enter.wanted, ',')) then
            raise exception using errcode = 'BU404', message = 'another kind of caller';
        end if;
        if s.kind = 'staff' then
            select array_agg(distinct a.role order by a.role) into held from app.staff_access a
            where a.municipality_id = s.municipality_id and a.person_id = s.person_id;
            if held is null then
                raise exception using errcode = 'BU401', message = 'no role';
            end if;
        end if;
        perform scope.open(s.municipality_id, s.person_id, s.kind);
        return query select s.id, s.person_id, s.account_id, s.kind, s.strong, coalesce(held, '{}'), s.assurance,
            coalesce(s.authenticated_at, s.created_at);
    end
    $$;
comment on function auth.enter is
    'Proves an access token and opens the scope of its person for this transaction, so that a session that has ended is refused by the very '
    'statement that would have let it in (V15). wanted: the kinds of caller that may enter, separated by commas. Errors: BU401 no such '
    'session, BU404 a session of another kind.';
call scope.hand_over('auth.enter(uuid, bytea, text, timestamptz)', 'budstikke_api');

-- Why: people sign in with a passkey, show one beside their password, or prove by one that they still are who they are (U5, U7, U8, RFC 9470).
-- The previous binary: runs; it knows no passkeys, and lets nobody in by one. Somebody whose only second factor is a passkey it would take for
-- somebody who has none, and lead to getting one: take no step back after the first passkey was made.

create table auth.passkeys (
    municipality_id uuid not null,
    id              uuid not null,
    account_id      uuid not null,
    credential_id   bytea not null check (length(credential_id) between 1 and 1023),
    public_key      bytea not null,  -- COSE; it opens nothing
    opens           text not null check (opens in ('staff', 'guardian')), -- the kind of session that it leads to
    name            text not null check (length(name) between 1 and 60),  -- what its owner calls it
    aaguid          uuid not null,   -- the model of the authenticator, as far as it says; all zeroes when it does not
    transports      text[] not null, -- how a browser reaches it
    sign_count      bigint not null, -- a count that goes back means that there are two of it
    backup_eligible boolean not null,
    backed_up       boolean not null,
    user_verified   boolean not null, -- whether its owner was verified the last time: by a finger, a face or a PIN
    created_at      timestamptz not null,
    last_used_at    timestamptz,
    suspected_at    timestamptz,     -- when it last showed a count that went back
    primary key (municipality_id, id),
    unique (municipality_id, credential_id),
    foreign key (municipality_id, account_id) references auth.accounts
);
create index on auth.passkeys (municipality_id, account_id);

-- What an authenticator is about to sign: 256 random bits, of which a digest stands here, for one purpose, once, and for the one device or
-- session that asked. It is deleted when it is used.
create table auth.passkey_challenges (
    municipality_id uuid not null references app.municipalities,
    challenge_hash  bytea not null check (length(challenge_hash) = 32),
    purpose         text not null check (purpose in ('register', 'sign_in', 'second_factor', 'prove')),
    holder_hash     bytea, -- digest of the secret of the device that asked, where nobody is known yet
    session_id      uuid,  -- whose session asked
    made_at         timestamptz not null,
    primary key (municipality_id, challenge_hash),
    foreign key (municipality_id, session_id) references auth.sessions,
    check ((holder_hash is null) <> (session_id is null)),
    check ((holder_hash is not null) = (purpose in ('sign_in', 'second_factor')))
);

call scope.protect_table('auth.passkeys');
call scope.protect_table('auth.passkey_challenges');
grant select, insert, delete on auth.passkeys, auth.passkey_challenges to budstikke_api;
grant update (name, sign_count, backed_up, user_verified, last_used_at, suspected_at) on auth.passkeys to budstikke_api; -- whose it is never changes
grant select, delete on auth.passkeys to budstikke_access;

create policy signin_keeps on auth.passkeys for all to budstikke_api
    using ((select scope.caller()) = 'signin') with check ((select scope.caller()) = 'signin');
create policy own_passkeys on auth.passkeys for all to budstikke_api
    using (account_id = (select auth.own_account())) with check (account_id = (select auth.own_account()));
create policy signin_keeps on auth.passkey_challenges for all to budstikke_api
    using ((select scope.caller()) = 'signin') with check ((select scope.caller()) = 'signin');
create policy own_session on auth.passkey_challenges for all to budstikke_api
    using ((select scope.caller()) in ('guardian', 'staff', 'second_factor') and session_id in (
        select s.id from auth.sessions s where s.municipality_id = (select scope.municipality()) and s.person_id = (select scope.person())))
    with check ((select scope.caller()) in ('guardian', 'staff', 'second_factor') and session_id in (
        select s.id from auth.sessions s where s.municipality_id = (select scope.municipality()) and s.person_id = (select scope.person())));

-- What ends an account ends its passkeys (H4, V9, V11, V15). Each function is taken as it stands and gets one statement more.
grant create on schema auth to budstikke_access;
do $$
declare
    known text := pg_get_functiondef('auth.end_staff_account(uuid, uuid, timestamptz)'::regprocedure);
    more text := replace(known, '        update auth.sessions s set ended_at = moment, ended_reason = ''ended_by_head''',
        E'        delete from auth.passkeys k where k.municipality_id = here and k.account_id = account and (k.opens = ''staff'' or not guardian);\n'
        '        update auth.sessions s set ended_at = moment, ended_reason = ''ended_by_head''');
begin
    if more = known then
        raise exception 'auth.end_staff_account is not as this migration expects it';
    end if;
    execute more;
    known := pg_get_functiondef('auth.end_guardian(uuid, text, timestamptz)'::regprocedure);
    more := replace(known, '        update auth.sessions s set ended_at = moment, ended_reason = ''account_ended''',
        E'        delete from auth.passkeys k where k.municipality_id = here and k.account_id = account and (not works or k.opens = ''guardian'');\n'
        '        update auth.sessions s set ended_at = moment, ended_reason = ''account_ended''');
    if more = known then
        raise exception 'auth.end_guardian is not as this migration expects it';
    end if;
    execute more;
    known := pg_get_functiondef('auth.staff_accounts(uuid, timestamptz)'::regprocedure);
    more := replace(known, 'w.totp_sealed is not null)',
        'w.totp_sealed is not null) or exists (select from auth.passkeys k where k.municipality_id = p.municipality_id and k.account_id = a.id)');
    if more = known then
        raise exception 'auth.staff_accounts is not as this migration expects it';
    end if;
    execute more;
end
$$;
revoke create on schema auth from budstikke_access;

-- A passkey whose count went back is an alarm like a list of stolen passwords that is being tried (P10).
alter table auth.alarms drop constraint alarms_kind_check,
    add constraint alarms_kind_check check (kind in ('sign_in_stuffing_suspected', 'passkey_copy_suspected'));

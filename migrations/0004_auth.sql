-- Why: accounts, what they sign in with, and the sessions that follow. Tokens are kept as digests: a stolen table opens nothing.
-- The previous binary: there is none.

create table auth.accounts (
    municipality_id uuid not null,
    id              uuid not null,
    person_id       uuid not null,
    kind            text not null check (kind in ('guardian', 'staff')),
    created_at      timestamptz not null,
    ended_at        timestamptz,
    primary key (municipality_id, id),
    unique (municipality_id, person_id) -- a person has at most one account (H2)
);

create table auth.passwords (
    municipality_id uuid not null,
    account_id      uuid not null,
    username        text not null check (username = lower(username) and length(username) between 3 and 320),
    password_hash   text not null,           -- argon2id in PHC form
    totp_sealed     bytea not null,          -- the second factor's secret, sealed like national identity numbers
    totp_key        smallint not null,
    totp_last_step  bigint not null default 0, -- the last time step that was used; none is accepted twice
    changed_at      timestamptz not null,
    primary key (municipality_id, account_id),
    unique (municipality_id, username),
    foreign key (municipality_id, account_id) references auth.accounts
);

-- Failed tries, per account and per address, so that guessing fails also when Redis is away.
create table auth.attempts (
    municipality_id uuid not null,
    subject         bytea not null, -- digest of what is being guessed at: a username, an address
    failures        integer not null,
    first_at        timestamptz not null,
    last_at         timestamptz not null,
    primary key (municipality_id, subject)
);

create table auth.sessions (
    municipality_id uuid not null,
    id              uuid not null,
    token_hash      bytea not null,
    kind            text not null check (kind in ('guardian', 'staff', 'applicant')),
    person_id       uuid not null,
    account_id      uuid, -- null for an applicant, who has none yet
    strong          boolean not null, -- signed in with an electronic identity or two factors (H8)
    created_at      timestamptz not null,
    expires_at      timestamptz not null,
    ended_at        timestamptz,
    ended_reason    text,
    primary key (municipality_id, id),
    unique (municipality_id, token_hash),
    foreign key (municipality_id, account_id) references auth.accounts,
    check ((account_id is null) = (kind = 'applicant'))
);
create index on auth.sessions (municipality_id, person_id) where ended_at is null;

-- A BankID order while it is being signed. The QR secret never leaves the server.
create table auth.bankid_orders (
    municipality_id uuid not null,
    id              uuid not null,
    holder_hash     bytea not null, -- digest of the secret that only the device which started the order holds
    order_ref       text not null,
    qr_token        text not null,
    qr_secret       text not null,
    started_at      timestamptz not null,
    finished_at     timestamptz, -- an order completes once
    primary key (municipality_id, id),
    unique (municipality_id, holder_hash)
);

-- Why: sign-in by OpenID Connect (H1, U5, U6). A sign-in is an order that is used once; whom a provider's subject belongs to is kept, so that it
-- never becomes somebody else; and the register may say by which user name a member of the staff signs in.
-- The previous binary: runs; it knows none of this, and its imports leave the new column empty.

-- What staff sign in as at the municipality's own service: uniid, the AD's user name, Feide's principal. A hint of the register, as the e-mail
-- address is: it gives no access by itself.
alter table app.persons add column username text check (username = lower(username) and length(username) between 1 and 320);
create index persons_username on app.persons (municipality_id, username) where username is not null;

-- A sign-in that was sent to a provider. The secret of PKCE and the nonce are sealed, and gone as soon as they are used.
create table auth.oidc_orders (
    municipality_id uuid not null references app.municipalities,
    id              uuid not null,
    holder_hash     bytea not null, -- digest of the secret that only the device which started the order holds
    state_hash      bytea not null, -- digest of what has to come back from the provider
    provider        text not null check (length(provider) between 1 and 63),
    audience        text not null check (audience in ('guardian', 'staff')),
    client          text not null check (length(client) between 1 and 63), -- names the return address
    target          text check (length(target) between 1 and 63), -- where in the app it leads afterwards (U6)
    secrets_sealed  bytea not null,
    secrets_key     smallint not null,
    started_at      timestamptz not null,
    claimed_at      timestamptz, -- an answer came and is being looked into: no second one is
    finished_at     timestamptz,
    primary key (municipality_id, id),
    unique (municipality_id, holder_hash)
);
call scope.protect_table('auth.oidc_orders');
create policy signin_keeps on auth.oidc_orders for all to budstikke_api
    using ((select scope.caller()) = 'signin') with check ((select scope.caller()) = 'signin');
grant select, insert, update, delete on auth.oidc_orders to budstikke_api;

-- Who signed in with which subject of which issuer. The subject itself is kept as a keyed digest, because some brokers make it of a number.
create table auth.identities (
    municipality_id uuid not null,
    id              uuid not null,
    person_id       uuid not null,
    issuer          text not null check (length(issuer) between 1 and 500),
    subject_index   bytea not null,
    index_key       smallint not null,
    linked_at       timestamptz not null,
    last_used_at    timestamptz not null,
    primary key (municipality_id, id),
    unique (municipality_id, issuer, index_key, subject_index),
    foreign key (municipality_id, person_id) references app.persons
);
create index on auth.identities (municipality_id, person_id);
call scope.protect_table('auth.identities');
create policy signin_keeps on auth.identities for all to budstikke_api
    using ((select scope.caller()) = 'signin') with check ((select scope.caller()) = 'signin');
grant select, insert on auth.identities to budstikke_api;
grant update (last_used_at) on auth.identities to budstikke_api; -- whose a subject is never changes

-- match_staff finds who works here now and has this user name or this identity number. More than one person is for the caller to refuse.
create function app.match_staff(username text, index_key smallint, national_id_index bytea) returns setof uuid
    language sql stable security definer rows 1 set search_path = ''
    as $$
        select p.id from app.persons p
        where p.municipality_id = scope.municipality() and scope.caller() = 'signin'
          and (p.username = lower(match_staff.username)
               or p.national_id_index_key = match_staff.index_key and p.national_id_index = match_staff.national_id_index)
          and exists (select from app.staff_access a where a.municipality_id = p.municipality_id and a.person_id = p.id)
    $$;
call scope.hand_over('app.match_staff(text, smallint, bytea)', 'budstikke_api');

-- raise_protection keeps that somebody's name and address are protected, as their own country's sign-in says (H7). It never lowers anything; what
-- a register says of the same person stands beside it.
create function app.raise_protection(person uuid) returns void
    language sql volatile security definer set search_path = ''
    as $$
        update app.persons p set protected_identity = 'protected'
        where p.municipality_id = scope.municipality() and scope.caller() = 'signin' and p.id = raise_protection.person
          and p.protected_identity = 'none'
    $$;
grant update (protected_identity) on app.persons to budstikke_access;
call scope.hand_over('app.raise_protection(uuid)', 'budstikke_api');

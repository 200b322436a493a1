-- Why: who looked at what, and who decided what, in a trail that can be added to and never changed (B5). Every entry carries the hash of the one
-- before it, per municipality, so that a byte that is changed later shows, and so does an entry that is missing, swapped or slipped in.
-- The previous binary: runs; it leaves no entries.

create schema audit;
grant usage on schema audit to budstikke_api, budstikke_access;
comment on schema audit is 'The audit trail: written by audit.record and audit.refuse, read and verified by migrations/trail.';

-- One act. People stand here by id only, so that the trail outlives the names. month leads after the municipality and never goes back within a
-- chain, so that the table can be cut into partitions by it.
create table audit.entries (
    municipality_id uuid not null,
    month           date not null check (extract(day from month) = 1),
    seq             bigint not null check (seq > 0), -- 1, 2, 3 … per municipality, without gaps
    at              timestamptz not null,
    actor_id        uuid,          -- who acted; null when nobody was known, as in a sign-in that failed
    caller          text not null, -- the kind of caller, see scope.caller
    roles           text not null default '', -- the staff roles held at that moment, separated by commas
    session_id      uuid,          -- the session, which belongs to one device
    operation       text not null check (length(operation) between 1 and 100), -- operationId, or the command
    class           text not null check (class ~ '^[a-z][a-z_]{1,40}$'), -- for what purpose, see app/postgres/audit.go
    children        uuid[] not null default '{}', -- the children concerned
    person_id       uuid,          -- somebody else who is concerned
    institution_id  uuid,
    resource_id     uuid,          -- what was opened or changed: a conversation, a guardianship, an alert
    outcome         text not null check (outcome in ('done', 'refused', 'failed')),
    times           integer not null default 1 check (times > 0), -- more than 1: as often within the hour so far (see audit.tallies)
    previous        bytea not null check (octet_length(previous) = 32), -- hash of the entry before; zeroes for the first
    hash            bytea not null check (octet_length(hash) = 32),
    primary key (municipality_id, month, seq)
);
create index on audit.entries using gin (children);
create index on audit.entries (municipality_id, seq, month); -- the order in which a chain is verified
create index on audit.entries (municipality_id, actor_id, seq);

-- The end of each chain. Its row is locked by whoever adds an entry, as the last thing a transaction does, and per municipality only.
create table audit.heads (
    municipality_id uuid primary key,
    month           date not null,
    seq             bigint not null,
    hash            bytea not null check (octet_length(hash) = 32)
) with (fillfactor = 50);

-- How often something was refused within an hour. The first, the tenth, the hundredth … leave an entry: whoever tries a million times leaves seven.
create table audit.tallies (
    municipality_id uuid not null,
    hour            timestamptz not null,
    operation       text not null,
    outcome         text not null,
    actor_id        uuid not null, -- zeroes when nobody was known
    person_id       uuid not null, -- whose data or account was tried, if there is such a person here; else zeroes
    times           integer not null,
    primary key (municipality_id, hour, operation, outcome, actor_id, person_id)
);

call scope.protect_table('audit.entries');
call scope.protect_table('audit.heads');
call scope.protect_table('audit.tallies');
-- The auditor is the program itself, verifying and reporting (budstikke audit). No session is of that kind.
create policy auditor_reads on audit.entries for select to budstikke_api using ((select scope.caller()) = 'auditor');
create policy auditor_reads on audit.heads for select to budstikke_api using ((select scope.caller()) = 'auditor');
create policy clearing_away on audit.tallies for all to budstikke_api using ((select scope.caller()) = 'signin');
grant select on audit.entries, audit.heads to budstikke_api;
grant select, delete on audit.tallies to budstikke_api;
grant select, insert on audit.entries to budstikke_access;
grant select, insert, update on audit.heads, audit.tallies to budstikke_access;

-- No grant lets anybody change an entry. This refuses it to those as well who need no grant.
create function audit.never() returns trigger
    language plpgsql set search_path = ''
    as $$ begin raise exception using errcode = '42501', message = 'the audit trail is only ever added to (B5)'; end $$;
create trigger never before update or delete on audit.entries for each row execute function audit.never();
create trigger never_truncate before truncate on audit.entries for each statement execute function audit.never();
create trigger never before delete on audit.heads for each row execute function audit.never();
create trigger never_truncate before truncate on audit.heads for each statement execute function audit.never();

-- part is a field of an entry in the form that is hashed: its length and its bytes, so that no two entries give the same bytes. Null has a
-- length that nothing else has.
create function audit.part(field bytea) returns bytea
    language sql immutable parallel safe
    as $$ select coalesce(int4send(octet_length(field)) || field, '\xffffffff'::bytea) $$;

-- digest is SHA-256 over every column of an entry but the hash itself. migrations/trail computes the same without this function.
create function audit.digest(e audit.entries) returns bytea
    language sql immutable parallel safe set search_path = ''
    as $$
        select pg_catalog.sha256('budstikke audit 1'::bytea
            || audit.part(uuid_send(e.municipality_id)) || audit.part(int4send(e.month - date '2000-01-01')) || audit.part(int8send(e.seq))
            || audit.part(int8send((extract(epoch from e.at) * 1000000)::bigint)) || audit.part(uuid_send(e.actor_id))
            || audit.part(convert_to(e.caller, 'UTF8')) || audit.part(convert_to(e.roles, 'UTF8')) || audit.part(uuid_send(e.session_id))
            || audit.part(convert_to(e.operation, 'UTF8')) || audit.part(convert_to(e.class, 'UTF8'))
            || audit.part((select coalesce(string_agg(uuid_send(c.id), ''::bytea order by c.n), ''::bytea)
                           from unnest(e.children) with ordinality as c (id, n)))
            || audit.part(uuid_send(e.person_id)) || audit.part(uuid_send(e.institution_id)) || audit.part(uuid_send(e.resource_id))
            || audit.part(convert_to(e.outcome, 'UTF8')) || audit.part(int4send(e.times)) || audit.part(e.previous))
    $$;

-- record adds an entry to the chain of the transaction's municipality, for whoever the transaction runs for: nobody can leave one in another's
-- name. Call it last: from here to the commit nobody else adds to this municipality's chain.
create function audit.record(at timestamptz, operation text, class text, roles text, session uuid, children uuid[], person uuid,
    institution uuid, resource uuid, outcome text, times integer) returns bigint
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
        head audit.heads;
        e audit.entries;
    begin
        select * into head from audit.heads h where h.municipality_id = here for update;
        if not found then
            insert into audit.heads values (here, date_trunc('month', record.at at time zone 'UTC')::date, 0, decode(repeat('00', 32), 'hex'))
            on conflict do nothing;
            select * into strict head from audit.heads h where h.municipality_id = here for update;
        end if;
        e.municipality_id := here;
        e.month := greatest(head.month, date_trunc('month', record.at at time zone 'UTC')::date);
        e.seq := head.seq + 1;
        e.at := record.at;
        e.actor_id := scope.person();
        e.caller := coalesce(scope.caller(), '');
        e.roles := coalesce(record.roles, '');
        e.session_id := record.session;
        e.operation := record.operation;
        e.class := record.class;
        e.children := coalesce(record.children, '{}');
        e.person_id := record.person;
        e.institution_id := record.institution;
        e.resource_id := record.resource;
        e.outcome := record.outcome;
        e.times := record.times;
        e.previous := head.hash;
        e.hash := audit.digest(e);
        insert into audit.entries values (e.*);
        update audit.heads h set month = e.month, seq = e.seq, hash = e.hash where h.municipality_id = here;
        return e.seq;
    end
    $$;

-- refuse counts what was refused, or failed, and leaves an entry for the first time within the hour and at every power of ten. tried is the id
-- that was asked for; it is named as a person concerned only if there is such a person in this municipality.
create function audit.refuse(at timestamptz, operation text, class text, roles text, session uuid, tried uuid, outcome text) returns void
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
        nobody constant uuid := '00000000-0000-0000-0000-000000000000';
        known constant uuid := (select p.id from app.persons p where p.municipality_id = here and p.id = refuse.tried);
        n integer;
    begin
        insert into audit.tallies as t values (here, date_trunc('hour', refuse.at), refuse.operation, refuse.outcome,
            coalesce(scope.person(), nobody), coalesce(known, nobody), 1)
        on conflict on constraint tallies_pkey do update set times = least(t.times, 2147483646) + 1
        returning t.times into n;
        if n in (1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000) then
            perform audit.record(refuse.at, refuse.operation, refuse.class, refuse.roles, refuse.session, '{}', known, null,
                refuse.tried, refuse.outcome, n);
        end if;
    end
    $$;

call scope.hand_over('audit.record(timestamptz, text, text, text, uuid, uuid[], uuid, uuid, uuid, text, integer)', 'budstikke_api');
call scope.hand_over('audit.refuse(timestamptz, text, text, text, uuid, uuid, text)', 'budstikke_api');

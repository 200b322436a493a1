-- Why: the trail grows by every act and every look, and is kept for years (B5). From here on it is cut into months, as notices are (0123), and a month whose time is
-- over goes as a whole. What is left must still be a chain: before a month goes, the last entry of each municipality in it is sealed, number and hash, and
-- the chain is verified from the seal on.
-- It locks the trail until it is done. Where there are entries, what there is becomes the first part as it stands: it is read once, and nothing is written anew.
-- The previous binary: runs; once a month of the trail was dropped, its budstikke audit verify says that entries are missing.

-- It takes a row of the table, and a table that is cut is a new one.
drop function audit.digest(audit.entries);

call scope.cut_into_months('audit.entries', 'month');

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

-- The end of a month that was dropped, for each municipality that had entries in it. It says that entries were, how many, and what the next one follows; nothing of
-- what they said. A seal that somebody invents does not help them: the entry after it carries the hash of the one before, and is held by anchors outside Postgres.
create table audit.seals (
    municipality_id uuid not null,
    month           date not null check (extract(day from month) = 1),
    first           bigint not null check (first > 0),
    last            bigint not null,
    hash            bytea not null check (octet_length(hash) = 32), -- of the last
    sealed_at       timestamptz not null,
    primary key (municipality_id, month),
    check (last >= first)
);
call scope.protect_table('audit.seals');
create policy auditor_reads on audit.seals for select to budstikke_api using ((select scope.caller()) = 'auditor');
grant select on audit.seals to budstikke_api;
create trigger never before update or delete on audit.seals for each row execute function audit.never();
create trigger never_truncate before truncate on audit.seals for each statement execute function audit.never();

-- seal keeps the ends of a month, and answers with the municipalities whose entries in it do not follow what is left of their chain without a gap: while there is one,
-- the month must not go, because it would take the evidence with it. For the owner, who drops the month in the same transaction.
create function audit.seal(sealing date) returns setof uuid
    language plpgsql volatile set search_path = ''
    as $$
    #variable_conflict use_column
    begin
        return query
        select x.municipality_id
        from (
            select e.municipality_id, min(e.seq) as first, max(e.seq) as last, count(*) as entries
            from audit.entries e where e.month = seal.sealing group by e.municipality_id) x
        where x.entries <> x.last - x.first + 1
           or x.first <> 1 + coalesce((select max(s.last) from audit.seals s where s.municipality_id = x.municipality_id), 0)
           or exists (select from audit.entries e where e.municipality_id = x.municipality_id and e.month < seal.sealing);
        if found then
            return;
        end if;
        insert into audit.seals (municipality_id, month, first, last, hash, sealed_at)
        select x.municipality_id, seal.sealing, x.first, x.last, e.hash, clock_timestamp()
        from (
            select e.municipality_id, min(e.seq) as first, max(e.seq) as last
            from audit.entries e where e.month = seal.sealing group by e.municipality_id) x
        join audit.entries e on e.municipality_id = x.municipality_id and e.month = seal.sealing and e.seq = x.last;
    end
    $$;
revoke all on function audit.seal(date) from public;

-- Why: the hash of each entry in the trail, and what a transaction forgets of the person before, were computed by functions in SQL, which PostgreSQL plans anew in
-- every transaction; the first while every other write of the municipality waits for the end of the chain. Written in PL/pgSQL they are planned once for a
-- connection (B5, B14).
-- The previous binary: runs.

create or replace function scope.forget() returns void
    language plpgsql
    as $$
    begin
        perform set_config('budstikke.' || name, '', true)
        from unnest('{remembered,children,places,closed_children,closed_places,unlocated,uncontacted,at_institutions,at_groups,as_roles,headed,hidden,cleared,sealed,aliased,kept,apart}'::text[]) name;
    end
    $$;

-- digest is SHA-256 over every column of an entry but the hash itself. migrations/trail computes the same without this function.
create or replace function audit.digest(e audit.entries) returns bytea
    language plpgsql immutable parallel safe set search_path = ''
    as $$
    begin
        return pg_catalog.sha256('budstikke audit 1'::bytea
            || audit.part(uuid_send(e.municipality_id)) || audit.part(int4send(e.month - date '2000-01-01')) || audit.part(int8send(e.seq))
            || audit.part(int8send((extract(epoch from e.at) * 1000000)::bigint)) || audit.part(uuid_send(e.actor_id))
            || audit.part(convert_to(e.caller, 'UTF8')) || audit.part(convert_to(e.roles, 'UTF8')) || audit.part(uuid_send(e.session_id))
            || audit.part(convert_to(e.operation, 'UTF8')) || audit.part(convert_to(e.class, 'UTF8'))
            || audit.part((select coalesce(string_agg(uuid_send(c.id), ''::bytea order by c.n), ''::bytea)
                           from unnest(e.children) with ordinality as c (id, n)))
            || audit.part(uuid_send(e.person_id)) || audit.part(uuid_send(e.institution_id)) || audit.part(uuid_send(e.resource_id))
            || audit.part(convert_to(e.outcome, 'UTF8')) || audit.part(int4send(e.times)) || audit.part(e.previous));
    end
    $$;

-- Why: what each write asks of the answer that it keeps, and where its caller answers messages, was planned anew at each call, because PostgreSQL does not keep
-- the plans of functions in SQL. Written in PL/pgSQL it is planned once for a connection (B14).
-- The previous binary: runs.

create or replace function app.message_institutions() returns setof uuid
    language plpgsql stable rows 5 set search_path = ''
    as $$ begin return query select distinct r.institution_id from app.held_roles() r where r.role in ('head', 'leader', 'employee'); end $$;
create or replace function app.note_institutions() returns setof uuid
    language plpgsql stable rows 5 set search_path = ''
    as $$ begin return query select distinct r.institution_id from app.held_roles() r where r.role in ('head', 'leader', 'employee', 'substitute'); end $$;
create or replace function app.confidential_institutions() returns setof uuid
    language plpgsql stable rows 5 set search_path = ''
    as $$ begin return query select distinct r.institution_id from app.held_roles() r where r.role in ('head', 'leader'); end $$;

create or replace function app.keep_answer(operation text, key bytea, answer bytea, child uuid, institution uuid, resource uuid) returns void
    language plpgsql volatile set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off
    as $$
    begin
        update app.idempotency_keys k
        set answer = keep_answer.answer, child_id = keep_answer.child, institution_id = keep_answer.institution, resource_id = keep_answer.resource
        where k.municipality_id = scope.municipality()
          and k.key_hash = sha256(convert_to(coalesce(scope.person()::text, '-') || '|' || keep_answer.operation || '|', 'UTF8') || keep_answer.key);
    end
    $$;
create or replace function app.keep_answer(operation text, key bytea, answer bytea, child uuid, institution uuid, resource uuid, named uuid[]) returns void
    language plpgsql volatile set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off
    as $$
    begin
        update app.idempotency_keys k
        set answer = keep_answer.answer, child_id = keep_answer.child, institution_id = keep_answer.institution, resource_id = keep_answer.resource,
            persons = case when keep_answer.named is not null then app.unprotected(keep_answer.named) end
        where k.municipality_id = scope.municipality()
          and k.key_hash = sha256(convert_to(coalesce(scope.person()::text, '-') || '|' || keep_answer.operation || '|', 'UTF8') || keep_answer.key);
    end
    $$;

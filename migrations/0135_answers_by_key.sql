-- Why: the answer of a write was kept by a statement whose plan a connection keeps, and one that was made while the table was small read, by one of its other
-- indexes, all that the municipality had written in a week: four fifths of what a guardian's message cost. And each write cost two, one to claim its key as it
-- began and one to keep its answer. Now a key is held by its lock alone until the answer is written, once, and both statements can only go by the key (B6, B14).
-- The previous binary: runs, and goes on with app.claim_key and app.keep_answer. Both hold a key by the same lock.

-- hold_key takes hold of an idempotency key for the caller of this transaction, or says why not, in the words of app.claim_key. It writes nothing: until the
-- transaction ends nobody else gets the lock, and whoever gets it then sees what was kept. What is older than a week is new. It asks for a range of one key, in order: of an
-- empty table all indexes cost the same, and only that of the key gives the order.
create function app.hold_key(operation text, key bytea, fingerprint bytea, moment timestamptz, out state text, out kept bytea)
    language plpgsql volatile set search_path = '' set enable_seqscan = off
    as $$
    declare
        hash constant bytea := sha256(convert_to(coalesce(scope.person()::text, '-') || '|' || hold_key.operation || '|', 'UTF8') || hold_key.key);
        was app.idempotency_keys;
    begin
        if not pg_try_advisory_xact_lock(hashtextextended(scope.municipality()::text || encode(hash, 'hex'), 7)) then
            state := 'in_flight';
            return;
        end if;
        select * into was from app.idempotency_keys k
        where k.municipality_id = scope.municipality() and k.key_hash >= hash and k.key_hash <= hash order by k.key_hash limit 1;
        if not found or was.created_at < hold_key.moment - interval '7 days' then
            state := 'new';
        elsif was.fingerprint <> hold_key.fingerprint then
            state := 'other_request';
        elsif not app.may_hear_again(was.child_id, was.institution_id) and not app.may_hear_again_by_alias(hold_key.operation, was.child_id) then
            state := 'gone';
        elsif was.answer is null or was.persons is not null and app.protected_since(was.persons) then
            state := 'forgotten';
        else
            state := 'done';
            kept := was.answer;
        end if;
    end
    $$;
revoke all on function app.hold_key(text, bytea, bytea, timestamptz) from public;
grant execute on function app.hold_key(text, bytea, bytea, timestamptz) to budstikke_api;

-- keep_answer writes the answer under a key that is held, in the transaction of the effect, with what it is about.
create function app.keep_answer(operation text, key bytea, fingerprint bytea, moment timestamptz, answer bytea, child uuid, institution uuid, resource uuid,
        named uuid[]) returns void
    language plpgsql volatile set search_path = ''
    as $$
    begin
        insert into app.idempotency_keys as k (municipality_id, key_hash, fingerprint, created_at, answer, child_id, institution_id, resource_id, persons)
        values (scope.municipality(),
            sha256(convert_to(coalesce(scope.person()::text, '-') || '|' || keep_answer.operation || '|', 'UTF8') || keep_answer.key),
            keep_answer.fingerprint, keep_answer.moment, keep_answer.answer, keep_answer.child, keep_answer.institution, keep_answer.resource,
            case when keep_answer.named is not null then app.unprotected(keep_answer.named) end)
        on conflict on constraint idempotency_keys_pkey do update
        set fingerprint = excluded.fingerprint, created_at = excluded.created_at, answer = excluded.answer, child_id = excluded.child_id,
            institution_id = excluded.institution_id, resource_id = excluded.resource_id, persons = excluded.persons;
    end
    $$;
revoke all on function app.keep_answer(text, bytea, bytea, timestamptz, bytea, uuid, uuid, uuid, uuid[]) from public;
grant execute on function app.keep_answer(text, bytea, bytea, timestamptz, bytea, uuid, uuid, uuid, uuid[]) to budstikke_api;

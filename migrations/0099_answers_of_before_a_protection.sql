-- Why: a name that became an alias was still given out where it had been put together before (B8, P5): the kept answer of a write that had named the
-- person was answered once more to whoever repeated it, and the signed report of an earlier review showed the name to everybody who answers for the
-- place. A kept answer says now whom it names, and is forgotten where one of them has been protected since. A report is one piece and stays as it was
-- signed: it is not there for whoever is not cleared for somebody whose name stands in it.
-- The previous binary: runs; the answers that it keeps name nobody here.

alter table app.idempotency_keys add column persons uuid[];
comment on column app.idempotency_keys.persons is 'Whom the answer names who had no alias then; null for an answer that names nobody.';

-- unprotected are those of some people whose names everybody reads who meets them; protected_since tells that one of them is not any more.
create function app.unprotected(people uuid[]) returns uuid[]
    language sql stable security definer set search_path = ''
    as $$
        select array_agg(p.id) from app.persons p
        where p.municipality_id = scope.municipality() and p.id = any (unprotected.people) and p.protected_identity not in ('protected', 'strict')
    $$;
call scope.hand_over('app.unprotected(uuid[])', 'budstikke_api');
create function app.protected_since(people uuid[]) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select exists (
            select from app.protected_names n
            where n.municipality_id = scope.municipality() and n.person_id = any (protected_since.people))
    $$;
call scope.hand_over('app.protected_since(uuid[])', 'budstikke_api');

create function app.keep_answer(operation text, key bytea, answer bytea, child uuid, institution uuid, resource uuid, named uuid[]) returns void
    language sql volatile set search_path = ''
    as $$
        update app.idempotency_keys k
        set answer = keep_answer.answer, child_id = keep_answer.child, institution_id = keep_answer.institution, resource_id = keep_answer.resource,
            persons = case when keep_answer.named is not null then app.unprotected(keep_answer.named) end
        where k.municipality_id = scope.municipality()
          and k.key_hash = sha256(convert_to(coalesce(scope.person()::text, '-') || '|' || keep_answer.operation || '|', 'UTF8') || keep_answer.key)
    $$;
revoke all on function app.keep_answer(text, bytea, bytea, uuid, uuid, uuid, uuid[]) from public;
grant execute on function app.keep_answer(text, bytea, bytea, uuid, uuid, uuid, uuid[]) to budstikke_api;

create function pg_temp.changed(definition text, passage text, instead text) returns text
    language plpgsql as $$
    begin
        if length(definition) - length(replace(definition, passage, '')) <> length(passage) then
            raise exception 'the passage is not there exactly once: %', passage;
        end if;
        return replace(definition, passage, instead);
    end
    $$;

do $do$
begin
    execute pg_temp.changed(pg_get_functiondef('app.claim_key(text, bytea, bytea, timestamptz)'::regprocedure),
        'elsif found_row.answer is null then', 'elsif found_row.answer is null or found_row.persons is not null and app.protected_since(found_row.persons) then');
end
$do$;

-- names_the_hidden tells whether a report names somebody who has an alias and for whom the caller is not cleared by anything else than the alias of now.
create function app.names_the_hidden(review uuid) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select exists (
            select from app.reviews r, jsonb_array_elements(r.report::jsonb->'rows') w,
                lateral (values (w->>'person', w->>'personName'), (w->>'child', w->>'childName'), (w->>'decidedBy', w->>'deciderName'),
                    (w->>'sponsor', w->>'sponsorName')) as x (person, said)
            join app.protected_names n on n.municipality_id = scope.municipality() and n.person_id = x.person::uuid
            where r.municipality_id = scope.municipality() and r.id = names_the_hidden.review and r.report is not null and x.said <> ''
              and n.person_id = any (app.aliased_persons()) and x.said <> trim(n.alias_given || ' ' || n.alias_family))
    $$;
call scope.hand_over('app.names_the_hidden(uuid)', 'budstikke_api');

grant create on schema app to budstikke_access;
do $do$
begin
    execute pg_temp.changed(pg_get_functiondef('app.read_whole(uuid)'::regprocedure),
        'and w.child_id = any (app.kept_from()))', 'and w.child_id = any (app.kept_from())) and not app.names_the_hidden(read_whole.review)');
end
$do$;
revoke create on schema app from budstikke_access;
drop function pg_temp.changed(text, text, text);

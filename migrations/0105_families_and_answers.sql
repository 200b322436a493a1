-- Why: somebody was one of the two who lower the protection of the other guardian of their own child (B8, V13), and read, where they work, what the other
-- home writes about it (B11). A kept answer named a guardian beside an alias after the clearance that had named both was over (B8), and what had been done
-- by an alias was not found when it was sent again (B6).
-- The previous binary: runs; it asks about the child's family only, and the database refuses what it then lets through.

-- held_in_family tells whether a change that waits is about somebody or their family: themselves, a child of theirs, or another guardian of one.
create function app.held_in_family(who uuid, person uuid, child uuid) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select coalesce(who in (person, child), false) or exists (
            select from app.guardianships g
            where g.municipality_id = scope.municipality() and g.guardian_id = held_in_family.who
              and (g.child_id in (held_in_family.person, held_in_family.child) or exists (
                select from app.guardianships o
                where o.municipality_id = g.municipality_id and o.child_id = g.child_id and o.guardian_id = held_in_family.person)))
    $$;
call scope.hand_over('app.held_in_family(uuid, uuid, uuid)', 'budstikke_api');

-- Staff do not meet what the other home writes about their own child.
create policy not_the_other_home on app.conversations as restrictive for all to budstikke_api
    using (guardian_id = (select scope.person()) or child_id <> all ((select app.own_family())::uuid[]));

-- unprotected are those of some people whom the caller is told by name now; protected_since tells that one of them is not any more.
create or replace function app.unprotected(people uuid[]) returns uuid[]
    language sql stable security definer set search_path = ''
    as $$
        select array_agg(x) from unnest(unprotected.people) x where x <> all (app.aliased_persons())
    $$;
create or replace function app.protected_since(people uuid[]) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select coalesce(protected_since.people && app.aliased_persons(), false)
    $$;
comment on column app.idempotency_keys.persons is 'Whom the answer names and had no alias for the caller then; null for an answer that names nobody.';

-- What was kept before says nothing of those who had an alias then.
update app.idempotency_keys k set answer = null
where exists (select from app.protected_names n where n.municipality_id = k.municipality_id and n.person_id = k.child_id);

-- may_hear_again_by_alias tells it of what is done by the alias, without a clearance: who answers for the person, and is not kept from them.
create function app.may_hear_again_by_alias(operation text, about uuid) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select coalesce(scope.caller() = 'staff'
            and may_hear_again_by_alias.operation in ('DeactivateGuardianship', 'SuspendGuardianship', 'SetRestriction', 'GrantClearance', 'RevokeClearance', 'SetAlias')
            and may_hear_again_by_alias.about <> all (app.kept_from())
            and exists (
                select from app.protected_places w
                where w.municipality_id = scope.municipality() and w.person_id = may_hear_again_by_alias.about and w.institution_id = any (app.headed_at())), false)
    $$;
call scope.hand_over('app.may_hear_again_by_alias(text, uuid)', 'budstikke_api');

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
        'elsif not app.may_hear_again(found_row.child_id, found_row.institution_id) then',
        'elsif not app.may_hear_again(found_row.child_id, found_row.institution_id) and not app.may_hear_again_by_alias(claim_key.operation, found_row.child_id) then');
end
$do$;

grant create on schema app to budstikke_access;
do $do$
begin
    execute pg_temp.changed(pg_get_functiondef('app.decide_held()'::regprocedure),
        'or exists (
                select from app.guardianships g
                where g.municipality_id = new.municipality_id and g.guardian_id = scope.person() and g.child_id = coalesce(new.child_id, new.person_id))',
        'or app.held_in_family(scope.person(), new.person_id, new.child_id)
            or new.state = ''accepted'' and old.state = ''proposed'' and app.held_in_family(old.proposed_by, new.person_id, new.child_id)');
    execute pg_temp.changed(pg_get_functiondef('app.held_listeners(uuid, text[])'::regprocedure),
        'and not exists (
            select from app.guardianships g
            where g.municipality_id = a.municipality_id and g.guardian_id = a.person_id and g.child_id = coalesce(h.child_id, h.person_id))',
        'and not app.held_in_family(a.person_id, h.person_id, h.child_id)');
    execute pg_temp.changed(pg_get_functiondef('app.facts(text, uuid)'::regprocedure),
        'if facts.noun = ''protected_person'' and caller = ''staff'' then',
        'if facts.noun = ''conversation'' and not own and app.family_of(child) then -- the other home''s (B11)
            roles := ''{}''; access := false;
        end if;
        if facts.noun = ''protected_person'' and caller = ''staff'' then');
end
$do$;
revoke create on schema app from budstikke_access;
drop function pg_temp.changed(text, text, text);

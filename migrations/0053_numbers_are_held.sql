-- Why: an identity number is what its owner signs in by (H11). Where somebody already has an account, an access or a role, a register that gives them
-- another number would let somebody else in as them: it waits for a person, and the next import brings it once it was accepted (B8).
-- The previous binary: runs; its imports change such numbers at once.

alter table app.held_changes drop constraint held_changes_kind_check;
alter table app.held_changes add constraint held_changes_kind_check check (kind in ('guardianship_returns', 'custody_rises', 'protection_lowered',
    'enrolment_longer', 'staff_role_longer', 'identity_taken', 'identity_changed'));

-- entrusted are those of the persons who have been let in here: an account, an access that people opened, or a role.
create function app.entrusted(persons uuid[]) returns setof uuid
    language sql stable security definer set search_path = ''
    as $$
        select p from unnest(entrusted.persons) p
        where scope.caller() = 'register' and (exists (
            select from auth.accounts a where a.municipality_id = scope.municipality() and a.person_id = p)
          or exists (
            select from app.guardianship_access g
            where g.municipality_id = scope.municipality() and g.guardian_id = p and g.status in ('active', 'suspended'))
          or exists (
            select from app.staff_roles r
            where r.municipality_id = scope.municipality() and r.person_id = p and (r.ended_at is null or r.ended_at > now())))
    $$;
call scope.hand_over('app.entrusted(uuid[])', 'budstikke_api');

-- hold_numbers holds other identity numbers of these persons. wants names each number by a part of its keyed digest, which tells nobody the number.
create function app.hold_numbers(source text, file_name text, persons uuid[], wants text[], moment timestamptz) returns void
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        if scope.caller() is distinct from 'register' then
            return;
        end if;
        perform app.hold('identity_changed', p.id, p.id, (
                select e.child_id from app.enrolments e where e.municipality_id = p.municipality_id and e.child_id = p.id limit 1),
            'number', t.wants, p.protected_identity <> 'none', hold_numbers.source, hold_numbers.file_name, hold_numbers.moment)
        from unnest(hold_numbers.persons, hold_numbers.wants) as t (person, wants)
        join app.persons p on p.municipality_id = scope.municipality() and p.id = t.person;
    end
    $$;
call scope.hand_over('app.hold_numbers(text, text, uuid[], text[], timestamptz)', 'budstikke_api');

-- What its register does not say any more is withdrawn. The function is taken as it stands.
grant create on schema app to budstikke_access;
do $$
declare
    known constant text := pg_get_functiondef('app.withdraw_held(text, timestamptz)'::regprocedure);
    wider constant text := replace(known, 'when ''identity_taken'' then h.source',
        E'when ''identity_changed'' then h.source = withdraw_held.source and h.seen_at < withdraw_held.moment\n            when ''identity_taken'' then h.source');
begin
    if wider = known then
        raise exception 'app.withdraw_held is not as this migration expects it';
    end if;
    execute wider;
end
$$;
revoke create on schema app from budstikke_access;

-- Why: a new record of a register whose identity number is somebody's here was taken for that person, under whatever name, and renamed them. One
-- mistyped number gave somebody with an account, an access or a role another family's name and children. Where no name agrees it waits for a person,
-- and the next import joins the two once it was accepted (B8, H11).
-- The previous binary: runs; its imports join at once.

alter table app.held_changes drop constraint held_changes_kind_check;
alter table app.held_changes add constraint held_changes_kind_check check (kind in ('guardianship_returns', 'custody_rises', 'protection_lowered',
    'enrolment_longer', 'staff_role_longer', 'identity_taken', 'identity_changed', 'identity_joined'));

-- hold_joins holds new records that have the identity numbers of these persons, and quite other names. wants names each by a part of the keyed digest
-- of its name, which tells nobody the name.
create function app.hold_joins(source text, file_name text, persons uuid[], wants text[], moment timestamptz) returns void
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        if scope.caller() is distinct from 'register' then
            return;
        end if;
        perform app.hold('identity_joined', p.id, p.id, (
                select e.child_id from app.enrolments e where e.municipality_id = p.municipality_id and e.child_id = p.id limit 1),
            'name', t.wants, p.protected_identity <> 'none', hold_joins.source, hold_joins.file_name, hold_joins.moment)
        from unnest(hold_joins.persons, hold_joins.wants) as t (person, wants)
        join app.persons p on p.municipality_id = scope.municipality() and p.id = t.person;
    end
    $$;
call scope.hand_over('app.hold_joins(text, text, uuid[], text[], timestamptz)', 'budstikke_api');

-- What its register does not say any more is withdrawn. The function is taken as it stands.
grant create on schema app to budstikke_access;
do $$
declare
    known constant text := pg_get_functiondef('app.withdraw_held(text, timestamptz)'::regprocedure);
    wider constant text := replace(known, 'when ''identity_taken'' then h.source',
        E'when ''identity_joined'' then h.source = withdraw_held.source and h.seen_at < withdraw_held.moment\n            when ''identity_taken'' then h.source');
begin
    if wider = known then
        raise exception 'app.withdraw_held is not as this migration expects it';
    end if;
    execute wider;
end
$$;
revoke create on schema app from budstikke_access;

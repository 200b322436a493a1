-- Why: an identity number or a joined record that people had accepted was accepted for ever: a register that went back and forth brought it again without
-- anybody being asked. Now it counts once, and for sixty days. Two different numbers or records for one person wait beside each other instead of the second
-- taking the first one's place (B8, H11). What waits about a child is seen where the child is now and nowhere else (V14), and whoever accepts it holds what it
-- is about first, as whoever ends a role does: the two could wait for each other.
-- The previous binary: runs; its imports bring what was accepted once more than they should.

alter table app.held_changes add column used_at timestamptz; -- an import has brought what was accepted, or it is too late for it
drop index app.held_once;
create unique index held_once on app.held_changes (municipality_id, kind, row_id,
    (case when kind in ('identity_changed', 'identity_joined', 'identity_taken') then wants else '' end)) where state in ('waiting', 'proposed');
set local role budstikke_access; -- which alone sees every municipality
update app.held_changes set used_at = now() where state = 'accepted' and decided_at < now() - interval '60 days';
reset role;

drop policy head_reads on app.held_changes;
create policy head_reads on app.held_changes for select to budstikke_api
    using ((select scope.caller()) = 'staff' and (child_id is null or child_id <> all ((select app.hidden_children())::uuid[]))
        and (institutions && (select app.headed_at())::uuid[] and (child_id is null or child_id in (select app.headed_children()))
            or institutions = '{}' and (select app.owns_municipality())));

-- use_joins notes that an import has brought records that were accepted for these persons.
create function app.use_joins(persons uuid[], wants text[], moment timestamptz) returns void
    language sql volatile security definer set search_path = ''
    as $$
        update app.held_changes h set used_at = use_joins.moment
        from unnest(use_joins.persons, use_joins.wants) as t (person, wants)
        where scope.caller() = 'register' and h.municipality_id = scope.municipality() and h.kind = 'identity_joined' and h.state = 'accepted'
          and h.used_at is null and h.row_id = t.person and h.wants = t.wants
    $$;
call scope.hand_over('app.use_joins(uuid[], text[], timestamptz)', 'budstikke_api');

-- lock_held keeps everybody else from deciding about these changes, and from changing what they are about, until the transaction ends. What they are about
-- comes first, in the order in which imports write it.
create function app.lock_held(changes uuid[]) returns void
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
        rows constant uuid[] := array(
            select h.row_id from app.held_changes h
            where h.municipality_id = here and h.id = any (lock_held.changes) and scope.caller() = 'staff'
              and (h.institutions && app.headed_at() or h.institutions = '{}' and app.owns_municipality()));
    begin
        perform from app.persons p where p.municipality_id = here and p.id = any (rows) order by p.id for no key update;
        perform from app.enrolments e where e.municipality_id = here and e.id = any (rows) order by e.id for no key update;
        perform from app.guardianships g where g.municipality_id = here and g.id = any (rows) order by g.id for no key update;
        perform from app.staff_roles r where r.municipality_id = here and r.id = any (rows) order by r.id for no key update;
        perform from app.held_changes h where h.municipality_id = here and h.id = any (lock_held.changes) and h.row_id = any (rows) order by h.id for update;
    end
    $$;
call scope.hand_over('app.lock_held(uuid[])', 'budstikke_api');

-- The functions below are taken as they stand.
do $$
declare
    known text;
    wider text;
begin
    grant create on schema app to budstikke_access;

    known := pg_get_functiondef('app.hold(text, uuid, uuid, uuid, text, text, boolean, text, text, timestamptz)'::regprocedure);
    wider := replace(known, 'h.row_id = hold.row_id and h.state <> ''withdrawn''', 'h.row_id = hold.row_id and h.state <> ''withdrawn''
          and (h.wants = hold.wants or hold.kind not in (''identity_changed'', ''identity_joined'', ''identity_taken''))');
    if wider = known then
        raise exception 'app.hold is not as this migration expects it';
    end if;
    execute wider;

    -- An accepted number is used when its person has it.
    known := pg_get_functiondef('app.withdraw_held(text, timestamptz)'::regprocedure);
    wider := replace(known, '        update app.held_changes h set institutions =', '        update app.held_changes h set used_at = withdraw_held.moment
        from app.persons p
        where h.municipality_id = here and h.kind = ''identity_changed'' and h.state = ''accepted'' and h.used_at is null
          and p.municipality_id = here and p.id = h.row_id and h.wants = ''number '' || encode(substring(p.national_id_index from 1 for 8), ''hex'');
        update app.held_changes h set institutions =');
    if wider = known then
        raise exception 'app.withdraw_held is not as this migration expects it';
    end if;
    execute wider;

    -- Between two imports children move, too: what waits goes with them, and whoever it waits for now is told.
    known := pg_get_functiondef('app.tell_held(timestamptz)'::regprocedure);
    wider := replace(known, '        with told as (
            update app.held_changes h set told_at = moment', '        update app.held_changes h set institutions = n.places, told_at = case when n.places <@ h.institutions and n.places <> ''{}'' then h.told_at end
        from (
            select x.id, app.held_places(x.person_id, x.child_id) as places from app.held_changes x
            where x.municipality_id = here and x.state in (''waiting'', ''proposed'')) n
        where h.municipality_id = here and h.id = n.id and not (n.places <@ h.institutions and n.places @> h.institutions);
        with told as (
            update app.held_changes h set told_at = moment');
    if wider = known then
        raise exception 'app.tell_held is not as this migration expects it';
    end if;
    execute wider;

    revoke create on schema app from budstikke_access;
end
$$;

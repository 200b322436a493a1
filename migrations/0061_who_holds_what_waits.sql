-- Why: what an import held of a role is decided by who stands above it (V2, V9), and is nobody's to accept any more once people have ended the role or
-- set another last day for it (B8, V11). And heads and owners whose own access is left in a review are asked for it also where it is that of a
-- guardian or of a second role (V10).
-- The previous binary: runs; a head who accepts a longer role of another head with it gets an error.

-- above_held tells whether the staff member of this transaction stands above the role that a held change would make longer; of other changes, always.
create function app.above_held(kind text, row_id uuid) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select above_held.kind <> 'staff_role_longer' or not exists (
            select from app.staff_roles r
            where r.municipality_id = scope.municipality() and r.id = above_held.row_id and r.role in ('owner', 'head')
              and app.outranks(r.institution_id, r.role) is not true)
    $$;
call scope.hand_over('app.above_held(text, uuid)', 'budstikke_api');

-- withdraw_longer takes back what waits of a role to which people have given another end than the register's, as the next import would.
create function app.withdraw_longer() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    begin
        if scope.caller() is not distinct from 'register' then
            return null; -- an import withdraws at its end
        end if;
        update app.held_changes h set state = 'withdrawn', proposed_by = null, proposed_at = null, version = h.version + 1
        where h.municipality_id = new.municipality_id and h.row_id = new.id and h.kind = 'staff_role_longer' and h.state in ('waiting', 'proposed');
        return null;
    end
    $$;
call scope.hand_over('app.withdraw_longer()', variadic '{}');
create trigger withdraw_longer after update of ended_at on app.staff_roles for each row
    when (new.ended_at is distinct from old.ended_at and new.ended_at is distinct from new.register_end) execute function app.withdraw_longer();

-- The functions below are taken as they stand.
grant create on schema app to budstikke_access;
do $$
declare
    known text;
    wider text;
begin
    known := pg_get_functiondef('app.decide_held()'::regprocedure);
    wider := replace(replace(known, 'if old.state not in (''waiting'', ''proposed'')',
        E'if new.state = ''withdrawn'' and pg_trigger_depth() > 1 then\n            return new; -- people ended what it would make longer\n        end if;\n'
        '        if old.state not in (''waiting'', ''proposed'')'),
        'or new.state = ''accepted'' and new.kind = ''identity_taken''',
        'or new.state = ''accepted'' and (new.kind = ''identity_taken'' or app.above_held(new.kind, new.row_id) is not true)');
    if length(wider) < length(known) + 200 then
        raise exception 'app.decide_held is not as this migration expects it';
    end if;
    execute wider;

    -- Heads are not told of what waits for an owner.
    known := pg_get_functiondef('app.held_listeners(uuid, text[])'::regprocedure);
    wider := replace(known, 'a.role = any (held_listeners.roles) and a.person_id <> h.person_id',
        E'a.role = any (held_listeners.roles) and a.person_id <> h.person_id\n            and (a.role = ''owner'' or h.kind <> ''staff_role_longer'' or not exists (\n'
        '                select from app.staff_roles x\n'
        '                where x.municipality_id = h.municipality_id and x.id = h.row_id and x.role in (''owner'', ''head'')))');
    if wider = known then
        raise exception 'app.held_listeners is not as this migration expects it';
    end if;
    execute wider;

    known := pg_get_functiondef('app.ask_others(timestamptz)'::regprocedure);
    wider := replace(known, 'bool_and(coalesce(w.role in (''head'', ''owner''), false)) as leading',
        E'bool_and(coalesce(w.role in (''head'', ''owner''), false) or exists (\n'
        '                    select from app.staff_access s\n'
        '                    where s.municipality_id = w.municipality_id and s.institution_id = r.institution_id and s.person_id = w.person_id\n'
        '                      and s.role in (''head'', ''owner''))) as leading');
    if wider = known then
        raise exception 'app.ask_others is not as this migration expects it';
    end if;
    execute wider;
end
$$;
revoke create on schema app from budstikke_access;

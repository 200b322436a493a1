-- Why: whoever answers for an institution could clear themselves or a colleague for a protected person of their own family, and let an external partner know
-- of their own child: nobody decides about access within their own family (V6, B8, U8). Somebody else who answers for the place does.
-- The previous binary: runs; a head who does either within their own family is answered as for somebody who is not there.

do $$
declare
    known text := pg_get_functiondef('app.grant_clearance(uuid, uuid, uuid, timestamptz, text, timestamptz)'::regprocedure);
    changed text := replace(known, 'or staff = person or not exists (', 'or staff = person or grant_clearance.person = any (app.own_family()) or not exists (');
begin
    if changed = known then
        raise exception 'app.grant_clearance is not as it was';
    end if;
    execute changed;
    known := pg_get_functiondef('app.name_partner_children(uuid, uuid, uuid[])'::regprocedure);
    changed := replace(known, 'where c.id not in (select app.headed_children()) or not exists (',
        'where c.id not in (select app.headed_children()) or c.id = any (app.own_family()) or not exists (');
    if changed = known then
        raise exception 'app.name_partner_children is not as it was';
    end if;
    execute changed;
end
$$;

-- Whatever function it comes through.
create function app.another_clears() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    begin
        if new.person_id = any (app.own_family()) then
            raise exception using errcode = 'check_violation', constraint = 'family_decides_nothing',
                message = 'somebody outside the family decides who reads its names (V6, B8)';
        end if;
        return new;
    end
    $$;
call scope.hand_over('app.another_clears()', variadic '{}');
create trigger another_clears before insert on app.clearances for each row execute function app.another_clears();

create function app.another_names() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    begin
        if new.child_id = any (app.own_family()) then
            raise exception using errcode = 'check_violation', constraint = 'family_decides_nothing',
                message = 'somebody outside the family decides whom a partner may know of (V6, U8)';
        end if;
        return new;
    end
    $$;
call scope.hand_over('app.another_names()', variadic '{}');
create trigger another_names before insert on app.partner_children for each row execute function app.another_names();

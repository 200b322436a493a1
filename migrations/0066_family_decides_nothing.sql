-- Why: whoever answers for an institution decided about their own account and access, and about those of the other guardians of their own child:
-- a head could approve their own application, read what was found against it (I18), and open what another head had suspended (V6, V10). In none of the
-- Nordic countries does anybody decide in a matter of their own or of their family (forvaltningsloven § 6, förvaltningslagen § 16, hallintolaki § 28).
-- Another head does, or the owner; where there is no other head, the owners are told that something waits.
-- The previous binary: runs; a head who decides about their own family with it gets an error.

-- is_family tells whether two people are one, or are or were guardians of the same child.
create function app.is_family(one uuid, other uuid) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select is_family.one = is_family.other or exists (
            select from app.guardianships g
            join app.guardianships o on o.municipality_id = g.municipality_id and o.child_id = g.child_id and o.guardian_id = is_family.other
            where g.municipality_id = scope.municipality() and g.guardian_id = is_family.one)
    $$;
call scope.hand_over('app.is_family(uuid, uuid)', variadic '{}');

-- family_of tells the staff member of this transaction whether a child is one that they are or were a guardian of.
create function app.family_of(child uuid) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select exists (
            select from app.guardianships g
            where g.municipality_id = scope.municipality() and scope.caller() = 'staff' and g.child_id = family_of.child and g.guardian_id = scope.person())
    $$;
call scope.hand_over('app.family_of(uuid)', 'budstikke_api');

-- What is left to the family is to close what is open to oneself.
create function app.another_decides() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    begin
        if scope.caller() = 'staff' and new.decided_by is not null and exists (
            select from app.guardianships g
            where g.municipality_id = new.municipality_id and g.id = new.guardianship_id and app.family_of(g.child_id)
              and not (g.guardian_id = new.decided_by and new.status <> 'active' and exists (
                select from app.guardianship_access a
                where a.municipality_id = g.municipality_id and a.guardianship_id = g.id and a.status = 'active'
                  and (new.institution_id is null or a.institution_id = new.institution_id)))) then
            raise exception using errcode = 'check_violation', constraint = 'family_decides_nothing',
                message = 'somebody outside the family decides about its access (V6, V10)';
        end if;
        return new;
    end
    $$;
call scope.hand_over('app.another_decides()', variadic '{}');
create trigger another_decides before insert on app.guardianship_decisions for each row execute function app.another_decides();

create function app.another_clarifies() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    begin
        if app.family_of(new.child_id) then
            raise exception using errcode = 'check_violation', constraint = 'family_decides_nothing',
                message = 'somebody outside the family says whom of it to let in (V13)';
        end if;
        return new;
    end
    $$;
call scope.hand_over('app.another_clarifies()', variadic '{}');
create trigger another_clarifies before insert on app.guardian_clarifications for each row execute function app.another_clarifies();

-- The functions below are taken as they stand.
do $$
declare
    known text;
    wider text;
begin
    grant create on schema app, auth to budstikke_access;

    -- An application of the family is not there for the head, with all that was found about it.
    known := pg_get_functiondef('app.headed_applications()'::regprocedure);
    wider := replace(known, 'l.institution_id in (select app.headed_institutions())',
        'l.institution_id in (select app.headed_institutions()) and not app.is_family(scope.person(), a.person_id)');
    if wider = known then
        raise exception 'app.headed_applications is not as this migration expects it';
    end if;
    execute wider;

    known := pg_get_functiondef('app.waiting_audience(uuid)'::regprocedure);
    wider := replace(replace(known, 'and (s.role = ''head'' or not exists (',
        'and not app.is_family(s.person_id, a.person_id)
          and (s.role = ''head'' or not exists ('),
        'h.institution_id = s.institution_id and h.role = ''head'')', 'h.institution_id = s.institution_id and h.role = ''head''
              and not app.is_family(h.person_id, a.person_id))');
    if length(wider) < length(known) + 100 then
        raise exception 'app.waiting_audience is not as this migration expects it';
    end if;
    execute wider;

    known := pg_get_functiondef('app.long_waiting(timestamptz)'::regprocedure);
    wider := replace(replace(known, 'returning a.id)
            select distinct l.institution_id, case', 'returning a.id, a.person_id)
            select distinct l.institution_id, case'), 's.institution_id = l.institution_id and s.role = ''head'')', 's.institution_id = l.institution_id and s.role = ''head''
                      and not app.is_family(s.person_id, long.person_id))');
    if length(wider) < length(known) + 60 then
        raise exception 'app.long_waiting is not as this migration expects it';
    end if;
    execute wider;

    known := pg_get_functiondef('auth.end_guardian_account(uuid, text, timestamptz)'::regprocedure);
    wider := replace(known, 'g.guardian_id <> scope.person()', 'not app.family_of(g.child_id)');
    if wider = known then
        raise exception 'auth.end_guardian_account is not as this migration expects it';
    end if;
    execute wider;

    known := pg_get_functiondef('app.assistable(uuid, uuid)'::regprocedure);
    wider := replace(known, 'g.guardian_id <> scope.person()', 'not app.family_of(g.child_id)');
    if wider = known then
        raise exception 'app.assistable is not as this migration expects it';
    end if;
    execute wider;

    revoke create on schema app, auth from budstikke_access;
end
$$;

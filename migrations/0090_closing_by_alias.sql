-- Why: whoever answers for a strictly protected child and has no clearance for it could neither close nor suspend an access to it, nor keep an adult from
-- it, but keep its guardian's row in the monthly review (V10, V15, B8). A court's decision at half past seven waited for a clearance. What takes access
-- away is done by the alias now, and names nobody; what gives access still needs a clearance.
-- The previous binary: runs.

-- unseal_for_closing lets the rest of a statement's transaction meet one strictly protected child, by its alias, at a place that the caller answers for:
-- the child itself, or the one of a guardianship. It answers what to give to seal_again.
create function app.unseal_for_closing(child uuid, guardianship uuid) returns text
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        sealed constant uuid[] := app.sealed_persons();
        one constant uuid := coalesce(unseal_for_closing.child, (
            select g.child_id from app.guardianships g where g.municipality_id = scope.municipality() and g.id = unseal_for_closing.guardianship));
    begin
        if scope.caller() = 'staff' and scope.group_id() is null and one = any (sealed) and exists (
            select from app.enrolments e
            where e.municipality_id = scope.municipality() and e.child_id = one and e.institution_id = any (app.headed_at())
              and (e.ended_at is null or e.ended_at > now())) then
            perform set_config('budstikke.sealed', array_remove(sealed, one)::text, true);
        end if;
        return sealed::text;
    end
    $$;
call scope.hand_over('app.unseal_for_closing(uuid, uuid)', 'budstikke_api');

create function app.seal_again(sealed text) returns void
    language sql volatile
    as $$ select set_config('budstikke.sealed', seal_again.sealed, true) $$;
revoke all on function app.seal_again(text) from public;
grant execute on function app.seal_again(text) to budstikke_api;

-- Nothing opens by an alias.
create function app.opens_by_clearance() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    begin
        if scope.caller() = 'staff' and exists (
            select from app.guardianships g
            join app.persons c on c.municipality_id = g.municipality_id and c.id = g.child_id and c.protected_identity = 'strict'
            where g.municipality_id = new.municipality_id and g.id = new.guardianship_id and c.id <> all (app.cleared_for())) then
            raise exception using errcode = 'check_violation', constraint = 'strict_needs_clearance',
                message = 'an access to a strictly protected child is opened by somebody with a clearance (B8)';
        end if;
        return new;
    end
    $$;
call scope.hand_over('app.opens_by_clearance()', variadic '{}');
create trigger opens_by_clearance before insert on app.guardianship_decisions
    for each row when (new.status = 'active') execute function app.opens_by_clearance();

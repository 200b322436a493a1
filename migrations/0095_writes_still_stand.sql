-- Why: what a person may do is looked up as their transaction opens. A write that then waited for a lock was carried out by somebody whose session, role or
-- access had been taken away while it waited (V15). As the last thing before its commit a write now asks whether what it was let in by is still there,
-- and holds it until the commit: an ending is either before it, and the write is not carried out, or after it.
-- The previous binary: runs, and does not ask.

-- still_stands raises when the session has ended, or when somebody has less than they entered with. The first is refused as every request of that session
-- is; the second is a serialization failure: nothing was written, and the same request again gets the answer that it has now. What the transaction has
-- ended itself, such as one's own account, is no reason. A transaction that has written nothing is not asked.
create function auth.still_stands(session uuid, me uuid) returns void
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
        caller constant text := scope.caller();
        own constant xid := pg_current_xact_id_if_assigned()::xid;
        had_children constant uuid[] := scope.list('budstikke.children');
        had_places constant uuid[] := scope.list('budstikke.places');
        had_institutions constant uuid[] := scope.list('budstikke.at_institutions');
        had_groups constant uuid[] := scope.list('budstikke.at_groups');
        had_roles constant text[] := coalesce(nullif(current_setting('budstikke.as_roles', true), '')::text[], '{}');
        had_hidden constant uuid[] := scope.list('budstikke.hidden');
        lost boolean := false;
    begin
        if own is null then
            return;
        end if;
        perform from auth.sessions s
        where s.municipality_id = here and s.id = still_stands.session and (s.ended_at is null or s.xmin = own)
        for share;
        if not found then
            raise exception using errcode = 'BU401', message = 'the session has ended meanwhile';
        end if;
        if scope.person() is distinct from still_stands.me or caller not in ('guardian', 'staff') then
            return;
        end if;
        if caller = 'guardian' then
            perform from app.guardianship_access a where a.municipality_id = here and a.guardian_id = me
            order by a.guardianship_id, a.institution_id for share;
            if exists (select from app.guardianship_access a where a.municipality_id = here and a.guardian_id = me and a.xmin = own) then
                return;
            end if;
            perform app.remember(here, me, caller);
            lost := exists (
                select * from unnest(had_children, had_places)
                except select * from unnest(scope.list('budstikke.children'), scope.list('budstikke.places')));
        else
            perform from app.staff_roles r where r.municipality_id = here and r.person_id = me order by r.id for share;
            if exists (select from app.staff_roles r where r.municipality_id = here and r.person_id = me and r.xmin = own)
                or exists (select from app.staff_leaves l where l.municipality_id = here and l.person_id = me and l.xmin = own) then
                return;
            end if;
            perform app.remember(here, me, caller);
            lost := exists (
                select * from unnest(had_institutions, had_groups, had_roles)
                except select * from unnest(scope.list('budstikke.at_institutions'), scope.list('budstikke.at_groups'),
                    coalesce(nullif(current_setting('budstikke.as_roles', true), '')::text[], '{}')))
                or exists (select from app.restrictions x where x.municipality_id = here and x.person_id = me and x.xmin is distinct from own
                    and x.child_id = any (scope.list('budstikke.hidden')) and x.child_id <> all (had_hidden));
        end if;
        if lost then
            raise exception using errcode = 'serialization_failure', message = 'the access has changed meanwhile';
        end if;
    end
    $$;
call scope.hand_over('auth.still_stands(uuid, uuid)', 'budstikke_api');

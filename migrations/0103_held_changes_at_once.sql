-- Why: what was accepted took effect row by row, and each effect set off, for a single row, all the statements by which accesses follow a guardianship or a
-- place: a batch of 200 took seconds. Whether a change may be accepted is still asked of each; what comes of a statement that accepts is done in one
-- statement for each kind, and what follows from that once (B8).
-- The previous binary: runs; its statements accept one each.

do $$
declare
    known text := pg_get_functiondef('app.decide_held()'::regprocedure);
    changed text := regexp_replace(known, '        if new\.state <> ''accepted'' then\s+return new;\s+end if;\s+case new\.kind.*end case;\n', '');
begin
    if changed = known or changed ~ 'app\.enrolments e set' then
        raise exception 'app.decide_held is not as it was';
    end if;
    execute changed;
end
$$;

-- widen_held does what was accepted. The rows are locked in their order by whoever decides a batch, so that it waits for nobody here.
create function app.widen_held() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
        k record;
    begin
        if scope.caller() is null or scope.caller() in ('register', 'clock') then
            return null; -- the administrator, an import, and the clock
        end if;
        for k in
            select x.kind, array_agg(x.row_id) as ids, array_agg(x.wants) as wants
            from (
                select n.id, n.kind, n.row_id, n.wants from added n where n.state = 'accepted'
                except
                select o.id, o.kind, o.row_id, o.wants from removed o where o.state = 'accepted') x
            group by x.kind order by x.kind
        loop
            case k.kind
            when 'guardianship_returns' then
                update app.guardianships g set ended_at = null, register_end = null, version = g.version + 1
                where g.municipality_id = here and g.id = any (k.ids);
            when 'custody_rises' then
                update app.guardianships g set legal = true, version = g.version + 1
                where g.municipality_id = here and g.id = any (k.ids);
            when 'protection_lowered' then
                update app.persons p set protected_identity = w.wants
                from unnest(k.ids, k.wants) as w (id, wants) where p.municipality_id = here and p.id = w.id;
            when 'enrolment_longer' then
                update app.enrolments e set ended_at = nullif(w.wants, 'open')::timestamptz, register_end = nullif(w.wants, 'open')::timestamptz
                from unnest(k.ids, k.wants) as w (id, wants) where e.municipality_id = here and e.id = w.id;
            when 'staff_role_longer' then
                update app.staff_roles r set ended_at = nullif(w.wants, 'open')::timestamptz, register_end = nullif(w.wants, 'open')::timestamptz
                from unnest(k.ids, k.wants) as w (id, wants) where r.municipality_id = here and r.id = w.id;
            else
                null; -- the next import brings it
            end case;
        end loop;
        return null;
    end
    $$;
call scope.hand_over('app.widen_held()', variadic '{}');
create trigger widen_held after update on app.held_changes
    referencing old table as removed new table as added for each statement execute function app.widen_held();

-- Why: when a register ended or moved many at once, what follows from it was found by joining the rows before and after one by one: Postgres plans such
-- a join by how many rows there were when the session first came here, and a session that began with one row went on with all pairs of ten thousand.
-- Set operations and grouping take time in proportion to the rows, whatever is believed about their number.
-- The previous binary: runs; every function keeps its name and what it does.

create or replace function app.settle_guardianships() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        if not exists (
            select n.municipality_id, n.id, n.ended_at, n.legal, n.basis from added n
            except
            select o.municipality_id, o.id, o.ended_at, o.legal, o.basis from removed o) then
            return null; -- also the summary that app.summarise_access writes
        end if;
        perform app.settle_access(c.municipality_id, array_agg(distinct c.child_id))
        from (
            select n.municipality_id, n.id, n.child_id, n.ended_at from added n
            except
            select o.municipality_id, o.id, o.child_id, o.ended_at from removed o) c
        group by c.municipality_id;
        -- What a head sees of it has changed, so that a tap on the old state is refused.
        update app.guardianship_access a set version = a.version + 1
        from (
            select n.municipality_id, n.id, n.legal, n.basis, n.ended_at from added n
            except
            select o.municipality_id, o.id, o.legal, o.basis, o.ended_at from removed o) c
        where a.municipality_id = c.municipality_id and a.guardianship_id = c.id;
        return null;
    end
    $$;

-- An enrolment that ended by time has left its rows as they were: when a register lets it run again, what was open then is not open now.
create or replace function app.settle_enrolments() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        update app.guardianship_access a set status = 'ended', version = a.version + 1, changed_at = now(), changed_by = null
        from (
            select x.municipality_id, x.id, (array_agg(x.child_id) filter (where x.after))[1] as child_id,
                (array_agg(x.institution_id) filter (where x.after))[1] as institution_id, max(x.ended_at) filter (where x.after) as ended_at,
                (array_agg(x.institution_id) filter (where not x.after))[1] as was_at, max(x.ended_at) filter (where not x.after) as had_ended_at
            from (
                select n.municipality_id, n.id, n.child_id, n.institution_id, n.ended_at, true as after from added n
                union all
                select o.municipality_id, o.id, o.child_id, o.institution_id, o.ended_at, false from removed o) x
            group by x.municipality_id, x.id) n
        where a.municipality_id = n.municipality_id and a.child_id = n.child_id and a.institution_id = n.institution_id
          and a.status in ('imported', 'inactive', 'active') and (n.ended_at is null or n.ended_at > now())
          and (n.had_ended_at <= now() or n.was_at <> n.institution_id)
          and not exists (
            select from app.enrolments e
            where e.municipality_id = n.municipality_id and e.child_id = n.child_id and e.institution_id = n.institution_id
              and e.id <> n.id and (e.ended_at is null or e.ended_at > now()));
        perform app.settle_access(c.municipality_id, array_agg(distinct c.child_id))
        from (
            select n.municipality_id, n.id, n.child_id, n.ended_at, n.institution_id from added n
            except
            select o.municipality_id, o.id, o.child_id, o.ended_at, o.institution_id from removed o) c
        group by c.municipality_id;
        return null;
    end
    $$;

create or replace function app.lapse_proof_changed() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        insert into app.guardianship_decisions (municipality_id, id, guardianship_id, institution_id, status, until, reason, decided_at, rule)
        select a.municipality_id, scope.new_id(), a.guardianship_id, a.institution_id, 'suspended', a.until, '', greatest(now(), a.changed_at), 'register_changed'
        from app.guardianship_access a
        where (a.municipality_id, a.child_id) in (
                select c.municipality_id, c.child_id
                from (
                    select n.municipality_id, n.id, n.child_id, to_jsonb(n) - '{status,version,group_id}'::text[] from added n
                    except
                    select o.municipality_id, o.id, o.child_id, to_jsonb(o) - '{status,version,group_id}'::text[] from removed o) c)
          and a.status = 'suspended' and app.decided_last(a.municipality_id, a.guardianship_id, a.institution_id) = 'proof_overdue';
        return null;
    end
    $$;

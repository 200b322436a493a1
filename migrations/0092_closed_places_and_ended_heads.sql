-- Why: an institution that the register closed kept its staff: whoever had a role there went on reading about its children until the role ended, which the
-- register need not say (V11, V15). The roles at a closed institution count no more; owners keep theirs, because somebody must answer for what is left.
-- And an institution whose only head has an account that was ended counted as headed, so nobody was told (V9). A head who was never invited still
-- counts: the register names them.
-- The previous binary: runs.
create function pg_temp.changed(routine regprocedure, passage text, instead text) returns void
    language plpgsql as $$
    declare
        definition constant text := pg_get_functiondef(routine);
    begin
        if length(definition) - length(replace(definition, passage, '')) <> length(passage) then
            raise exception 'the passage is not there exactly once: %', passage;
        end if;
        execute replace(definition, passage, instead);
    end
$$;

create or replace view app.staff_access with (security_invoker = true) as
    select r.municipality_id, r.person_id, i.id as institution_id, r.group_id, r.role
    from app.staff_roles r
    join app.institutions i on i.municipality_id = r.municipality_id
        and (i.id = r.institution_id or r.institution_id is null and r.role = 'owner' and i.ownership = 'municipal')
    where (r.starts_at is null or r.starts_at <= now()) and (r.ended_at is null or r.ended_at > now())
      and (i.closed_at is null or i.closed_at > now() or r.role = 'owner')
      and r.role in ('owner', 'head', 'leader', 'employee', 'substitute')
      and not exists (
        select from app.staff_leaves l
        where l.municipality_id = r.municipality_id and l.person_id = r.person_id and l.institution_id = i.id
          and l.starts_at <= now() and (l.until is null or l.until > now()));

-- headed_by_somebody tells whether somebody heads the institution who could: a head at work whose account nobody ended.
create function app.headed_by_somebody(municipality uuid, institution uuid) returns boolean
    language sql stable security definer set search_path = '' as $$
    select exists (
        select from app.staff_access a
        where a.municipality_id = headed_by_somebody.municipality and a.institution_id = headed_by_somebody.institution and a.role = 'head'
          and (exists (
            select from auth.accounts x
            where x.municipality_id = a.municipality_id and x.person_id = a.person_id and x.kind = 'staff' and x.ended_at is null)
            or not exists (
            select from auth.accounts x
            where x.municipality_id = a.municipality_id and x.person_id = a.person_id and x.kind = 'staff')))
$$;
call scope.hand_over('app.headed_by_somebody(uuid, uuid)', variadic '{}');

select pg_temp.changed('app.tell_headless(timestamptz)',
    $q$not exists (
            select from app.staff_access a where a.municipality_id = here and a.institution_id = i.id and a.role = 'head')$q$,
    'not app.headed_by_somebody(here, i.id)');
select pg_temp.changed('app.without_head()',
    $q$not exists (
            select from app.staff_access a where a.municipality_id = i.municipality_id and a.institution_id = i.id and a.role = 'head')$q$,
    'not app.headed_by_somebody(i.municipality_id, i.id)');

-- Whoever worked at an institution that closes is cut off at once, or by the sweep when its day comes.
create function app.cut_off_closed() returns trigger
    language plpgsql security definer set search_path = '' as $$
    begin
        perform app.cut_off(new.municipality_id, r.person_id), app.cut_off_partners(new.municipality_id, r.person_id)
        from (select distinct x.person_id from app.staff_roles x
              where x.municipality_id = new.municipality_id and x.institution_id = new.id and (x.ended_at is null or x.ended_at > now())) r;
        return null;
    end
$$;
call scope.hand_over('app.cut_off_closed()', variadic '{}');
create trigger cut_off_closed after update of closed_at on app.institutions
    for each row when (new.closed_at is not null and new.closed_at is distinct from old.closed_at) execute function app.cut_off_closed();

select pg_temp.changed('app.sweep_access()',
    $q$select r.person_id from app.staff_roles r where r.municipality_id = here and r.ended_at > since and r.ended_at <= now()
            union$q$,
    $q$select r.person_id from app.staff_roles r where r.municipality_id = here and r.ended_at > since and r.ended_at <= now()
            union
            select r.person_id from app.staff_roles r
            join app.institutions i on i.municipality_id = r.municipality_id and i.id = r.institution_id
            where i.municipality_id = here and i.closed_at > since and i.closed_at <= now()
            union$q$);

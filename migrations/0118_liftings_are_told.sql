-- Why: that the lifting of a restriction waited for a second person nobody was told, and after fourteen days it lapsed unseen (B8). The others who may
-- confirm it are told now, in words that say nothing of whom it is about.
-- The previous binary: runs, and tells nobody.

-- lifting_listeners answers who else may confirm the lifting of a restriction whose lifting the caller proposes, each with one place of the child: those who
-- head or own it, but whom it is about, who is of the family of either, and who is kept from the child.
create function app.lifting_listeners(restriction uuid) returns table (institution_id uuid, person_id uuid)
    language sql stable security definer rows 5 set search_path = ''
    as $$
        select distinct on (a.person_id) a.institution_id, a.person_id
        from app.restrictions r
        join app.enrolments e on e.municipality_id = r.municipality_id and e.child_id = r.child_id and (e.ended_at is null or e.ended_at > now())
        join app.staff_access a on a.municipality_id = e.municipality_id and a.institution_id = e.institution_id and a.role in ('head', 'owner')
        where r.municipality_id = scope.municipality() and r.id = lifting_listeners.restriction and scope.caller() = 'staff'
          and r.child_id in (select app.headed_children()) and a.person_id not in (scope.person(), r.person_id) and not app.is_family(a.person_id, r.person_id)
          and not exists (
            select from app.guardianships g
            where g.municipality_id = r.municipality_id and g.child_id = r.child_id and g.guardian_id = a.person_id)
          and not exists (
            select from app.kept_persons k
            where k.municipality_id = r.municipality_id and k.person_id = r.child_id and k.staff_id = a.person_id)
        order by a.person_id, a.institution_id
    $$;
call scope.hand_over('app.lifting_listeners(uuid)', 'budstikke_api');

do $$
declare
    known constant text := (select pg_get_constraintdef(c.oid) from pg_constraint c
        where c.conrelid = 'notify.events'::regclass and c.conname = 'events_kind_check');
    wider constant text := replace(known, '''lifting_lapsed''::text', '''lifting_lapsed''::text, ''lifting_proposed''::text');
begin
    if wider is null or wider = known then
        raise exception 'notify.events knows its kinds by another constraint';
    end if;
    alter table notify.events drop constraint events_kind_check;
    execute 'alter table notify.events add constraint events_kind_check ' || wider;
end
$$;

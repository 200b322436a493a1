-- Why: what the policy in front of every transaction decides by. It is asked in the batch that proves the session, so that nobody reads or
-- writes a row before it was decided that they may (V15, B8).
-- The previous binary: runs; it does not ask.

-- facts tells what the database knows about the person of this transaction and one thing that they name. It tells nothing about anything of
-- another municipality, which is not found. Own: they wrote it or take part in it. Access: the rule of access gives them the child. Place: it
-- gives a guardian a child at the institution. Roles: what staff hold at the institution, or where the child is enrolled now.
create function app.facts(noun text, id uuid)
    returns table (there boolean, own boolean, relation text, access boolean, place boolean, roles text[], protection text, restricted boolean)
    language plpgsql stable security definer set search_path = ''
    as $$
    #variable_conflict use_column
    declare
        here constant uuid := scope.municipality();
        me constant uuid := scope.person();
        caller constant text := scope.caller();
        child uuid;
        institution uuid;
        author uuid;
        closed_at uuid; -- where what is asked about was written: a guardian who is closed out there does not see it (V15)
    begin
        there := false; own := false; relation := 'none'; access := false; place := false; roles := '{}'; protection := 'none'; restricted := false;
        case facts.noun
        when 'child' then
            child := facts.id;
        when 'institution' then
            select i.id into institution from app.institutions i where i.municipality_id = here and i.id = facts.id;
        when 'absence' then
            select a.child_id, a.reported_by, a.institution_id into child, author, closed_at from app.absences a where a.municipality_id = here and a.id = facts.id;
        when 'conversation' then
            select c.child_id, c.institution_id, c.guardian_id, c.institution_id into child, institution, author, closed_at
            from app.conversations c where c.municipality_id = here and c.id = facts.id;
        when 'guardianship' then
            select g.child_id, g.guardian_id into child, author from app.guardianships g where g.municipality_id = here and g.id = facts.id;
        when 'alert' then
            select a.institution_id, a.raised_by into institution, author from app.alerts a where a.municipality_id = here and a.id = facts.id;
        else
            raise exception 'app.facts knows no noun %', facts.noun;
        end case;
        if child is not null then
            select p.protected_identity into protection from app.persons p where p.municipality_id = here and p.id = child;
            there := protection is not null;
        else
            there := institution is not null;
        end if;
        if not there then
            protection := 'none';
            return next;
            return;
        end if;
        own := author is not distinct from me;
        restricted := child is not null and exists (
            select from app.restrictions_now x
            where x.municipality_id = here and x.child_id = child and x.person_id = me and x.kind = 'no_access');
        if caller = 'guardian' then
            if child is not null then
                select case when g.ended_at is not null then 'ended' else coalesce((
                        select case a.status when 'imported' then 'inactive' else a.status end from app.guardianship_access a
                        where a.municipality_id = here and a.guardianship_id = g.id and (institution is null or a.institution_id = institution)
                        order by array_position(array['active', 'suspended', 'inactive', 'imported', 'ended'], a.status) limit 1), 'inactive') end
                into relation from app.guardianships g
                where g.municipality_id = here and g.child_id = child and g.guardian_id = me;
                relation := coalesce(relation, 'none');
                access := exists (
                        select from app.guardian_access a where a.municipality_id = here and a.guardian_id = me and a.child_id = child)
                    and not exists (
                        select from app.guardianship_access a
                        where a.municipality_id = here and a.guardian_id = me and a.child_id = child and a.institution_id = closed_at
                          and (a.status in ('imported', 'inactive', 'suspended') or a.status = 'active' and a.until <= now()));
            else
                place := exists (
                    select from app.guardian_access a where a.municipality_id = here and a.guardian_id = me and a.institution_id = institution);
            end if;
        elsif caller = 'staff' then
            if institution is not null then
                select coalesce(array_agg(a.role), '{}') into roles from app.staff_access a
                where a.municipality_id = here and a.person_id = me and a.institution_id = institution;
            end if;
            if child is not null then
                select case when institution is null then coalesce(array_agg(a.role), '{}') else roles end,
                    coalesce(bool_or(protection = 'none' or a.role in ('head', 'owner') or a.group_id = e.group_id), false)
                into roles, access
                from app.staff_access a
                join app.enrolments e on e.municipality_id = a.municipality_id and e.institution_id = a.institution_id
                where a.municipality_id = here and a.person_id = me and e.child_id = child and (e.ended_at is null or e.ended_at > now());
            end if;
        end if;
        return next;
    end
    $$;
grant select on app.absences to budstikke_access;
call scope.hand_over('app.facts(text, uuid)', 'budstikke_api');

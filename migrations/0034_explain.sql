-- Why: "who would see this, and why?" must have one answer, and it must be the one that decides (B9). The facts that the policy decides by are
-- told about somebody else, by the very function that tells them about the caller of a transaction, so that there is no second rule to explain.
-- The previous binary: runs; it does not ask.

-- facts_of is app.facts, told as if the transaction were somebody else's. It lends the scope to them for that one question and takes it back;
-- only the functions below may ask it.
create function app.facts_of(caller text, person uuid, noun text, id uuid) returns jsonb
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        me constant text := coalesce(current_setting('budstikke.person', true), '');
        mine constant text := coalesce(current_setting('budstikke.caller', true), '');
        told jsonb;
    begin
        perform set_config('budstikke.person', facts_of.person::text, true), set_config('budstikke.caller', facts_of.caller, true);
        select to_jsonb(f) into told from app.facts(facts_of.noun, facts_of.id) f;
        perform set_config('budstikke.person', me, true), set_config('budstikke.caller', mine, true);
        return told;
    end
    $$;
call scope.hand_over('app.facts_of(text, uuid, text, uuid)', variadic '{}');

-- viewers are those who could come into question for seeing a child, or something about it: its guardians of now and before, whoever a restriction
-- keeps from it, and the staff of where it is enrolled. One row per ground, with the facts that the policy decides by; who of them would see it,
-- the policy says. For heads and owners of the child, for its guardians (staff only, and nobody in particular), and for the auditor.
create function app.viewers(child uuid, noun text, id uuid)
    returns table (nth bigint, person_id uuid, caller text, hidden boolean, has_account boolean, restrictions text[], institution_id uuid, institution text,
        group_id uuid, role text, status text, since timestamptz, until timestamptz, decided_at timestamptz, decided_by uuid, facts jsonb)
    language plpgsql volatile security definer rows 50 set search_path = ''
    as $$
    #variable_conflict use_column
    declare
        here constant uuid := scope.municipality();
        asked constant text := coalesce(scope.caller(), '');
    begin
        if not (case asked
                when 'staff' then viewers.child in (select app.headed_children())
                when 'guardian' then viewers.child in (select app.own_children())
                when 'auditor' then exists (select from app.enrolments e where e.municipality_id = here and e.child_id = viewers.child)
                else false end)
            or not (case viewers.noun
                when 'child' then viewers.id = viewers.child
                when 'absence' then exists (
                    select from app.absences a where a.municipality_id = here and a.id = viewers.id and a.child_id = viewers.child)
                when 'conversation' then exists (
                    select from app.conversations c where c.municipality_id = here and c.id = viewers.id and c.child_id = viewers.child)
                else false end) then
            return;
        end if;
        return query
        with grounds as (
            select g.guardian_id as person_id, 'guardian' as caller, a.institution_id, null::uuid as group_id, null::text as role,
                case when g.ended_at is not null then 'ended' else coalesce(replace(a.status, 'imported', 'inactive'), 'inactive') end as status,
                coalesce(g.ended_at, a.changed_at, g.created_at) as since, a.until, d.decided_at, d.decided_by
            from app.guardianships g
            left join app.guardianship_access a on a.municipality_id = g.municipality_id and a.guardianship_id = g.id
            left join lateral (
                select x.decided_at, x.decided_by from app.guardianship_decisions x
                where x.municipality_id = g.municipality_id and x.guardianship_id = g.id
                  and (x.institution_id is null or x.institution_id = a.institution_id)
                order by x.decided_at desc, x.id desc limit 1) d on true
            where g.municipality_id = here and g.child_id = viewers.child and asked <> 'guardian'
            union all
            select r.person_id, 'staff', e.institution_id, r.group_id, r.role,
                case when r.ended_at <= now() then 'ended' when r.starts_at > now() then 'to_come' when l.person_id is not null then 'on_leave' else 'active' end,
                coalesce(r.starts_at, r.created_at), case when l.person_id is not null then l.until else r.ended_at end, l.set_at, l.set_by
            from app.enrolments e
            join app.institutions i on i.municipality_id = e.municipality_id and i.id = e.institution_id
            join app.staff_roles r on r.municipality_id = e.municipality_id
                and (r.institution_id = e.institution_id or r.institution_id is null and r.role = 'owner' and i.ownership = 'municipal')
                and (r.ended_at is null or r.ended_at > now() - interval '90 days')
            left join lateral (
                select x.person_id, x.until, x.set_at, x.set_by from app.staff_leaves x
                where x.municipality_id = r.municipality_id and x.person_id = r.person_id and x.institution_id = e.institution_id
                  and x.starts_at <= now() and (x.until is null or x.until > now())
                order by x.until desc nulls first limit 1) l on true
            where e.municipality_id = here and e.child_id = viewers.child and (e.ended_at is null or e.ended_at > now())
        ), all_grounds as (
            select * from grounds
            union all
            select distinct x.person_id, 'guardian', null::uuid, null::uuid, null::text, 'none', null::timestamptz, null::timestamptz, null::timestamptz, null::uuid
            from app.restrictions_now x
            where x.municipality_id = here and x.child_id = viewers.child and asked <> 'guardian'
              and not exists (select from grounds g where g.person_id = x.person_id)
        ), people as materialized (
            select distinct s.person_id, s.caller from all_grounds s
        ), told as materialized (
            select p.person_id, p.caller, app.facts_of(p.caller, p.person_id, viewers.noun, viewers.id) as facts from people p
        )
        select dense_rank() over (order by s.caller, s.person_id), case when asked = 'guardian' then null else s.person_id end, s.caller, who.protected_identity <> 'none',
            exists (select from auth.accounts c where c.municipality_id = here and c.person_id = s.person_id and c.kind = s.caller and c.ended_at is null),
            case when asked = 'guardian' then '{}' else array(
                select distinct x.kind from app.restrictions_now x
                where x.municipality_id = here and x.child_id = viewers.child and x.person_id = s.person_id order by 1) end,
            s.institution_id, i.name, s.group_id, s.role, s.status, s.since, s.until, s.decided_at, s.decided_by, t.facts
        from all_grounds s
        join told t on t.person_id = s.person_id and t.caller = s.caller
        join app.persons who on who.municipality_id = here and who.id = s.person_id
        left join app.institutions i on i.municipality_id = here and i.id = s.institution_id
        order by s.caller, s.person_id, s.institution_id, s.group_id, s.role, s.since;
    end
    $$;
call scope.hand_over('app.viewers(uuid, text, uuid)', 'budstikke_api');

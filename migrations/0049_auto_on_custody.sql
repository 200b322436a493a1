-- Why: where the municipality wants it (auto_on_custody), the access of a legal guardian to a child about whom nothing is unclear opens together with
-- the account (H1, H11, V13), and whoever heads the institution is told. The rule is named where a person stands otherwise: in the decision and in the trail.
-- The previous binary: runs; it opens accounts under this policy, and no access. It shows a decision of a rule as one of nobody.

-- A decision is somebody's, or that of a rule of the municipality (V6).
alter table app.guardianship_decisions
    add column rule text constraint guardianship_decisions_rule_check check (rule in ('auto_on_custody')),
    alter column decided_by drop not null,
    add constraint somebody_or_a_rule check ((decided_by is null) = (rule is not null));

-- Only functions of budstikke_access write a rule; whoever changes an access by hand still decides it themselves.
do $$
declare
    before constant text := pg_get_functiondef('app.want_access_decision()'::regprocedure);
    after constant text := replace(before, 'd.decided_by = scope.person()', '(d.decided_by = scope.person() or d.rule is not null)');
begin
    if after = before then
        raise exception 'app.want_access_decision is not as this migration expects it';
    end if;
    execute after;
end
$$;

alter table app.application_checks drop constraint application_checks_name_check,
    add constraint application_checks_name_check check (name in
        ('head_decides', 'no_legal_guardianship', 'protected_identity', 'restricted', 'unclarified', 'has_account'));

-- clear_custody are the doors of the applicant of this transaction that nobody has decided about and that nothing speaks against: a legal
-- guardianship without an end of its own (B12), of a child whose guardians are clarified (V13), with no block of any kind between the two (B8), no
-- protected identity in the family (H7), no disagreement of the registers, and no wish to the contrary (V6). Whoever was said to be the only one is
-- alone: a guardian who comes after that word is for the head.
create function app.clear_custody() returns table (guardianship_id uuid, institution_id uuid, child_id uuid)
    language sql stable security definer rows 4 set search_path = ''
    as $$
        select a.guardianship_id, a.institution_id, a.child_id
        from app.guardianship_access a
        join app.guardianships g on g.municipality_id = a.municipality_id and g.id = a.guardianship_id
        where a.municipality_id = scope.municipality() and scope.caller() = 'applicant' and a.guardian_id = scope.person()
          and a.status in ('imported', 'inactive') and g.legal and not g.time_boxed and g.ended_at is null
          and exists (
            select from app.enrolments e
            where e.municipality_id = a.municipality_id and e.child_id = a.child_id and e.institution_id = a.institution_id
              and (e.ended_at is null or e.ended_at > now()))
          and not exists (
            select from app.guardianship_decisions d
            where d.municipality_id = a.municipality_id and d.guardianship_id = a.guardianship_id
              and (d.institution_id is null or d.institution_id = a.institution_id))
          and not exists (
            select from app.persons p
            where p.municipality_id = a.municipality_id and p.protected_identity <> 'none'
              and (p.id in (a.child_id, a.guardian_id) or p.id in (
                select o.guardian_id from app.guardianships o
                where o.municipality_id = a.municipality_id and o.child_id = a.child_id and o.ended_at is null)))
          and not exists (
            select from app.restrictions_now x
            where x.municipality_id = a.municipality_id and x.child_id = a.child_id and x.person_id = a.guardian_id)
          and not exists (
            select from app.held_changes h
            where h.municipality_id = a.municipality_id and h.state in ('waiting', 'proposed')
              and (h.row_id = a.guardianship_id or h.person_id in (a.guardian_id, a.child_id) or h.child_id = a.child_id))
          and (select bool_and(r.missing_since is not null) from app.register_records r
            where r.municipality_id = a.municipality_id and r.noun = 'guardianship' and r.row_id = a.guardianship_id) is not true
          and not exists (
            select from app.access_wishes w
            where w.municipality_id = a.municipality_id and w.guardianship_id = a.guardianship_id and (not w.wished or w.starts_at > now()))
          and (2 <= (
                select count(distinct o.guardian_id) from app.guardianships o
                where o.municipality_id = a.municipality_id and o.child_id = a.child_id and o.ended_at is null)
            or exists (
                select from app.guardian_clarifications c
                where c.municipality_id = a.municipality_id and c.child_id = a.child_id and not exists (
                    select from app.guardianships x
                    where x.municipality_id = c.municipality_id and x.child_id = c.child_id
                      and (x.created_at > c.clarified_at or x.ended_at > c.clarified_at))))
          and (
            select c.answer <> 'both' and g.created_at > c.clarified_at from app.guardian_clarifications c
            where c.municipality_id = a.municipality_id and c.child_id = a.child_id
            order by c.clarified_at desc, c.id desc limit 1) is not true
    $$;
call scope.hand_over('app.clear_custody()', 'budstikke_api');

-- open_by_custody opens those doors for an applicant whom the policy has just approved, and answers by institution which children it opened and whom
-- to tell: the heads, or the owners where there is none. A decision of a head at the same moment stands: the doors are held before they are looked at.
create function app.open_by_custody(application uuid, moment timestamptz) returns table (institution_id uuid, children uuid[], people uuid[])
    language plpgsql volatile security definer rows 3 set search_path = ''
    as $$
    #variable_conflict use_column
    declare
        here constant uuid := scope.municipality();
        me constant uuid := scope.person();
    begin
        if scope.caller() is distinct from 'applicant' or not exists (
            select from app.applications a
            join app.municipalities m on m.municipality_id = a.municipality_id and m.application_policy = 'auto_on_custody'
            where a.municipality_id = here and a.id = open_by_custody.application and a.person_id = me and a.state = 'approved'
              and a.decided_at = open_by_custody.moment) then
            return;
        end if;
        perform from app.guardianship_access a where a.municipality_id = here and a.guardian_id = me order by a.guardianship_id, a.institution_id for update;
        insert into app.guardianship_decisions (municipality_id, id, guardianship_id, institution_id, status, reason, decided_at, rule)
        select here, scope.new_id(), c.guardianship_id, c.institution_id, 'active', '', open_by_custody.moment, 'auto_on_custody'
        from app.clear_custody() c;
        return query
            with opened as (
                update app.guardianship_access a
                set status = 'active', until = null, version = a.version + 1, changed_at = open_by_custody.moment, changed_by = null
                from app.guardianship_decisions d
                where a.municipality_id = here and a.guardian_id = me and d.municipality_id = here and d.guardianship_id = a.guardianship_id
                  and d.institution_id = a.institution_id and d.rule = 'auto_on_custody' and d.transaction_id = pg_current_xact_id()
                returning a.institution_id, a.child_id)
            select o.institution_id, array_agg(o.child_id order by o.child_id), array(
                select distinct s.person_id from app.staff_access s
                where s.municipality_id = here and s.institution_id = o.institution_id and s.role in ('head', 'owner')
                  and (s.role = 'head' or not exists (
                    select from app.staff_access h
                    where h.municipality_id = here and h.institution_id = s.institution_id and h.role = 'head'))
                order by s.person_id)
            from opened o group by o.institution_id order by o.institution_id;
    end
    $$;
call scope.hand_over('app.open_by_custody(uuid, timestamptz)', 'budstikke_api');

-- One kind of notice more.
do $$
declare
    known constant text := (select pg_get_constraintdef(c.oid) from pg_constraint c
        where c.conrelid = 'notify.events'::regclass and c.conname = 'events_kind_check');
    wider constant text := replace(known, '''review_overdue''::text', '''review_overdue''::text, ''access_opened''::text');
begin
    if wider is null or wider = known then
        raise exception 'notify.events knows its kinds by another constraint';
    end if;
    alter table notify.events drop constraint events_kind_check;
    execute 'alter table notify.events add constraint events_kind_check ' || wider;
end
$$;

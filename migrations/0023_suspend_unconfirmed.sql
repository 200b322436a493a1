-- Why: where a municipality wants it, what nobody confirmed in a review is suspended some days after it was due (V10). It is off unless an
-- owner has set it; whoever set it is who the decisions name.
-- The previous binary: runs; nothing that it uses changes.

-- suspend_unconfirmed does it for every review that is overdue for long enough, once each, and answers which. Heads and owners are left out:
-- somebody has to be there who can decide. A guardian's access is suspended for the institution (V15); staff are on leave until a head says
-- otherwise (V11).
create function app.suspend_unconfirmed(moment timestamptz) returns table (review uuid, institution uuid)
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
        rule app.review_rules;
        today date;
        words text;
    begin
        select * into rule from app.review_rules x where x.municipality_id = here;
        if scope.caller() is distinct from 'clock' or rule.suspend_after_days is null then
            return;
        end if;
        select (suspend_unconfirmed.moment at time zone m.time_zone)::date into today from app.municipalities m where m.municipality_id = here;
        perform scope.open(here, rule.changed_by, 'clock'); -- the decisions are theirs
        for review, institution, words in
            update app.reviews r set suspended_at = suspend_unconfirmed.moment
            where r.municipality_id = here and r.state = 'open' and r.suspended_at is null and r.due_on + rule.suspend_after_days < today
            returning r.id, r.institution_id, 'Not confirmed in the review of ' || to_char(r.month, 'YYYY-MM')
        loop
            insert into app.guardianship_decisions (municipality_id, id, guardianship_id, institution_id, status, reason, decided_by, decided_at)
            select a.municipality_id, scope.new_id(), a.guardianship_id, a.institution_id, 'suspended', words, rule.changed_by,
                suspend_unconfirmed.moment
            from app.review_rows w
            join app.guardianship_access a on a.municipality_id = w.municipality_id and a.guardianship_id = w.grant_id
                and a.institution_id = w.institution_id and a.status = 'active'
            where w.municipality_id = here and w.review_id = review and w.kind = 'guardian' and w.decision is null;
            update app.guardianship_access a
            set status = 'suspended', until = null, version = a.version + 1, changed_at = now(), changed_by = rule.changed_by
            from app.review_rows w
            where w.municipality_id = here and w.review_id = review and w.kind = 'guardian' and w.decision is null
              and a.municipality_id = here and a.guardianship_id = w.grant_id and a.institution_id = w.institution_id and a.status = 'active';
            insert into app.staff_leaves (municipality_id, id, person_id, institution_id, starts_at, set_by, set_at)
            select here, scope.new_id(), w.person_id, w.institution_id, least(suspend_unconfirmed.moment, now()), rule.changed_by,
                suspend_unconfirmed.moment
            from app.review_rows w
            where w.municipality_id = here and w.review_id = review and w.kind in ('staff', 'external_partner') and w.decision is null
              and w.person_id is not null
            group by w.person_id, w.institution_id
            having not bool_or(w.role in ('head', 'owner')) and not exists (
                select from app.review_rows o
                where o.municipality_id = here and o.review_id = review and o.person_id = w.person_id and o.kind <> 'guardian'
                  and (o.decision in ('keep', 'change') or o.role in ('head', 'owner')));
            update app.review_rows w set outcome = 'suspended'
            where w.municipality_id = here and w.review_id = review and w.decision is null and (w.kind = 'guardian'
                or w.kind in ('staff', 'external_partner') and exists (
                    select from app.staff_leaves l
                    where l.municipality_id = here and l.person_id = w.person_id and l.institution_id = w.institution_id
                      and l.set_at = suspend_unconfirmed.moment));
            return next;
        end loop;
        perform scope.open(here, null, 'clock');
    end
    $$;
call scope.hand_over('app.suspend_unconfirmed(timestamptz)', 'budstikke_api');
grant insert on app.guardianship_decisions, app.staff_leaves to budstikke_access;

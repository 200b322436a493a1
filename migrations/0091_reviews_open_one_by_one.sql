-- Why: the month's reviews of a municipality were opened by one statement, some 9 s for twenty schools of 1,000 grants each, and a statement may take 5 s
-- (V10). They are opened a few at a time, each in a transaction of its own, so that what is open stays open when the next takes too long.
-- The previous binary: runs; app.open_reviews(moment) opens all that are missing, as before.
create function app.open_reviews(moment timestamptz, most integer) returns table (review uuid, institution uuid)
    language plpgsql security definer set search_path = '' as $$
    declare
        here constant app.municipalities := (select m from app.municipalities m where m.municipality_id = scope.municipality());
        rule app.review_rules;
        begins constant date := date_trunc('month', open_reviews.moment at time zone here.time_zone)::date;
    begin
        if scope.caller() is distinct from 'clock' or here is null then
            return;
        end if;
        select * into rule from app.review_rules x where x.municipality_id = here.municipality_id;
        for review, institution in
            insert into app.reviews (municipality_id, id, institution_id, month, opened_at, due_on, quiet_days)
            select i.municipality_id, scope.new_id(), i.id, begins, open_reviews.moment,
                (open_reviews.moment at time zone here.time_zone)::date + coalesce(rule.due_days, 14),
                coalesce(rule.quiet_days, 60)
            from app.institutions i
            where i.municipality_id = here.municipality_id and i.closed_at is null
              and i.created_at < begins::timestamp at time zone here.time_zone
              and not exists (
                select from app.reviews o
                where o.municipality_id = i.municipality_id and o.institution_id = i.id and o.month = begins)
            order by i.id
            limit open_reviews.most
            on conflict (municipality_id, institution_id, month) do nothing
            returning reviews.id, reviews.institution_id
        loop
            insert into app.review_rows (municipality_id, review_id, id, institution_id, position, kind, grant_id, person_id, child_id, group_id,
                role, granted_at, ends_at, findings)
            select here.municipality_id, review, scope.new_id(), institution,
                row_number() over (order by cardinality(g.findings) = 0, g.kind, p.family_name, p.given_name, g.person_id, g.grant_id),
                g.kind, g.grant_id, g.person_id, g.child_id, g.group_id, g.role, g.granted_at, g.ends_at, g.findings
            from app.review_grants(here.municipality_id, institution, open_reviews.moment, coalesce(rule.quiet_days, 60)) g
            left join app.persons p on p.municipality_id = here.municipality_id and p.id = g.person_id;
            return next;
        end loop;
    end
$$;
call scope.hand_over('app.open_reviews(timestamptz, integer)', 'budstikke_api');

create or replace function app.open_reviews(moment timestamptz) returns table (review uuid, institution uuid)
    language sql security definer set search_path = '' as $$
    select o.review, o.institution from app.open_reviews(open_reviews.moment, null) o
$$;

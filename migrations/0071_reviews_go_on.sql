-- Why: what a review does with what changes while it is open (V10). A finding that comes up after the review was opened is found before rows are
-- kept in bulk; to keep what the calendar suspended opens it again, so the review can say what it was that it suspended; an institution that has
-- closed is reminded of nothing and suspends nothing; and owners of all that the municipality runs stand in the review of each institution they reach.
-- The previous binary: runs; it keeps a suspended row without opening it, and says of the row of such an owner that there is none when it is removed.

-- find_again adds to the rows that nobody has decided what is found about their grants at this moment. Nothing is taken away: that somebody was
-- missing is worth knowing also when they have come. It answers how many rows have more now.
create function app.find_again(review uuid, moment timestamptz) returns bigint
    language sql volatile security definer set search_path = ''
    as $$
        with opened as (
            select r.municipality_id, r.id, r.institution_id, r.quiet_days from app.reviews r
            where r.municipality_id = scope.municipality() and r.id = find_again.review and r.state = 'open' and scope.caller() = 'staff'
              and r.institution_id in (select app.headed_institutions())
        ), found as (
            select g.kind, g.grant_id, g.findings
            from opened o cross join lateral app.review_grants(o.municipality_id, o.institution_id, find_again.moment, o.quiet_days) g
            where cardinality(g.findings) > 0
        ), more as (
            update app.review_rows w set findings = w.findings || array(select f from unnest(x.findings) f where f <> all (w.findings))
            from opened o, found x
            where w.municipality_id = o.municipality_id and w.review_id = o.id and w.decision is null and x.kind = w.kind and x.grant_id = w.grant_id
              and not w.findings @> x.findings
            returning 1
        )
        select count(*) from more
    $$;
call scope.hand_over('app.find_again(uuid, timestamptz)', 'budstikke_api');

-- suspended_in_review answers whether the access of a guardian is suspended by this review and by nothing that was decided since, and until when
-- it was open before that.
create function app.suspended_in_review(review uuid, guardianship uuid) returns table (suspended boolean, until timestamptz)
    language sql stable security definer set search_path = ''
    as $$
        select coalesce((
                select d.status = 'suspended' and d.decided_at = r.suspended_at from app.guardianship_decisions d
                where d.municipality_id = r.municipality_id and d.guardianship_id = suspended_in_review.guardianship
                  and (d.institution_id is null or d.institution_id = r.institution_id)
                order by d.decided_at desc, d.id desc limit 1), false),
            (
                select d.until from app.guardianship_decisions d
                where d.municipality_id = r.municipality_id and d.guardianship_id = suspended_in_review.guardianship and d.status = 'active'
                  and (d.institution_id is null or d.institution_id = r.institution_id)
                order by d.decided_at desc, d.id desc limit 1)
        from app.reviews r
        where r.municipality_id = scope.municipality() and r.id = suspended_in_review.review and scope.caller() = 'staff'
          and r.institution_id in (select app.headed_institutions())
    $$;
call scope.hand_over('app.suspended_in_review(uuid, uuid)', 'budstikke_api');

-- leave_of_review is the leave on which this review sent somebody, while it lasts; null for none.
create function app.leave_of_review(review uuid, person uuid) returns uuid
    language sql stable security definer set search_path = ''
    as $$
        select l.id from app.reviews r
        join app.staff_leaves l on l.municipality_id = r.municipality_id and l.institution_id = r.institution_id
            and l.person_id = leave_of_review.person and l.set_at = r.suspended_at and l.until is null
        where r.municipality_id = scope.municipality() and r.id = leave_of_review.review and scope.caller() = 'staff'
          and r.institution_id in (select app.headed_institutions())
    $$;
call scope.hand_over('app.leave_of_review(uuid, uuid)', 'budstikke_api');

-- The functions of the calendar, as they stand, for institutions that have not closed; and the grants, with the owners of everything.
grant create on schema app to budstikke_access;
do $$
declare
    c record;
    known text;
    wider text;
begin
    for c in select * from (values
        ('app.due_reviews(timestamptz)', E'            where r.municipality_id = scope.municipality() and r.state = ''open'' and ', E'            from app.institutions i\n'
            '            where r.municipality_id = scope.municipality() and r.state = ''open'' and i.municipality_id = r.municipality_id and i.id = r.institution_id\n'
            '              and i.closed_at is null and '),
        ('app.suspend_unconfirmed(timestamptz)', E'            update app.reviews r set suspended_at = suspend_unconfirmed.moment\n            where ',
            E'            update app.reviews r set suspended_at = suspend_unconfirmed.moment\n            from app.institutions i\n'
            '            where i.municipality_id = r.municipality_id and i.id = r.institution_id and i.closed_at is null and '),
        ('app.brief_heads(timestamptz)', '(select distinct x.institution_id, x.person_id from fresh x) f',
            '(select distinct x.institution_id, x.person_id from fresh x join app.institutions i on i.municipality_id = scope.municipality()'
            ' and i.id = x.institution_id and i.closed_at is null) f'),
        ('app.ask_others(timestamptz)', 'from asked k join noted n on n.review_id = k.id and n.reason = k.reason',
            'from asked k join noted n on n.review_id = k.id and n.reason = k.reason'
            ' join app.institutions i on i.municipality_id = scope.municipality() and i.id = k.institution_id and i.closed_at is null'),
        ('app.review_grants(uuid, uuid, timestamptz, integer)',
            'where r.municipality_id = review_grants.municipality and r.institution_id = review_grants.institution',
            'where r.municipality_id = review_grants.municipality and (r.institution_id = review_grants.institution'
            ' or r.institution_id is null and r.role = ''owner'' and exists (select from app.institutions i where i.municipality_id = r.municipality_id'
            ' and i.id = review_grants.institution and i.ownership = ''municipal''))')
    ) as list (name, before, after) loop
        known := pg_get_functiondef(c.name::regprocedure);
        wider := replace(known, c.before, c.after);
        if wider = known then
            raise exception '% is not as this migration expects it', c.name;
        end if;
        execute wider;
    end loop;
end
$$;
revoke create on schema app from budstikke_access;

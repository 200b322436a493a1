-- Why: what the review of access does by itself on the calendar (V10): it opens on the first day of the month with everything found already
-- filled in, reminds, tells the owner when it is overdue, and, where the municipality wants it, suspends what nobody confirmed.
-- The previous binary: runs; nothing that it uses changes.

-- review_grants is every grant of an institution with what is found about it, in one set: who never signed in or not for a while, who cannot be
-- reached (B13), whose child has left (V14), whose end has passed or is missing (B12), who is on leave (V11), whom the register no longer has,
-- and whose child has one guardian only while nobody has clarified whether that is right (V13).
create function app.review_grants(municipality uuid, institution uuid, moment timestamptz, quiet_days integer)
    returns table (kind text, grant_id uuid, person_id uuid, child_id uuid, group_id uuid, role text, granted_at timestamptz,
        ends_at timestamptz, findings text[])
    language sql stable security definer set search_path = ''
    as $$
        with grants as (
            select 'guardian' as kind, a.guardianship_id as grant_id, a.guardian_id as person_id, a.child_id, null::uuid as group_id,
                null::text as role, a.changed_at as granted_at, a.until as ends_at, array[
                    case when not exists (
                        select from app.enrolments e
                        where e.municipality_id = a.municipality_id and e.child_id = a.child_id and e.institution_id = a.institution_id
                          and (e.ended_at is null or e.ended_at > review_grants.moment)) then 'child_left' end,
                    case when a.until <= review_grants.moment then 'end_passed' end,
                    case when (select bool_and(x.missing_since is not null) from app.register_records x
                        where x.municipality_id = a.municipality_id and x.noun = 'guardianship' and x.row_id = a.guardianship_id)
                        or g.register_end <= review_grants.moment then 'register_disagrees' end,
                    case when not exists (
                        select from app.guardianships o
                        where o.municipality_id = a.municipality_id and o.child_id = a.child_id and o.id <> a.guardianship_id
                          and o.ended_at is null) then 'single_guardian_unclarified' end,
                    case when not exists (
                        select from notify.endpoints n
                        where n.municipality_id = a.municipality_id and n.person_id = a.guardian_id and n.state = 'active')
                        then 'no_contact_point' end
                ] as found
            from app.guardianship_access a
            join app.guardianships g on g.municipality_id = a.municipality_id and g.id = a.guardianship_id
            where a.municipality_id = review_grants.municipality and a.institution_id = review_grants.institution
              and a.status in ('active', 'suspended')
            union all
            select case when r.role = 'external_partner' then 'external_partner' else 'staff' end, r.id, r.person_id, null, r.group_id,
                r.role, coalesce(r.starts_at, r.created_at), r.ended_at, array[
                    case when r.role in ('substitute', 'external_partner') and r.ended_at is null then 'end_missing' end,
                    case when (select bool_and(x.missing_since is not null) from app.register_records x
                        where x.municipality_id = r.municipality_id and x.noun = 'staff_role' and x.row_id = r.id)
                        or r.register_end <= review_grants.moment then 'register_disagrees' end,
                    case when exists (
                        select from app.staff_leaves l
                        where l.municipality_id = r.municipality_id and l.person_id = r.person_id and l.institution_id = r.institution_id
                          and l.starts_at <= review_grants.moment and (l.until is null or l.until > review_grants.moment)) then 'on_leave' end
                ]
            from app.staff_roles r
            where r.municipality_id = review_grants.municipality and r.institution_id = review_grants.institution
              and (r.ended_at is null or r.ended_at > review_grants.moment)
        ), signed_in as (
            select s.person_id, max(coalesce(s.last_used_at, s.created_at)) as last_at from auth.sessions s
            where s.municipality_id = review_grants.municipality and s.kind in ('guardian', 'staff')
              and s.person_id in (select g.person_id from grants g)
            group by s.person_id
        )
        select g.kind, g.grant_id, g.person_id, g.child_id, g.group_id, g.role, g.granted_at, g.ends_at, array_remove(g.found || array[
            case when s.last_at is null then 'never_signed_in'
                when s.last_at < review_grants.moment - make_interval(days => review_grants.quiet_days) then 'no_sign_in_for_a_while' end
        ], null)
        from grants g left join signed_in s on s.person_id = g.person_id
    $$;
call scope.hand_over('app.review_grants(uuid, uuid, timestamptz, integer)', variadic '{}');

-- over_grants names the rows of a review whose grant has ended by now, whoever ended it.
create function app.over_grants(review uuid, moment timestamptz) returns setof uuid
    language sql stable security definer set search_path = ''
    as $$
        select w.id from app.review_rows w
        where w.municipality_id = scope.municipality() and w.review_id = over_grants.review and case w.kind
            when 'guardian' then not exists (
                select from app.guardianship_access a
                where a.municipality_id = w.municipality_id and a.guardianship_id = w.grant_id and a.institution_id = w.institution_id
                  and a.status in ('active', 'suspended') and (a.until is null or a.until > over_grants.moment) and exists (
                    select from app.enrolments e
                    where e.municipality_id = a.municipality_id and e.child_id = a.child_id and e.institution_id = a.institution_id
                      and (e.ended_at is null or e.ended_at > over_grants.moment)))
            when 'staff' then not exists (
                select from app.staff_roles r
                where r.municipality_id = w.municipality_id and r.id = w.grant_id and (r.ended_at is null or r.ended_at > over_grants.moment))
            when 'external_partner' then not exists (
                select from app.staff_roles r
                where r.municipality_id = w.municipality_id and r.id = w.grant_id and (r.ended_at is null or r.ended_at > over_grants.moment))
            else false end
    $$;
call scope.hand_over('app.over_grants(uuid, timestamptz)', 'budstikke_api');

-- remove_staff_role ends a role at an institution that the caller answers for, and what hangs on the last one: sessions, push tokens, notices on
-- their way (V9, V11, V15). It tells whether there was such a role that had not ended.
create function app.remove_staff_role(staff_role uuid, moment timestamptz) returns boolean
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
        gone uuid;
    begin
        update app.staff_roles r set ended_at = least(remove_staff_role.moment, now())
        where r.municipality_id = here and r.id = remove_staff_role.staff_role and r.institution_id in (select app.headed_institutions())
          and (r.ended_at is null or r.ended_at > remove_staff_role.moment)
        returning r.person_id into gone;
        if gone is null then
            return false;
        end if;
        update notify.deliveries d set state = 'suppressed', reason = 'access_ended', settled_at = clock_timestamp(), fence = d.fence + 1
        where d.municipality_id = here and d.person_id = gone and d.state in ('pending', 'retry') and d.grounds = 'staff' and not exists (
            select from app.staff_access a
            where a.municipality_id = here and a.person_id = gone and a.institution_id = d.institution_id);
        if not exists (select from app.staff_access a where a.municipality_id = here and a.person_id = gone) then
            update auth.sessions s set ended_at = clock_timestamp(), ended_reason = 'access_ended'
            where s.municipality_id = here and s.person_id = gone and s.kind = 'staff' and s.ended_at is null;
            if not exists (select from app.guardian_access a where a.municipality_id = here and a.guardian_id = gone) then
                update notify.endpoints e set state = 'retired', retired_reason = 'access_ended'
                where e.municipality_id = here and e.person_id = gone and e.channel = 'push' and e.state <> 'retired';
            end if;
        end if;
        return true;
    end
    $$;
call scope.hand_over('app.remove_staff_role(uuid, timestamptz)', 'budstikke_api');

-- review_undecided counts the rows that somebody still has to decide; none in a completed review.
create function app.review_undecided(review uuid, moment timestamptz) returns bigint
    language sql stable security definer set search_path = ''
    as $$
        select count(*) from app.review_rows w
        join app.reviews r on r.municipality_id = w.municipality_id and r.id = w.review_id and r.state = 'open'
        where w.municipality_id = scope.municipality() and w.review_id = review_undecided.review and w.decision is null
          and w.id not in (select app.over_grants(review_undecided.review, review_undecided.moment))
    $$;
call scope.hand_over('app.review_undecided(uuid, timestamptz)', 'budstikke_api');

-- review_names are the names that the rows of a review show to whoever answers for its institution; those of a protected identity are left out.
create function app.review_names(review uuid, wanted uuid[]) returns table (id uuid, person_name text, child_name text, decider_name text)
    language sql stable security definer set search_path = ''
    as $$
        select w.id,
            case when p.protected_identity = 'none' then trim(p.given_name || ' ' || p.family_name) end,
            case when c.protected_identity = 'none' then trim(c.given_name || ' ' || c.family_name) end,
            case when d.protected_identity = 'none' then trim(d.given_name || ' ' || d.family_name) end
        from app.review_rows w
        left join app.persons p on p.municipality_id = w.municipality_id and p.id = w.person_id
        left join app.persons c on c.municipality_id = w.municipality_id and c.id = w.child_id
        left join app.persons d on d.municipality_id = w.municipality_id and d.id = w.decided_by
        where w.municipality_id = scope.municipality() and w.review_id = review_names.review and w.id = any (review_names.wanted)
          and w.institution_id in (select app.headed_institutions())
    $$;
call scope.hand_over('app.review_names(uuid, uuid[])', 'budstikke_api');

-- open_reviews opens this month's review of every institution that was there when the month began, once, and answers which it opened. It may
-- be asked as often as one likes, by several processes at once: the month is a key.
create function app.open_reviews(moment timestamptz) returns table (review uuid, institution uuid)
    language plpgsql volatile security definer set search_path = ''
    as $$
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
            order by i.id
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
call scope.hand_over('app.open_reviews(timestamptz)', 'budstikke_api');

-- due_reviews answers which open reviews somebody is to be told about now, and notes that they are: "remind" to the heads some days before it
-- is due, once; "overdue" to heads and owners from the day after, once a week.
create function app.due_reviews(moment timestamptz) returns table (review uuid, institution uuid, what text)
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        today date;
        ahead integer;
    begin
        if scope.caller() is distinct from 'clock' then
            return;
        end if;
        select (due_reviews.moment at time zone m.time_zone)::date, coalesce(x.remind_days, 3) into today, ahead
        from app.municipalities m left join app.review_rules x on x.municipality_id = m.municipality_id
        where m.municipality_id = scope.municipality();
        return query
            update app.reviews r set reminded_at = due_reviews.moment
            where r.municipality_id = scope.municipality() and r.state = 'open' and r.reminded_at is null
              and today between r.due_on - ahead and r.due_on
            returning r.id, r.institution_id, 'remind';
        return query
            update app.reviews r set escalated_at = due_reviews.moment
            where r.municipality_id = scope.municipality() and r.state = 'open' and r.due_on < today
              and (r.escalated_at is null or r.escalated_at <= due_reviews.moment - interval '7 days')
            returning r.id, r.institution_id, 'overdue';
    end
    $$;
call scope.hand_over('app.due_reviews(timestamptz)', 'budstikke_api');

-- answering_for are the people with one of the roles at an institution, for what the calendar tells them.
create function app.answering_for(institution uuid, roles text[]) returns setof uuid
    language sql stable security definer set search_path = ''
    as $$
        select distinct a.person_id from app.staff_access a
        where a.municipality_id = scope.municipality() and scope.caller() = 'clock' and a.institution_id = answering_for.institution
          and a.role = any (answering_for.roles)
    $$;
call scope.hand_over('app.answering_for(uuid, text[])', 'budstikke_api');

-- What people are told about it. The gateway knows these two kinds besides those that it knew.
alter table notify.events drop constraint events_kind_check;
alter table notify.events add constraint events_kind_check check (kind in ('email_registered', 'guardian_activated', 'message_posted',
    'absence_reported', 'alert_raised', 'review_due', 'review_overdue'));

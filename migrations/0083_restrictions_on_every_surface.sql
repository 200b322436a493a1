-- Why: a head whom a restriction keeps from a child read the child's id and its guardian in the monthly review and in its signed report, and whoever
-- completed a review with a clearance of their own wrote guardians' names beside an alias into that report (B8, V10). A partner from whom a restriction
-- keeps where a child is saw that the institution which named it for them has it, and staff did not: now neither does. And somebody's proposal to
-- lift a restriction waited for a second person for ever; now it ends after fourteen days by the clock of the database, and whoever made it is told.
-- The previous binary: runs; it shows a review fewer rows than it counts, writes a report without the rows that the caller is kept from, and shows a proposal that has lapsed as one
-- that stands, which it cannot confirm.

create function pg_temp.changed(definition text, passage text, instead text) returns text
    language plpgsql as $$
    begin
        if length(definition) - length(replace(definition, passage, '')) <> length(passage) then
            raise exception 'the passage is not there exactly once: %', passage;
        end if;
        return replace(definition, passage, instead);
    end
    $$;

-- What a review lists about a child that a restriction keeps from its reader is decided by another head or by the owner.
create policy kept_apart on app.review_rows as restrictive for all to budstikke_api
    using (child_id is null or child_id <> all ((select app.kept_from())::uuid[]));

-- review_size counts the rows of a review, or those with findings: the same for everybody who may read it, so that the figure tells nobody of whom
-- they are kept from.
create function app.review_size(review uuid, with_findings boolean) returns bigint
    language sql stable security definer set search_path = ''
    as $$
        select count(*) from app.review_rows w
        where w.municipality_id = scope.municipality() and w.review_id = review_size.review
          and w.institution_id = any (app.headed_at()) and (not review_size.with_findings or cardinality(w.findings) > 0)
    $$;
call scope.hand_over('app.review_size(uuid, boolean)', 'budstikke_api');

-- read_whole tells whether a report may be read by the caller: it is signed as one piece, and shown to nobody who is kept from somebody in it.
create function app.read_whole(review uuid) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select not exists (
            select from app.review_rows w
            where w.municipality_id = scope.municipality() and w.review_id = read_whole.review and w.child_id = any (app.kept_from()))
    $$;
call scope.hand_over('app.read_whole(uuid)', 'budstikke_api');

-- report_rows are all rows of a review for its report, with the names as somebody without a clearance reads them: the report is the same whoever
-- completes the review, and whoever completes it is shown none of it.
create function app.report_rows(review uuid, moment timestamptz)
    returns table (id uuid, kind text, grant_id uuid, person_id uuid, child_id uuid, group_id uuid, role text, granted_at timestamptz, ends_at timestamptz,
        findings text[], decision text, note text, decided_by uuid, decided_at timestamptz, outcome text, sponsor_id uuid, named_children smallint, over boolean,
        person_name text, child_name text, decider_name text, group_name text, tablet_name text, sponsor_name text, kept boolean)
    language sql stable security definer set search_path = ''
    as $$
        select w.id, w.kind, w.grant_id, w.person_id, w.child_id, w.group_id, w.role, w.granted_at, w.ends_at, w.findings, w.decision, w.note, w.decided_by,
            w.decided_at, w.outcome, w.sponsor_id, w.named_children, w.id in (select app.over_grants(report_rows.review, report_rows.moment)),
            case when p.protected_identity <> 'marked' and (w.kind <> 'guardian' or c.protected_identity not in ('protected', 'strict'))
                then trim(p.given_name || ' ' || p.family_name) end,
            case when c.protected_identity <> 'marked' then trim(c.given_name || ' ' || c.family_name) end,
            case when d.protected_identity <> 'marked' then trim(d.given_name || ' ' || d.family_name) end,
            g.name, t.name,
            case when s.protected_identity <> 'marked' then trim(s.given_name || ' ' || s.family_name) end,
            coalesce(w.child_id = any (app.kept_from()), false)
        from app.review_rows w
        left join app.persons p on p.municipality_id = w.municipality_id and p.id = w.person_id
        left join app.persons c on c.municipality_id = w.municipality_id and c.id = w.child_id
        left join app.persons d on d.municipality_id = w.municipality_id and d.id = w.decided_by
        left join app.persons s on s.municipality_id = w.municipality_id and s.id = w.sponsor_id
        left join app.groups g on g.municipality_id = w.municipality_id and g.id = w.group_id
        left join auth.tablets t on t.municipality_id = w.municipality_id and t.id = w.grant_id and w.kind = 'tablet'
        where w.municipality_id = scope.municipality() and w.review_id = report_rows.review and scope.caller() = 'staff'
          and w.institution_id in (select app.headed_institutions())
        order by w.position
    $$;
call scope.hand_over('app.report_rows(uuid, timestamptz)', 'budstikke_api');

-- A partner meets a child through the institution that named it, so that where it is cannot be kept from them but with the child.
grant create on schema app to budstikke_access;
do $do$
declare
    d text := pg_get_functiondef('app.own_partner_children()'::regprocedure);
begin
    d := pg_temp.changed(d, $a$coalesce(min(g.name) filter (where not k.away), '')$a$, $b$coalesce(min(g.name), '')$b$);
    d := pg_temp.changed(d, $a$coalesce(min(i.name) filter (where not k.away), '')$a$, $b$min(i.name)$b$);
    d := pg_temp.changed(d, $a$
        cross join lateral (
            select coalesce(bool_or(x.kind = 'no_access'), false) as apart, coalesce(bool_or(x.kind = 'no_location'), false) as away
            from app.restrictions_now x
            where x.municipality_id = n.municipality_id and x.child_id = n.child_id and x.person_id = a.person_id) k$a$, '');
    execute pg_temp.changed(d, 'and not k.apart -- B8', $b$and not exists (
            select from app.restrictions_now x
            where x.municipality_id = n.municipality_id and x.child_id = n.child_id and x.person_id = a.person_id
              and x.kind in ('no_access', 'no_location')) -- B8$b$);
end
$do$;
revoke create on schema app from budstikke_access;

-- A proposal to lift a restriction.
alter table app.restrictions add column lapse_told_at timestamptz; -- whoever proposed the lifting was told that it lapsed; null: not, or not yet
grant update (lapse_told_at) on app.restrictions to budstikke_access;

-- lifting_stands tells whether a proposal of that moment can still be confirmed: for fourteen days, by the clock of the transaction.
create function app.lifting_stands(proposed timestamptz) returns boolean
    language sql stable
    as $$ select coalesce(proposed > now() - interval '14 days', false) $$;

create or replace function app.keep_restriction() returns trigger
    language plpgsql set search_path = ''
    as $$
    begin
        if scope.caller() is null then
            return new; -- the administrator
        end if;
        if old.lifted_at is not null
            or (new.lifting_proposed_by, new.lifting_proposed_at) is distinct from (old.lifting_proposed_by, old.lifting_proposed_at)
                and new.lifting_proposed_by is distinct from scope.person()
            or new.lifted_by is not null and (new.lifted_by <> scope.person() or old.lifting_proposed_by is null
                or not app.lifting_stands(old.lifting_proposed_at) or new.lifting_proposed_at is distinct from old.lifting_proposed_at
                or old.lifting_proposed_by = scope.person() or new.lifting_proposed_by is distinct from old.lifting_proposed_by) then
            raise exception using errcode = 'check_violation', constraint = 'two_people_lift',
                message = 'one person proposes that a restriction is lifted and another confirms it within fourteen days (B8)';
        end if;
        if new.lifting_proposed_at is distinct from old.lifting_proposed_at then
            new.lifting_proposed_at := now(); -- also of a process whose clock runs ahead
            new.lapse_told_at := null;
        end if;
        return new;
    end
    $$;

-- tell_lapsed answers which proposals have lapsed, each once, with who made it and a place of the child where they work. Who does not work there any
-- more is not told. Asked by several processes at once, each is answered to one of them.
create function app.tell_lapsed() returns table (restriction uuid, child uuid, person uuid, institution uuid)
    language sql volatile security definer set search_path = ''
    as $$
        with told as (
            update app.restrictions x set lapse_told_at = now()
            where x.municipality_id = scope.municipality() and scope.caller() = 'clock' and x.lifted_at is null and (x.until is null or x.until > now())
              and x.lifting_proposed_by is not null and not app.lifting_stands(x.lifting_proposed_at) and x.lapse_told_at is null
            returning x.municipality_id, x.id, x.child_id, x.lifting_proposed_by
        )
        select distinct on (t.id) t.id, t.child_id, t.lifting_proposed_by, a.institution_id
        from told t
        join app.enrolments e on e.municipality_id = t.municipality_id and e.child_id = t.child_id and (e.ended_at is null or e.ended_at > now())
        join app.staff_access a on a.municipality_id = t.municipality_id and a.person_id = t.lifting_proposed_by and a.institution_id = e.institution_id
            and a.role in ('head', 'owner')
        order by t.id, a.institution_id
    $$;
call scope.hand_over('app.tell_lapsed()', 'budstikke_api');
create index restrictions_proposed on app.restrictions (municipality_id, lifting_proposed_at) where lifted_at is null and lifting_proposed_at is not null;

do $$
declare
    known constant text := (select pg_get_constraintdef(c.oid) from pg_constraint c
        where c.conrelid = 'notify.events'::regclass and c.conname = 'events_kind_check');
    wider constant text := replace(known, '''clearance_granted''::text', '''clearance_granted''::text, ''lifting_lapsed''::text');
begin
    if wider is null or wider = known then
        raise exception 'notify.events knows its kinds by another constraint';
    end if;
    alter table notify.events drop constraint events_kind_check;
    execute 'alter table notify.events add constraint events_kind_check ' || wider;
end
$$;
drop function pg_temp.changed(text, text, text);

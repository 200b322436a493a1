-- Why: where a municipality suspends what nobody confirmed in a review (V10), tablets, shared users and clearances went on. They rest now like every
-- other grant: a tablet that rests answers like one that is locked (V12), a clearance that rests opens no name (B8), and whoever keeps the row opens
-- it again. What still rests when the next review opens is found by it.
-- The previous binary: runs; it does not open again what rests when its row is kept, and shows a tablet that rests as working.

alter table auth.tablets add column suspended_at timestamptz; -- nobody confirmed it in its review, and nobody has kept it since
alter table auth.shared_users add column suspended_at timestamptz; -- the same; none of its tablets works meanwhile
alter table app.clearances add column suspended_at timestamptz; -- the same
grant update (suspended_at) on auth.tablets, auth.shared_users to budstikke_api;
grant update (suspended_at) on app.clearances to budstikke_access;

-- changed answers a definition with one passage replaced, and refuses when the passage is not there exactly once.
create function pg_temp.changed(definition text, passage text, instead text) returns text
    language plpgsql as $$
    begin
        if length(definition) - length(replace(definition, passage, '')) <> length(passage) then
            raise exception 'the passage is not there exactly once: %', passage;
        end if;
        return replace(definition, passage, instead);
    end
    $$;

do $do$
begin
    execute 'create or replace view auth.working_tablets with (security_invoker = true) as ' || pg_temp.changed(
        pg_get_viewdef('auth.working_tablets'::regclass), '(t.ended_at IS NULL)', '(t.ended_at IS NULL) AND (t.suspended_at IS NULL) AND (u.suspended_at IS NULL)');
    execute 'create or replace view app.clearances_now with (security_invoker = true) as ' || pg_temp.changed(
        pg_get_viewdef('app.clearances_now'::regclass), '(c.revoked_at IS NULL)', '(c.revoked_at IS NULL) AND (c.suspended_at IS NULL)');
end
$do$;

-- suspend_grants lets what nobody decided in a review rest: its tablets, shared users and clearances. A clearance that stands in the reviews of two
-- places goes on when one of them has kept it.
create function app.suspend_grants(review uuid, moment timestamptz) returns void
    language sql volatile security definer set search_path = ''
    as $$
        with undecided as (
            select w.municipality_id, w.id, w.kind, w.grant_id, r.opened_at from app.review_rows w
            join app.reviews r on r.municipality_id = w.municipality_id and r.id = w.review_id
            where w.municipality_id = scope.municipality() and scope.caller() = 'clock' and w.review_id = suspend_grants.review and w.decision is null
        ), tablets as (
            update auth.tablets t set suspended_at = suspend_grants.moment from undecided u
            where u.kind = 'tablet' and t.municipality_id = u.municipality_id and t.id = u.grant_id and t.ended_at is null
            returning u.id
        ), shared as (
            update auth.shared_users s set suspended_at = suspend_grants.moment from undecided u
            where u.kind = 'shared_user' and s.municipality_id = u.municipality_id and s.group_id = u.grant_id and exists (
                select from app.groups g
                where g.municipality_id = s.municipality_id and g.id = s.group_id and (g.ended_at is null or g.ended_at > suspend_grants.moment))
            returning u.id
        ), clearances as (
            update app.clearances c set suspended_at = suspend_grants.moment from undecided u
            where u.kind = 'clearance' and c.municipality_id = u.municipality_id and c.id = u.grant_id and c.revoked_at is null
              and c.until > suspend_grants.moment and not exists (
                select from app.review_rows o
                where o.municipality_id = u.municipality_id and o.kind = 'clearance' and o.grant_id = u.grant_id and o.decision = 'keep'
                  and o.decided_at >= u.opened_at)
            returning u.id
        )
        update app.review_rows w set outcome = 'suspended'
        where w.municipality_id = scope.municipality() and w.review_id = suspend_grants.review
          and w.id in (select id from tablets union all select id from shared union all select id from clearances)
    $$;
call scope.hand_over('app.suspend_grants(uuid, timestamptz)', variadic '{}');

-- keep_clearance opens a clearance that rests, for whoever keeps its row in a review and does not hold it. False for whom the caller does not answer for.
create function app.keep_clearance(review uuid, clearance uuid) returns boolean
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        update app.clearances c set suspended_at = null
        where c.municipality_id = scope.municipality() and scope.caller() = 'staff' and c.id = keep_clearance.clearance
          and c.staff_id is distinct from scope.person() and c.person_id in (select app.headed_protected()) and exists (
            select from app.review_rows w
            where w.municipality_id = c.municipality_id and w.review_id = keep_clearance.review and w.kind = 'clearance' and w.grant_id = c.id
              and w.institution_id = any (app.headed_at()));
        return found;
    end
    $$;
call scope.hand_over('app.keep_clearance(uuid, uuid)', 'budstikke_api');

-- The functions of the review and the explanation of tablets, as they stand.
grant create on schema app, auth to budstikke_access;
do $do$
declare
    d text;
begin
    d := pg_get_functiondef('app.suspend_unconfirmed(timestamptz)'::regprocedure);
    execute pg_temp.changed(d, E'            return next;\n', E'            perform app.suspend_grants(review, suspend_unconfirmed.moment);\n            return next;\n');
    d := pg_get_functiondef('app.tablets_of_child(uuid)'::regprocedure);
    execute pg_temp.changed(d, 't.generation < u.generation and u.confirm_by <= now(), t.enrolled_at',
        't.generation < u.generation and u.confirm_by <= now() or t.suspended_at is not null or u.suspended_at is not null, t.enrolled_at');
    d := pg_get_functiondef('app.review_grants(uuid, uuid, timestamptz, integer)'::regprocedure);
    d := pg_temp.changed(d, 't.ended_at, t.ended_because,', 't.ended_at, t.ended_because, t.suspended_at,');
    d := pg_temp.changed(d, E'then ''head_gone'' end\n', E'then ''head_gone'' end,\n            case when exists (\n'
        '                select from auth.shared_users u\n'
        '                where u.municipality_id = review_grants.municipality and u.group_id = g.id and u.suspended_at is not null) then ''suspended'' end\n');
    execute pg_temp.changed(d, E'then ''enroller_gone'' end\n', E'then ''enroller_gone'' end,\n            case when t.suspended_at is not null then ''suspended'' end\n');
    d := pg_get_functiondef('app.clearance_grants(uuid, uuid, timestamptz, integer)'::regprocedure);
    execute pg_temp.changed(d, E'then ''self_given'' end\n', E'then ''self_given'' end,\n            case when c.suspended_at is not null then ''suspended'' end\n');
end
$do$;
revoke create on schema app, auth from budstikke_access;
drop function pg_temp.changed(text, text, text);

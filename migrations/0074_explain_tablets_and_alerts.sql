-- Why: the explanation of who would see a child (B9) said nothing of the tablets that show it to whoever stands before them, and not who would be
-- reached by an alert where it is, and how. And a tablet that somebody works with whom a restriction keeps from a child named it to them (B8): it
-- counts the child now and does not name it, until a PIN says who looks.
-- The previous binary: runs; it does not ask.

-- shown_to_kept tells whether somebody who may work on the tablets of a group is kept from a child, or from knowing where it is. Expanded into the
-- queries that ask.
create function app.shown_to_kept(municipality uuid, grp uuid, child uuid) returns boolean
    language sql stable
    as $$
        select exists (
            select from app.restrictions_now x
            join app.groups g on g.municipality_id = x.municipality_id and g.id = shown_to_kept.grp
            join app.staff_access a on a.municipality_id = x.municipality_id and a.person_id = x.person_id and a.institution_id = g.institution_id
                and (a.group_id is null or a.group_id = g.id)
            where x.municipality_id = shown_to_kept.municipality and x.child_id = shown_to_kept.child and x.kind in ('no_access', 'no_location'))
    $$;
revoke all on function app.shown_to_kept(uuid, uuid, uuid) from public;
grant execute on function app.shown_to_kept(uuid, uuid, uuid) to budstikke_access;

grant create on schema app to budstikke_access;
do $do$
declare
    was constant text := pg_get_functiondef('app.roll_call(timestamptz)'::regprocedure);
    wider constant text := replace(was, 'when c.protected_identity = ''marked'' then ''''',
        'when c.protected_identity = ''marked'' or app.shown_to_kept(g.municipality_id, g.id, c.id) then ''''');
begin
    if wider = was then
        raise exception 'app.roll_call is not as this migration expects it';
    end if;
    execute wider;
end
$do$;
revoke create on schema app from budstikke_access;

-- tablets_of_child are the tablets on whose roll-call a child stands now, for whoever answers for it: what each shows of it to everybody, without a PIN,
-- and who enrolled it.
create function app.tablets_of_child(child uuid)
    returns table (tablet_id uuid, name text, institution_id uuid, institution text, group_id uuid, group_name text, shows text, locked boolean,
        since timestamptz, decided_by uuid)
    language sql stable security definer rows 5 set search_path = ''
    as $$
        select t.id, t.name, i.id, i.name, g.id, g.name,
            case when c.protected_identity = 'marked' or app.shown_to_kept(g.municipality_id, g.id, c.id) then 'presence'
                when c.protected_identity <> 'none' then 'alias'
                when exists (
                    select from app.enrolments o
                    join app.persons p on p.municipality_id = o.municipality_id and p.id = o.child_id
                    where o.municipality_id = e.municipality_id and o.group_id = e.group_id and o.child_id <> e.child_id and p.given_name = c.given_name
                      and (o.starts_at is null or o.starts_at <= now()) and (o.ended_at is null or o.ended_at > now())) then 'name_and_initial'
                else 'given_name' end,
            t.generation < u.generation and u.confirm_by <= now(), t.enrolled_at, t.enrolled_by
        from app.enrolments e
        join app.persons c on c.municipality_id = e.municipality_id and c.id = e.child_id
        join app.groups g on g.municipality_id = e.municipality_id and g.id = e.group_id
        join app.institutions i on i.municipality_id = g.municipality_id and i.id = g.institution_id
        join auth.tablets t on t.municipality_id = g.municipality_id and t.group_id = g.id and t.ended_at is null
        join auth.shared_users u on u.municipality_id = g.municipality_id and u.group_id = g.id
        where e.municipality_id = scope.municipality() and scope.caller() = 'staff' and e.child_id = tablets_of_child.child
          and e.child_id in (select app.headed_children()) and e.institution_id = any (app.headed_at())
          and (e.starts_at is null or e.starts_at <= now()) and (e.ended_at is null or e.ended_at > now())
        order by i.name, g.name, t.name, t.id
        limit 200
    $$;
call scope.hand_over('app.tablets_of_child(uuid)', 'budstikke_api');

-- alert_reach are the guardians of a child whom an alert where it is would go to now, for whoever answers for it: by what app.alert_receivers says.
create function app.alert_reach(child uuid)
    returns table (institution_id uuid, institution text, person_id uuid, name text, protected boolean, account boolean, channels text[], why text)
    language sql stable security definer rows 5 set search_path = ''
    as $$
        select i.id, i.name, r.person_id, r.name, r.protected, r.account, r.channels, r.why
        from (
            select distinct a.municipality_id, a.institution_id from app.guardian_access a
            where a.municipality_id = scope.municipality() and a.child_id = alert_reach.child) w
        join app.institutions i on i.municipality_id = w.municipality_id and i.id = w.institution_id
        cross join lateral app.alert_receivers(w.institution_id) r
        where scope.caller() = 'staff' and alert_reach.child in (select app.headed_children()) and exists (
            select from app.guardian_access a
            where a.municipality_id = w.municipality_id and a.institution_id = w.institution_id and a.child_id = alert_reach.child
              and a.guardian_id = r.person_id)
        order by i.name, r.name, r.person_id
    $$;
call scope.hand_over('app.alert_reach(uuid)', 'budstikke_api');

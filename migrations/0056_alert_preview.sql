-- Why: before somebody raises an alert they see whom it would go to, and who of them cannot be reached and why (B2, B9). It is the audience that
-- the alert itself goes to.
-- The previous binary: runs; it does not ask.

-- alert_receivers are the guardians whom an alert at an institution would go to now, for whoever answers for it: by which channels each can be
-- reached, and why not where there is none. No address is told. Nobody with a protected identity is named, and neither is who has a protected
-- child there: the name stays empty.
create function app.alert_receivers(institution uuid)
    returns table (person_id uuid, name text, protected boolean, account boolean, channels text[], why text)
    language sql stable security definer set search_path = ''
    as $$
        with audience as materialized (
            select g.guardian as person_id from app.guardian_audience(alert_receivers.institution) as g (guardian)
        ), shy as materialized (
            select a.guardian_id from app.guardian_access a
            join app.persons c on c.municipality_id = a.municipality_id and c.id = a.child_id
            where a.municipality_id = scope.municipality() and a.institution_id = alert_receivers.institution and c.protected_identity <> 'none'
        ), ends as materialized (
            select e.person_id, array_agg(distinct e.channel) filter (where e.state = 'active') as channels,
                bool_or(e.state = 'unverified') as unconfirmed, bool_or(e.state = 'retired' and e.retired_reason = 'gone') as gone
            from notify.endpoints e join audience a on a.person_id = e.person_id
            where e.municipality_id = scope.municipality()
            group by e.person_id
        )
        select p.id, case when guarded.yes then '' else btrim(p.given_name || ' ' || p.family_name) end, guarded.yes,
            k.id is not null, coalesce(e.channels, '{}'),
            case
                when e.channels is not null then ''
                when e.unconfirmed then 'not_confirmed'
                when e.gone then 'gone'
                when k.id is null then 'no_account'
                else 'nothing_registered'
            end
        from audience a
        join app.persons p on p.municipality_id = scope.municipality() and p.id = a.person_id
        cross join lateral (select p.protected_identity <> 'none' or exists (select from shy s where s.guardian_id = p.id) as yes) guarded
        left join auth.accounts k on k.municipality_id = p.municipality_id and k.person_id = p.id and k.ended_at is null
        left join ends e on e.person_id = p.id
    $$;

call scope.hand_over('app.alert_receivers(uuid)', 'budstikke_api');

-- Why: whoever shortened the year of a proof (proof_days) suspended guardians in that moment, and so did a calendar that had stood still: nobody had told
-- them. Now access is suspended only when its owner was told as many days before as the municipality says. Guardians see when their proof is due and what
-- they can do (H1); heads read why an access stands as it does, and the review finds whose proof is overdue and who goes on all the same because an
-- alert would reach nobody else (B2, V10).
-- The previous binary: runs.

alter table auth.accounts add column proof_warned_at timestamptz; -- when its owner was first told of the proof that is due now; null: not yet
grant update (proof_warned_at) on auth.accounts to budstikke_access;
set local role budstikke_access; -- which alone sees every municipality
update auth.accounts set proof_warned_at = proof_told_at where proof_told_at is not null;
reset role;

-- proof_due is when an access stops resting on a proof: its days after it was given, and never before its owner has known for the days of notice.
create function auth.proof_due(proved timestamptz, warned timestamptz, days integer, notice integer, moment timestamptz) returns timestamptz
    language sql immutable security definer set search_path = ''
    as $$ select greatest(proved + make_interval(days => days), coalesce(warned, moment) + make_interval(days => notice)) $$;
call scope.hand_over('auth.proof_due(timestamptz, timestamptz, integer, integer, timestamptz)', variadic '{}');

-- due_proofs names the accounts whose owners are told now that a proof is due: some days ahead, a week ahead, and when it is overdue; each once. Who
-- goes on without one, because an alert would reach nobody else (B2), is asked again every month.
create or replace function auth.due_proofs(moment timestamptz) returns table (account uuid, person uuid)
    language sql volatile security definer set search_path = ''
    as $$
        update auth.accounts a set proof_told_at = moment, proof_warned_at = coalesce(a.proof_warned_at, moment)
        from (
            select x.id, x.person_id, m.proof_notice_days as ahead,
                auth.proof_due(coalesce(x.proved_at, x.created_at), x.proof_warned_at, m.proof_days, m.proof_notice_days, moment) as due
            from auth.accounts x
            join app.municipalities m on m.municipality_id = x.municipality_id and m.proof_days > 0
            where x.municipality_id = scope.municipality() and x.ended_at is null and (x.kind = 'guardian' or x.proved_at is not null)
              and coalesce(x.proved_at, x.created_at) <= moment - make_interval(days => m.proof_days - m.proof_notice_days)
              and exists (
                select from app.guardianship_access g
                where g.municipality_id = x.municipality_id and g.guardian_id = x.person_id and g.status in ('active', 'suspended'))) d
        where scope.caller() = 'clock' and a.municipality_id = scope.municipality() and a.id = d.id and (
            exists (
                select from unnest(array[d.due - make_interval(days => d.ahead), d.due - least(make_interval(days => d.ahead), interval '7 days'), d.due]) step
                where step <= moment and (a.proof_told_at is null or a.proof_told_at < step))
            or d.due <= moment and a.proof_told_at <= moment - interval '30 days' and exists (
                select from app.guardianship_access g
                where g.municipality_id = a.municipality_id and g.guardian_id = d.person_id and g.status = 'active'))
        returning a.id, a.person_id
    $$;

-- own_proof tells a guardian when their proof is due, whether they have been told so, and whether an institution has yet to let them in to a child of
-- theirs, or does not any more. A child that they are kept from, or whose identity is protected, is as if there were none (B8, I18).
create function app.own_proof(moment timestamptz) returns table (due timestamptz, told boolean, waits boolean)
    language sql stable security definer rows 1 set search_path = ''
    as $$
        select case when m.proof_days > 0 then
                auth.proof_due(coalesce(a.proved_at, a.created_at), a.proof_warned_at, m.proof_days, m.proof_notice_days, own_proof.moment) end,
            m.proof_days > 0 and coalesce(a.proved_at, a.created_at) <= own_proof.moment - make_interval(days => m.proof_days - m.proof_notice_days),
            exists (
                select from app.guardianship_access x
                join app.guardianships g on g.municipality_id = x.municipality_id and g.id = x.guardianship_id and g.ended_at is null
                join app.persons c on c.municipality_id = x.municipality_id and c.id = x.child_id and c.protected_identity = 'none'
                join app.enrolments e on e.municipality_id = x.municipality_id and e.child_id = x.child_id and e.institution_id = x.institution_id
                    and (e.ended_at is null or e.ended_at > now())
                where x.municipality_id = a.municipality_id and x.guardian_id = a.person_id
                  and (x.status in ('imported', 'inactive', 'suspended') or x.status = 'active' and x.until <= now())
                  and not exists (
                    select from app.restrictions_now b
                    where b.municipality_id = x.municipality_id and b.child_id = x.child_id and b.person_id = x.guardian_id and b.kind = 'no_access'))
        from auth.accounts a
        join app.municipalities m on m.municipality_id = a.municipality_id
        where a.municipality_id = scope.municipality() and scope.caller() = 'guardian' and a.person_id = scope.person() and a.ended_at is null
    $$;
call scope.hand_over('app.own_proof(timestamptz)', 'budstikke_api');

-- proof_overdue tells whether the proof of somebody's account is overdue.
create function auth.proof_overdue(municipality uuid, person uuid, moment timestamptz) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select exists (
            select from auth.accounts a
            join app.municipalities m on m.municipality_id = a.municipality_id and m.proof_days > 0
            where a.municipality_id = proof_overdue.municipality and a.person_id = proof_overdue.person and a.ended_at is null
              and (a.kind = 'guardian' or a.proved_at is not null)
              and auth.proof_due(coalesce(a.proved_at, a.created_at), a.proof_warned_at, m.proof_days, m.proof_notice_days, proof_overdue.moment)
                <= proof_overdue.moment)
    $$;
call scope.hand_over('auth.proof_overdue(uuid, uuid, timestamptz)', variadic '{}');

-- The functions below are taken as they stand.
do $$
declare
    known text;
    wider text;
begin
    grant create on schema app, auth to budstikke_access;

    known := pg_get_functiondef('auth.take_proof()'::regprocedure);
    wider := replace(known, 'proof_told_at = null', 'proof_told_at = null, proof_warned_at = null');
    if wider = known then
        raise exception 'auth.take_proof is not as this migration expects it';
    end if;
    execute wider;

    known := pg_get_functiondef('app.suspend_unproved(timestamptz)'::regprocedure);
    wider := replace(known, 'and coalesce(a.proved_at, a.created_at) <= moment - make_interval(days => rule.proof_days)',
        'and coalesce(a.proved_at, a.created_at) <= moment - make_interval(days => rule.proof_days)
              and a.proof_warned_at <= moment - make_interval(days => rule.proof_notice_days)');
    if wider = known then
        raise exception 'app.suspend_unproved is not as this migration expects it';
    end if;
    execute wider;

    known := pg_get_functiondef('app.review_grants(uuid, uuid, timestamptz, integer)'::regprocedure);
    wider := replace(known, 'then ''no_contact_point'' end', 'then ''no_contact_point'' end,
                    case when auth.proof_overdue(a.municipality_id, a.guardian_id, review_grants.moment) then ''proof_overdue'' end');
    if wider = known then
        raise exception 'app.review_grants is not as this migration expects it';
    end if;
    execute wider;

    revoke create on schema app, auth from budstikke_access;
end
$$;

-- Why: what the gateway does across persons without any caller seeing their addresses: announcing, confirming, cutting off (V15, V20). And who
-- owns the functions that run with more rights than their caller.
-- The previous binary: there is none.

-- Whom an event is announced to. Each answers with ids only, and only to a caller who may cause such an event; the addresses behind the ids
-- are joined by notify.fan_out and never seen by the caller.
create function app.guardian_audience(institution uuid) returns setof uuid
    language sql stable security definer set search_path = ''
    as $$
        select distinct a.guardian_id from app.guardian_access a
        where a.municipality_id = scope.municipality() and a.institution_id = guardian_audience.institution
          and a.institution_id in (select app.headed_institutions())
    $$;

create function app.other_guardians(child uuid) returns setof uuid
    language sql stable security definer set search_path = ''
    as $$
        select distinct a.guardian_id from app.guardian_access a
        where a.municipality_id = scope.municipality() and a.child_id = other_guardians.child
          and a.guardian_id is distinct from scope.person()
          and (a.child_id in (select app.own_children()) or a.institution_id in (select app.own_institutions()))
    $$;

create function app.staff_audience(institution uuid) returns setof uuid
    language sql stable security definer set search_path = ''
    as $$
        select distinct a.person_id from app.staff_access a
        where a.municipality_id = scope.municipality() and a.institution_id = staff_audience.institution
          and a.role in ('head', 'leader', 'employee')
          and (scope.caller() = 'guardian' and exists (
                  select from app.guardian_access g
                  where g.municipality_id = a.municipality_id and g.guardian_id = scope.person() and g.institution_id = a.institution_id)
               or a.institution_id in (select app.headed_institutions()))
    $$;

-- fan_out writes the deliveries of one event to many persons by one INSERT … SELECT. The arrays run in parallel, one position per receiver.
-- A channel that a person has no verified endpoint for gives no row; in-app notices need no endpoint and are delivered by being written.
-- only_endpoint restricts it to one endpoint, verified or not: the mail that asks for the verification (H3). A critical event reaches the
-- guardians of its alert's institution and nobody else, and only when somebody who answers for that institution raises it (V20). It returns
-- the deliveries that somebody must carry out.
create function notify.fan_out(event uuid, urgency text, persons uuid[], grounds text[], children uuid[], institutions uuid[],
        channels text[], moment timestamptz, only_endpoint uuid)
    returns table (delivery_id uuid, provider text)
    language sql volatile security definer set search_path = ''
    as $$
        with receivers as (
            select * from unnest(fan_out.persons, fan_out.grounds, fan_out.children, fan_out.institutions)
                as r (person_id, grounds, child_id, institution_id)
            where fan_out.urgency <> 'critical' or (r.person_id, r.grounds, r.institution_id) in (
                select app.guardian_audience(a.institution_id), 'institution', a.institution_id
                from notify.events e join app.alerts a on a.municipality_id = e.municipality_id and a.id = e.subject_id
                where e.municipality_id = scope.municipality() and e.id = fan_out.event)
        ), written as (
            insert into notify.deliveries (municipality_id, id, event_id, urgency, person_id, grounds, child_id, institution_id,
                channel, provider, endpoint_id, state, next_at, queued_at, created_at, settled_at)
            select scope.municipality(), scope.new_id(), fan_out.event, fan_out.urgency, r.person_id, r.grounds, r.child_id,
                r.institution_id, e.channel, e.provider, e.id, 'pending', fan_out.moment, clock_timestamp(), fan_out.moment, null
            from receivers r
            join notify.endpoints e on e.municipality_id = scope.municipality() and e.person_id = r.person_id
            where e.channel = any (fan_out.channels) and (e.routine or fan_out.urgency = 'critical' or fan_out.only_endpoint is not null)
              and case when fan_out.only_endpoint is null then e.state = 'active'
                       else e.id = fan_out.only_endpoint and e.state <> 'retired' end
            union all
            select scope.municipality(), scope.new_id(), fan_out.event, fan_out.urgency, r.person_id, r.grounds, r.child_id,
                r.institution_id, 'in_app', null, null, 'sent', fan_out.moment, null, fan_out.moment, fan_out.moment
            from receivers r
            where 'in_app' = any (fan_out.channels) and fan_out.only_endpoint is null
            on conflict do nothing
            returning id, deliveries.provider
        )
        select w.id, w.provider from written w where w.provider is not null
    $$;

-- cut_off takes from a guardian what an access that has ended must not leave behind (V14, V15): notices not yet sent, those of the last day
-- that wait in the app and cannot be read there any more, and, when no access is left at all, sessions and push tokens. Triggers call it, so
-- that no way of ending an access can forget it.
create function app.cut_off(municipality uuid, guardian uuid) returns void
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        update notify.deliveries d
        set state = 'suppressed', reason = 'access_ended', settled_at = clock_timestamp(), fence = d.fence + 1
        where d.municipality_id = cut_off.municipality and d.person_id = cut_off.guardian
          and (d.state in ('pending', 'retry')
               or d.channel = 'in_app' and d.state = 'sent' and d.created_at > clock_timestamp() - interval '1 day')
          and d.grounds in ('child', 'institution')
          and not exists (
            select from app.guardian_access a
            where a.municipality_id = d.municipality_id and a.guardian_id = d.person_id
              and (d.grounds = 'child' and a.child_id = d.child_id
                   or d.grounds = 'institution' and a.institution_id = d.institution_id));
        if not exists (
            select from app.guardian_access a
            where a.municipality_id = cut_off.municipality and a.guardian_id = cut_off.guardian) then
            update auth.sessions s set ended_at = clock_timestamp(), ended_reason = 'access_ended'
            where s.municipality_id = cut_off.municipality and s.person_id = cut_off.guardian and s.kind = 'guardian' and s.ended_at is null;
            update notify.endpoints e set state = 'retired', retired_reason = 'access_ended'
            where e.municipality_id = cut_off.municipality and e.person_id = cut_off.guardian and e.channel = 'push' and e.state <> 'retired';
        end if;
    end
    $$;

-- confirm_email makes an address active for whoever followed the link of the mail (H3), and answers whose it is. Somebody who follows it twice
-- finds it confirmed.
create function notify.confirm_email(endpoint uuid, moment timestamptz) returns uuid
    language sql volatile security definer set search_path = ''
    as $$
        with confirmed as (
            update notify.endpoints u set state = 'active', verified_at = confirm_email.moment
            where u.municipality_id = scope.municipality() and scope.caller() = 'signin' and u.id = confirm_email.endpoint
              and u.channel = 'email' and u.state = 'unverified'
            returning u.person_id
        )
        select c.person_id from confirmed c
        union all
        select p.person_id from notify.endpoints p
        where p.municipality_id = scope.municipality() and scope.caller() = 'signin' and p.id = confirm_email.endpoint
          and p.channel = 'email' and p.state = 'active'
        limit 1
    $$;

-- verify_mobile makes a mobile number active after its owner sent the code in from it (H5), and answers which endpoint that is.
create function notify.verify_mobile(number text, code text, since timestamptz, moment timestamptz) returns uuid
    language sql volatile security definer set search_path = ''
    as $$
        update notify.endpoints u set state = 'active', verified_at = verify_mobile.moment, verify_code = null
        where u.municipality_id = scope.municipality() and scope.caller() = 'machine' and u.channel = 'sms'
          and u.address = verify_mobile.number and u.verify_code = verify_mobile.code and u.state = 'unverified'
          and u.registered_at >= verify_mobile.since
        returning u.id
    $$;

-- A device belongs to whoever registered it last: a tablet that changes hands must not show one family another's notices. Two families that
-- register it at the same moment take turns: the lock is held until the first has committed, so that the second sees it and retires it. It is
-- taken before the row, since taking it after would let two of them wait for each other.
create function notify.one_owner_per_device() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        perform pg_advisory_xact_lock(hashtextextended(new.municipality_id::text || new.provider || md5(new.address), 11));
        update notify.endpoints p set state = 'retired', retired_reason = 'registered_by_another'
        where p.municipality_id = new.municipality_id and p.channel = 'push' and md5(p.address) = md5(new.address)
          and p.address = new.address and p.provider = new.provider and p.person_id <> new.person_id and p.state <> 'retired';
        return new;
    end
    $$;

-- The status of a guardianship is changed together with the row that says who decided it and why, or not at all (V6, V13, B5). It is asked
-- in the statement that changes it, under the scope of that moment, so that no later change of scope can slip past it: the decision is written
-- first. An import decides nothing and is kept by keep_guardianship_status; the administrator, who has no scope, is not asked.
create function app.want_decision() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        if scope.caller() is null or scope.caller() = 'register' or exists (
            select from app.guardianship_decisions d
            where d.municipality_id = new.municipality_id and d.guardianship_id = new.id and d.status = new.status
              and d.decided_by = scope.person() and d.transaction_id = pg_current_xact_id()) then
            return null;
        end if;
        raise exception using errcode = 'check_violation', constraint = 'status_needs_a_decision',
            message = 'the status of a guardianship changes by a decision of whoever changes it, written in the same transaction (V6)';
    end
    $$;

do $$
declare
    f regprocedure;
begin
    grant create on schema app, auth, notify to budstikke_access; -- only to take the functions over
    for f in
        select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname in ('app', 'auth', 'notify') and p.prosecdef
    loop
        execute format('alter function %s owner to budstikke_access', f);
        execute format('revoke all on function %s from public', f);
        execute format('grant execute on function %s to budstikke_api, budstikke_access', f);
    end loop;
    revoke create on schema app, auth, notify from budstikke_access;
end
$$;
revoke execute on function app.reachable from budstikke_api;
grant execute on function app.reachable to budstikke_worker;

-- Absences with the words that the caller may read: a guardian those they wrote themselves (B11); staff where the child is enrolled now, and
-- a note that was sent in spite of the warning only those who may open what is sensitive (V17). Everybody else reads an empty note.
create view app.shown_absences with (security_invoker = true) as
    select a.municipality_id, a.id, a.child_id, a.institution_id, a.starts_on, a.ends_on, a.reason,
        (case
            when scope.caller() = 'guardian' and a.reported_by = scope.person() then a.note
            when scope.caller() = 'staff' and a.note <> '' and exists (
                select from app.enrolments e
                where e.municipality_id = a.municipality_id and e.child_id = a.child_id
                  and (e.starts_at is null or e.starts_at <= now()) and (e.ended_at is null or e.ended_at > now())
                  and (e.institution_id in (select app.confidential_institutions())
                       or not a.note_sensitive and e.institution_id in (select app.note_institutions()))) then a.note
            else ''
        end)::text as note,
        (case
            when scope.caller() = 'guardian' then a.note_sensitive and a.reported_by = scope.person()
            else a.note_sensitive
        end)::boolean as note_sensitive,
        a.reported_by, a.version, a.created_at, a.updated_at
    from app.absences a;

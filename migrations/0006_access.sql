-- Why: one rule of access, in one place, kept by the database. Row-level security uses it, the sign-in of every request uses it, and the
-- notify worker asks it again inside its claim (V15), so that nothing can be shown or sent by a rule of its own.
-- The previous binary: there is none.

-- budstikke_access may read what the rule is made of. It owns nothing but functions and nobody can log in as it.
grant select on app.municipalities, app.institutions, app.persons, app.enrolments, app.guardianships, app.staff_roles, app.conversations,
    app.applications, app.alerts, app.guardianship_decisions to budstikke_access;
grant select, update on auth.sessions to budstikke_access;
grant select on auth.accounts to budstikke_access;
grant select on notify.events to budstikke_access;
grant select, update on notify.endpoints to budstikke_access;
grant select, insert, update on notify.deliveries to budstikke_access;

-- The rule for guardians: an active guardianship of a child that is enrolled now, from its first day to its last (V1, V6, V14, V15).
create view app.guardian_access with (security_invoker = true) as
    select g.municipality_id, g.guardian_id, g.child_id, e.institution_id, g.id as guardianship_id
    from app.guardianships g
    join app.enrolments e on e.municipality_id = g.municipality_id and e.child_id = g.child_id
    where g.status = 'active' and g.ended_at is null
      and (e.starts_at is null or e.starts_at <= now()) and (e.ended_at is null or e.ended_at > now());

-- The rule for staff: a role that runs now (V11). An owner without an institution owns all that the municipality runs itself, those it opens
-- later too; self-governing ones have an owner of their own (L4, L5). Every other role needs an institution to reach anything. The roles that
-- do not work with the children here, municipal professionals and external partners, reach nothing until their access has an end (U8, B12).
create view app.staff_access with (security_invoker = true) as
    select r.municipality_id, r.person_id, i.id as institution_id, r.group_id, r.role
    from app.staff_roles r
    join app.institutions i on i.municipality_id = r.municipality_id
        and (i.id = r.institution_id or r.institution_id is null and r.role = 'owner' and i.ownership = 'municipal')
    where (r.starts_at is null or r.starts_at <= now()) and (r.ended_at is null or r.ended_at > now())
      and r.role in ('owner', 'head', 'leader', 'employee', 'substitute');

grant select on app.guardian_access, app.staff_access to budstikke_access;

-- The sets below are small, and saying how small keeps the planner from reading whole tables for them.

-- The children that the guardian of this transaction may see.
create function app.own_children() returns setof uuid
    language sql stable security definer rows 4 set search_path = ''
    as $$
        select distinct a.child_id from app.guardian_access a
        where a.municipality_id = scope.municipality() and a.guardian_id = scope.person() and scope.caller() = 'guardian'
    $$;

-- The institutions where those children are enrolled now: a former one tells their guardians nothing any more (V14).
create function app.own_places() returns setof uuid
    language sql stable security definer rows 3 set search_path = ''
    as $$
        select distinct a.institution_id from app.guardian_access a
        where a.municipality_id = scope.municipality() and a.guardian_id = scope.person() and scope.caller() = 'guardian'
    $$;

-- What the staff member of this transaction may do where: one row per institution, group and role.
create view app.own_roles with (security_invoker = true) as
    select a.institution_id, a.group_id, a.role from app.staff_access a
    where a.municipality_id = scope.municipality() and a.person_id = scope.person() and scope.caller() = 'staff';
grant select on app.own_roles to budstikke_access;

-- The institutions where the staff member of this transaction has a role.
create function app.own_institutions() returns setof uuid
    language sql stable security definer rows 5 set search_path = ''
    as $$ select distinct r.institution_id from app.own_roles r $$;

-- The roles that the staff member of this transaction holds at an institution now.
create function app.roles_at(institution uuid) returns text[]
    language sql stable security definer set search_path = ''
    as $$
        select coalesce(array_agg(distinct r.role order by r.role), '{}') from app.own_roles r
        where r.institution_id = roles_at.institution
    $$;

-- The institutions that the staff member of this transaction answers for: as its head, or as owner (V2, V6, V10).
create function app.headed_institutions() returns setof uuid
    language sql stable security definer rows 5 set search_path = ''
    as $$ select distinct r.institution_id from app.own_roles r where r.role in ('head', 'owner') $$;

-- The institutions where the staff member of this transaction reads and writes messages (V19). An owner keeps access right and reads no mail,
-- and a substitute is gone tomorrow.
create function app.message_institutions() returns setof uuid
    language sql stable security definer rows 5 set search_path = ''
    as $$ select distinct r.institution_id from app.own_roles r where r.role in ('head', 'leader', 'employee') $$;

-- The institutions where the staff member of this transaction reads the notes of absences: whoever works with the children that day.
create function app.note_institutions() returns setof uuid
    language sql stable security definer rows 5 set search_path = ''
    as $$ select distinct r.institution_id from app.own_roles r where r.role in ('head', 'leader', 'employee', 'substitute') $$;

-- The institutions where the staff member of this transaction may open what is sensitive: confidential messages (V18), and notes that were
-- sent in spite of the warning (V17).
create function app.confidential_institutions() returns setof uuid
    language sql stable security definer rows 5 set search_path = ''
    as $$ select distinct r.institution_id from app.own_roles r where r.role in ('head', 'leader') $$;

-- The children that the staff member of this transaction meets in their work: those who are enrolled now where they have a role. A child with
-- a protected identity is seen only by those who answer for the institution and by those whose role is in the child's own group.
create function app.own_pupils() returns setof uuid
    language sql stable security definer rows 250 set search_path = ''
    as $$
        select distinct e.child_id from app.own_roles r
        join app.enrolments e on e.municipality_id = scope.municipality() and e.institution_id = r.institution_id
            and (e.ended_at is null or e.ended_at > now())
        where r.role in ('head', 'owner') or r.group_id = e.group_id or not exists (
            select from app.persons p
            where p.municipality_id = scope.municipality() and p.id = e.child_id and p.protected_identity <> 'none')
    $$;

-- The children whose guardians' access the staff member of this transaction decides about: enrolled now where they are head or owner (V6, V14).
create function app.headed_children() returns setof uuid
    language sql stable security definer rows 250 set search_path = ''
    as $$
        select distinct e.child_id from app.enrolments e
        where e.municipality_id = scope.municipality() and e.institution_id in (select app.headed_institutions())
          and (e.ended_at is null or e.ended_at > now())
    $$;

-- meets tells whether the staff member of this transaction meets a person in their work: as a child that is enrolled where they have a role (as
-- own_pupils), as such a child's guardian, or as a colleague. An adult with a protected identity is seen only by those who answer for the
-- institution. It is asked person by person, since a page shows some dozens of the thousands that an owner meets; its cost tells the planner
-- to find the rows first.
create function app.meets(someone uuid) returns boolean
    language plpgsql stable security definer cost 200 set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
        hidden boolean;
    begin
        if scope.caller() is distinct from 'staff' then
            return false;
        end if;
        hidden := exists (select from app.persons p where p.municipality_id = here and p.id = someone and p.protected_identity <> 'none');
        return exists (
            select from app.enrolments e
            join app.own_roles r on r.institution_id = e.institution_id
            where e.municipality_id = here and e.child_id = someone and (e.ended_at is null or e.ended_at > now())
              and (not hidden or r.role in ('head', 'owner') or r.group_id = e.group_id)
        ) or exists (
            select from app.guardianships g
            join app.enrolments e on e.municipality_id = g.municipality_id and e.child_id = g.child_id
                and (e.ended_at is null or e.ended_at > now())
            join app.own_roles r on r.institution_id = e.institution_id
            where g.municipality_id = here and g.guardian_id = someone and g.ended_at is null
              and (not hidden or r.role in ('head', 'owner'))
        ) or exists (
            select from app.staff_access a
            join app.own_roles r on r.institution_id = a.institution_id
            where a.municipality_id = here and a.person_id = someone and (not hidden or r.role in ('head', 'owner')));
    end
    $$;

-- reachable answers, for a batch of notices, which of the receivers may get theirs at this moment: it returns the positions (from 1) of those
-- who may. The notify worker calls it inside its claim (V15); it is the same rule that row-level security keeps.
create function app.reachable(municipality_ids uuid[], person_ids uuid[], grounds text[], child_ids uuid[], institution_ids uuid[])
    returns setof bigint
    language sql stable security definer set search_path = ''
    as $$
        select t.n
        from unnest(municipality_ids, person_ids, grounds, child_ids, institution_ids) with ordinality
            as t (municipality_id, person_id, grounds, child_id, institution_id, n)
        where case t.grounds
            when 'child' then exists (
                select from app.guardian_access a
                where a.municipality_id = t.municipality_id and a.guardian_id = t.person_id and a.child_id = t.child_id)
            when 'institution' then exists (
                select from app.guardian_access a
                where a.municipality_id = t.municipality_id and a.guardian_id = t.person_id and a.institution_id = t.institution_id)
            when 'staff' then exists (
                select from app.staff_access a
                where a.municipality_id = t.municipality_id and a.person_id = t.person_id and a.institution_id = t.institution_id)
            when 'self' then exists ( -- the mail that asks an applicant to confirm the address they gave (H3)
                select from app.applications p
                where p.municipality_id = t.municipality_id and p.person_id = t.person_id and p.state = 'open') or exists (
                select from auth.accounts a
                where a.municipality_id = t.municipality_id and a.person_id = t.person_id and a.ended_at is null)
            else false
        end
    $$;

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
-- when the transaction commits, so that the order of the two does not matter. An import decides nothing and is kept by
-- keep_guardianship_status; the administrator, who has no scope, is not asked.
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

-- may_hear_again tells whether the caller of this transaction may still see what a kept answer is about (B6, V15): a guardian the child, where
-- it is enrolled; staff the institution and a child enrolled at one of theirs. A child and an institution together are about what was written
-- between home and there, which fewer may read. Null stands for nothing in particular.
create function app.may_hear_again(child uuid, institution uuid) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select case scope.caller()
            when 'guardian' then may_hear_again.child is null or exists (
                select from app.guardian_access a
                where a.municipality_id = scope.municipality() and a.guardian_id = scope.person() and a.child_id = may_hear_again.child
                  and (may_hear_again.institution is null or a.institution_id = may_hear_again.institution))
            when 'staff' then (may_hear_again.institution is null or exists (
                    select from app.own_roles r
                    where r.institution_id = may_hear_again.institution
                      and (may_hear_again.child is null or r.role in ('head', 'leader', 'employee'))))
                and (may_hear_again.child is null or may_hear_again.child in (select app.own_pupils()))
            else true
        end
    $$;

-- match_applicant finds who a verified identity number belongs to and whether that person may apply (H11) or has an account (H2). It answers
-- with ids and flags only, and nothing for a number the register does not have.
create function app.match_applicant(index_key smallint, national_id_index bytea)
    returns table (person_id uuid, has_account boolean, may_apply boolean)
    language sql stable security definer set search_path = ''
    as $$
        select p.id,
               exists (select from auth.accounts a
                       where a.municipality_id = p.municipality_id and a.person_id = p.id and a.ended_at is null),
               p.protected_identity = 'none' and exists (
                   select from app.guardianships g
                   join app.enrolments e on e.municipality_id = g.municipality_id and e.child_id = g.child_id
                   join app.persons c on c.municipality_id = g.municipality_id and c.id = g.child_id
                   where g.municipality_id = p.municipality_id and g.guardian_id = p.id and g.legal and g.ended_at is null
                     and (e.ended_at is null or e.ended_at > now()) and c.protected_identity = 'none')
        from app.persons p
        where p.municipality_id = scope.municipality() and scope.caller() = 'signin'
          and p.national_id_index_key = match_applicant.index_key
          and p.national_id_index = match_applicant.national_id_index
    $$;

-- list_municipalities is the list that a person chooses their municipality from before anything is known about them.
create function app.list_municipalities() returns table (municipality_id uuid, slug text, name text, country text, locale text)
    language sql stable security definer set search_path = ''
    as $$ select m.municipality_id, m.slug, m.name, m.country, m.locale from app.municipalities m order by m.name, m.slug $$;

-- See the comment on the function.
create function auth.enter(municipality uuid, token_hash bytea, wanted text, moment timestamptz)
    returns table (session_id uuid, person_id uuid, account_id uuid, kind text, strong boolean, roles text[])
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        s auth.sessions;
        held text[];
    begin
        perform scope.open(null, null, null);
        select * into s from auth.sessions x
        where x.municipality_id = enter.municipality and x.token_hash = enter.token_hash
          and x.ended_at is null and x.expires_at > enter.moment;
        if not found then
            raise exception using errcode = 'BU401', message = 'no such session';
        end if;
        if s.account_id is not null and not exists (
            select from auth.accounts a
            where a.municipality_id = s.municipality_id and a.id = s.account_id and a.ended_at is null) then
            raise exception using errcode = 'BU401', message = 'the account has ended'; -- H4
        end if;
        if s.kind <> all (string_to_array(enter.wanted, ',')) then
            raise exception using errcode = 'BU404', message = 'another kind of caller';
        end if;
        if s.kind = 'staff' then
            select array_agg(distinct a.role order by a.role) into held from app.staff_access a
            where a.municipality_id = s.municipality_id and a.person_id = s.person_id;
            if held is null then
                raise exception using errcode = 'BU401', message = 'no role';
            end if;
        end if;
        perform scope.open(s.municipality_id, s.person_id, s.kind);
        return query select s.id, s.person_id, s.account_id, s.kind, s.strong, coalesce(held, '{}');
    end
    $$;
comment on function auth.enter is
    'Proves a session token and opens the scope of its person for this transaction, so that a session that has ended is refused by the very '
    'statement that would have let it in (V15). wanted: the kinds of caller that may enter, separated by commas. Errors: BU401 no such '
    'session, BU404 a session of another kind.';

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

-- Forced row-level security on every table. The restrictive policy keeps municipalities apart whatever the permissive ones say.
do $$
declare
    t record;
begin
    for t in
        select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('app', 'auth', 'notify') and c.relkind in ('r', 'p')
    loop
        execute format('alter table %I.%I enable row level security', t.schema, t.name);
        execute format('alter table %I.%I force row level security', t.schema, t.name);
        execute format('create policy one_municipality on %I.%I as restrictive for all to budstikke_api
            using (municipality_id = (select scope.municipality())) with check (municipality_id = (select scope.municipality()))',
            t.schema, t.name);
        execute format('create policy answers on %I.%I for all to budstikke_access using (true) with check (true)', t.schema, t.name);
    end loop;
end
$$;

-- What an import may touch: the register's nouns. It may insert a guardianship but not set its status (see the grants below) (V1, P6).
create policy registers on app.municipalities for all to budstikke_api
    using ((select scope.caller()) in ('register')) with check ((select scope.caller()) in ('register'));
create policy everybody_reads on app.municipalities for select to budstikke_api using (true);
do $$
declare
    t text;
begin
    foreach t in array array['institutions', 'groups', 'persons', 'enrolments', 'guardianships', 'staff_roles', 'imports', 'register_records']
    loop
        execute format('create policy registers on app.%I for all to budstikke_api
            using ((select scope.caller()) = ''register'') with check ((select scope.caller()) = ''register'')', t);
    end loop;
end
$$;

-- Guardians. What hangs on a place ends when the child leaves it (V14).
create policy guardian_reads on app.institutions for select to budstikke_api
    using ((select scope.caller()) = 'guardian' and id in (select app.own_places()));
create policy guardian_reads on app.groups for select to budstikke_api
    using ((select scope.caller()) = 'guardian' and institution_id in (select app.own_places()) and id in (
        select e.group_id from app.enrolments e
        where e.municipality_id = (select scope.municipality()) and e.child_id in (select app.own_children())
          and (e.ended_at is null or e.ended_at > now())));
create policy guardian_reads on app.persons for select to budstikke_api
    using ((select scope.caller()) in ('guardian', 'applicant') and id = (select scope.person())
        or (select scope.caller()) = 'guardian' and id in (select app.own_children()));
create policy guardian_reads on app.enrolments for select to budstikke_api
    using ((select scope.caller()) = 'guardian' and child_id in (select app.own_children()));
-- A guardian sees their own relation to the child, and of the other guardians nothing.
create policy guardian_reads on app.guardianships for select to budstikke_api
    using ((select scope.caller()) = 'guardian' and guardian_id = (select scope.person()) and child_id in (select app.own_children()));
-- Both homes know of the child's day; what one of them wrote is theirs to change (B11). The words are shown by app.shown_absences.
create policy guardian_reads on app.absences for select to budstikke_api
    using ((select scope.caller()) = 'guardian' and child_id in (select app.own_children()));
create policy guardian_reports on app.absences for insert to budstikke_api
    with check ((select scope.caller()) = 'guardian' and reported_by = (select scope.person()) and child_id in (select app.own_children())
        and (child_id, institution_id) in (
            select e.child_id, e.institution_id from app.enrolments e
            where e.municipality_id = (select scope.municipality()) and (e.starts_at is null or e.starts_at <= now())
              and (e.ended_at is null or e.ended_at > now())));
create policy guardian_changes on app.absences for update to budstikke_api
    using ((select scope.caller()) = 'guardian' and reported_by = (select scope.person()) and child_id in (select app.own_children()))
    with check ((select scope.caller()) = 'guardian' and reported_by = (select scope.person()) and child_id in (select app.own_children()));
create policy guardian_withdraws on app.absences for delete to budstikke_api
    using ((select scope.caller()) = 'guardian' and reported_by = (select scope.person()) and child_id in (select app.own_children()));
-- A thread with a former institution can be read and not be written to (V14).
create policy guardian_keeps on app.conversations for all to budstikke_api
    using ((select scope.caller()) = 'guardian' and guardian_id = (select scope.person()) and child_id in (select app.own_children()))
    with check ((select scope.caller()) = 'guardian' and guardian_id = (select scope.person()) and child_id in (select app.own_children())
        and (child_id, institution_id) in (
            select e.child_id, e.institution_id from app.enrolments e
            where e.municipality_id = (select scope.municipality()) and (e.starts_at is null or e.starts_at <= now())
              and (e.ended_at is null or e.ended_at > now())));
-- A message is in a conversation that its reader and its writer may see, which the conversations' own policies say.
create policy guardian_reads on app.messages for select to budstikke_api
    using ((select scope.caller()) = 'guardian' and exists (
        select from app.conversations c where c.municipality_id = messages.municipality_id and c.id = messages.conversation_id));
create policy guardian_writes on app.messages for insert to budstikke_api
    with check ((select scope.caller()) = 'guardian' and author_id = (select scope.person()) and author_side = 'guardian' and exists (
        select from app.conversations c where c.municipality_id = messages.municipality_id and c.id = messages.conversation_id
          and (c.child_id, c.institution_id) in (
            select e.child_id, e.institution_id from app.enrolments e
            where e.municipality_id = (select scope.municipality()) and (e.starts_at is null or e.starts_at <= now())
              and (e.ended_at is null or e.ended_at > now()))));
create policy guardian_reads on app.alerts for select to budstikke_api
    using ((select scope.caller()) = 'guardian' and institution_id in (select app.own_places()));

-- Staff.
create policy staff_reads on app.institutions for select to budstikke_api using (id in (select app.own_institutions()));
create policy staff_reads on app.groups for select to budstikke_api using (institution_id in (select app.own_institutions()));
create policy staff_reads on app.persons for select to budstikke_api
    using ((select scope.caller()) = 'staff' and (id = (select scope.person()) or app.meets(id)));
create policy staff_reads on app.enrolments for select to budstikke_api using (institution_id in (select app.own_institutions()));
create policy staff_reads on app.staff_roles for select to budstikke_api using (institution_id in (select app.own_institutions()));
create policy staff_reads on app.guardianships for select to budstikke_api
    using ((select scope.caller()) = 'staff' and child_id in (select app.own_pupils()));
create policy head_decides on app.guardianships for update to budstikke_api
    using ((select scope.caller()) = 'staff' and child_id in (select app.headed_children()))
    with check ((select scope.caller()) = 'staff' and child_id in (select app.headed_children()));
create policy head_reads on app.guardianship_decisions for select to budstikke_api
    using ((select scope.caller()) = 'staff' and exists (
        select from app.guardianships g
        where g.municipality_id = guardianship_decisions.municipality_id and g.id = guardianship_decisions.guardianship_id
          and g.child_id in (select app.headed_children())));
create policy head_decides on app.guardianship_decisions for insert to budstikke_api
    with check ((select scope.caller()) = 'staff' and decided_by = (select scope.person()) and exists (
        select from app.guardianships g
        where g.municipality_id = guardianship_decisions.municipality_id and g.id = guardianship_decisions.guardianship_id
          and g.child_id in (select app.headed_children())));
-- An absence is seen wherever the child is enrolled now, whichever institution it was reported to.
create policy staff_reads on app.absences for select to budstikke_api
    using ((select scope.caller()) = 'staff' and child_id in (select app.own_pupils()));
create policy staff_reads on app.conversations for select to budstikke_api
    using (institution_id in (select app.message_institutions()) and child_id in (select app.own_pupils()));
create policy staff_answers on app.conversations for update to budstikke_api
    using (institution_id in (select app.message_institutions()) and child_id in (select app.own_pupils()))
    with check (institution_id in (select app.message_institutions()) and child_id in (select app.own_pupils()));
create policy staff_reads on app.messages for select to budstikke_api
    using ((select scope.caller()) = 'staff' and exists (
        select from app.conversations c where c.municipality_id = messages.municipality_id and c.id = messages.conversation_id
          and (not messages.confidential or messages.author_id = (select scope.person())
               or c.institution_id in (select app.confidential_institutions()))));
create policy staff_writes on app.messages for insert to budstikke_api
    with check ((select scope.caller()) = 'staff' and author_id = (select scope.person()) and author_side = 'staff' and exists (
        select from app.conversations c where c.municipality_id = messages.municipality_id and c.id = messages.conversation_id
          and c.child_id in (select app.own_pupils())));
create policy staff_reads on app.alerts for select to budstikke_api using (institution_id in (select app.own_institutions()));
create policy head_raises on app.alerts for insert to budstikke_api
    with check (institution_id in (select app.headed_institutions()) and raised_by = (select scope.person()));

-- Applications: the applicant's own, nobody else's.
create policy applicant_keeps on app.applications for all to budstikke_api
    using ((select scope.caller()) in ('applicant', 'guardian') and person_id = (select scope.person()))
    with check ((select scope.caller()) = 'applicant' and person_id = (select scope.person()));
create policy signin_keeps on app.applications for all to budstikke_api
    using ((select scope.caller()) = 'signin') with check ((select scope.caller()) = 'signin');

-- Keys of repeated writes are digests; whoever is in the municipality may look one up, and finds nothing without knowing the key.
create policy all_callers on app.idempotency_keys for all to budstikke_api using (true) with check (true);

-- Sign-in.
do $$
declare
    t text;
begin
    foreach t in array array['accounts', 'passwords', 'attempts', 'sessions', 'bankid_orders'] loop
        execute format('create policy signin_keeps on auth.%I for all to budstikke_api
            using ((select scope.caller()) = ''signin'') with check ((select scope.caller()) = ''signin'')', t);
    end loop;
end
$$;
-- Everybody may end their own sessions; those of a guardian who is cut off are ended by app.cut_off (V15).
-- A session is only ever begun as what its owner is, with one exception: an applicant whose account was opened becomes a guardian.
create policy own_sessions on auth.sessions for all to budstikke_api
    using ((select scope.caller()) in ('guardian', 'staff', 'applicant') and person_id = (select scope.person()))
    with check ((select scope.caller()) in ('guardian', 'staff', 'applicant') and person_id = (select scope.person())
        and (kind = (select scope.caller()) or (select scope.caller()) = 'applicant' and kind = 'guardian' or ended_at is not null));
create policy own_account on auth.accounts for select to budstikke_api
    using ((select scope.caller()) in ('guardian', 'staff') and person_id = (select scope.person()));
create policy applicant_opens on auth.accounts for all to budstikke_api
    using ((select scope.caller()) = 'applicant' and person_id = (select scope.person()))
    with check ((select scope.caller()) = 'applicant' and person_id = (select scope.person()) and kind = 'guardian');
create policy staff_reads on auth.accounts for select to budstikke_api
    using ((select scope.caller()) = 'staff' and app.meets(person_id));

-- The gateway. A person's own notices and endpoints are theirs to read; staff read what became of what they sent. Deliveries come into being
-- through notify.fan_out only.
-- Anything critical needs an alert that the caller has raised in this municipality (V20). Staff see events, which hold ids only; everybody
-- else those that they have a notice of.
create policy announces on notify.events for insert to budstikke_api
    with check (urgency = 'routine' or (select scope.caller()) = 'staff' and exists (
        select from app.alerts a
        where a.municipality_id = events.municipality_id and a.id = events.subject_id and a.raised_by = (select scope.person())));
create policy staff_reads on notify.events for select to budstikke_api using ((select scope.caller()) = 'staff');
create policy own_notices on notify.events for select to budstikke_api
    using (exists (
        select from notify.deliveries d
        where d.municipality_id = events.municipality_id and d.event_id = events.id and d.person_id = (select scope.person())));
create policy own_endpoints on notify.endpoints for all to budstikke_api
    using ((select scope.caller()) in ('guardian', 'staff', 'applicant') and person_id = (select scope.person()))
    with check ((select scope.caller()) in ('guardian', 'staff', 'applicant') and person_id = (select scope.person()));
create policy unsubscribing on notify.endpoints for update to budstikke_api -- by the link in a routine mail
    using ((select scope.caller()) = 'machine' and channel = 'email') with check ((select scope.caller()) = 'machine' and not routine);
create policy unsubscribing_sees on notify.endpoints for select to budstikke_api
    using ((select scope.caller()) = 'machine' and channel = 'email');
create policy own_notices on notify.deliveries for select to budstikke_api
    using ((select scope.caller()) = 'guardian' and person_id = (select scope.person()) and case grounds
        when 'self' then true
        when 'child' then child_id in (select app.own_children())
        when 'institution' then institution_id in (select app.own_places())
        else false end);
create policy staff_reads on notify.deliveries for select to budstikke_api
    using ((select scope.caller()) = 'staff' and (person_id = (select scope.person()) or institution_id in (select app.headed_institutions())));
create policy receipts on notify.deliveries for all to budstikke_api
    using ((select scope.caller()) = 'machine') with check ((select scope.caller()) = 'machine');
create policy staff_reads on notify.attempts for select to budstikke_api
    using ((select scope.caller()) = 'staff' and delivery_id in (
        select d.id from notify.deliveries d where d.municipality_id = (select scope.municipality())));
do $$
declare
    t text;
begin
    foreach t in array array['events', 'endpoints', 'deliveries', 'attempts'] loop
        execute format('create policy worker_keeps on notify.%I for all to budstikke_worker using (true) with check (true)', t);
    end loop;
end
$$;

-- Grants: what is not listed is refused, whatever a policy says.
grant select, insert, update on app.municipalities, app.institutions, app.groups, app.persons, app.enrolments, app.staff_roles,
    app.applications, app.register_records to budstikke_api;
grant select, insert on app.guardianships, app.alerts, app.messages, app.imports, app.absences, app.conversations to budstikke_api;
grant select, insert (municipality_id, id, guardianship_id, status, reason, decided_by, decided_at) on app.guardianship_decisions
    to budstikke_api;
grant update (last_message_at) on app.conversations to budstikke_api; -- whose and about whom it is never changes
grant update (status, version, legal, basis, ended_at, register_end) on app.guardianships to budstikke_api;
grant update (starts_on, ends_on, reason, note, note_sensitive, note_removed_at, version, updated_at) on app.absences to budstikke_api;
grant select on app.shown_absences to budstikke_api;
grant delete on app.absences to budstikke_api; -- one that is withdrawn leaves no words and no days behind (V17)
grant select, insert, update, delete on app.idempotency_keys to budstikke_api;
grant select, insert, update on auth.accounts, auth.passwords to budstikke_api;
grant select, insert, update, delete on auth.bankid_orders to budstikke_api;
grant select, insert on auth.sessions to budstikke_api;
grant update (ended_at, ended_reason) on auth.sessions to budstikke_api; -- a session can be ended and never prolonged
grant select, insert, update, delete on auth.attempts to budstikke_api;
grant select, insert on notify.events to budstikke_api;
grant select, insert, update on notify.endpoints to budstikke_api;
grant select on notify.deliveries to budstikke_api;
grant update (receipt, receipt_rank) on notify.deliveries to budstikke_api;
grant select on notify.attempts to budstikke_api;
grant select, insert, update on notify.events, notify.endpoints, notify.deliveries, notify.attempts to budstikke_worker;
grant execute on all functions in schema scope to budstikke_api, budstikke_worker, budstikke_access;
grant execute on function app.claim_key, app.keep_answer, app.forget_answers to budstikke_api;

-- The status of a guardianship is a person's decision: an import can neither set nor change it, and nobody can without saying who decided
-- (V1, V6, P6). The decision is written first, in the same transaction.
create function app.keep_guardianship_status() returns trigger
    language plpgsql set search_path = ''
    as $$
    begin
        if scope.caller() is distinct from 'register' and tg_op = 'UPDATE' then
            return new;
        end if;
        if tg_op = 'INSERT' and new.status <> 'inactive' then
            raise exception using errcode = 'check_violation', constraint = 'imports_never_grant',
                message = 'a guardianship comes into being inactive (V1)';
        end if;
        if tg_op = 'UPDATE' and new.status <> old.status and new.status <> 'inactive' then
            raise exception using errcode = 'check_violation', constraint = 'imports_never_grant',
                message = 'an import never opens access (V1)';
        end if;
        if tg_op = 'UPDATE' and old.ended_at is not null and new.ended_at is null and new.status <> 'inactive' then
            raise exception using errcode = 'check_violation', constraint = 'imports_never_grant',
                message = 'a guardianship that returns is inactive (V1)';
        end if;
        return new;
    end
    $$;
create trigger keep_guardianship_status before insert or update on app.guardianships
    for each row execute function app.keep_guardianship_status();

create constraint trigger want_decision after update of status on app.guardianships deferrable initially deferred
    for each row when (old.status is distinct from new.status) execute function app.want_decision();

-- What a person here ended, or opened again, is theirs: no import changes it (P6).
create function app.keep_decided_end() returns trigger
    language plpgsql set search_path = ''
    as $$
    begin
        if scope.caller() = 'register' and old.ended_at is distinct from old.register_end and new.ended_at is distinct from old.ended_at then
            raise exception using errcode = 'check_violation', constraint = 'imports_keep_decisions',
                message = 'an import never changes an end that a person decided (P6)';
        end if;
        return new;
    end
    $$;
create trigger keep_decided_end before update on app.groups for each row execute function app.keep_decided_end();
create trigger keep_decided_end before update on app.enrolments for each row execute function app.keep_decided_end();
create trigger keep_decided_end before update on app.guardianships for each row execute function app.keep_decided_end();
create trigger keep_decided_end before update on app.staff_roles for each row execute function app.keep_decided_end();

-- Whatever ends an access cuts the guardian off in the same transaction (V14, V15).
create function app.cut_off_guardian() returns trigger
    language plpgsql set search_path = ''
    as $$
    begin
        perform app.cut_off(new.municipality_id, new.guardian_id);
        return null;
    end
    $$;
create trigger cut_off_guardian after update of status, ended_at on app.guardianships
    for each row when (new.status <> 'active' or new.ended_at is not null) execute function app.cut_off_guardian();

create function app.cut_off_guardians_of_child() returns trigger
    language plpgsql set search_path = ''
    as $$
    begin
        perform app.cut_off(g.municipality_id, g.guardian_id)
        from app.guardianships g where g.municipality_id = new.municipality_id and g.child_id = new.child_id;
        return null;
    end
    $$;
create trigger cut_off_guardians_of_child after update of starts_at, ended_at on app.enrolments
    for each row when (new.ended_at is not null or new.starts_at is not null) execute function app.cut_off_guardians_of_child();

-- Both processes compare the schema with the one they were built for before they take work.
grant usage on schema public to budstikke_api, budstikke_worker;
do $$
begin
    grant select on public.schema_migrations to budstikke_api, budstikke_worker;
exception when undefined_table then
    null; -- applied by hand, without the runner that keeps the table
end
$$;

create trigger one_owner_per_device before insert on notify.endpoints
    for each row when (new.channel = 'push' and new.state <> 'retired') execute function notify.one_owner_per_device();

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

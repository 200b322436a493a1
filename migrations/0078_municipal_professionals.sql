-- Why: owners enter municipal professionals by hand, for named children and until a moment that is set (U7, B12); and whoever is invited once more,
-- by the same user name, stays one person with one account (H2, U8).
-- The previous binary: runs; it lists and changes external partners only.

-- A professional works for the municipality, which answers for them: they have no sponsor.
alter table app.partnerships alter column sponsor_id drop not null;
grant select on auth.accounts, auth.passwords, auth.letters, auth.identities to budstikke_access;

create or replace view app.partner_access with (security_invoker = true) as
    select r.municipality_id, r.id as role_id, r.person_id, r.institution_id, r.ended_at as until, p.version, r.role
    from app.staff_roles r
    join app.partnerships p on p.municipality_id = r.municipality_id and p.role_id = r.id
    where r.role in ('external_partner', 'municipal_professional') and (r.starts_at is null or r.starts_at <= now()) and r.ended_at > now()
      and not exists (
        select from app.staff_leaves l
        where l.municipality_id = r.municipality_id and l.person_id = r.person_id and l.institution_id = r.institution_id
          and l.starts_at <= now() and (l.until is null or l.until > now()))
      and (r.role = 'municipal_professional' or exists (
        select from app.staff_access s
        where s.municipality_id = p.municipality_id and s.person_id = p.sponsor_id and s.institution_id = r.institution_id));
comment on view app.partner_access is 'Partnerships in force: the role runs, has an end, and the sponsor of an external partner works at the institution now.';

create procedure app.amend_for_professionals(function regprocedure, known text, wider text)
    language plpgsql
    as $$
    declare
        was constant text := pg_get_functiondef(function);
    begin
        if (length(was) - length(replace(was, known, ''))) / length(known) <> 1 then
            raise exception '% is not as this migration knows it', function;
        end if;
        execute replace(was, known, wider);
    end
    $$;

-- They come in with the role that they have, and by the municipality's own sign-in where that knows them (U7).
call app.amend_for_professionals('auth.enter(uuid, bytea, text, timestamptz)', 'select array[''external_partner''] into held from app.partner_access a',
    'select array_agg(distinct a.role order by a.role) into held from app.partner_access a');
call app.amend_for_professionals('app.match_staff(text, smallint, bytea)',
    'and exists (select from app.staff_access a where a.municipality_id = p.municipality_id and a.person_id = p.id)',
    'and (exists (select from app.staff_access a where a.municipality_id = p.municipality_id and a.person_id = p.id) or exists (
            select from app.partner_access x
            where x.municipality_id = p.municipality_id and x.person_id = p.id and x.role = ''municipal_professional''))');
call app.amend_for_professionals('app.why_partner_rests(uuid)', 'then null', 'then null
            when r.role = ''municipal_professional'' then ''suspended''');

-- Whatever changes the end of a professional's access is a change of it, as of a partner's.
drop trigger count_partner_change on app.staff_roles;
create trigger count_partner_change after update of ended_at on app.staff_roles
    for each row when (new.role in ('external_partner', 'municipal_professional')) execute function app.count_partner_change();

-- owns tells whether the staff member of this transaction is an owner of an institution.
create function app.owns(institution uuid) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select coalesce(scope.caller() = 'staff', false)
            and exists (select from app.own_roles o where o.institution_id = owns.institution and o.role = 'owner')
    $$;
call scope.hand_over('app.owns(uuid)', 'budstikke_api');

do $$
declare
    was constant text := pg_get_functiondef('app.partners(uuid, uuid, timestamptz, uuid, integer)'::regprocedure);
    now_is constant text := replace(replace(replace(was, 'most integer)', 'most integer, of_role text DEFAULT ''external_partner''::text)'),
        'join app.persons s on', 'left join app.persons s on'), 'r.id = coalesce(partners.only_role, r.id)', 'r.role = partners.of_role and r.id = coalesce(partners.only_role, r.id)');
begin
    if length(now_is) <= length(was) + 80 then
        raise exception 'app.partners is not as this migration knows it';
    end if;
    drop function app.partners(uuid, uuid, timestamptz, uuid, integer);
    execute now_is;
end
$$;
call scope.hand_over('app.partners(uuid, uuid, timestamptz, uuid, integer, text)', 'budstikke_api');
call app.amend_for_professionals('app.change_partner(uuid, uuid, uuid[], timestamptz, bigint, uuid)', 'and r.person_id <> scope.person()',
    'and r.person_id <> scope.person() and (r.role = ''external_partner'' or app.owns(r.institution_id))');

-- The explanation (B9).
call app.amend_for_professionals('app.partner_facts(uuid, uuid)', 'case when app.is_partner() then ''["external_partner"]'' else ''[]'' end::jsonb',
    'coalesce((
                select jsonb_agg(distinct a.role) from app.partner_access a
                where a.municipality_id = scope.municipality() and a.person_id = partner_facts.partner), ''[]''::jsonb)');
call app.amend_for_professionals('app.viewers(uuid, text, uuid)', 's.role = ''external_partner''', 's.role in (''external_partner'', ''municipal_professional'')');
drop procedure app.amend_for_professionals(regprocedure, text, text);

-- invite_partner gives somebody a role for named children: an external partner by who heads or owns the institution, a professional by an owner. Who
-- has the user name already, in such a role and by the same name, is the person whom it is given to; else the person is new. outcome says what came
-- of it: entered, again, exists (they have access here already), taken (the user name is somebody else's), nothing (as if it were not there).
-- signs_in tells whether they have an account that they sign in with.
create function app.invite_partner(role_id uuid, newcomer uuid, kind text, username text, given text, family text, institution uuid, sponsor uuid,
    children uuid[], until timestamptz) returns table (outcome text, person uuid, signs_in boolean)
    language plpgsql volatile security definer set search_path = ''
    as $$
    #variable_conflict use_column
    declare
        here constant uuid := scope.municipality();
    begin
        outcome := 'nothing';
        if scope.caller() is distinct from 'staff' or invite_partner.institution not in (select app.headed_institutions())
            or invite_partner.until <= now() or invite_partner.until > now() + interval '12 months'
            or not (case invite_partner.kind
                when 'external_partner' then exists (
                    select from app.staff_access s
                    where s.municipality_id = here and s.person_id = invite_partner.sponsor and s.institution_id = invite_partner.institution)
                when 'municipal_professional' then invite_partner.sponsor is null and app.owns(invite_partner.institution)
                else false end) then
            return next;
            return;
        end if;
        perform pg_advisory_xact_lock(hashtextextended(here::text || ' ' || invite_partner.username, 68)); -- two at once are two after each other
        select x.person_id into person from (
            select a.person_id, 1 as place, a.created_at as at
            from auth.passwords w join auth.accounts a on a.municipality_id = w.municipality_id and a.id = w.account_id
            where w.municipality_id = here and w.username = invite_partner.username
            union all
            select l.person_id, 2, l.issued_at from auth.letters l
            where l.municipality_id = here and l.username = invite_partner.username and l.used_at is null and l.withdrawn_at is null
            union all
            select l.person_id, 4, l.issued_at from auth.letters l -- whose account was ended, and with it the password
            where l.municipality_id = here and l.username = invite_partner.username
            union all
            select p.id, 3, p.created_at from app.persons p
            where p.municipality_id = here and invite_partner.kind = 'municipal_professional' and p.username = invite_partner.username) x
        order by x.place, x.at desc limit 1;
        outcome := case
            when person is null then 'entered'
            when person = scope.person() or not exists (
                    select from app.persons p
                    where p.municipality_id = here and p.id = person
                      and lower(p.given_name) = lower(invite_partner.given) and lower(p.family_name) = lower(invite_partner.family))
                or not exists (select from app.staff_roles r where r.municipality_id = here and r.person_id = person and r.role = invite_partner.kind)
                or exists (
                    select from app.staff_roles r
                    where r.municipality_id = here and r.person_id = person and r.role <> invite_partner.kind and (r.ended_at is null or r.ended_at > now()))
                then 'taken'
            when exists (
                    select from app.staff_roles r join app.partnerships q on q.municipality_id = r.municipality_id and q.role_id = r.id
                    where r.municipality_id = here and r.person_id = person and r.institution_id = invite_partner.institution and r.ended_at > now())
                then 'exists'
            else 'again' end;
        if outcome = 'entered' then
            person := invite_partner.newcomer;
            insert into app.persons (municipality_id, id, given_name, family_name, created_at)
            values (here, person, invite_partner.given, invite_partner.family, now());
        elsif outcome <> 'again' then
            return next;
            return;
        end if;
        -- What a review suspended is confirmed by whoever invites them anew.
        update app.staff_leaves l set until = greatest(now(), l.starts_at + interval '1 microsecond')
        where l.municipality_id = here and l.person_id = person and l.institution_id = invite_partner.institution and (l.until is null or l.until > now());
        insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at, starts_at, ended_at, entered_by)
        values (here, invite_partner.role_id, person, invite_partner.institution, invite_partner.kind, now(), now(), invite_partner.until, scope.person());
        insert into app.partnerships (municipality_id, role_id, sponsor_id, entered_by) values (here, invite_partner.role_id, invite_partner.sponsor, scope.person());
        if not app.name_partner_children(invite_partner.role_id, invite_partner.institution, invite_partner.children) then
            outcome := 'nothing';
        end if;
        signs_in := exists (
            select from auth.accounts a
            where a.municipality_id = here and a.person_id = person and a.ended_at is null and (
                exists (select from auth.passwords w where w.municipality_id = here and w.account_id = a.id)
                or exists (select from auth.identities d where d.municipality_id = here and d.person_id = person)))
            or exists (select from app.persons p
                join app.register_records g on g.municipality_id = p.municipality_id and g.noun = 'person' and g.row_id = p.id
                where p.municipality_id = here and p.id = person and p.username is not null); -- the municipality's own sign-in knows them
        return next;
    end
    $$;
call scope.hand_over('app.invite_partner(uuid, uuid, text, text, text, text, uuid, uuid, uuid[], timestamptz)', 'budstikke_api');

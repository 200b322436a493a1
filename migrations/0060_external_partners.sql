-- Why: somebody from outside, as a police liaison or who works at a residential home, gets an account by hand, vouched for by somebody who works at
-- the institution, for children who are named and until a day that is set (U8, B12).
-- The previous binary: runs; it answers external partners as somebody without a role.

-- A partnership is one role of external partner at one institution; when it began and ends stands in the role.
create table app.partnerships (
    municipality_id uuid not null,
    role_id         uuid not null,
    sponsor_id      uuid not null, -- who works at the institution and vouches for the partner; without them the access rests
    entered_by      uuid not null,
    version         bigint not null default 1,
    primary key (municipality_id, role_id),
    foreign key (municipality_id, role_id) references app.staff_roles,
    foreign key (municipality_id, sponsor_id) references app.persons,
    foreign key (municipality_id, entered_by) references app.persons
);
create index on app.partnerships (municipality_id, sponsor_id);

-- Whom a partner may know of. The level of protection is that of the moment of naming: who is better protected since then is not shown until they
-- are named anew (P5).
create table app.partner_children (
    municipality_id uuid not null,
    role_id         uuid not null,
    child_id        uuid not null,
    protection      text not null check (protection in ('none', 'protected', 'strict')),
    named_by        uuid not null,
    named_at        timestamptz not null,
    primary key (municipality_id, role_id, child_id),
    foreign key (municipality_id, role_id) references app.partnerships,
    foreign key (municipality_id, child_id) references app.persons,
    foreign key (municipality_id, named_by) references app.persons
);

call scope.protect_table('app.partnerships');
call scope.protect_table('app.partner_children');
-- Nobody but the functions below reads or writes them: without a policy of its own a table shows the API no row.
grant select on app.partnerships, app.partner_children to budstikke_api;
grant select, insert on app.partnerships, app.partner_children to budstikke_access;
grant update (version) on app.partnerships to budstikke_access;
grant delete on app.partner_children to budstikke_access;
grant select, insert on app.persons, app.staff_roles to budstikke_access;
grant update (ended_at) on app.staff_roles to budstikke_access;
grant select on app.institutions, app.groups, app.enrolments to budstikke_access;

-- The partnerships that give something at this moment: they run, nobody has suspended them (a review that nobody confirmed does, by a leave), and
-- their sponsor works at the institution, today and not on leave. It is asked at every access, so that no job has to come first.
create view app.partner_access with (security_invoker = true) as
    select r.municipality_id, r.id as role_id, r.person_id, r.institution_id, r.ended_at as until, p.version
    from app.staff_roles r
    join app.partnerships p on p.municipality_id = r.municipality_id and p.role_id = r.id
    where r.role = 'external_partner' and (r.starts_at is null or r.starts_at <= now()) and r.ended_at > now()
      and not exists (
        select from app.staff_leaves l
        where l.municipality_id = r.municipality_id and l.person_id = r.person_id and l.institution_id = r.institution_id
          and l.starts_at <= now() and (l.until is null or l.until > now()))
      and exists (
        select from app.staff_access s
        where s.municipality_id = p.municipality_id and s.person_id = p.sponsor_id and s.institution_id = r.institution_id);
comment on view app.partner_access is 'Partnerships in force: the role runs, has an end, and its sponsor works at the institution now.';
revoke all on app.partner_access from public;
grant select on app.partner_access to budstikke_access;

-- own_partner_children are the children that the external partner of this transaction may know of now. Where a child is stays untold to whom a
-- restriction keeps from knowing it.
create function app.own_partner_children() returns table (child_id uuid, given_name text, family_name text, group_name text, institution_name text, until timestamptz)
    language sql stable security definer rows 20 set search_path = ''
    as $$
        select c.id, c.given_name, c.family_name, coalesce(min(g.name) filter (where not k.away), ''),
            coalesce(min(i.name) filter (where not k.away), ''), max(a.until)
        from app.partner_access a
        join app.partner_children n on n.municipality_id = a.municipality_id and n.role_id = a.role_id
        join app.persons c on c.municipality_id = n.municipality_id and c.id = n.child_id
        join app.enrolments e on e.municipality_id = n.municipality_id and e.child_id = n.child_id and e.institution_id = a.institution_id
            and (e.starts_at is null or e.starts_at <= now()) and (e.ended_at is null or e.ended_at > now())
        join app.institutions i on i.municipality_id = a.municipality_id and i.id = a.institution_id
        left join app.groups g on g.municipality_id = e.municipality_id and g.id = e.group_id
        cross join lateral (
            select coalesce(bool_or(x.kind = 'no_access'), false) as apart, coalesce(bool_or(x.kind = 'no_location'), false) as away
            from app.restrictions_now x
            where x.municipality_id = n.municipality_id and x.child_id = n.child_id and x.person_id = a.person_id) k
        where a.municipality_id = scope.municipality() and a.person_id = scope.person() and scope.caller() = 'staff' and scope.group_id() is null
          and (c.protected_identity = 'none' or c.protected_identity = n.protection or n.protection = 'strict')
          and not k.apart -- B8
        group by c.id, c.given_name, c.family_name
        order by c.given_name, c.family_name, c.id
    $$;
call scope.hand_over('app.own_partner_children()', 'budstikke_api');

create function app.is_partner() returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select scope.caller() = 'staff' and exists (
            select from app.partner_access a where a.municipality_id = scope.municipality() and a.person_id = scope.person())
    $$;
call scope.hand_over('app.is_partner()', 'budstikke_api');

-- name_partner_children sets whom a partner may know of. False when one of them is not enrolled here, or is kept from who names them. Somebody else's
-- naming of a child that is kept from the caller stays.
create function app.name_partner_children(role uuid, institution uuid, children uuid[]) returns boolean
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
    begin
        if exists (
            select from unnest(children) c (id)
            where c.id not in (select app.headed_children()) or not exists (
                select from app.enrolments e
                where e.municipality_id = here and e.child_id = c.id and e.institution_id = name_partner_children.institution
                  and (e.ended_at is null or e.ended_at > now()))) then
            return false;
        end if;
        delete from app.partner_children n
        where n.municipality_id = here and n.role_id = name_partner_children.role and n.child_id <> all (app.hidden_children());
        insert into app.partner_children
        select here, name_partner_children.role, p.id, p.protected_identity, scope.person(), now()
        from app.persons p where p.municipality_id = here and p.id = any (children);
        return true;
    end
    $$;
call scope.hand_over('app.name_partner_children(uuid, uuid, uuid[])', variadic '{}'); -- for the two below alone

-- enter_partner makes somebody, and their role, known. It answers only to who heads or owns the institution. False: the sponsor does not work
-- there now or is not named by anybody who may, or one of the children is not there; the caller then takes the transaction back.
create function app.enter_partner(role uuid, person uuid, given text, family text, institution uuid, sponsor uuid, children uuid[], until timestamptz)
    returns boolean
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
    begin
        if scope.caller() is distinct from 'staff' or enter_partner.institution not in (select app.headed_institutions())
            or until <= now() or until > now() + interval '12 months' or not exists (
                select from app.staff_access s
                where s.municipality_id = here and s.person_id = sponsor and s.institution_id = enter_partner.institution) then
            return false;
        end if;
        insert into app.persons (municipality_id, id, given_name, family_name, created_at) values (here, person, given, family, now());
        insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at, starts_at, ended_at)
            values (here, enter_partner.role, person, enter_partner.institution, 'external_partner', now(), now(), until);
        insert into app.partnerships values (here, enter_partner.role, sponsor, scope.person(), 1);
        return app.name_partner_children(enter_partner.role, enter_partner.institution, children);
    end
    $$;
call scope.hand_over('app.enter_partner(uuid, uuid, text, text, uuid, uuid, uuid[], timestamptz)', 'budstikke_api');

-- change_partner sets the end and the children anew, unless the partnership is over. It answers the version from now on; 0: not the caller's, over
-- or with children who are not there; -1: somebody else changed it since.
create function app.change_partner(role uuid, institution uuid, children uuid[], until timestamptz, seen bigint) returns bigint
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
        now_at bigint;
    begin
        if scope.caller() is distinct from 'staff' or change_partner.institution not in (select app.headed_institutions())
            or until <= now() or until > now() + interval '12 months' then
            return 0;
        end if;
        select p.version into now_at from app.partnerships p
        join app.staff_roles r on r.municipality_id = p.municipality_id and r.id = p.role_id
        where p.municipality_id = here and p.role_id = change_partner.role and r.institution_id = change_partner.institution and r.ended_at > now()
          and r.person_id <> scope.person()
        for update of p;
        if now_at is null then
            return 0;
        elsif now_at <> seen then
            return -1;
        end if;
        if not app.name_partner_children(change_partner.role, change_partner.institution, children) then
            return 0;
        end if;
        update app.staff_roles r set ended_at = until where r.municipality_id = here and r.id = change_partner.role; -- the trigger counts it
        return now_at + 1;
    end
    $$;
call scope.hand_over('app.change_partner(uuid, uuid, uuid[], timestamptz, bigint)', 'budstikke_api');

-- partners are partnerships of an institution that the caller answers for, those with the latest end first, so that those that are over come last;
-- one of them, or those after a place in that order. A child that is kept from the caller is not among the children.
create function app.partners(institution uuid, only_role uuid, after_end timestamptz, after_role uuid, most integer)
    returns table (role_id uuid, person_id uuid, given_name text, family_name text, sponsor_id uuid, sponsor_given text, sponsor_family text,
        until timestamptz, state text, version bigint, children uuid[])
    language sql stable security definer rows 20 set search_path = ''
    as $$
        select r.id, p.id, p.given_name, p.family_name, s.id, s.given_name, s.family_name, r.ended_at,
            case when r.ended_at <= now() then 'ended'
                when exists (select from app.partner_access a where a.municipality_id = r.municipality_id and a.role_id = r.id) then 'active'
                else 'suspended' end,
            t.version,
            array(select n.child_id from app.partner_children n
                where n.municipality_id = r.municipality_id and n.role_id = r.id and n.child_id in (select app.headed_children()) order by n.child_id)
        from app.partnerships t
        join app.staff_roles r on r.municipality_id = t.municipality_id and r.id = t.role_id
        join app.persons p on p.municipality_id = r.municipality_id and p.id = r.person_id
        join app.persons s on s.municipality_id = t.municipality_id and s.id = t.sponsor_id
        where t.municipality_id = scope.municipality() and scope.caller() = 'staff' and r.institution_id = partners.institution
          and r.institution_id in (select app.headed_institutions()) and r.id = coalesce(partners.only_role, r.id)
          and (r.ended_at, r.id) < (partners.after_end, partners.after_role)
        order by r.ended_at desc, r.id desc
        limit partners.most
    $$;
call scope.hand_over('app.partners(uuid, uuid, timestamptz, uuid, integer)', 'budstikke_api');

-- Whatever changes the end of a partnership, also the list of staff or a review, is a change of it.
create function app.count_partner_change() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    begin
        update app.partnerships p set version = p.version + 1 where p.municipality_id = new.municipality_id and p.role_id = new.id;
        return null;
    end
    $$;
call scope.hand_over('app.count_partner_change()', variadic '{}');
create trigger count_partner_change after update of ended_at on app.staff_roles
    for each row when (new.role = 'external_partner') execute function app.count_partner_change();

-- What the rule of access is asked for elsewhere knows partners too, each function by the words that it has today.
create procedure app.amend(function regprocedure, known text, wider text)
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

-- A change of the end, or of who else knows of a child, signs no partner out; the end does (V15).
call app.amend('app.cut_off(uuid, uuid)', 'a.person_id = cut_off.guardian);
    begin', 'a.person_id = cut_off.guardian)
            or exists (select from app.partner_access a where a.municipality_id = cut_off.municipality and a.person_id = cut_off.guardian);
    begin');

-- With the sponsor goes what hangs on them, at once where somebody decides it and by the sweep where time does.
create function app.cut_off_partners(municipality uuid, sponsor uuid) returns void
    language sql volatile security definer set search_path = ''
    as $$
        select app.cut_off(p.municipality_id, r.person_id) from app.partnerships p
        join app.staff_roles r on r.municipality_id = p.municipality_id and r.id = p.role_id
        where p.municipality_id = cut_off_partners.municipality and p.sponsor_id = cut_off_partners.sponsor and r.ended_at > now()
    $$;
call scope.hand_over('app.cut_off_partners(uuid, uuid)', variadic '{}');
call app.amend('app.cut_off_staff()', 'perform app.cut_off(new.municipality_id, new.person_id);', 'perform app.cut_off(new.municipality_id, new.person_id);
        perform app.cut_off_partners(new.municipality_id, new.person_id);');
call app.amend('app.sweep_access()', 'select l.person_id from app.staff_leaves l where l.municipality_id = here and l.starts_at > since and l.starts_at <= now()',
    'select l.person_id from app.staff_leaves l where l.municipality_id = here and l.starts_at > since and l.starts_at <= now()
            union
            select r.person_id from app.partnerships q
            join app.staff_roles r on r.municipality_id = q.municipality_id and r.id = q.role_id and r.ended_at > now()
            where q.municipality_id = here and (exists (
                select from app.staff_roles x
                where x.municipality_id = here and x.person_id = q.sponsor_id and x.ended_at > since and x.ended_at <= now()) or exists (
                select from app.staff_leaves x
                where x.municipality_id = here and x.person_id = q.sponsor_id and x.starts_at > since and x.starts_at <= now()))');

-- Who answers for an institution knows its partners, and so can keep one of them from a child (B8).
call app.amend('app.colleagues()', 'and (p.protected_identity = ''none'' or a.institution_id = any (headed));', 'and (p.protected_identity = ''none'' or a.institution_id = any (headed));
        if cardinality(headed) > 0 then
            return query select r.person_id from app.partnerships q
            join app.staff_roles r on r.municipality_id = q.municipality_id and r.id = q.role_id
            where q.municipality_id = scope.municipality() and r.institution_id = any (headed) and r.ended_at > now();
        end if;');

-- An open stream of a partner lives as long as their partnerships, and begins anew when one of them changes.
call app.amend('app.stream_news(uuid[], bytea[], text[], timestamptz)', 'as held
                    from app.staff_access a
                    where p.kind = ''staff'' and a.municipality_id = p.municipality_id and a.person_id = p.person_id',
    'as held
                    from (
                        select s.institution_id, s.group_id, s.role from app.staff_access s
                        where s.municipality_id = p.municipality_id and s.person_id = p.person_id
                        union all
                        select x.institution_id, x.role_id, ''external_partner '' || x.version from app.partner_access x
                        where x.municipality_id = p.municipality_id and x.person_id = p.person_id) a
                    where p.kind = ''staff''');

-- A partner comes in, and with nothing but that role. Somebody with another role as well has that one; who has both has the other.
call app.amend('auth.enter(uuid, bytea, text, timestamptz)', 'if held is null then', 'if held is null and s.tablet_id is null then
                select array[''external_partner''] into held from app.partner_access a
                where a.municipality_id = s.municipality_id and a.person_id = s.person_id limit 1;
            end if;
            if held is null then');
drop procedure app.amend(regprocedure, text, text);

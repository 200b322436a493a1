-- Why: heads are told when the sponsor of an external partner is lost, and can name another (U8, B12); the review shows the sponsor, how many
-- children are named and what to look at (V10); and the explanation knows partners (B9).
-- The previous binary: runs; it tells nobody, and shows and names no other sponsor.

alter table app.partnerships add column unsponsored_told_at timestamptz; -- those who answer for the place were told that the sponsor is lost; null while there is one
grant update (unsponsored_told_at, sponsor_id) on app.partnerships to budstikke_access;

-- tell_unsponsored answers which partnerships have lost their sponsor since it was last asked, each once until they have one again. They rest from
-- the first moment on, whether anybody was told or not (app.partner_access). Asked by several processes at once, each is answered to one of them.
create function app.tell_unsponsored(moment timestamptz) returns table (partnership uuid, institution uuid)
    language plpgsql volatile security definer set search_path = ''
    as $$
    #variable_conflict use_column
    declare
        here constant uuid := scope.municipality();
    begin
        if scope.caller() is distinct from 'clock' then
            return;
        end if;
        update app.partnerships p set unsponsored_told_at = null
        from app.staff_roles r
        where p.municipality_id = here and p.unsponsored_told_at is not null and r.municipality_id = here and r.id = p.role_id and exists (
            select from app.staff_access s where s.municipality_id = here and s.person_id = p.sponsor_id and s.institution_id = r.institution_id);
        return query
            update app.partnerships p set unsponsored_told_at = tell_unsponsored.moment
            from app.staff_roles r
            where p.municipality_id = here and p.unsponsored_told_at is null and r.municipality_id = here and r.id = p.role_id
              and r.role = 'external_partner' and r.ended_at > now() and not exists (
                select from app.staff_access s where s.municipality_id = here and s.person_id = p.sponsor_id and s.institution_id = r.institution_id)
            returning p.role_id, r.institution_id;
    end
    $$;
call scope.hand_over('app.tell_unsponsored(timestamptz)', 'budstikke_api');

-- why_partner_rests says why a partnership that has not ended gives nothing; null: it does. sponsor_gone and sponsor_on_leave are mended by another
-- sponsor, suspended by a review.
create function app.why_partner_rests(role uuid) returns text
    language sql stable security definer set search_path = ''
    as $$
        select case
            when exists (select from app.partner_access a where a.municipality_id = r.municipality_id and a.role_id = r.id) then null
            when exists (select from app.staff_access s
                where s.municipality_id = r.municipality_id and s.person_id = p.sponsor_id and s.institution_id = r.institution_id) then 'suspended'
            when exists (select from app.staff_leaves l
                join app.staff_roles x on x.municipality_id = l.municipality_id and x.person_id = l.person_id
                    and (x.institution_id = l.institution_id or x.institution_id is null) and (x.ended_at is null or x.ended_at > now())
                where l.municipality_id = r.municipality_id and l.person_id = p.sponsor_id and l.institution_id = r.institution_id
                  and l.starts_at <= now() and (l.until is null or l.until > now())) then 'sponsor_on_leave'
            else 'sponsor_gone' end
        from app.partnerships p
        join app.staff_roles r on r.municipality_id = p.municipality_id and r.id = p.role_id
        where p.municipality_id = scope.municipality() and p.role_id = why_partner_rests.role
    $$;
call scope.hand_over('app.why_partner_rests(uuid)', variadic '{}');

create procedure app.amend_for_sponsors(function regprocedure, known text, wider text)
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

-- The list says why a partnership rests.
do $$
declare
    was constant text := pg_get_functiondef('app.partners(uuid, uuid, timestamptz, uuid, integer)'::regprocedure);
    now_is constant text := replace(replace(was, 'children uuid[])', 'children uuid[], rests text)'),
        'n.child_id in (select app.headed_children()) order by n.child_id)', 'n.child_id in (select app.headed_children()) order by n.child_id),
            app.why_partner_rests(r.id)');
begin
    drop function app.partners(uuid, uuid, timestamptz, uuid, integer);
    execute now_is;
end
$$;
call scope.hand_over('app.partners(uuid, uuid, timestamptz, uuid, integer)', 'budstikke_api');

-- Another sponsor, who works at the institution now; null: the one there is.
do $$
declare
    was constant text := pg_get_functiondef('app.change_partner(uuid, uuid, uuid[], timestamptz, bigint)'::regprocedure);
    now_is constant text := replace(replace(was, 'seen bigint)', 'seen bigint, sponsor uuid default null)'),
        'if not app.name_partner_children(change_partner.role, change_partner.institution, children) then', 'if change_partner.sponsor is not null and not exists (
                select from app.staff_access s
                where s.municipality_id = here and s.person_id = change_partner.sponsor and s.institution_id = change_partner.institution)
            or not app.name_partner_children(change_partner.role, change_partner.institution, children) then');
begin
    drop function app.change_partner(uuid, uuid, uuid[], timestamptz, bigint);
    execute replace(now_is, 'update app.staff_roles r set ended_at = until', 'update app.partnerships p set sponsor_id = coalesce(change_partner.sponsor, p.sponsor_id)
        where p.municipality_id = here and p.role_id = change_partner.role;
        update app.staff_roles r set ended_at = until');
end
$$;
call scope.hand_over('app.change_partner(uuid, uuid, uuid[], timestamptz, bigint, uuid)', 'budstikke_api');

-- What a review shows of a partnership, as it was when the review was opened.
alter table app.review_rows
    add column sponsor_id uuid,
    add column named_children smallint, -- how many children are named for whom the row is about
    add foreign key (municipality_id, sponsor_id) references app.persons;
create function app.note_partnership() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    begin
        select p.sponsor_id, (select count(*) from app.partner_children n where n.municipality_id = p.municipality_id and n.role_id = p.role_id)
        into new.sponsor_id, new.named_children
        from app.partnerships p where p.municipality_id = new.municipality_id and p.role_id = new.grant_id;
        return new;
    end
    $$;
call scope.hand_over('app.note_partnership()', variadic '{}');
create trigger note_partnership before insert on app.review_rows
    for each row when (new.role in ('external_partner', 'municipal_professional')) execute function app.note_partnership();
call app.amend_for_sponsors('app.review_grants(uuid, uuid, timestamptz, integer)', 'then ''training_overdue'' end', 'then ''training_overdue'' end,
                    case when r.role = ''external_partner'' and not exists (
                        select from app.partnerships q
                        join app.staff_access s on s.municipality_id = q.municipality_id and s.person_id = q.sponsor_id
                        where q.municipality_id = r.municipality_id and q.role_id = r.id and s.institution_id = r.institution_id) then ''sponsor_gone'' end,
                    case when r.role in (''external_partner'', ''municipal_professional'') and r.ended_at <= review_grants.moment + interval ''30 days''
                        then ''ends_soon'' end');
do $$
declare
    was constant text := pg_get_functiondef('app.review_names(uuid, uuid[])'::regprocedure);
    now_is constant text := replace(replace(replace(was, 'tablet_name text)', 'tablet_name text, sponsor_name text)'), 'g.name, t.name', 'g.name, t.name,
            case when s.protected_identity <> ''marked'' then trim(s.given_name || '' '' || s.family_name) end'),
        'left join app.groups g', 'left join app.persons s on s.municipality_id = w.municipality_id and s.id = w.sponsor_id
        left join app.groups g');
begin
    drop function app.review_names(uuid, uuid[]);
    execute now_is;
end
$$;
call scope.hand_over('app.review_names(uuid, uuid[])', 'budstikke_api');

-- partner_facts are the facts that decide whether an external partner sees a child: by the very function that shows it to them, asked as if the
-- transaction were theirs.
create function app.partner_facts(partner uuid, child uuid) returns jsonb
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        me constant text := coalesce(current_setting('budstikke.person', true), '');
        mine constant text := coalesce(current_setting('budstikke.caller', true), '');
        told jsonb := app.facts_of('staff', partner_facts.partner, 'child', partner_facts.child);
    begin
        perform set_config('budstikke.person', partner_facts.partner::text, true), set_config('budstikke.caller', 'staff', true);
        told := told || jsonb_build_object(
            'roles', case when app.is_partner() then '["external_partner"]' else '[]' end::jsonb,
            'access', exists (select from app.own_partner_children() c where c.child_id = partner_facts.child));
        perform set_config('budstikke.person', me, true), set_config('budstikke.caller', mine, true);
        return told;
    end
    $$;
call scope.hand_over('app.partner_facts(uuid, uuid)', variadic '{}');
-- Guardians are not told whom a head named their child for: a police liaison may be why.
call app.amend_for_sponsors('app.viewers(uuid, text, uuid)', '(e.ended_at is null or e.ended_at > now())
        ), all_grounds as (', '(e.ended_at is null or e.ended_at > now())
              and not exists (select from app.partnerships q where q.municipality_id = r.municipality_id and q.role_id = r.id)
            union all
            select r.person_id, ''staff'', r.institution_id, null::uuid, r.role,
                case when r.ended_at <= now() then ''ended'' when app.why_partner_rests(r.id) is not null then ''suspended'' else ''active'' end,
                n.named_at, r.ended_at, n.named_at, n.named_by
            from app.partner_children n
            join app.staff_roles r on r.municipality_id = n.municipality_id and r.id = n.role_id
            where n.municipality_id = here and n.child_id = viewers.child and asked <> ''guardian'' and r.ended_at > now() - interval ''90 days''
        ), all_grounds as (');
call app.amend_for_sponsors('app.viewers(uuid, text, uuid)', 'select p.person_id, p.caller, app.facts_of(p.caller, p.person_id, viewers.noun, viewers.id) as facts from people p',
    'select p.person_id, p.caller, case
                when p.caller = ''staff'' and viewers.noun = ''child'' and exists (
                    select from all_grounds s where s.person_id = p.person_id and s.caller = ''staff'' and s.role = ''external_partner'')
                  and not exists (select from app.staff_access a where a.municipality_id = here and a.person_id = p.person_id)
                then app.partner_facts(p.person_id, viewers.child)
                else app.facts_of(p.caller, p.person_id, viewers.noun, viewers.id) end as facts
            from people p');
drop procedure app.amend_for_sponsors(regprocedure, text, text);

-- The gateway knows one kind more, whatever other kinds have come.
do $$
declare
    known constant text := (select pg_get_constraintdef(c.oid) from pg_constraint c
        where c.conrelid = 'notify.events'::regclass and c.conname = 'events_kind_check');
    wider constant text := replace(known, '''institution_without_head''::text', '''institution_without_head''::text, ''partner_without_sponsor''::text');
begin
    if wider is null or wider = known then
        raise exception 'notify.events knows its kinds by another constraint';
    end if;
    alter table notify.events drop constraint events_kind_check;
    execute 'alter table notify.events add constraint events_kind_check ' || wider;
end
$$;

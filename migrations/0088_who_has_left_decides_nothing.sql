-- Why: what somebody began who has left since is not carried on in their name. An activation letter counts only while whoever wrote it still answers for whom it
-- is for: they may have kept its code (V9, V11, H7, U5). The first of two who lift a restriction, let a register widen an access, or open an account for
-- somebody who cannot, must still be there when the second confirms (B8, H7). Who has no staff account any more has no link to a calendar (V15). And the
-- end of an account that never was, or has ended before, closes what is open by then (H4, V1). And an open stream ends with a clearance, so that the app of
-- whoever held it asks again for what it shows (B8, V15).
-- The previous binary: runs. A proposal of somebody who has left it cannot confirm; it has to be proposed anew there, too.

-- still_answers tells whether somebody answers, now, for a child, or for one of these institutions; without either: for any.
create function app.still_answers(someone uuid, child uuid, institutions uuid[]) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select exists (
            select from app.staff_access s
            where s.municipality_id = scope.municipality() and s.person_id = still_answers.someone and s.role in ('head', 'owner')
              and (still_answers.child is null and still_answers.institutions = '{}' or s.institution_id = any (still_answers.institutions) or s.institution_id in (
                select e.institution_id from app.enrolments e
                where e.municipality_id = s.municipality_id and e.child_id = still_answers.child and (e.ended_at is null or e.ended_at > now()))))
    $$;
call scope.hand_over('app.still_answers(uuid, uuid, uuid[])', 'budstikke_api');

-- letter_stands tells a sign-in whether whoever wrote a letter would still write it: a guardian's for the guardianship that two have looked at,
-- anybody else's for a role that lies with the writer.
create function auth.letter_stands(letter uuid) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select scope.caller() = 'signin' and exists (
            select from auth.letters l
            where l.municipality_id = scope.municipality() and l.id = letter_stands.letter and case l.purpose
                when 'guardian' then exists (
                    select from app.assisted_cases c
                    join app.guardianships g on g.municipality_id = c.municipality_id and g.id = c.guardianship_id and g.legal and g.ended_at is null
                    join app.enrolments e on e.municipality_id = c.municipality_id and e.child_id = c.child_id and e.institution_id = c.institution_id
                        and (e.ended_at is null or e.ended_at > now())
                    where c.municipality_id = l.municipality_id and c.person_id = l.person_id and c.state = 'confirmed' and c.decided_by = l.issued_by
                      and app.still_answers(l.issued_by, null, array[c.institution_id])
                      and not exists (
                        select from app.restrictions_now x
                        where x.municipality_id = c.municipality_id and x.child_id = c.child_id and x.person_id = c.person_id and x.kind = 'no_access'))
                else exists (
                    select from app.staff_roles r
                    where r.municipality_id = l.municipality_id and r.person_id = l.person_id and (r.ended_at is null or r.ended_at > now())
                      and app.still_answers(l.issued_by, null, array[r.institution_id]))
                end)
    $$;
call scope.hand_over('auth.letter_stands(uuid)', 'budstikke_api');

do $$
declare
    lifting constant text := pg_get_functiondef('app.keep_restriction()'::regprocedure);
    lifted constant text := replace(lifting, 'or new.lifting_proposed_by is distinct from old.lifting_proposed_by) then',
        'or new.lifting_proposed_by is distinct from old.lifting_proposed_by
                or not app.still_answers(old.lifting_proposed_by, old.child_id, ''{}'')) then');
    deciding constant text := pg_get_functiondef('app.decide_held()'::regprocedure);
    decided constant text := replace(deciding, 'or new.state = ''accepted'' and (new.kind = ''identity_taken'' or',
        'or new.state = ''accepted'' and (old.state = ''proposed'' and not app.still_answers(old.proposed_by, null, old.institutions) or new.kind = ''identity_taken'' or');
    assisting constant text := pg_get_functiondef('app.decide_assisted_case(uuid, uuid, text, text, timestamptz)'::regprocedure);
    assisted constant text := replace(assisting, 'elsif c.state <> ''waiting'' or c.expires_at <= decide_assisted_case.moment then',
        'elsif c.state <> ''waiting'' or c.expires_at <= decide_assisted_case.moment or not exists ( -- the first of the two is not there any more
            select from app.staff_access s
            where s.municipality_id = here and s.person_id = c.opened_by and s.institution_id = c.institution_id) then');
    ending constant text := pg_get_functiondef('auth.end_staff_account(uuid, uuid, timestamptz)'::regprocedure);
    ended constant text := replace(ending, 'delete from auth.recovery_codes c where',
        'delete from app.wheel_links w where w.municipality_id = here and w.person_id = someone;
        delete from auth.recovery_codes c where');
    leaving constant text := pg_get_functiondef('auth.end_guardian(uuid, text, timestamptz)'::regprocedure);
    -- The decision and the doors come first, whether there is an account or not.
    doors constant text := substring(leaving from '        -- The decision comes before what it decides.*?pg_current_xact_id\(\);\n');
    left_alone constant text := replace(leaving, doors, '');
    telling constant text := pg_get_functiondef('app.stream_news(uuid[], bytea[], text[], timestamptz)'::regprocedure);
    told_more constant text := replace(telling, 'coalesce(x.kept_from, '''')) as access', 'coalesce(x.kept_from, '''') || coalesce(k.cleared, '''')) as access');
    told constant text := replace(told_more, '                where a.held is not null -- staff without a role', '                cross join lateral (
                    select '' cleared '' || string_agg(k.person_id::text, '','' order by k.person_id) as cleared
                    from app.clearances k
                    where p.kind = ''staff'' and k.municipality_id = p.municipality_id and k.staff_id = p.person_id and k.revoked_at is null
                      and k.until > now()
                    offset 0) k
                where a.held is not null -- staff without a role');
    left_closed constant text := replace(left_alone, '        if not found then -- what would lead to one ends', doors || '        if account is null then -- what would lead to one ends');
begin
    if lifted = lifting or decided = deciding or assisted = assisting or ended = ending or doors is null or left_alone = leaving or left_closed = left_alone
        or told_more = telling or told = told_more then
        raise exception 'a function is not as this migration expects it';
    end if;
    grant create on schema app, auth to budstikke_access;
    execute lifted;
    execute decided;
    execute assisted;
    execute ended;
    execute left_closed;
    execute told;
    revoke create on schema app, auth from budstikke_access;
end
$$;
grant delete on app.wheel_links to budstikke_access;

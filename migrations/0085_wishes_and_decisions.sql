-- Why: whoever applied and was approved has wished for access (V6), but the trigger waited for a state that applications have not had since they became
-- cases. And a wish that a guardian states in the app, one answer for all children, took the place of what staff had entered from a form for each
-- guardianship (V4), also where the form says less. Now an approved application counts as a wish, and the answer for all leaves a form that says less alone.
-- The previous binary: runs; it does not tell the guardian that a form stands.

drop trigger wish_of_applicant on app.applications;

-- An application says when it was handed in that access is wished. It leaves an answer to the contrary, or one that is for later, as it is.
create or replace function app.wish_of_applicant() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        insert into app.access_wishes as w (municipality_id, guardianship_id, wished, stated_by, stated_at)
        select g.municipality_id, g.id, true, g.guardian_id, coalesce(new.submitted_at, now())
        from app.guardianships g
        where g.municipality_id = new.municipality_id and g.guardian_id = new.person_id and g.legal and g.ended_at is null
        on conflict (municipality_id, guardianship_id) do update
        set stated_by = excluded.stated_by, stated_at = excluded.stated_at
        where w.wished and (w.starts_at is null or w.starts_at <= excluded.stated_at) and w.stated_at < excluded.stated_at;
        return null;
    end
    $$;
create trigger wish_of_applicant after update of state on app.applications
    for each row when (new.state = 'approved' and old.state <> 'approved') execute function app.wish_of_applicant();

-- Those who have an account by such an application and have stated nothing. Whom a head has decided about since is not proposed by it.
set local role budstikke_access; -- which alone sees every municipality
insert into app.access_wishes (municipality_id, guardianship_id, wished, stated_by, stated_at)
select g.municipality_id, g.id, true, g.guardian_id, max(a.submitted_at)
from app.applications a
join app.guardianships g on g.municipality_id = a.municipality_id and g.guardian_id = a.person_id and g.legal and g.ended_at is null
where a.state in ('approved', 'submitted') and a.submitted_at is not null and exists (
    select from auth.accounts x where x.municipality_id = a.municipality_id and x.person_id = a.person_id and x.ended_at is null)
group by g.municipality_id, g.id, g.guardian_id
on conflict do nothing;
reset role;

-- state_wish states the wish of the caller about all their own children, and answers whether what staff entered from a form stands for one of them: a form
-- is about one child, and one that says less, none or only later, is not widened by an answer that names no child. Everybody may wish for less at any
-- time. Of the children it answers nothing, because somebody without access learns nothing of any child.
drop function app.state_wish(boolean, timestamptz, timestamptz);
create function app.state_wish(wished boolean, starts timestamptz, moment timestamptz) returns boolean
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
        me constant uuid := scope.person();
    begin
        if scope.caller() is distinct from 'guardian' then
            return false;
        end if;
        insert into app.access_wishes as w (municipality_id, guardianship_id, wished, starts_at, stated_by, stated_at)
        select g.municipality_id, g.id, state_wish.wished, state_wish.starts, g.guardian_id, state_wish.moment
        from app.guardianships g
        where g.municipality_id = here and g.guardian_id = me and g.ended_at is null
        order by g.id
        on conflict (municipality_id, guardianship_id) do update
        set wished = excluded.wished, starts_at = excluded.starts_at, stated_by = excluded.stated_by, stated_at = excluded.stated_at
        where not excluded.wished or w.stated_by = excluded.stated_by
           or w.wished and coalesce(w.starts_at <= greatest(excluded.starts_at, excluded.stated_at), true);
        return exists (
            select from app.access_wishes w
            join app.guardianships g on g.municipality_id = w.municipality_id and g.id = w.guardianship_id
            where w.municipality_id = here and g.guardian_id = me and g.ended_at is null
              and (w.stated_by, w.stated_at) is distinct from (me, state_wish.moment));
    end
    $$;
call scope.hand_over('app.state_wish(boolean, timestamptz, timestamptz)', 'budstikke_api');

-- Why: a guardian who is active at one institution of a child and not at another was told of a day that was reported to the other one (P5, B11).
-- The audience, and the grounds of each notice, name the institution from now on.
-- The previous binary: runs; it goes on asking app.other_guardians.

-- other_guardians_at answers which other guardians may know of a child's day at an institution: with access there, and kept by no restriction
-- from contact or from knowing where the child is (B8).
create function app.other_guardians_at(child uuid, institution uuid) returns setof uuid
    language sql stable security definer set search_path = ''
    as $$
        select distinct a.guardian_id from app.guardian_access a
        where a.municipality_id = scope.municipality() and a.child_id = other_guardians_at.child
          and a.institution_id = other_guardians_at.institution and a.guardian_id is distinct from scope.person()
          and (a.child_id in (select app.own_children()) or a.institution_id in (select app.own_institutions()))
          and not exists (
            select from app.restrictions_now x
            where x.municipality_id = a.municipality_id and x.child_id = a.child_id and x.person_id = a.guardian_id
              and x.kind in ('no_contact', 'no_location'))
    $$;
call scope.hand_over('app.other_guardians_at(uuid, uuid)', 'budstikke_api');

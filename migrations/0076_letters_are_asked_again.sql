-- Why: an activation letter opened an account by what was true when it was written. Whoever has meanwhile lost the guardianship or the child's place, is kept
-- from every child, or has no role any more, is answered as with a code that nobody was given (H7, H11, U5, B8).
-- The previous binary: runs; it asks nothing again.

-- letter_counts tells a sign-in whether what a letter was written for is still so.
create function auth.letter_counts(someone uuid, purpose text) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select scope.caller() = 'signin' and case letter_counts.purpose
            when 'guardian' then exists (
                select from app.guardianships g
                join app.enrolments e on e.municipality_id = g.municipality_id and e.child_id = g.child_id and (e.ended_at is null or e.ended_at > now())
                where g.municipality_id = scope.municipality() and g.guardian_id = letter_counts.someone and g.legal and g.ended_at is null
                  and not exists (
                    select from app.restrictions_now x
                    where x.municipality_id = g.municipality_id and x.child_id = g.child_id and x.person_id = g.guardian_id and x.kind = 'no_access'))
            else exists (
                select from app.staff_roles r
                where r.municipality_id = scope.municipality() and r.person_id = letter_counts.someone and (r.ended_at is null or r.ended_at > now()))
            end
    $$;
call scope.hand_over('auth.letter_counts(uuid, text)', 'budstikke_api');

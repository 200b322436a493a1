-- Why: the end of an account closes also what waited for a proof: the sign-in that begins with applying again would have opened it without a head (H4,
-- V1, V6). And it ends what would lead to an account where there is none yet: a letter, a case, an application (H4, H7).
-- The previous binary: runs.

do $$
declare
    known constant text := pg_get_functiondef('auth.end_guardian(uuid, text, timestamptz)'::regprocedure);
    closing constant text := replace(known, '        -- The decision comes before what it decides (V6). A door that a head opens at this very moment stays the head''s decision.',
        '        -- The decision comes before what it decides (V6). The doors are held, so that a head who decides at this very moment comes before or after.
        perform from app.guardianship_access a
        where a.municipality_id = here and a.guardian_id = someone order by a.guardianship_id, a.institution_id for update;');
    decided constant text := replace(closing, 'a.guardian_id = someone and a.status = ''active'';', 'a.guardian_id = someone and (a.status = ''active''
            or a.status = ''suspended'' and app.decided_last(a.municipality_id, a.guardianship_id, a.institution_id) = ''proof_overdue'');');
    closed constant text := replace(decided, 'a.guardian_id = someone and a.status = ''active''
          and d.municipality_id', 'a.guardian_id = someone and a.status in (''active'', ''suspended'')
          and d.municipality_id');
    heard constant text := replace(closed, '        if not found then
            return;', '        if not found then -- what would lead to one ends
            update app.applications a set state = ''withdrawn'', decided_at = moment
            where a.municipality_id = here and a.person_id = someone and a.state in (''open'', ''queued'');
            update app.assisted_cases c set state = ''withdrawn''
            where c.municipality_id = here and c.person_id = someone and c.state = ''waiting'';
            update auth.letters l set withdrawn_at = moment
            where l.municipality_id = here and l.person_id = someone and l.purpose = ''guardian'' and l.used_at is null and l.withdrawn_at is null;
            update auth.sessions s set ended_at = moment, ended_reason = ''account_ended''
            where s.municipality_id = here and s.person_id = someone and s.kind = ''applicant'' and s.ended_at is null;
            return;');
begin
    if closing = known or decided = closing or closed = decided or heard = closed then
        raise exception 'auth.end_guardian is not as this migration expects it';
    end if;
    grant create on schema auth to budstikke_access;
    execute heard;
    revoke create on schema auth from budstikke_access;
end
$$;

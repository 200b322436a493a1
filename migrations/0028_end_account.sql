-- Why: a guardian ends the account, or the institution does it on request, and everything that came with it ends in that moment (H4, V15).
-- Applying again is possible later, and opens nothing by itself: every access has been closed by a decision (V1, V6).
-- The previous binary: runs; it has no operation that ends a guardian's account.

grant insert on app.guardianship_decisions to budstikke_access;
grant update (kind) on auth.accounts to budstikke_access;
grant select, update (state, decided_at) on app.applications to budstikke_access;

-- end_guardian ends what somebody has as a guardian. Each open access is closed by a decision of whoever asked, so that it stays closed when the
-- account is opened again; the triggers of the access cut off what is on its way. Whoever also works here keeps the account for that, and what
-- they sign in with as staff. Only the two functions below call it.
create function auth.end_guardian(someone uuid, why text, moment timestamptz) returns void
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
        account uuid;
        works boolean;
    begin
        -- The lock: of two who end it at the same time, the second finds it ended.
        select a.id into account from auth.accounts a
        where a.municipality_id = here and a.person_id = someone and a.ended_at is null for update;
        if not found then
            return;
        end if;
        works := exists (
            select from app.staff_roles r
            where r.municipality_id = here and r.person_id = someone and (r.ended_at is null or r.ended_at > now()));
        -- The decision comes before what it decides (V6). A door that a head opens at this very moment stays the head's decision.
        insert into app.guardianship_decisions (municipality_id, id, guardianship_id, institution_id, status, reason, decided_by, decided_at)
        select here, scope.new_id(), a.guardianship_id, a.institution_id, 'inactive', why, scope.person(), moment
        from app.guardianship_access a
        where a.municipality_id = here and a.guardian_id = someone and a.status = 'active';
        update app.guardianship_access a
        set status = 'inactive', until = null, version = a.version + 1, changed_at = moment, changed_by = scope.person()
        from app.guardianship_decisions d
        where a.municipality_id = here and a.guardian_id = someone and a.status = 'active'
          and d.municipality_id = a.municipality_id and d.guardianship_id = a.guardianship_id and d.institution_id = a.institution_id
          and d.status = 'inactive' and d.transaction_id = pg_current_xact_id();
        update app.applications a
        set state = case when a.state in ('open', 'queued') then 'withdrawn' else 'ended' end, decided_at = moment
        where a.municipality_id = here and a.person_id = someone and a.state in ('open', 'queued', 'approved', 'submitted');
        update auth.letters l set withdrawn_at = moment
        where l.municipality_id = here and l.person_id = someone and l.used_at is null and l.withdrawn_at is null
          and (l.purpose = 'guardian' or not works);
        delete from auth.recovery_codes c
        where c.municipality_id = here and c.account_id = account and (not works or exists (
            select from auth.passwords p where p.municipality_id = here and p.account_id = account and p.opens = 'guardian'));
        delete from auth.passwords p
        where p.municipality_id = here and p.account_id = account and (not works or p.opens = 'guardian');
        update auth.sessions s set ended_at = moment, ended_reason = 'account_ended'
        where s.municipality_id = here and s.person_id = someone and s.ended_at is null and (not works or s.kind in ('guardian', 'applicant', 'second_factor'));
        if works then
            update auth.accounts a set kind = 'staff' where a.municipality_id = here and a.id = account;
            return;
        end if;
        update auth.accounts a set ended_at = moment where a.municipality_id = here and a.id = account;
        update notify.deliveries d
        set state = 'suppressed', reason = 'account_ended', settled_at = clock_timestamp(), fence = d.fence + 1
        where d.municipality_id = here and d.person_id = someone and d.state in ('pending', 'retry');
        update notify.endpoints e set state = 'retired', retired_reason = 'account_ended', verify_code = null
        where e.municipality_id = here and e.person_id = someone and e.state <> 'retired';
    end
    $$;
call scope.hand_over('auth.end_guardian(uuid, text, timestamptz)', variadic '{}');

-- end_own_account ends the account of the guardian of this transaction.
create function auth.end_own_account(moment timestamptz) returns void
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        if scope.caller() = 'guardian' then
            perform auth.end_guardian(scope.person(), '', end_own_account.moment);
        end if;
    end
    $$;
call scope.hand_over('auth.end_own_account(timestamptz)', 'budstikke_api');

-- end_guardian_account ends the account of a guardian of a child at an institution that the staff member of this transaction answers for. Nobody
-- ends their own in this way: it would spare them the proof of who they are. False: not the caller's to decide.
create function auth.end_guardian_account(guardianship uuid, why text, moment timestamptz) returns boolean
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        someone constant uuid := (
            select g.guardian_id from app.guardianships g
            where g.municipality_id = scope.municipality() and scope.caller() = 'staff' and g.id = end_guardian_account.guardianship
              and g.ended_at is null and g.guardian_id <> scope.person() and g.child_id in (select app.headed_children()));
    begin
        if someone is null then
            return false;
        end if;
        perform auth.end_guardian(someone, end_guardian_account.why, end_guardian_account.moment);
        return true;
    end
    $$;
call scope.hand_over('auth.end_guardian_account(uuid, text, timestamptz)', 'budstikke_api');

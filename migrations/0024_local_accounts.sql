-- Why: people who come in with a password get it by an activation letter (U5, U7, U8, H7), and may sign in before they have a second factor,
-- to a session that can do nothing but give them one.
-- The previous binary: runs. It refuses, by an error, to sign in somebody who has a password and no second factor yet.

alter table auth.passwords
    alter column totp_sealed drop not null, -- null: there is no authenticator app
    alter column totp_key drop not null,
    add column opens text not null default 'staff' check (opens in ('staff', 'guardian')), -- the kind of session that this password leads to
    add column totp_new_sealed bytea,       -- the secret of an authenticator app that has not shown a code yet
    add column totp_new_key smallint,
    add column totp_new_at timestamptz,
    add constraint totp_is_whole check ((totp_sealed is null) = (totp_key is null)),
    add constraint totp_new_is_whole check ((totp_new_sealed is null) = (totp_new_key is null) and (totp_new_sealed is null) = (totp_new_at is null));

-- What a municipality asks of everybody who has a password: a second factor also where the rule alone would not (auth.SecondFactorRequired).
alter table app.municipalities add column second_factor_for_all boolean not null default false;

-- Codes for the day on which the authenticator app is lost: ten at a time, each good once. A keyed digest stands here, bound to the account.
create table auth.recovery_codes (
    municipality_id uuid not null,
    account_id      uuid not null,
    code_hash       bytea not null,
    code_key        smallint not null, -- version of the key that made the digest
    made_at         timestamptz not null,
    used_at         timestamptz,
    primary key (municipality_id, account_id, code_hash),
    foreign key (municipality_id, account_id) references auth.accounts
);

-- A letter that is handed over in person or by post, and whose code sets the first password of an account. Its code has 130 random bits, so
-- that a plain digest gives nothing away. A person has at most one letter that still counts.
create table auth.letters (
    municipality_id uuid not null references app.municipalities,
    id              uuid not null,
    person_id       uuid not null,
    purpose         text not null check (purpose in ('staff', 'partner', 'guardian')),
    username        text not null check (username = lower(username) and length(username) between 3 and 320),
    code_hash       bytea not null,
    issued_by       uuid not null,
    issued_at       timestamptz not null,
    expires_at      timestamptz not null,
    used_at         timestamptz,
    withdrawn_at    timestamptz, -- replaced by a later one, or the account was ended
    primary key (municipality_id, id),
    unique (municipality_id, code_hash),
    foreign key (municipality_id, person_id) references app.persons,
    foreign key (municipality_id, issued_by) references app.persons,
    check (used_at is null or withdrawn_at is null)
);
create unique index letters_one_counts on auth.letters (municipality_id, person_id) where used_at is null and withdrawn_at is null;

call scope.protect_table('auth.recovery_codes');
call scope.protect_table('auth.letters');
grant select, insert, update, delete on auth.recovery_codes to budstikke_api;
grant select, insert on auth.letters to budstikke_api;
grant update (used_at, withdrawn_at) on auth.letters to budstikke_api; -- whose it is and until when it counts never changes
grant select on auth.letters, auth.passwords, auth.recovery_codes to budstikke_access;
grant update (ended_at) on auth.accounts to budstikke_access;
grant update (withdrawn_at) on auth.letters to budstikke_access;
grant delete on auth.passwords, auth.recovery_codes to budstikke_access;

-- A session that leads to a second factor and to nothing else: no other operation takes its kind.
alter table auth.sessions drop constraint sessions_kind_check,
    add constraint sessions_kind_check check (kind in ('guardian', 'staff', 'applicant', 'second_factor'));

-- The account of the person of this transaction, whose password and second factor they may change.
create function auth.own_account() returns uuid
    language sql stable security definer set search_path = ''
    as $$
        select a.id from auth.accounts a
        where a.municipality_id = scope.municipality() and a.person_id = scope.person() and a.ended_at is null
          and scope.caller() in ('guardian', 'staff', 'second_factor')
    $$;
call scope.hand_over('auth.own_account()', 'budstikke_api');

-- answers_for tells whether the staff member of this transaction decides about the account of somebody who works, or worked, at an
-- institution (U5, V5, V9): as its owner about everybody but owners, as its head about those who are neither head nor owner. It takes all of
-- the person's roles that have not ended: nobody gets at an account that also leads to where somebody else answers. Nobody decides about
-- themselves. Owners of the whole municipality come from the register and get their password by command.
create function auth.answers_for(someone uuid, institution uuid) returns boolean
    language sql stable security definer cost 200 set search_path = ''
    as $$
        select scope.caller() = 'staff' and answers_for.someone <> scope.person()
           and answers_for.institution in (select app.headed_institutions())
           and exists (
               select from app.staff_roles r
               where r.municipality_id = scope.municipality() and r.person_id = answers_for.someone and r.institution_id = answers_for.institution)
           and not exists (
               select from app.staff_roles r
               where r.municipality_id = scope.municipality() and r.person_id = answers_for.someone and (r.ended_at is null or r.ended_at > now())
                 and not exists (
                     select from app.own_roles o
                     where o.institution_id = r.institution_id
                       and (o.role = 'owner' and r.role <> 'owner' or o.role = 'head' and r.role not in ('owner', 'head'))))
    $$;
call scope.hand_over('auth.answers_for(uuid, uuid)', 'budstikke_api');

-- works_at tells whether somebody has, or will have, a role at an institution.
create function auth.works_at(someone uuid, institution uuid) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select exists (
            select from app.staff_roles r
            where r.municipality_id = scope.municipality() and r.person_id = works_at.someone and r.institution_id = works_at.institution
              and (r.ended_at is null or r.ended_at > now()))
    $$;
call scope.hand_over('auth.works_at(uuid, uuid)', 'budstikke_api');

-- username_free tells whoever issues a letter whether its user name could be anybody else's: an account's, or that of another letter.
create function auth.username_free(wanted text, someone uuid, moment timestamptz) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select scope.caller() = 'staff' and not exists (
                select from auth.passwords p join auth.accounts a on a.municipality_id = p.municipality_id and a.id = p.account_id
                where p.municipality_id = scope.municipality() and p.username = wanted and a.person_id <> someone)
            and not exists (
                select from auth.letters l
                where l.municipality_id = scope.municipality() and l.username = wanted and l.person_id <> someone
                  and l.used_at is null and l.withdrawn_at is null and l.expires_at > moment)
    $$;
call scope.hand_over('auth.username_free(text, uuid, timestamptz)', 'budstikke_api');

-- What a password of somebody must not be made of: names they and everybody around them know. One row per word or name.
create function auth.words_about(someone uuid) returns setof text
    language sql stable security definer set search_path = ''
    as $$
        select w from (
            select m.name as w from app.municipalities m where m.municipality_id = scope.municipality()
            union select m.slug from app.municipalities m where m.municipality_id = scope.municipality()
            union select i.name from app.institutions i where i.municipality_id = scope.municipality()
            union select p.given_name from app.persons p where p.municipality_id = scope.municipality() and p.id = someone
            union select p.family_name from app.persons p where p.municipality_id = scope.municipality() and p.id = someone
            union select to_char(p.birth_date, f) from app.persons p, unnest(array['YYYYMMDD', 'DDMMYYYY', 'DDMMYY', 'YYMMDD']) f
                where p.municipality_id = scope.municipality() and p.id = someone and p.birth_date is not null) t
        where scope.caller() = 'signin' or someone = scope.person()
    $$;
call scope.hand_over('auth.words_about(uuid)', 'budstikke_api');

-- What the rule of the second factor asks about (auth.SecondFactorRequired): the roles of somebody, and what their municipality wants.
create function auth.standing(someone uuid)
    returns table (role text, whole boolean, group_id uuid, for_all boolean)
    language sql stable security definer set search_path = ''
    as $$
        select r.role, r.group_id is null, r.group_id, m.second_factor_for_all
        from app.municipalities m
        left join app.staff_roles r on r.municipality_id = m.municipality_id and r.person_id = someone and (r.ended_at is null or r.ended_at > now())
        where m.municipality_id = scope.municipality() and (scope.caller() = 'signin' or someone = scope.person())
    $$;
call scope.hand_over('auth.standing(uuid)', 'budstikke_api');

-- Who issues letters, and for whom. Those for guardians are issued by what opens an account with the guardian present (H7).
create policy signin_keeps on auth.letters for all to budstikke_api
    using ((select scope.caller()) = 'signin') with check ((select scope.caller()) = 'signin');
create policy head_sees on auth.letters for select to budstikke_api
    using ((select scope.caller()) = 'staff' and issued_by = (select scope.person()));
create function auth.may_write_letter(someone uuid, purpose text) returns boolean
    language sql stable security definer cost 200 set search_path = ''
    as $$
        select purpose in ('staff', 'partner') and exists (
            select from app.staff_roles r
            where r.municipality_id = scope.municipality() and r.person_id = someone and (r.ended_at is null or r.ended_at > now())
              and r.institution_id is not null and auth.answers_for(someone, r.institution_id))
    $$;
call scope.hand_over('auth.may_write_letter(uuid, text)', 'budstikke_api');
create policy head_issues on auth.letters for insert to budstikke_api
    with check ((select scope.caller()) = 'staff' and issued_by = (select scope.person()) and used_at is null and withdrawn_at is null
        and auth.may_write_letter(person_id, purpose));

-- replace_letter takes the letter back that still counts, so that a later one can be issued. Whoever may write the one may take back the other.
create function auth.replace_letter(someone uuid, purpose text, moment timestamptz) returns void
    language sql volatile security definer set search_path = ''
    as $$
        update auth.letters l set withdrawn_at = moment
        where l.municipality_id = scope.municipality() and l.person_id = someone and l.used_at is null and l.withdrawn_at is null
          and l.purpose = replace_letter.purpose and (auth.may_write_letter(someone, l.purpose) or scope.caller() = 'signin')
    $$;
call scope.hand_over('auth.replace_letter(uuid, text, timestamptz)', 'budstikke_api');

-- end_staff_account takes from a member of the staff everything they sign in with, at once (H4, V9, V11): password, second factors, letters
-- and sessions. A person who also is somebody's guardian keeps the account for that, and loses the rest. False: not the caller's to decide.
create function auth.end_staff_account(someone uuid, institution uuid, moment timestamptz) returns boolean
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here constant uuid := scope.municipality();
        account constant uuid := (select a.id from auth.accounts a where a.municipality_id = here and a.person_id = someone);
        guardian boolean;
    begin
        if auth.answers_for(someone, institution) is not true then
            return false;
        end if;
        guardian := exists (select from app.guardianships g where g.municipality_id = here and g.guardian_id = someone and g.ended_at is null)
            and exists (select from auth.accounts a where a.municipality_id = here and a.id = account and a.kind = 'guardian');
        update auth.letters l set withdrawn_at = moment
            where l.municipality_id = here and l.person_id = someone and l.used_at is null and l.withdrawn_at is null and l.purpose <> 'guardian';
        delete from auth.recovery_codes c where c.municipality_id = here and c.account_id = account;
        delete from auth.passwords p where p.municipality_id = here and p.account_id = account and (p.opens = 'staff' or not guardian);
        update auth.sessions s set ended_at = moment, ended_reason = 'ended_by_head'
            where s.municipality_id = here and s.person_id = someone and s.ended_at is null and (s.kind in ('staff', 'second_factor') or not guardian);
        if not guardian then
            update auth.accounts a set ended_at = moment where a.municipality_id = here and a.id = account and a.ended_at is null;
            update notify.endpoints e set state = 'retired', retired_reason = 'account_ended' where e.municipality_id = here and e.person_id = someone and e.state <> 'retired';
        end if;
        return true;
    end
    $$;
call scope.hand_over('auth.end_staff_account(uuid, uuid, timestamptz)', 'budstikke_api');

-- staff_accounts is what a head sees of how the people of an institution sign in: who has an account, who was sent a letter, and who has no
-- second factor yet. Nothing of it opens anything.
create function auth.staff_accounts(institution uuid, moment timestamptz)
    returns table (person_id uuid, given_name text, family_name text, roles text[], contact_email text, account text, has_second_factor boolean,
        letter_expires_at timestamptz, may_decide boolean)
    language sql stable security definer rows 50 set search_path = ''
    as $$
        select p.id, p.given_name, p.family_name, r.roles, p.contact_email,
               case when a.id is not null and a.ended_at is null and exists (
                        select from auth.passwords w where w.municipality_id = a.municipality_id and w.account_id = a.id) then 'active'
                    when l.id is not null then 'invited'
                    when a.id is not null and a.ended_at is null then 'other'
                    when a.id is not null then 'ended'
                    else 'none' end,
               exists (select from auth.passwords w where w.municipality_id = p.municipality_id and w.account_id = a.id and w.totp_sealed is not null),
               l.expires_at, auth.answers_for(p.id, staff_accounts.institution)
        from (select s.person_id, array_agg(distinct s.role order by s.role) as roles
              from app.staff_roles s
              where s.municipality_id = scope.municipality() and s.institution_id = staff_accounts.institution
                and (s.ended_at is null or s.ended_at > now())
              group by s.person_id) r
        join app.persons p on p.municipality_id = scope.municipality() and p.id = r.person_id
        left join auth.accounts a on a.municipality_id = p.municipality_id and a.person_id = p.id
        left join auth.letters l on l.municipality_id = p.municipality_id and l.person_id = p.id and l.used_at is null and l.withdrawn_at is null
            and l.expires_at > staff_accounts.moment
        where scope.caller() = 'staff' and staff_accounts.institution in (select app.headed_institutions())
        order by p.given_name, p.family_name, p.id
        limit 1000
    $$;
call scope.hand_over('auth.staff_accounts(uuid, timestamptz)', 'budstikke_api');

-- Own passwords and codes, for who is signed in with the account and for who is about to have a second factor.
create policy own_password on auth.passwords for select to budstikke_api using (account_id = (select auth.own_account()));
create policy own_password_changes on auth.passwords for update to budstikke_api
    using (account_id = (select auth.own_account())) with check (account_id = (select auth.own_account()));
create policy own_codes on auth.recovery_codes for all to budstikke_api
    using (account_id = (select auth.own_account())) with check (account_id = (select auth.own_account()));
create policy signin_keeps on auth.recovery_codes for all to budstikke_api
    using ((select scope.caller()) = 'signin') with check ((select scope.caller()) = 'signin');

-- Whoever was on the way to a second factor and has one goes on as what their account is for.
drop policy own_sessions on auth.sessions;
create policy own_sessions on auth.sessions for all to budstikke_api
    using ((select scope.caller()) in ('guardian', 'staff', 'applicant', 'second_factor') and person_id = (select scope.person()))
    with check ((select scope.caller()) in ('guardian', 'staff', 'applicant', 'second_factor') and person_id = (select scope.person())
        and (kind = (select scope.caller()) or ended_at is not null
            or (select scope.caller()) = 'applicant' and kind = 'guardian'
            or (select scope.caller()) = 'second_factor' and kind in ('guardian', 'staff')));

drop policy own_account on auth.accounts;
create policy own_account on auth.accounts for select to budstikke_api
    using ((select scope.caller()) in ('guardian', 'staff', 'second_factor') and person_id = (select scope.person()));

create policy second_factor_begins on auth.access_tokens for insert to budstikke_api
    with check ((select scope.caller()) = 'second_factor' and session_id in (
        select s.id from auth.sessions s
        where s.municipality_id = (select scope.municipality()) and s.person_id = (select scope.person())));
create policy second_factor_begins on auth.refreshes for insert to budstikke_api
    with check ((select scope.caller()) = 'second_factor' and session_id in (
        select s.id from auth.sessions s
        where s.municipality_id = (select scope.municipality()) and s.person_id = (select scope.person())));

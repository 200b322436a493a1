-- Why: a guardian's access rests on a strong sign-in that is not older than a year (H1, H11), and whoever is to prove anew who they are hears of it
-- ahead. What is overdue is suspended by the rule, not ended: the next strong sign-in opens it again by itself. And an application that waits for long is
-- brought up: to the heads once, then to the owner.
-- The previous binary: runs; its sign-ins are kept as proofs too, and it suspends and tells nothing.

alter table app.municipalities
    add column proof_days smallint not null default 365 check (proof_days = 0 or proof_days between 90 and 1095), -- 0: nobody is asked again; no session is older
    add column proof_notice_days smallint not null default 30 check (proof_notice_days between 1 and 60), -- guardians are told so many days before
    add column waiting_days smallint not null default 7 check (waiting_days between 1 and 60); -- an application waits before heads are told again; owners after twice that
alter table auth.accounts
    add column proved_at timestamptz,     -- when its owner last proved strongly who they are, as a guardian; null: when it was opened
    add column proof_told_at timestamptz; -- when they were last told that it is due
alter table app.applications
    add column heads_told_at timestamptz,  -- when the heads were told that it waits for long
    add column owners_told_at timestamptz; -- when the owners were
grant update (proved_at, proof_told_at) on auth.accounts to budstikke_access;
grant update (heads_told_at, owners_told_at) on app.applications to budstikke_access;

-- Of who has no session left it is not known when they proved who they are: nobody is put out by an upgrade.
set local role budstikke_access; -- which alone sees every municipality
update auth.accounts a set proved_at = coalesce((
        select max(coalesce(s.authenticated_at, s.created_at)) from auth.sessions s
        where s.municipality_id = a.municipality_id and s.account_id = a.id and s.kind = 'guardian' and s.assurance <> 'low'), now())
    where a.ended_at is null and a.kind = 'guardian';
reset role;
create index accounts_proved_at on auth.accounts (municipality_id, (coalesce(proved_at, created_at))) where ended_at is null;

-- The rules that decide an access: what is overdue, the proof that opens it again, and a register that changed what it was about meanwhile.
alter table app.guardianship_decisions
    drop constraint guardianship_decisions_rule_check,
    add constraint guardianship_decisions_rule_check check (rule in ('auto_on_custody', 'proof_overdue', 'proof_given', 'register_changed'));

-- decided_last is the rule that decided last about an access; null when a person did, or nobody.
create function app.decided_last(municipality uuid, guardianship uuid, institution uuid) returns text
    language sql stable security definer set search_path = ''
    as $$
        select d.rule from app.guardianship_decisions d
        where d.municipality_id = decided_last.municipality and d.guardianship_id = decided_last.guardianship
          and (d.institution_id is null or d.institution_id = decided_last.institution)
        order by d.decided_at desc, d.id desc limit 1
    $$;
call scope.hand_over('app.decided_last(uuid, uuid, uuid)', variadic '{}');

-- suspended_by_rule tells a head whether an access is suspended because a proof is overdue: a suspension by the head is another one, that no sign-in lifts.
create function app.suspended_by_rule(guardianship uuid, institution uuid) returns boolean
    language sql stable security definer set search_path = ''
    as $$
        select scope.caller() = 'staff' and suspended_by_rule.institution in (select app.headed_institutions())
            and app.decided_last(scope.municipality(), suspended_by_rule.guardianship, suspended_by_rule.institution) is not null
    $$;
call scope.hand_over('app.suspended_by_rule(uuid, uuid)', 'budstikke_api');

-- take_proof keeps that somebody has proved who they are, whichever way they signed in, and opens what waited for it: unless a person decided
-- meanwhile, the register changed, the end has passed, or a block stands between the two (B8, B12).
create function auth.take_proof() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        proved constant timestamptz := coalesce(new.authenticated_at, new.created_at);
    begin
        update auth.accounts a set proved_at = greatest(a.proved_at, proved), proof_told_at = null
        where a.municipality_id = new.municipality_id and a.id = new.account_id;
        insert into app.guardianship_decisions (municipality_id, id, guardianship_id, institution_id, status, until, reason, decided_at, rule)
        select a.municipality_id, scope.new_id(), a.guardianship_id, a.institution_id, 'active', a.until, '', proved, 'proof_given'
        from app.guardianship_access a
        where a.municipality_id = new.municipality_id and a.guardian_id = new.person_id and a.status = 'suspended'
          and app.decided_last(a.municipality_id, a.guardianship_id, a.institution_id) = 'proof_overdue'
          and (a.until is null or a.until > now())
          and exists (
            select from app.guardianships g where g.municipality_id = a.municipality_id and g.id = a.guardianship_id and g.ended_at is null)
          and not exists (
            select from app.restrictions_now x
            where x.municipality_id = a.municipality_id and x.child_id = a.child_id and x.person_id = a.guardian_id and x.kind = 'no_access');
        if found then
            update app.guardianship_access a
            set status = 'active', version = a.version + 1, changed_at = proved, changed_by = null
            from app.guardianship_decisions d
            where a.municipality_id = new.municipality_id and a.guardian_id = new.person_id and a.status = 'suspended'
              and d.municipality_id = a.municipality_id and d.guardianship_id = a.guardianship_id and d.institution_id = a.institution_id
              and d.rule = 'proof_given' and d.transaction_id = pg_current_xact_id();
        end if;
        return null;
    end
    $$;
call scope.hand_over('auth.take_proof()', variadic '{}');
create trigger take_proof after insert or update of authenticated_at, assurance on auth.sessions
    for each row when (new.kind = 'guardian' and new.assurance <> 'low') execute function auth.take_proof();

-- lapse_proof gives what waits for a proof to the head when the register changes what the access is about: an enrolment or a guardianship that ends,
-- returns or is another one than it was. What was open then is not open now (V1, V14).
create function app.lapse_proof() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        insert into app.guardianship_decisions (municipality_id, id, guardianship_id, institution_id, status, until, reason, decided_at, rule)
        select a.municipality_id, scope.new_id(), a.guardianship_id, a.institution_id, 'suspended', a.until, '', greatest(now(), a.changed_at), 'register_changed'
        from app.guardianship_access a
        where (a.municipality_id, a.child_id) in (select n.municipality_id, n.child_id from added n) and a.status = 'suspended'
          and app.decided_last(a.municipality_id, a.guardianship_id, a.institution_id) = 'proof_overdue';
        return null;
    end
    $$;
call scope.hand_over('app.lapse_proof()', variadic '{}');
create trigger lapse_proof_new after insert on app.enrolments referencing new table as added for each statement execute function app.lapse_proof();

create function app.lapse_proof_changed() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        insert into app.guardianship_decisions (municipality_id, id, guardianship_id, institution_id, status, until, reason, decided_at, rule)
        select a.municipality_id, scope.new_id(), a.guardianship_id, a.institution_id, 'suspended', a.until, '', greatest(now(), a.changed_at), 'register_changed'
        from app.guardianship_access a
        where (a.municipality_id, a.child_id) in (
                select n.municipality_id, n.child_id
                from added n join removed o on o.municipality_id = n.municipality_id and o.id = n.id
                where to_jsonb(n) - '{status,version,group_id}'::text[] <> to_jsonb(o) - '{status,version,group_id}'::text[])
          and a.status = 'suspended' and app.decided_last(a.municipality_id, a.guardianship_id, a.institution_id) = 'proof_overdue';
        return null;
    end
    $$;
call scope.hand_over('app.lapse_proof_changed()', variadic '{}');
create trigger lapse_proof after update on app.enrolments referencing old table as removed new table as added
    for each statement execute function app.lapse_proof_changed();
create trigger lapse_proof after update on app.guardianships referencing old table as removed new table as added
    for each statement execute function app.lapse_proof_changed();

-- due_proofs names the accounts whose owners are told now that a proof is due: some days ahead, a week ahead, and when it is overdue; each once.
create function auth.due_proofs(moment timestamptz) returns table (account uuid, person uuid)
    language sql volatile security definer set search_path = ''
    as $$
        update auth.accounts a set proof_told_at = moment
        from (
            select x.id, coalesce(x.proved_at, x.created_at) + make_interval(days => m.proof_days) as due, m.proof_notice_days as ahead
            from auth.accounts x
            join app.municipalities m on m.municipality_id = x.municipality_id and m.proof_days > 0
            where x.municipality_id = scope.municipality() and x.ended_at is null and (x.kind = 'guardian' or x.proved_at is not null)
              and coalesce(x.proved_at, x.created_at) <= moment - make_interval(days => m.proof_days - m.proof_notice_days)
              and exists (
                select from app.guardianship_access g
                where g.municipality_id = x.municipality_id and g.guardian_id = x.person_id and g.status in ('active', 'suspended'))) d
        where scope.caller() = 'clock' and a.municipality_id = scope.municipality() and a.id = d.id and exists (
            select from unnest(array[d.due - make_interval(days => d.ahead), d.due - least(make_interval(days => d.ahead), interval '7 days'), d.due]) step
            where step <= moment and (a.proof_told_at is null or a.proof_told_at < step))
        returning a.id, a.person_id
    $$;
call scope.hand_over('auth.due_proofs(timestamptz)', 'budstikke_api');

-- suspend_unproved suspends what rests on a proof that is overdue, and answers what that was. Two things go on: what a head has opened since, for as
-- many days as guardians are told ahead; and the last guardian whom an alert about a child would reach (B2) — who reads nothing without a sign-in
-- all the same. The accounts are held first, so that a sign-in at this moment either comes before or finds what it opens.
create function app.suspend_unproved(moment timestamptz) returns table (guardianship uuid, institution uuid, child uuid, person uuid)
    language plpgsql volatile security definer set search_path = ''
    as $$
    #variable_conflict use_column
    declare
        here constant uuid := scope.municipality();
        rule app.municipalities;
        late uuid[];
    begin
        select * into rule from app.municipalities m where m.municipality_id = here;
        if scope.caller() is distinct from 'clock' or rule.proof_days = 0 then
            return;
        end if;
        select coalesce(array_agg(o.person_id), '{}') into late from (
            select a.person_id from auth.accounts a
            where a.municipality_id = here and a.ended_at is null and (a.kind = 'guardian' or a.proved_at is not null)
              and coalesce(a.proved_at, a.created_at) <= moment - make_interval(days => rule.proof_days)
              and exists (
                select from app.guardianship_access g
                where g.municipality_id = here and g.guardian_id = a.person_id and g.status = 'active')
            order by a.id for no key update) o;
        insert into app.guardianship_decisions (municipality_id, id, guardianship_id, institution_id, status, until, reason, decided_at, rule)
        select a.municipality_id, scope.new_id(), a.guardianship_id, a.institution_id, 'suspended', a.until, '', moment, 'proof_overdue'
        from app.guardianship_access a
        where a.municipality_id = here and a.guardian_id = any (late) and a.status = 'active'
          and not exists (
            select from app.guardianship_decisions d
            where d.municipality_id = here and d.guardianship_id = a.guardianship_id and (d.institution_id is null or d.institution_id = a.institution_id)
              and d.decided_at > moment - make_interval(days => rule.proof_notice_days))
          and (not exists (
                select from notify.endpoints n where n.municipality_id = here and n.person_id = a.guardian_id and n.state = 'active')
            or exists (
                select from app.guardian_access o
                join notify.endpoints n on n.municipality_id = o.municipality_id and n.person_id = o.guardian_id and n.state = 'active'
                where o.municipality_id = here and o.child_id = a.child_id and o.institution_id = a.institution_id and o.guardian_id <> all (late)));
        return query
            update app.guardianship_access a
            set status = 'suspended', version = a.version + 1, changed_at = moment, changed_by = null
            from app.guardianship_decisions d
            where a.municipality_id = here and a.status = 'active' and d.municipality_id = here and d.guardianship_id = a.guardianship_id
              and d.institution_id = a.institution_id and d.rule = 'proof_overdue' and d.transaction_id = pg_current_xact_id()
            returning a.guardianship_id, a.institution_id, a.child_id, a.guardian_id;
    end
    $$;
call scope.hand_over('app.suspend_unproved(timestamptz)', 'budstikke_api');

-- long_waiting names the institutions where an application has waited for long, and whom to tell: the heads once, after as long again the owners; the
-- owners at once where there is no head.
create function app.long_waiting(moment timestamptz) returns table (institution uuid, role text)
    language plpgsql volatile security definer set search_path = ''
    as $$
    #variable_conflict use_column
    declare
        here constant uuid := scope.municipality();
        days constant interval := (select make_interval(days => m.waiting_days) from app.municipalities m where m.municipality_id = scope.municipality());
    begin
        if scope.caller() is distinct from 'clock' then
            return;
        end if;
        return query
            with long as (
                update app.applications a set heads_told_at = moment
                where a.municipality_id = here and a.state = 'queued' and a.heads_told_at is null and a.submitted_at <= moment - days
                returning a.id)
            select distinct l.institution_id, case when exists (
                    select from app.staff_access s where s.municipality_id = here and s.institution_id = l.institution_id and s.role = 'head')
                then 'head' else 'owner' end
            from long join app.application_places l on l.municipality_id = here and l.application_id = long.id;
        return query
            with longer as (
                update app.applications a set owners_told_at = moment
                where a.municipality_id = here and a.state = 'queued' and a.owners_told_at is null and a.submitted_at <= moment - 2 * days
                  and a.heads_told_at < moment
                returning a.id)
            select distinct l.institution_id, 'owner'
            from longer join app.application_places l on l.municipality_id = here and l.application_id = longer.id;
    end
    $$;
call scope.hand_over('app.long_waiting(timestamptz)', 'budstikke_api');

-- One kind of notice more.
do $$
declare
    known constant text := (select pg_get_constraintdef(c.oid) from pg_constraint c
        where c.conrelid = 'notify.events'::regclass and c.conname = 'events_kind_check');
    wider constant text := replace(known, '''review_overdue''::text', '''review_overdue''::text, ''proof_due''::text');
begin
    if wider is null or wider = known then
        raise exception 'notify.events knows its kinds by another constraint';
    end if;
    alter table notify.events drop constraint events_kind_check;
    execute 'alter table notify.events add constraint events_kind_check ' || wider;
end
$$;

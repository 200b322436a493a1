-- Why: forced row-level security on every table, by the rule of 0006_access_rule.sql and by nothing else.
-- The previous binary: there is none.

-- Forced row-level security on every table. The restrictive policy keeps municipalities apart whatever the permissive ones say.
do $$
declare
    t record;
begin
    for t in
        select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('app', 'auth', 'notify') and c.relkind in ('r', 'p')
    loop
        execute format('alter table %I.%I enable row level security', t.schema, t.name);
        execute format('alter table %I.%I force row level security', t.schema, t.name);
        execute format('create policy one_municipality on %I.%I as restrictive for all to budstikke_api
            using (municipality_id = (select scope.municipality())) with check (municipality_id = (select scope.municipality()))',
            t.schema, t.name);
        execute format('create policy answers on %I.%I for all to budstikke_access using (true) with check (true)', t.schema, t.name);
    end loop;
end
$$;

-- What an import may touch: the register's nouns. It may insert a guardianship but not set its status (see the grants below) (V1, P6).
create policy registers on app.municipalities for all to budstikke_api
    using ((select scope.caller()) in ('register')) with check ((select scope.caller()) in ('register'));
create policy everybody_reads on app.municipalities for select to budstikke_api using (true);
do $$
declare
    t text;
begin
    foreach t in array array['institutions', 'groups', 'persons', 'enrolments', 'guardianships', 'staff_roles', 'imports', 'register_records']
    loop
        execute format('create policy registers on app.%I for all to budstikke_api
            using ((select scope.caller()) = ''register'') with check ((select scope.caller()) = ''register'')', t);
    end loop;
end
$$;

-- Guardians. What hangs on a place ends when the child leaves it (V14).
create policy guardian_reads on app.institutions for select to budstikke_api
    using ((select scope.caller()) = 'guardian' and id in (select app.own_places()));
create policy guardian_reads on app.groups for select to budstikke_api
    using ((select scope.caller()) = 'guardian' and institution_id in (select app.own_places()) and id in (
        select e.group_id from app.enrolments e
        where e.municipality_id = (select scope.municipality()) and e.child_id in (select app.own_children())
          and (e.ended_at is null or e.ended_at > now())));
create policy guardian_reads on app.persons for select to budstikke_api
    using ((select scope.caller()) in ('guardian', 'applicant') and id = (select scope.person())
        or (select scope.caller()) = 'guardian' and id in (select app.own_children()));
create policy guardian_reads on app.enrolments for select to budstikke_api
    using ((select scope.caller()) = 'guardian' and child_id in (select app.own_children()));
-- A guardian sees their own relation to the child, and of the other guardians nothing.
create policy guardian_reads on app.guardianships for select to budstikke_api
    using ((select scope.caller()) = 'guardian' and guardian_id = (select scope.person()) and child_id in (select app.own_children()));
-- Both homes know of the child's day; what one of them wrote is theirs to change (B11). The words are shown by app.shown_absences.
create policy guardian_reads on app.absences for select to budstikke_api
    using ((select scope.caller()) = 'guardian' and child_id in (select app.own_children()));
create policy guardian_reports on app.absences for insert to budstikke_api
    with check ((select scope.caller()) = 'guardian' and reported_by = (select scope.person()) and child_id in (select app.own_children())
        and (child_id, institution_id) in (
            select e.child_id, e.institution_id from app.enrolments e
            where e.municipality_id = (select scope.municipality()) and (e.starts_at is null or e.starts_at <= now())
              and (e.ended_at is null or e.ended_at > now())));
create policy guardian_changes on app.absences for update to budstikke_api
    using ((select scope.caller()) = 'guardian' and reported_by = (select scope.person()) and child_id in (select app.own_children()))
    with check ((select scope.caller()) = 'guardian' and reported_by = (select scope.person()) and child_id in (select app.own_children()));
create policy guardian_withdraws on app.absences for delete to budstikke_api
    using ((select scope.caller()) = 'guardian' and reported_by = (select scope.person()) and child_id in (select app.own_children()));
-- A thread with a former institution can be read and not be written to (V14).
create policy guardian_keeps on app.conversations for all to budstikke_api
    using ((select scope.caller()) = 'guardian' and guardian_id = (select scope.person()) and child_id in (select app.own_children()))
    with check ((select scope.caller()) = 'guardian' and guardian_id = (select scope.person()) and child_id in (select app.own_children())
        and (child_id, institution_id) in (
            select e.child_id, e.institution_id from app.enrolments e
            where e.municipality_id = (select scope.municipality()) and (e.starts_at is null or e.starts_at <= now())
              and (e.ended_at is null or e.ended_at > now())));
-- A message is in a conversation that its reader and its writer may see, which the conversations' own policies say.
create policy guardian_reads on app.messages for select to budstikke_api
    using ((select scope.caller()) = 'guardian' and exists (
        select from app.conversations c where c.municipality_id = messages.municipality_id and c.id = messages.conversation_id));
create policy guardian_writes on app.messages for insert to budstikke_api
    with check ((select scope.caller()) = 'guardian' and author_id = (select scope.person()) and author_side = 'guardian' and exists (
        select from app.conversations c where c.municipality_id = messages.municipality_id and c.id = messages.conversation_id
          and (c.child_id, c.institution_id) in (
            select e.child_id, e.institution_id from app.enrolments e
            where e.municipality_id = (select scope.municipality()) and (e.starts_at is null or e.starts_at <= now())
              and (e.ended_at is null or e.ended_at > now()))));
create policy guardian_reads on app.alerts for select to budstikke_api
    using ((select scope.caller()) = 'guardian' and institution_id in (select app.own_places()));

-- Staff.
create policy staff_reads on app.institutions for select to budstikke_api using (id in (select app.own_institutions()));
create policy staff_reads on app.groups for select to budstikke_api using (institution_id in (select app.own_institutions()));
create policy staff_reads on app.persons for select to budstikke_api
    using ((select scope.caller()) = 'staff' and (id = (select scope.person()) or app.meets(id)));
create policy staff_reads on app.enrolments for select to budstikke_api using (institution_id in (select app.own_institutions()));
create policy staff_reads on app.staff_roles for select to budstikke_api using (institution_id in (select app.own_institutions()));
create policy staff_reads on app.guardianships for select to budstikke_api
    using ((select scope.caller()) = 'staff' and child_id in (select app.own_pupils()));
create policy head_decides on app.guardianships for update to budstikke_api
    using ((select scope.caller()) = 'staff' and child_id in (select app.headed_children()))
    with check ((select scope.caller()) = 'staff' and child_id in (select app.headed_children()));
create policy head_reads on app.guardianship_decisions for select to budstikke_api
    using ((select scope.caller()) = 'staff' and exists (
        select from app.guardianships g
        where g.municipality_id = guardianship_decisions.municipality_id and g.id = guardianship_decisions.guardianship_id
          and g.child_id in (select app.headed_children())));
create policy head_decides on app.guardianship_decisions for insert to budstikke_api
    with check ((select scope.caller()) = 'staff' and decided_by = (select scope.person()) and exists (
        select from app.guardianships g
        where g.municipality_id = guardianship_decisions.municipality_id and g.id = guardianship_decisions.guardianship_id
          and g.child_id in (select app.headed_children())));
-- An absence is seen wherever the child is enrolled now, whichever institution it was reported to.
create policy staff_reads on app.absences for select to budstikke_api
    using ((select scope.caller()) = 'staff' and child_id in (select app.own_pupils()));
create policy staff_reads on app.conversations for select to budstikke_api
    using (institution_id in (select app.message_institutions()) and child_id in (select app.own_pupils()));
create policy staff_answers on app.conversations for update to budstikke_api
    using (institution_id in (select app.message_institutions()) and child_id in (select app.own_pupils()))
    with check (institution_id in (select app.message_institutions()) and child_id in (select app.own_pupils()));
create policy staff_reads on app.messages for select to budstikke_api
    using ((select scope.caller()) = 'staff' and exists (
        select from app.conversations c where c.municipality_id = messages.municipality_id and c.id = messages.conversation_id
          and (not messages.confidential or messages.author_id = (select scope.person())
               or c.institution_id in (select app.confidential_institutions()))));
create policy staff_writes on app.messages for insert to budstikke_api
    with check ((select scope.caller()) = 'staff' and author_id = (select scope.person()) and author_side = 'staff' and exists (
        select from app.conversations c where c.municipality_id = messages.municipality_id and c.id = messages.conversation_id
          and c.child_id in (select app.own_pupils())));
create policy staff_reads on app.alerts for select to budstikke_api using (institution_id in (select app.own_institutions()));
create policy head_raises on app.alerts for insert to budstikke_api
    with check (institution_id in (select app.headed_institutions()) and raised_by = (select scope.person()));

-- Applications: the applicant's own, nobody else's.
create policy applicant_keeps on app.applications for all to budstikke_api
    using ((select scope.caller()) in ('applicant', 'guardian') and person_id = (select scope.person()))
    with check ((select scope.caller()) = 'applicant' and person_id = (select scope.person()));
create policy signin_keeps on app.applications for all to budstikke_api
    using ((select scope.caller()) = 'signin') with check ((select scope.caller()) = 'signin');

-- Keys of repeated writes are digests; whoever is in the municipality may look one up, and finds nothing without knowing the key.
create policy all_callers on app.idempotency_keys for all to budstikke_api using (true) with check (true);

-- Sign-in.
do $$
declare
    t text;
begin
    foreach t in array array['accounts', 'passwords', 'attempts', 'sessions', 'bankid_orders'] loop
        execute format('create policy signin_keeps on auth.%I for all to budstikke_api
            using ((select scope.caller()) = ''signin'') with check ((select scope.caller()) = ''signin'')', t);
    end loop;
end
$$;
-- Everybody may end their own sessions; those of a guardian who is cut off are ended by app.cut_off (V15).
-- A session is only ever begun as what its owner is, with one exception: an applicant whose account was opened becomes a guardian.
create policy own_sessions on auth.sessions for all to budstikke_api
    using ((select scope.caller()) in ('guardian', 'staff', 'applicant') and person_id = (select scope.person()))
    with check ((select scope.caller()) in ('guardian', 'staff', 'applicant') and person_id = (select scope.person())
        and (kind = (select scope.caller()) or (select scope.caller()) = 'applicant' and kind = 'guardian' or ended_at is not null));
create policy own_account on auth.accounts for select to budstikke_api
    using ((select scope.caller()) in ('guardian', 'staff') and person_id = (select scope.person()));
create policy applicant_opens on auth.accounts for all to budstikke_api
    using ((select scope.caller()) = 'applicant' and person_id = (select scope.person()))
    with check ((select scope.caller()) = 'applicant' and person_id = (select scope.person()) and kind = 'guardian');
create policy staff_reads on auth.accounts for select to budstikke_api
    using ((select scope.caller()) = 'staff' and app.meets(person_id));

-- The gateway. A person's own notices and endpoints are theirs to read; staff read what became of what they sent. Deliveries come into being
-- through notify.fan_out only.
-- Anything critical needs an alert that the caller has raised in this municipality (V20). Staff see events, which hold ids only; everybody
-- else those that they have a notice of.
create policy announces on notify.events for insert to budstikke_api
    with check (urgency = 'routine' or (select scope.caller()) = 'staff' and exists (
        select from app.alerts a
        where a.municipality_id = events.municipality_id and a.id = events.subject_id and a.raised_by = (select scope.person())));
create policy staff_reads on notify.events for select to budstikke_api using ((select scope.caller()) = 'staff');
create policy own_notices on notify.events for select to budstikke_api
    using (exists (
        select from notify.deliveries d
        where d.municipality_id = events.municipality_id and d.event_id = events.id and d.person_id = (select scope.person())));
create policy own_endpoints on notify.endpoints for all to budstikke_api
    using ((select scope.caller()) in ('guardian', 'staff', 'applicant') and person_id = (select scope.person()))
    with check ((select scope.caller()) in ('guardian', 'staff', 'applicant') and person_id = (select scope.person()));
create policy unsubscribing on notify.endpoints for update to budstikke_api -- by the link in a routine mail
    using ((select scope.caller()) = 'machine' and channel = 'email') with check ((select scope.caller()) = 'machine' and not routine);
create policy unsubscribing_sees on notify.endpoints for select to budstikke_api
    using ((select scope.caller()) = 'machine' and channel = 'email');
create policy own_notices on notify.deliveries for select to budstikke_api
    using ((select scope.caller()) = 'guardian' and person_id = (select scope.person()) and case grounds
        when 'self' then true
        when 'child' then child_id in (select app.own_children())
        when 'institution' then institution_id in (select app.own_places())
        else false end);
create policy staff_reads on notify.deliveries for select to budstikke_api
    using ((select scope.caller()) = 'staff' and (person_id = (select scope.person()) or institution_id in (select app.headed_institutions())));
create policy receipts on notify.deliveries for all to budstikke_api
    using ((select scope.caller()) = 'machine') with check ((select scope.caller()) = 'machine');
create policy staff_reads on notify.attempts for select to budstikke_api
    using ((select scope.caller()) = 'staff' and delivery_id in (
        select d.id from notify.deliveries d where d.municipality_id = (select scope.municipality())));
do $$
declare
    t text;
begin
    foreach t in array array['events', 'endpoints', 'deliveries', 'attempts'] loop
        execute format('create policy worker_keeps on notify.%I for all to budstikke_worker using (true) with check (true)', t);
    end loop;
end
$$;

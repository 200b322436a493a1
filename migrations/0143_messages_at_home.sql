-- Why: a guardian's message was read, looked over and written by six statements under the policies of four tables for all callers there are, most of whose time
-- went into setting them up. Its thread, with what the municipality wants said and the name to sign with, is answered by one function now, and another writes the
-- message and answers whom of the staff it is told to: both for a guardian and nobody else, by the rules of those policies. The inbox sets up its rules once instead of
-- once for each month, and where no terms are in force nobody is asked whether they have accepted them (B14, V15, H12).
-- The previous binary: runs, and asks the tables.

grant insert on app.messages to budstikke_access;
grant create on schema auth, notify to budstikke_access;

-- thread_at_home answers a guardian's own thread: what the policies of app.conversations show a guardian, and nothing to anybody else. With it goes whether it is
-- open, what the municipality wants said about free text, and the guardian's name.
create function app.thread_at_home(thread uuid)
    returns table (child_id uuid, guardian_id uuid, institution_id uuid, last_message_at timestamptz, open boolean, given_name text, family_name text,
        locale text, everyday_illness_hint boolean, categories_off text[], absence_notes boolean, note_days smallint, country text)
    language plpgsql stable security definer rows 1 set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off
    as $$
    #variable_conflict use_column
    declare
        here constant uuid := scope.municipality();
        me constant uuid := scope.person();
    begin
        if scope.caller() is distinct from 'guardian' then
            return;
        end if;
        return query
        select c.child_id, c.guardian_id, c.institution_id, c.last_message_at, app.thread_open(c.id), p.given_name, p.family_name,
            m.locale, m.everyday_illness_hint, m.categories_off, m.absence_notes, m.note_days, m.country
        from app.conversations c
        join app.persons p on p.municipality_id = here and p.id = me
        join app.municipalities m on m.municipality_id = here
        where c.municipality_id = here and c.id = thread_at_home.thread and c.guardian_id = me and c.child_id = any (app.held_children())
          and not exists (select from app.closed_places() x where x.child_id = c.child_id and x.institution_id = c.institution_id);
    end
    $$;
call scope.hand_over('app.thread_at_home(uuid)', 'budstikke_api');

-- post_at_home writes a guardian's message in a thread of theirs, and answers whom of the staff it is told to: null where a guardian may not write, by the policies of
-- app.messages, and then nothing is written.
create function app.post_at_home(id uuid, thread uuid, author_name text, words text, confidential boolean, moment timestamptz) returns uuid[]
    language plpgsql volatile security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off
    as $$
    #variable_conflict use_column
    declare
        here constant uuid := scope.municipality();
        institution uuid;
        child uuid;
    begin
        if scope.caller() is distinct from 'guardian' or not app.thread_open(post_at_home.thread) or not app.writes_at_home(post_at_home.thread) then
            return null;
        end if;
        select c.institution_id, c.child_id into strict institution, child from app.conversations c where c.municipality_id = here and c.id = post_at_home.thread;
        insert into app.messages (municipality_id, id, conversation_id, author_id, author_side, author_name, text, confidential, created_at)
        values (here, post_at_home.id, post_at_home.thread, scope.person(), 'guardian', post_at_home.author_name, post_at_home.words, post_at_home.confidential,
            post_at_home.moment);
        return array(select app.staff_of_child(institution, child));
    end
    $$;
call scope.hand_over('app.post_at_home(uuid, uuid, text, text, boolean, timestamptz)', 'budstikke_api');

-- What stands behind "offset 0" is asked of each month; the rule for its grounds is set up once, above them all.
create or replace function notify.notices_at_home(before_at timestamptz, after_id uuid, most integer)
    returns table (id uuid, kind text, urgency text, subject_id uuid, created_at timestamptz)
    language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_sort = off set jit = off
    as $$
    #variable_conflict use_column
    declare
        here constant uuid := scope.municipality();
        me constant uuid := scope.person();
        children constant uuid[] := app.held_children();
        places constant uuid[] := app.held_places();
    begin
        if scope.caller() is distinct from 'guardian' then
            return;
        end if;
        return query
        select d.id, e.kind, e.urgency, e.subject_id, d.created_at
        from (
            select x.id, x.event_id, x.grounds, x.child_id, x.institution_id, x.created_at
            from notify.deliveries x
            where x.municipality_id = here and x.person_id = me and x.channel = 'in_app'
              and (notices_at_home.before_at is null or x.created_at < notices_at_home.before_at
                  or x.created_at = notices_at_home.before_at and x.id > notices_at_home.after_id)
            order by x.created_at desc, x.id
            offset 0) d
        cross join lateral (
            select x.kind, x.urgency, x.subject_id from notify.events x where x.municipality_id = here and x.id = d.event_id offset 0) e
        where case d.grounds
            when 'self' then true
            when 'child' then d.child_id = any (children) and (d.institution_id is null or exists (
                select from unnest(children, places) a (child_id, institution_id) where a.child_id = d.child_id and a.institution_id = d.institution_id))
            when 'institution' then d.institution_id = any (places)
            else false end
        order by d.created_at desc, d.id
        limit notices_at_home.most;
    end
    $$;

-- Where no terms are in force nobody owes their acceptance, and nothing more is asked.
create or replace function auth.owes(municipality uuid, person uuid, moment timestamptz) returns text[]
    language plpgsql stable
    as $$
    declare
        latest text;
        since timestamptz;
    begin
        select t.version, t.effective_at into latest, since from app.terms t
        where t.municipality_id = owes.municipality and t.effective_at <= owes.moment order by t.effective_at desc limit 1;
        if latest is null or exists (
            select from app.terms_acceptances a
            where a.municipality_id = owes.municipality and a.person_id = owes.person and a.version = latest) then
            return '{}';
        end if;
        return case when exists (
            select from app.terms_acceptances a
            join app.terms t on t.municipality_id = a.municipality_id and t.version = a.version
            where a.municipality_id = owes.municipality and a.person_id = owes.person and t.effective_at >= since)
            then '{}'::text[] else '{terms}' end;
    end
    $$;
revoke create on schema auth, notify from budstikke_access;

-- Why: an app prolongs its session every quarter of an hour, and opens its inbox whenever it is opened; three quarters of what either cost in the database went
-- into setting up the policies of five tables for all callers there are, for a row that is found by a key. Both are asked of functions that answer one caller each
-- and say so, by the rules of those policies; and what follows a refresh token that was good is written by one statement (B14, P11).
-- The previous binary: runs, and asks the tables.

grant select, update on auth.refreshes to budstikke_access;

-- hold_refresh shows the session that a refresh token belongs to, to a sign-in and nobody else. Whoever shows a token of the session waits here for whoever did
-- just before, and then sees what became of it.
create function auth.hold_refresh(stem bytea)
    returns table (session_id uuid, current_hash bytea, previous_hash bytea, rotated_at timestamptz, successor_sealed bytea, idle_until timestamptz, kind text,
        person_id uuid, assurance text, expires_at timestamptz, device_hash bytea, ended boolean, has_account boolean)
    language plpgsql volatile security definer rows 1 set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off
    as $$
    #variable_conflict use_column
    declare
        here constant uuid := scope.municipality();
    begin
        if scope.caller() is distinct from 'signin' then
            return;
        end if;
        return query
        select r.session_id, r.current_hash, r.previous_hash, r.rotated_at, r.successor_sealed, r.idle_until, s.kind, s.person_id, s.assurance, s.expires_at,
            s.device_hash, s.ended_at is not null,
            exists (select from auth.accounts a where a.municipality_id = here and a.id = s.account_id and a.ended_at is null)
        from auth.refreshes r
        join auth.sessions s on s.municipality_id = r.municipality_id and s.id = r.session_id
        where r.municipality_id = here and r.stem_hash = hold_refresh.stem
        for update of r, s;
    end
    $$;
call scope.hand_over('auth.hold_refresh(bytea)', 'budstikke_api');

-- rotate_refresh writes the next access token of a session that a sign-in holds, and the successor of its refresh token.
create function auth.rotate_refresh(session uuid, token_hash bytea, token_until timestamptz, current_hash bytea, moment timestamptz, successor_sealed bytea,
        idle_until timestamptz, used_at timestamptz) returns void
    language plpgsql volatile security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off
    as $$
    declare
        here constant uuid := scope.municipality();
    begin
        if scope.caller() is distinct from 'signin' then
            raise exception using errcode = 'insufficient_privilege', message = 'only a sign-in prolongs a session';
        end if;
        insert into auth.access_tokens (municipality_id, token_hash, session_id, expires_at)
        values (here, rotate_refresh.token_hash, rotate_refresh.session, rotate_refresh.token_until);
        update auth.refreshes r
        set previous_hash = r.current_hash, current_hash = rotate_refresh.current_hash, rotated_at = rotate_refresh.moment,
            successor_sealed = rotate_refresh.successor_sealed, idle_until = rotate_refresh.idle_until
        where r.municipality_id = here and r.session_id = rotate_refresh.session;
        update auth.sessions s set last_used_at = rotate_refresh.used_at
        where s.municipality_id = here and s.id = rotate_refresh.session and s.last_used_at is distinct from rotate_refresh.used_at;
    end
    $$;
call scope.hand_over('auth.rotate_refresh(uuid, bytea, timestamptz, bytea, timestamptz, bytea, timestamptz, timestamptz)', 'budstikke_api');

-- notices_at_home lists a guardian's in-app notices, newest first, after a place in the list: what the policies of notify.deliveries and notify.events show a
-- guardian, and nothing to anybody else. A notice about a child ends with the access to the child there (V15).
create function notify.notices_at_home(before_at timestamptz, after_id uuid, most integer)
    returns table (id uuid, kind text, urgency text, subject_id uuid, created_at timestamptz)
    language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_sort = off
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
        from notify.deliveries d
        cross join lateral (
            select x.kind, x.urgency, x.subject_id from notify.events x where x.municipality_id = here and x.id = d.event_id offset 0) e
        where d.municipality_id = here and d.person_id = me and d.channel = 'in_app'
          and case d.grounds
              when 'self' then true
              when 'child' then d.child_id = any (children) and (d.institution_id is null or exists (
                  select from unnest(children, places) a (child_id, institution_id) where a.child_id = d.child_id and a.institution_id = d.institution_id))
              when 'institution' then d.institution_id = any (places)
              else false end
          and (notices_at_home.before_at is null or d.created_at < notices_at_home.before_at
              or d.created_at = notices_at_home.before_at and d.id > notices_at_home.after_id)
        order by d.created_at desc, d.id
        limit notices_at_home.most;
    end
    $$;
call scope.hand_over('notify.notices_at_home(timestamptz, uuid, integer)', 'budstikke_api');

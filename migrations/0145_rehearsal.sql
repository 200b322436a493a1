-- Why: PostgreSQL plans each statement once for a connection, and whoever came by a fresh one waited for that: a tenth of a second and more for a message while a
-- process had just started and everybody asked it at once (B14). A connection is rehearsed before it is handed out.
-- The previous binary: runs, and rehearses nothing.

-- rehearse carries out, for nobody in a municipality that does not exist, what families and sign-ins ask most, so that its plans are there. Whoever calls it rolls
-- back: nothing of it stays, and nothing that there is is touched. What fails, because there is nobody, has been planned all the same.
create function app.rehearse() returns void
    language plpgsql volatile set search_path = ''
    as $$
    declare
        here constant uuid := gen_random_uuid();
        me constant uuid := gen_random_uuid();
        event constant uuid := scope.new_id();
        part text;
    begin
        perform set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true);
        perform scope.open(here, null, 'signin');
        foreach part in array array[
            'select auth.enter($1, sha256(''nobody''), ''guardian'', now())',
            'select auth.hold_refresh(sha256(''nobody''))',
            'select auth.rotate_refresh($2, sha256(''nobody''), now(), sha256(''nobody''), now(), ''nothing'', now(), now())',
            'select scope.open($1, $2, ''guardian'')',
            'select app.facts(''child'', $2), app.facts(''conversation'', $2)',
            'select app.hold_key(''nothing'', sha256(''nobody''), sha256(''nothing''), now())',
            'select notify.notices_at_home(null, null, 1)',
            'select from app.family_children where municipality_id = $1 and id = $2',
            'select from app.absences where municipality_id = $1 and child_id = $2',
            'select app.other_guardians_at($2, $2)',
            'select app.thread_at_home($2), app.thread_open($2), app.writes_at_home($2)',
            'select app.staff_of_child($2, $2)',
            'insert into notify.events (municipality_id, id, kind, urgency, subject_id, created_at, expires_at)
                values ($1, $3, ''message_posted'', ''routine'', $2, now(), now())',
            'select notify.fan_out($3, ''routine'', array[$2], array[''staff''], array[$2], array[$2], array[''in_app'', ''push'', ''email''], now(), null)',
            'select auth.still_stands($2, $2)',
            'select app.keep_answer(''nothing'', sha256(''nobody''), sha256(''nothing''), now(), ''nothing'', $2, $2, $2, null)'
        ] loop
            begin
                execute part using here, me, event;
            exception when others then
                null; -- there is nobody
            end;
        end loop;
    end
    $$;
revoke all on function app.rehearse() from public;
grant execute on function app.rehearse() to budstikke_api;

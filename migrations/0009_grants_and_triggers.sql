-- Why: what the application's roles may do at all, and what the database does by itself whoever writes (V1, V14, V15).
-- The previous binary: there is none.

-- Grants: what is not listed is refused, whatever a policy says.
grant select, insert, update on app.municipalities, app.institutions, app.groups, app.persons, app.enrolments, app.staff_roles,
    app.applications, app.register_records to budstikke_api;
grant select, insert on app.guardianships, app.alerts, app.messages, app.imports, app.absences, app.conversations to budstikke_api;
grant select, insert (municipality_id, id, guardianship_id, status, reason, decided_by, decided_at) on app.guardianship_decisions
    to budstikke_api;
grant update (last_message_at) on app.conversations to budstikke_api; -- whose and about whom it is never changes
grant update (status, version, legal, basis, ended_at, register_end) on app.guardianships to budstikke_api;
grant update (starts_on, ends_on, reason, note, note_sensitive, note_removed_at, version, updated_at) on app.absences to budstikke_api;
grant select on app.shown_absences to budstikke_api;
grant delete on app.absences to budstikke_api; -- one that is withdrawn leaves no words and no days behind (V17)
grant select, insert, update, delete on app.idempotency_keys to budstikke_api;
grant select, insert, update on auth.accounts, auth.passwords to budstikke_api;
grant select, insert, update, delete on auth.bankid_orders to budstikke_api;
grant select, insert on auth.sessions to budstikke_api;
grant update (ended_at, ended_reason) on auth.sessions to budstikke_api; -- a session can be ended and never prolonged
grant select, insert, update, delete on auth.attempts to budstikke_api;
grant select, insert on notify.events to budstikke_api;
grant select, insert, update on notify.endpoints to budstikke_api;
grant select on notify.deliveries to budstikke_api;
grant update (receipt, receipt_rank) on notify.deliveries to budstikke_api;
grant select on notify.attempts to budstikke_api;
grant select, insert, update on notify.events, notify.endpoints, notify.deliveries, notify.attempts to budstikke_worker;
grant execute on all functions in schema scope to budstikke_api, budstikke_worker, budstikke_access;
grant execute on function app.claim_key, app.keep_answer, app.forget_answers to budstikke_api;

-- The status of a guardianship is a person's decision: an import can neither set nor change it, and nobody can without saying who decided
-- (V1, V6, P6). The decision is written first, in the same transaction.
create function app.keep_guardianship_status() returns trigger
    language plpgsql set search_path = ''
    as $$
    begin
        if scope.caller() is distinct from 'register' and tg_op = 'UPDATE' then
            return new;
        end if;
        if tg_op = 'INSERT' and new.status <> 'inactive' then
            raise exception using errcode = 'check_violation', constraint = 'imports_never_grant',
                message = 'a guardianship comes into being inactive (V1)';
        end if;
        if tg_op = 'UPDATE' and new.status <> old.status and new.status <> 'inactive' then
            raise exception using errcode = 'check_violation', constraint = 'imports_never_grant',
                message = 'an import never opens access (V1)';
        end if;
        if tg_op = 'UPDATE' and old.ended_at is not null and new.ended_at is null and new.status <> 'inactive' then
            raise exception using errcode = 'check_violation', constraint = 'imports_never_grant',
                message = 'a guardianship that returns is inactive (V1)';
        end if;
        return new;
    end
    $$;
create trigger keep_guardianship_status before insert or update on app.guardianships
    for each row execute function app.keep_guardianship_status();

create trigger want_decision after update of status on app.guardianships
    for each row when (old.status is distinct from new.status) execute function app.want_decision();

-- What a person here ended, or opened again, is theirs: no import changes it (P6).
create function app.keep_decided_end() returns trigger
    language plpgsql set search_path = ''
    as $$
    begin
        if scope.caller() = 'register' and old.ended_at is distinct from old.register_end and new.ended_at is distinct from old.ended_at then
            raise exception using errcode = 'check_violation', constraint = 'imports_keep_decisions',
                message = 'an import never changes an end that a person decided (P6)';
        end if;
        return new;
    end
    $$;
create trigger keep_decided_end before update on app.groups for each row execute function app.keep_decided_end();
create trigger keep_decided_end before update on app.enrolments for each row execute function app.keep_decided_end();
create trigger keep_decided_end before update on app.guardianships for each row execute function app.keep_decided_end();
create trigger keep_decided_end before update on app.staff_roles for each row execute function app.keep_decided_end();

-- Whatever ends an access cuts the guardian off in the same transaction (V14, V15).
create function app.cut_off_guardian() returns trigger
    language plpgsql set search_path = ''
    as $$
    begin
        perform app.cut_off(new.municipality_id, new.guardian_id);
        return null;
    end
    $$;
create trigger cut_off_guardian after update of status, ended_at on app.guardianships
    for each row when (new.status <> 'active' or new.ended_at is not null) execute function app.cut_off_guardian();

create function app.cut_off_guardians_of_child() returns trigger
    language plpgsql set search_path = ''
    as $$
    begin
        perform app.cut_off(g.municipality_id, g.guardian_id)
        from app.guardianships g where g.municipality_id = new.municipality_id and g.child_id = new.child_id;
        return null;
    end
    $$;
create trigger cut_off_guardians_of_child after update of starts_at, ended_at on app.enrolments
    for each row when (new.ended_at is not null or new.starts_at is not null) execute function app.cut_off_guardians_of_child();

-- Both processes compare the schema with the one they were built for before they take work.
grant usage on schema public to budstikke_api, budstikke_worker;
do $$
begin
    grant select on public.schema_migrations to budstikke_api, budstikke_worker;
exception when undefined_table then
    null; -- applied by hand, without the runner that keeps the table
end
$$;

create trigger one_owner_per_device before insert on notify.endpoints
    for each row when (new.channel = 'push' and new.state <> 'retired') execute function notify.one_owner_per_device();

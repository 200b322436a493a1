-- Why: a register could give another identity number to somebody whom a restriction keeps from a child, unless they had an account, an access or a role
-- here, and then name them anew by their own number: a person without a restriction. And what a register wanted back, and a restriction came to stand
-- against only while it waited, was accepted by one person instead of two (B8).
-- The previous binary: runs.

do $$
declare
    known text := pg_get_functiondef('app.entrusted(uuid[])'::regprocedure);
    wider text := replace(known, 'r.person_id = p and (r.ended_at is null or r.ended_at > now())))',
        'r.person_id = p and (r.ended_at is null or r.ended_at > now()))
          or exists ( -- neither side of a restriction becomes somebody else
            select from app.restrictions x
            where x.municipality_id = scope.municipality() and p in (x.person_id, x.child_id) and x.lifted_at is null and (x.until is null or x.until > now())))');
begin
    if wider = known then
        raise exception 'app.entrusted is not as it was';
    end if;
    execute wider;
    known := pg_get_functiondef('app.decide_held()'::regprocedure);
    wider := replace(known, 'if new.state = ''withdrawn'' and pg_trigger_depth() > 1 then',
        'if (new.state = ''withdrawn'' or new.state = old.state and new.two_people) and pg_trigger_depth() > 1 then');
    if wider = known then
        raise exception 'app.decide_held is not as it was';
    end if;
    execute wider;
end
$$;

-- apart_while_waiting lets two people decide about what one could have accepted before the restriction stood against it. Whoever has reviewed it looks again.
create function app.apart_while_waiting() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    begin
        update app.held_changes h set two_people = true, version = h.version + 1
        where h.municipality_id = new.municipality_id and h.kind = 'guardianship_returns' and h.state in ('waiting', 'proposed') and not h.two_people
          and h.child_id = new.child_id and h.person_id = new.person_id;
        return null;
    end
    $$;
call scope.hand_over('app.apart_while_waiting()', variadic '{}');
create trigger apart_while_waiting after insert on app.restrictions
    for each row when (new.kind in ('no_access', 'no_contact')) execute function app.apart_while_waiting();

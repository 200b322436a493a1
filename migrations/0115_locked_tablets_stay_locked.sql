-- Why: a tablet that nobody had confirmed in time was locked only until the secret of its group changed again: with the new secret came a new deadline for
-- the whole group, so that the lost tablet of October worked for a week of December, and a deadline of a day became one of a week when a month began (V12).
-- Each secret keeps its own deadline now, and a tablet is locked from the first one on that it has missed. It is never opened again but by a head who enrols
-- it anew. Heads are told of each deadline by itself.
-- The previous binary: runs; it shows a head a tablet that stays locked as one that is to be confirmed.

alter table auth.shared_users add column deadlines timestamptz[] not null default '{}'; -- by generation: until when a tablet had to have that secret
alter table auth.shared_users add column told_deadline timestamptz; -- the deadline of which told_days was told
update auth.shared_users set deadlines[generation] = confirm_by, told_deadline = case when told_generation = generation then confirm_by end;

-- The present secret's deadline is confirm_by; those of earlier ones stay as they were.
create function auth.keep_deadline() returns trigger
    language plpgsql set search_path = '' as $$
    begin
        new.deadlines[new.generation] := new.confirm_by;
        return new;
    end
$$;
revoke all on function auth.keep_deadline() from public;
create trigger keep_deadline before insert or update of generation, confirm_by on auth.shared_users
    for each row execute function auth.keep_deadline();

-- deadline_of is the moment from which a tablet with the secret of that generation is locked; null for the present secret.
create function auth.deadline_of(deadlines timestamptz[], generation integer) returns timestamptz
    language sql immutable parallel safe set search_path = '' as $$
    select min(d) from unnest(deadline_of.deadlines[deadline_of.generation + 1:]) d
$$;
revoke all on function auth.deadline_of(timestamptz[], integer) from public;
grant execute on function auth.deadline_of(timestamptz[], integer) to budstikke_api, budstikke_access;

grant create on schema app, auth to budstikke_access;
create function pg_temp.changed(definition text, passage text, instead text) returns text
    language plpgsql as $$
    begin
        if length(definition) - length(replace(definition, passage, '')) <> length(passage) then
            raise exception 'the passage is not there exactly once: %', passage;
        end if;
        return replace(definition, passage, instead);
    end
    $$;
do $do$
declare
    d text;
begin
    d := pg_get_viewdef('auth.working_tablets'::regclass);
    d := pg_temp.changed(d, E'unconfirmed,\n    u.confirm_by\n', E'unconfirmed,\n    auth.deadline_of(u.deadlines, t.generation) AS confirm_by\n');
    execute 'create or replace view auth.working_tablets with (security_invoker = true) as '
        || pg_temp.changed(d, '(u.confirm_by > now())', '(auth.deadline_of(u.deadlines, t.generation) > now())');
    d := pg_get_functiondef('app.tablets_of_child(uuid)'::regprocedure);
    execute pg_temp.changed(d, 't.generation < u.generation and u.confirm_by <= now()',
        't.generation < u.generation and auth.deadline_of(u.deadlines, t.generation) <= now()');
    d := pg_get_functiondef('app.review_grants(uuid, uuid, timestamptz, integer)'::regprocedure);
    execute pg_temp.changed(d, 't.generation < u.generation and u.confirm_by <= review_grants.moment',
        't.generation < u.generation and auth.deadline_of(u.deadlines, t.generation) <= review_grants.moment');
    d := pg_get_functiondef('auth.due_secrets(timestamptz)'::regprocedure);
    d := pg_temp.changed(d, 'case when u.confirm_by <= moment + interval ''1 day'' then 1 else 7 end as days',
        E'x.deadline,\n                case when x.deadline <= moment + interval ''1 day'' then 1 else 7 end as days');
    d := pg_temp.changed(d, 'u.confirm_by > moment and u.confirm_by <= moment + interval ''7 days'' and exists (
                select from auth.tablets t
                where t.municipality_id = u.municipality_id and t.group_id = u.group_id and t.ended_at is null and t.generation < u.generation)',
        'x.deadline <= moment + interval ''7 days''');
    d := pg_temp.changed(d, '(g.ended_at is null or g.ended_at > moment)
            where', '(g.ended_at is null or g.ended_at > moment)
            cross join lateral ( -- the next of its tablets'' deadlines
                select min(auth.deadline_of(u.deadlines, t.generation)) as deadline from auth.tablets t
                where t.municipality_id = u.municipality_id and t.group_id = u.group_id and t.ended_at is null and t.generation < u.generation
                  and auth.deadline_of(u.deadlines, t.generation) > moment) x
            where');
    d := pg_temp.changed(d, 'told_days = d.days', 'told_days = d.days, told_deadline = d.deadline');
    execute pg_temp.changed(d, 'u.told_generation is distinct from u.generation', 'u.told_deadline is distinct from d.deadline');
end
$do$;
revoke create on schema app, auth from budstikke_access;
drop function pg_temp.changed(text, text, text);

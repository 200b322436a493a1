-- Why: a write that waited while the clearance it was let in by was revoked, or suspended by a review, was carried out: before its commit a write asked
-- about roles, children and restrictions, and not about clearances (V15, B8). And two functions read a list that is made by the first who asks for it past
-- the function that makes it.
-- The previous binary: runs; every function keeps its name.

-- changed answers a definition with one passage replaced, and refuses when the passage is not there exactly once.
create function pg_temp.changed(definition text, passage text, instead text) returns text
    language plpgsql
    as $$
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
    f text;
begin
    d := pg_get_functiondef('auth.still_stands(uuid, uuid)'::regprocedure);
    d := pg_temp.changed(d, $a$        lost boolean := false;
$a$, $b$        had_cleared constant uuid[] := scope.list('budstikke.cleared');
        lost boolean := false;
$b$);
    -- Only what somebody else has taken away: a write of one's own that ends why the clearance counted, such as the role of the person, is no reason.
    d := pg_temp.changed(d, $a$where r.municipality_id = here and r.person_id = me order by r.id for share;
$a$, $b$where r.municipality_id = here and r.person_id = me order by r.id for share;
            if had_cleared <> '{}' then
                perform from app.clearances c
                where c.municipality_id = here and c.staff_id = me and c.person_id = any (had_cleared) order by c.id for share;
                if exists (
                    select from unnest(had_cleared) p (id)
                    where not exists (
                        select from app.clearances c
                        where c.municipality_id = here and c.staff_id = me and c.person_id = p.id
                          and (c.xmin = own or c.revoked_at is null and c.suspended_at is null and c.until > now()))) then
                    raise exception using errcode = 'serialization_failure', message = 'the clearance has ended meanwhile';
                end if;
            end if;
$b$);
    execute d;

    foreach f in array '{app.own_pupils(),app.headed_children()}'::text[] loop
        d := pg_get_functiondef(f::regprocedure);
        d := pg_temp.changed(d, $a$        hidden constant uuid[] := app.hidden_children();
$a$, $b$        hidden constant uuid[] := app.hidden_children();
        sealed constant uuid[] := app.sealed_persons();
$b$);
        execute pg_temp.changed(d, $a$scope.list('budstikke.sealed')$a$, 'sealed');
    end loop;
end
$do$;
drop function pg_temp.changed(text, text, text);

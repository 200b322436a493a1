-- Why: a foster parent's or bonus parent's access needs an end (B12), and nothing said of a guardianship that it is one: the register's word for the
-- relation does. What a head has opened without an end before stays open until somebody decides about it: no import and no upgrade shuts a family out.
-- The previous binary: runs; its heads are asked for an end, too.

-- ends_by_itself tells whether the register's word for a relation, in any of the five languages, is that of somebody who looks after a child for a time.
create function app.ends_by_itself(basis text) returns boolean
    language sql immutable security definer set search_path = ''
    as $$
        select lower(ends_by_itself.basis) ~ 'foster|famil(je|ie)h(em|eim|jem)|jourhem|beredskaps?h[ej]|ple[ij]e|bonus|styv|\mpap[- ]?(far|mor|for)|\mste[dp]?[- ]?(far|fader|mor|mamma|pappa|for|parent|father|mother|mum|dad)'
    $$;
call scope.hand_over('app.ends_by_itself(text)', variadic '{}');

-- The register corrects itself in both directions; what is decided by then is a head's.
create function app.keep_time_boxed() returns trigger
    language plpgsql volatile security definer set search_path = ''
    as $$
    begin
        if tg_op = 'INSERT' then
            new.time_boxed := new.time_boxed or app.ends_by_itself(new.basis);
        elsif new.basis <> old.basis then
            new.time_boxed := app.ends_by_itself(new.basis);
        end if;
        return new;
    end
    $$;
call scope.hand_over('app.keep_time_boxed()', variadic '{}');
create trigger keep_time_boxed before insert or update of basis on app.guardianships for each row execute function app.keep_time_boxed();

-- An end is asked of whoever opens an access, not of what touches an open one: else an import that learns better would fail as a whole. And a proof opens
-- nothing without it. The doors that a proof opens are held first: a head who decides at this very moment comes before or after. Both functions are
-- taken as they stand.
do $$
declare
    keeps constant text := pg_get_functiondef('app.keep_access_status()'::regprocedure);
    asked constant text := replace(keeps, 'if new.status = ''active'' and new.until is null and exists (',
        'if new.status = ''active'' and new.until is null and (tg_op = ''INSERT'' or old.status <> ''active'' or old.until is not null) and exists (');
    takes constant text := pg_get_functiondef('auth.take_proof()'::regprocedure);
    ends constant text := replace(takes, 'g.id = a.guardianship_id and g.ended_at is null)',
        'g.id = a.guardianship_id and g.ended_at is null
              and (a.until is not null or not g.time_boxed))');
    held constant text := replace(ends, '        insert into app.guardianship_decisions', '        perform from app.guardianship_access a
        where a.municipality_id = new.municipality_id and a.guardian_id = new.person_id and a.status = ''suspended''
        order by a.guardianship_id, a.institution_id for update;
        insert into app.guardianship_decisions');
begin
    if asked = keeps or ends = takes or held = ends then
        raise exception 'app.keep_access_status or auth.take_proof is not as this migration expects it';
    end if;
    grant create on schema app, auth to budstikke_access;
    execute asked;
    execute held;
    revoke create on schema app, auth from budstikke_access;
end
$$;

-- What the registers have said so far.
grant update (time_boxed) on app.guardianships to budstikke_access;
set local role budstikke_access; -- which alone sees every municipality
update app.guardianships g set time_boxed = true where not g.time_boxed and app.ends_by_itself(g.basis);
reset role;
revoke update (time_boxed) on app.guardianships from budstikke_access;

-- Why: a guardian sees when their child's data was opened, by which role and for what purpose, and a head also by whom (B5; C-579/21: dates and
-- purposes are theirs to know, the names of employees are not unless it is essential).
-- The previous binary: runs; nothing that it uses changes.

-- own_looks are the looks at a child of the guardian whose transaction it is, before an entry and the latest first. The purposes that a guardian
-- is told are listed here: what is not, a matter of child protection above all, does not exist for them (V16).
create function audit.own_looks(child uuid, before bigint, most integer)
    returns table (seq bigint, at timestamptz, roles text, class text)
    language sql stable security definer rows 30 set search_path = ''
    as $$
        select e.seq, e.at, e.roles, e.class from audit.entries e
        where e.municipality_id = scope.municipality() and e.children @> array[own_looks.child] and own_looks.child in (select app.own_children())
          and e.caller = 'staff' and e.outcome = 'done' and e.class in ('roster', 'absences', 'messages', 'guardianships')
          and e.seq < own_looks.before
        order by e.seq desc limit own_looks.most
    $$;

-- headed_looks are all looks, decisions and attempts at a child that the head or owner of the transaction answers for, with who it was.
create function audit.headed_looks(child uuid, before bigint, most integer)
    returns table (seq bigint, at timestamptz, actor_id uuid, caller text, roles text, class text, outcome text, times integer)
    language sql stable security definer rows 30 set search_path = ''
    as $$
        select e.seq, e.at, e.actor_id, e.caller, e.roles, e.class, e.outcome, e.times from audit.entries e
        where e.municipality_id = scope.municipality() and headed_looks.child in (select app.headed_children())
          and (e.children @> array[headed_looks.child] or e.person_id = headed_looks.child) and e.seq < headed_looks.before
        order by e.seq desc limit headed_looks.most
    $$;
create index on audit.entries (municipality_id, person_id, seq) where person_id is not null;

call scope.hand_over('audit.own_looks(uuid, bigint, integer)', 'budstikke_api');
call scope.hand_over('audit.headed_looks(uuid, bigint, integer)', 'budstikke_api');

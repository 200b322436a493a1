-- Why: four things that a monthly review said and did not mean, or did not say (V10). The access of a guardian that was suspended because a proof is overdue
-- stood in the review as suspended by it, and the guardian's next sign-in opened it all the same (H1). Whoever signed in as a guardian counted as having
-- signed in for work, and the other way round. A head or an owner whom no notice reaches was not found, though reminders go to them (B13). And a guardian
-- without access was said to go on, because an alert would reach nobody else.
-- The previous binary: runs.
grant create on schema app to budstikke_access;
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
    d := pg_get_functiondef('app.suspend_unconfirmed(timestamptz)'::regprocedure);
    execute pg_temp.changed(d, 'and a.institution_id = w.institution_id and a.status = ''active''
            where', 'and a.institution_id = w.institution_id and (a.status = ''active''
                    or a.status = ''suspended'' and app.decided_last(a.municipality_id, a.guardianship_id, a.institution_id) = ''proof_overdue'')
            where');
    d := pg_get_functiondef('app.review_grants(uuid, uuid, timestamptz, integer)'::regprocedure);
    d := pg_temp.changed(d, 'select s.person_id, max(coalesce(s.last_used_at, s.created_at)) as last_at', 'select s.person_id, s.kind, max(coalesce(s.last_used_at, s.created_at)) as last_at');
    d := pg_temp.changed(d, 'group by s.person_id', 'group by s.person_id, s.kind');
    d := pg_temp.changed(d, 'left join signed_in s on s.person_id = g.person_id',
        'left join signed_in s on s.person_id = g.person_id and s.kind = case g.kind when ''guardian'' then ''guardian'' else ''staff'' end');
    execute pg_temp.changed(d, E'then ''ends_soon'' end\n                ]', E'then ''ends_soon'' end,\n'
        '                    case when r.role in (''head'', ''owner'') and not exists (\n'
        '                        select from notify.endpoints n\n'
        '                        where n.municipality_id = r.municipality_id and n.person_id = r.person_id and n.state = ''active'')\n'
        '                        then ''no_contact_point'' end\n                ]');
    d := pg_get_functiondef('app.last_guardians(uuid)'::regprocedure);
    execute pg_temp.changed(d, 'and w.kind = ''guardian'' and w.decision is null
          and exists (', 'and w.kind = ''guardian'' and w.decision is null
          and exists (
            select from app.guardian_access g
            where g.municipality_id = w.municipality_id and g.guardian_id = w.person_id and g.child_id = w.child_id and g.institution_id = w.institution_id)
          and exists (');
end
$do$;
revoke create on schema app from budstikke_access;
drop function pg_temp.changed(text, text, text);
comment on column app.review_rules.due_days is 'a review is due so many days after the day on which it is opened: the first of the month, or later where that was missed';

-- Why: a worker keeps the plan of its claim, and one that was made while nothing had been sent yet joined all that waits before it looked for what it had
-- been given: the first alert to 20,000 people after an installation took a minute. From here on each parcel and each delivery is looked up by its
-- key, whatever the tables look like when the plan is made (B3, B14).
-- The previous binary: runs.
do $do$
declare
    f record;
    was text;
    now_is text;
begin
    was := pg_get_functiondef('notify.claim(text, uuid[], uuid[], integer[], integer, bigint, bigint, integer, integer, boolean)'::regprocedure);
    for f in select * from (values
        ('join notify.parcels p on p.municipality_id = r.municipality_id and p.id = r.id
            where p.lease_until is null', 'cross join lateral (
                select q.* from notify.parcels q where q.municipality_id = r.municipality_id and q.id = r.id for update skip locked) p
            where p.lease_until is null'),
        ('and p.next_at <= clock_timestamp()
            for update of p skip locked', 'and p.next_at <= clock_timestamp()'),
        ('left join notify.deliveries d on d.municipality_id = o.municipality_id and d.id = o.id and d.state in (''pending'', ''retry'');
        return query', 'left join lateral (
            select x.* from notify.deliveries x
            where x.municipality_id = o.municipality_id and x.id = o.id and x.state in (''pending'', ''retry'') offset 0) d on true;
        return query'),
        ('left join notify.deliveries d on d.municipality_id = o.municipality_id and d.id = o.id and d.state in (''pending'', ''retry'')
            and d.provider = claim.provider
        left join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
        left join notify.endpoints p on p.municipality_id = d.municipality_id and p.id = d.endpoint_id;',
         'left join lateral (
            select x.* from notify.deliveries x
            where x.municipality_id = o.municipality_id and x.id = o.id and x.state in (''pending'', ''retry'') and x.provider = claim.provider
            offset 0) d on true
        left join lateral (
            select x.* from notify.events x where x.municipality_id = d.municipality_id and x.id = d.event_id offset 0) e on true
        left join lateral (
            select x.* from notify.endpoints x where x.municipality_id = d.municipality_id and x.id = d.endpoint_id offset 0) p on true;')
    ) as list (before, after) loop
        now_is := replace(was, f.before, f.after);
        if now_is = was then
            raise exception 'notify.claim is not as this migration expects it: %', f.before;
        end if;
        was := now_is;
    end loop;
    execute was;
end
$do$;

-- Why: where clocks go back at midnight a day begins twice, and Postgres answers with the second beginning: a last day lasted an hour too long (V11, B12).
-- Every day that the database turns into a moment is turned by one function, which answers with the first moment of that date, as app.Day.Begins does.
-- The previous binary: runs.

-- day_begins is the first moment at which it is that day in the zone. Where midnight does not exist it is the moment of the change; where it comes twice,
-- the first: the second comes at most two hours later, in any zone that there is.
create function app.day_begins(day date, zone text) returns timestamptz
    language sql stable parallel safe set search_path = ''
    as $$
        select min(moment) from (
            select (day_begins.day::timestamp at time zone day_begins.zone) - step as moment
            from unnest(array[interval '0', interval '30 minutes', interval '1 hour', interval '2 hours']) step
        ) x
        where (moment at time zone day_begins.zone)::date >= day_begins.day
    $$;
revoke all on function app.day_begins(date, text) from public;
grant execute on function app.day_begins(date, text) to budstikke_api, budstikke_access, budstikke_worker;

do $$
declare
    change record;
    known text;
    changed text;
begin
    for change in values
        ('app.end_substitutes()',
            '\((\(greatest\(new\.starts_at, new\.created_at, now\(\)\) at time zone here\.time_zone\)::date \+ here\.substitute_days)\)::timestamp\s+at time zone here\.time_zone',
            'app.day_begins(\1, here.time_zone)'),
        ('app.open_reviews(timestamptz, integer)', 'begins::timestamp at time zone here\.time_zone', 'app.day_begins(begins, here.time_zone)'),
        ('app.open_revisions(timestamptz)', 'begins::timestamp at time zone here\.time_zone', 'app.day_begins(begins, here.time_zone)'),
        ('auth.rotate_due(timestamptz)', 'date_trunc\(''month'', moment at time zone m\.time_zone\) at time zone m\.time_zone',
            'app.day_begins(date_trunc(''month'', moment at time zone m.time_zone)::date, m.time_zone)')
    loop
        known := pg_get_functiondef(change.column1::regprocedure);
        changed := regexp_replace(known, change.column2, change.column3);
        if changed = known then
            raise exception '% is not as it was', change.column1;
        end if;
        execute changed;
    end loop;
end
$$;

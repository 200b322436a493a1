-- Why: what was sent is kept for a year and then has to go, and deleting a year's worth row by row costs as much as writing it did, and leaves holes. From
-- here on notify.deliveries and notify.attempts are cut into months by the time that begins every id, and a month that is over goes as a whole
-- (budstikke months). The primary keys stay what they were: whoever knows an id knows its month, and looks into that one only.
-- It locks both tables until it is done. Where there are rows, what there is becomes the first part as it stands, up to the end of this month: it is
-- read once to see that it fits, and nothing is written anew: about a second for a million deliveries.
-- The previous binary: runs; it makes no months, so that after the third one everything goes into the part for the rest.

-- month_bound is what a part that begins with a month begins with: a date, or the first id of that month.
create function scope.month_bound(month date, keys regtype) returns text
    language sql immutable set search_path = ''
    as $$
        select case keys when 'uuid'::regtype
            then (lpad(to_hex(extract(epoch from month::timestamp at time zone 'UTC')::bigint * 1000), 12, '0') || repeat('0', 20))::uuid::text
            else month::text end
    $$;

-- month_table is the name of a table's part that ends with a month.
create function scope.month_table(whole regclass, month date) returns text
    language sql stable set search_path = ''
    as $$
        select format('%I.%I', n.nspname, c.relname || to_char(month, '_YYYY_MM'))
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = whole
    $$;

-- month_key is the column that a table is cut by.
create function scope.month_key(whole regclass) returns table (name name, type regtype)
    language sql stable set search_path = ''
    as $$
        select a.attname, a.atttypid::regtype
        from pg_catalog.pg_partitioned_table p join pg_catalog.pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
        where p.partrelid = whole
    $$;

-- make_month makes the part of a table for one month, unless it is there, and says whether it did. Nobody has rights on a part: whoever may touch the
-- table reaches its parts through it, by its policies. What fell into the part for the rest meanwhile moves over. Reading and writing go on; only the
-- part for the rest is locked. For the owner.
create function scope.make_month(whole regclass, month date) returns boolean
    language plpgsql volatile
    as $$
    declare
        part constant text := scope.month_table(whole, month);
        rest constant text := (select format('%I.%I', n.nspname, c.relname || '_rest')
            from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = whole);
        key record;
        since text;
        til text;
    begin
        if to_regclass(part) is not null then
            return false;
        end if;
        select * into strict key from scope.month_key(whole);
        since := scope.month_bound(month, key.type);
        til := scope.month_bound((month + interval '1 month')::date, key.type);
        execute format('create table %s (like %s including all)', part, whole);
        execute coalesce(
            (select format('alter table %s set (%s)', part, array_to_string(c.reloptions, ', ')) from pg_class c where c.oid = rest::regclass and c.reloptions is not null),
            'select');
        call scope.protect_table(part::regclass);
        execute format('lock table %s in access exclusive mode', rest);
        execute format('alter table %s disable trigger user', rest);
        execute format('with gone as (delete from %s where %I >= %L and %I < %L returning *) insert into %s select * from gone', rest, key.name, since,
            key.name, til, part);
        execute format('alter table %s enable trigger user', rest);
        execute format('alter table %s attach partition %s for values from (%L) to (%L)', whole, part, since, til);
        return true;
    end
    $$;
revoke all on function scope.make_month(regclass, date) from public;

-- cut_into_months makes a table anew under its name, cut by a column: its constraints, indexes, triggers, policies and grants are the same.
create procedure scope.cut_into_months(whole regclass, key name)
    language plpgsql
    as $$
    declare
        home constant name := (select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = whole);
        called constant name := (select c.relname from pg_class c where c.oid = whole);
        named constant text := format('%I.%I', home, called);
        keys constant regtype := (select a.atttypid from pg_attribute a where a.attrelid = whole and a.attname = key);
        month constant date := date_trunc('month', (clock_timestamp() at time zone 'UTC'))::date;
        next constant date := (month + interval '1 month')::date;
        old text;
        options text;
        again text[];
        step text;
        holds boolean;
    begin
        execute format('lock table %s in access exclusive mode', whole);
        options := (select array_to_string(c.reloptions, ', ') from pg_class c where c.oid = whole);
        -- What has to be said again, in the order in which it is said.
        again := array(select format('alter table %s add constraint %I %s', named, k.conname, pg_get_constraintdef(k.oid))
                from pg_constraint k where k.conrelid = whole and k.contype = 'p')
            || array(select pg_get_indexdef(x.indexrelid) from pg_index x where x.indrelid = whole and not x.indisprimary order by x.indexrelid)
            || array(select pg_get_triggerdef(t.oid) from pg_trigger t where t.tgrelid = whole and not t.tgisinternal order by t.oid)
            || array(select format('create policy %I on %s as %s for %s to %s%s%s', p.policyname, format('%I.%I', p.schemaname, p.tablename), p.permissive, p.cmd,
                    array_to_string(p.roles, ', '), ' using (' || p.qual || ')', ' with check (' || p.with_check || ')')
                from pg_policies p
                where format('%I.%I', p.schemaname, p.tablename)::regclass = whole
                   or exists (select from pg_depend d join pg_policy y on y.oid = d.objid
                        where d.classid = 'pg_policy'::regclass and d.refobjid = whole and y.polname = p.policyname
                          and y.polrelid = format('%I.%I', p.schemaname, p.tablename)::regclass))
            || array(select format('grant %s on %s to %I', a.privilege_type, named, r.rolname)
                from pg_class c cross join lateral aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee where c.oid = whole and a.grantee <> c.relowner)
            || array(select format('grant %s (%I) on %s to %I', a.privilege_type, c.attname, named, r.rolname)
                from pg_attribute c cross join lateral aclexplode(c.attacl) a join pg_roles r on r.oid = a.grantee where c.attrelid = whole and not c.attisdropped)
            || array(select format('comment on table %s is %L', named, obj_description(whole, 'pg_class')) where obj_description(whole, 'pg_class') is not null);
        for step in
            select format('drop policy %I on %s', y.polname, y.polrelid::regclass)
            from pg_policy y where y.polrelid <> whole
              and exists (select from pg_depend d where d.classid = 'pg_policy'::regclass and d.objid = y.oid and d.refobjid = whole) loop
            execute step;
        end loop;
        for step in select format('drop trigger %I on %s', t.tgname, whole) from pg_trigger t where t.tgrelid = whole and not t.tgisinternal loop
            execute step;
        end loop;
        for step in select format('alter index %s rename to %I', x.indexrelid::regclass, c.relname || to_char(month, '_YYYY_MM'))
            from pg_index x join pg_class c on c.oid = x.indexrelid where x.indrelid = whole loop
            execute step;
        end loop;
        -- The part keeps the policies of every part; those of the table are asked on the way through it.
        for step in select format('drop policy %I on %s', y.polname, whole) from pg_policy y where y.polrelid = whole and y.polname not in ('one_municipality', 'answers') loop
            execute step;
        end loop;
        for step in select distinct format('revoke all on %s from %I', whole, r.rolname)
            from pg_class c cross join lateral aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee where c.oid = whole and a.grantee <> c.relowner loop
            execute step;
        end loop;
        for step in select distinct format('revoke all (%I) on %s from %I', c.attname, whole, r.rolname)
            from pg_attribute c cross join lateral aclexplode(c.attacl) a join pg_roles r on r.oid = a.grantee where c.attrelid = whole loop
            execute step;
        end loop;
        execute format('alter table %s rename to %I', whole, called || to_char(month, '_YYYY_MM'));
        old := format('%I.%I', home, called || to_char(month, '_YYYY_MM'));
        execute format('create table %s (like %s including defaults including constraints including comments including storage) partition by range (%I)',
            named, old, key);
        execute format('alter table %s enable row level security', named);
        execute format('alter table %s force row level security', named);
        foreach step in array again loop
            execute step;
        end loop;
        execute format('create table %I.%I (like %s including all)%s', home, called || '_rest', named, ' with (' || options || ')');
        call scope.protect_table(format('%I.%I', home, called || '_rest')::regclass);
        execute format('alter table %s attach partition %I.%I default', named, home, called || '_rest');
        execute format('select exists (select from %s)', old) into holds;
        if holds then
            execute format('with gone as (delete from %s where %I >= %L returning *) insert into %I.%I select * from gone', old, key,
                scope.month_bound(next, keys), home, called || '_rest'); -- none but of clocks that ran ahead
            execute format('alter table %s attach partition %s for values from (minvalue) to (%L)', named, old, scope.month_bound(next, keys));
        else
            execute format('drop table %s', old); -- its columns are not where those of a new table are, and every row would be turned over
            perform scope.make_month(named::regclass, month);
        end if;
        perform scope.make_month(named::regclass, (month + n * interval '1 month')::date) from generate_series(1, 3) n;
    end
    $$;
revoke all on procedure scope.cut_into_months(regclass, name) from public;

call scope.cut_into_months('notify.deliveries', 'id');
call scope.cut_into_months('notify.attempts', 'delivery_id');

-- What asks for the last days asks for their ids, too, and so looks into one part or two. A day is what the clocks of processes may be apart.
do $do$
declare
    change record;
    was text;
    now_is text;
begin
    for change in
        select * from (values
            ('app.stream_news(uuid[], bytea[], text[], timestamptz)'::regprocedure, 'and d.created_at > since and',
                'and d.created_at > since and d.id > notify.since_id(since - interval ''1 day'') and'),
            ('notify.open_of(uuid, uuid)'::regprocedure, 'd.created_at > clock_timestamp() - interval ''8 days''',
                'd.created_at > (select clock_timestamp() - interval ''8 days'')
          and d.id > (select notify.since_id(clock_timestamp() - interval ''9 days''))')) c (f, said, says)
    loop
        was := pg_get_functiondef(change.f);
        now_is := replace(was, change.said, change.says);
        if now_is = was then
            raise exception '% is not as this migration expects it', change.f;
        end if;
        execute now_is;
    end loop;
end
$do$;

-- Why: app.stream_news (0036_open_streams.sql) asked for one stream after the other, and each entered a scope of its own, with all that a scope
-- remembers of a person. An alert to a whole municipality, news for every open stream, took longer than a stream may go without an answer, so
-- that they all ended and came back at once. Now one statement answers for all of them, and sees one state of the database.
-- The previous binary: runs; the function keeps its name and its answers.

-- The credential is proved by the rule of auth.enter, without a scope: nothing is remembered, and no work on a tablet is kept open by asking
-- (V7), so a credential of a tablet opens no stream. A person is asked for once, however many streams they have, and so is what several notices
-- of a person are for. The laterals with offset 0 are asked once for each person by an index, whatever the statistics of a table say today.
create or replace function app.stream_news(municipalities uuid[], token_hashes bytea[], kinds text[], moment timestamptz)
    returns table (stream integer, access text, notice_id uuid, kind text, subject_id uuid, created_at timestamptz)
    language plpgsql volatile security definer set search_path = '' set jit = off
    as $$
    #variable_conflict use_column
    declare
        since constant timestamptz := least(stream_news.moment, clock_timestamp()) - interval '15 seconds';
    begin
        return query
            with shown as materialized (
                select q.n::integer as n, s.municipality_id, s.person_id, s.kind, s.account_id
                from unnest(stream_news.municipalities, stream_news.token_hashes, stream_news.kinds) with ordinality
                    as q (municipality_id, token_hash, wanted, n)
                cross join lateral (
                    select s.municipality_id, s.person_id, s.kind, s.account_id
                    from auth.access_tokens t
                    join auth.sessions s on s.municipality_id = t.municipality_id and s.id = t.session_id
                    where t.municipality_id = q.municipality_id and t.token_hash = q.token_hash and t.expires_at > stream_news.moment
                      and s.ended_at is null and s.expires_at > stream_news.moment and s.tablet_id is null
                      and s.kind in ('guardian', 'staff') and s.kind = any (string_to_array(q.wanted, ','))
                    offset 0) s
                where s.account_id is null or exists (
                    select from auth.accounts a
                    where a.municipality_id = s.municipality_id and a.id = s.account_id and a.ended_at is null) -- H4
            ), people as materialized (
                select p.municipality_id, p.person_id, p.kind, md5(md5(a.held) || coalesce(x.kept_from, '')) as access
                from (select distinct municipality_id, person_id, kind from shown) p
                cross join lateral (
                    select coalesce(string_agg(a.child_id::text || a.institution_id, ',' order by a.child_id, a.institution_id), '') as held
                    from app.guardian_access a
                    where p.kind = 'guardian' and a.municipality_id = p.municipality_id and a.guardian_id = p.person_id
                    offset 0) g
                cross join lateral (
                    select string_agg(concat_ws(' ', a.institution_id, a.group_id, a.role), ',' order by a.institution_id, a.group_id, a.role) as held
                    from app.staff_access a
                    where p.kind = 'staff' and a.municipality_id = p.municipality_id and a.person_id = p.person_id
                    offset 0) r
                cross join lateral (select case p.kind when 'guardian' then g.held else r.held end as held) a
                cross join lateral (
                    select string_agg(x.child_id::text || x.kind, ',' order by x.child_id, x.kind) as kept_from
                    from app.restrictions_now x
                    where x.municipality_id = p.municipality_id and x.person_id = p.person_id
                    offset 0) x
                where a.held is not null -- staff without a role
                  and (p.kind = 'staff' or auth.owes(p.municipality_id, p.person_id, stream_news.moment) = '{}') -- H12
            ), fresh as materialized (
                select p.municipality_id, p.person_id, p.kind as caller, p.access, d.*,
                    dense_rank() over (order by p.municipality_id, p.person_id, d.grounds, d.child_id, d.institution_id) as asked
                from people p
                cross join lateral (
                    select d.id, e.kind, e.subject_id, d.created_at, d.grounds, d.child_id, d.institution_id
                    from notify.deliveries d
                    join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
                    where d.municipality_id = p.municipality_id and d.person_id = p.person_id and d.channel = 'in_app'
                      and d.created_at > since and d.state = 'sent' and (d.grounds = 'staff') = (p.kind = 'staff')
                    offset 0) d
            ), reached as materialized (
                select r.n
                from (
                    select array_agg(f.municipality_id order by f.asked) as m, array_agg(f.person_id order by f.asked) as p,
                        array_agg(f.grounds order by f.asked) as g, array_agg(f.child_id order by f.asked) as c,
                        array_agg(f.institution_id order by f.asked) as i
                    from (select distinct on (asked) * from fresh order by asked) f) q
                cross join lateral app.reachable(q.m, q.p, q.g, q.c, q.i) as r (n)
            ), news as materialized (
                select f.*, row_number() over (partition by f.municipality_id, f.person_id, f.caller order by f.created_at, f.id) as place
                from fresh f
                where f.asked in (select n from reached)
            )
            select t.n, t.access, t.id, t.kind, t.subject_id, t.created_at
            from (
                select w.n, p.access, null::uuid as id, null::text as kind, null::uuid as subject_id, null::timestamptz as created_at
                from shown w
                join people p on p.municipality_id = w.municipality_id and p.person_id = w.person_id and p.kind = w.kind
                union all
                select w.n, f.access, f.id, f.kind, f.subject_id, f.created_at
                from shown w
                join news f on f.municipality_id = w.municipality_id and f.person_id = w.person_id and f.caller = w.kind and f.place <= 100) t
            order by t.n, t.created_at nulls first, t.id;
    end
    $$;

-- Why: an open stream tells an app that something of its own has changed, for as long as whoever opened it may know (V15). One question
-- serves all streams of a process, several times a second, so that it works through a pooler as well, where LISTEN does not.
-- The previous binary: runs, and never asks.

-- stream_news answers for each credential whose session holds now, and says nothing of the others: their streams end. The first row of a
-- stream has no notice, only what its access comes down to, a digest that changes with anything they gain or lose; the others are the
-- notices of the last seconds, by the same rule as the sending of one (app.reachable). Notices are looked for 15 s back, because one that is
-- committed late is as old as the beginning of its transaction; whoever asks leaves out what they have told already.
create function app.stream_news(municipalities uuid[], token_hashes bytea[], kinds text[], moment timestamptz)
    returns table (stream integer, access text, notice_id uuid, kind text, subject_id uuid, created_at timestamptz)
    language plpgsql volatile security definer set search_path = ''
    as $$
    #variable_conflict use_column
    declare
        who record;
        since constant timestamptz := least(stream_news.moment, clock_timestamp()) - interval '15 seconds';
    begin
        for i in 1 .. coalesce(array_length(stream_news.municipalities, 1), 0) loop
            begin
                select e.person_id, e.kind, e.tablet_id, e.owes into strict who
                from auth.enter(stream_news.municipalities[i], stream_news.token_hashes[i], stream_news.kinds[i], stream_news.moment) e;
            exception when sqlstate 'BU401' or sqlstate 'BU404' or sqlstate 'BU412' then
                continue;
            end;
            if who.tablet_id is not null or who.owes <> '{}' or who.kind not in ('guardian', 'staff') then
                continue; -- asking this often would keep somebody's work on a tablet open (V7); who owes something first does that (H12)
            end if;
            stream := i; notice_id := null; kind := null; subject_id := null; created_at := null;
            if who.kind = 'guardian' then
                select md5(coalesce(string_agg(a.child_id::text || a.institution_id, ',' order by a.child_id, a.institution_id), '')) into access
                from app.guardian_access a
                where a.municipality_id = stream_news.municipalities[i] and a.guardian_id = who.person_id;
            else
                select md5(coalesce(string_agg(concat_ws(' ', a.institution_id, a.group_id, a.role), ',' order by a.institution_id, a.group_id, a.role), '')) into access
                from app.staff_access a
                where a.municipality_id = stream_news.municipalities[i] and a.person_id = who.person_id;
            end if;
            select md5(access || coalesce(string_agg(x.child_id::text || x.kind, ',' order by x.child_id, x.kind), '')) into access
            from app.restrictions_now x
            where x.municipality_id = stream_news.municipalities[i] and x.person_id = who.person_id;
            return next;
            return query
                select i, access, d.id, e.kind, e.subject_id, d.created_at
                from notify.deliveries d
                join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
                where d.municipality_id = stream_news.municipalities[i] and d.person_id = who.person_id and d.channel = 'in_app'
                  and d.created_at > since and d.state = 'sent' and (d.grounds = 'staff') = (who.kind = 'staff')
                  and exists (
                    select from app.reachable(array[d.municipality_id], array[d.person_id], array[d.grounds], array[d.child_id], array[d.institution_id]))
                order by d.created_at, d.id
                limit 100;
        end loop;
        perform scope.open(null, null, null);
    end
    $$;
call scope.hand_over('app.stream_news(uuid[], bytea[], text[], timestamptz)', 'budstikke_api');

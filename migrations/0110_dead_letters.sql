-- Why: a delivery that no worker could end stood in the database and nowhere else: finding it, and sending it once more, took SQL by hand in the night.
-- From here on whoever runs the program can list, explain, replay and park deliveries (B3), each with an entry in the trail (B5), and a delivery that
-- takes its worker with it time and again ends by itself instead of doing so for as long as it lives.
-- The previous binary: runs; it counts no losses.

alter table notify.parcels add column lost smallint not null default 0;
comment on column notify.parcels.lost is 'How often its worker did not finish in time while it held one delivery alone. A result of any kind sets it back.';

grant update, delete on notify.parcels to budstikke_access;
grant insert on notify.attempts to budstikke_access;

do $do$
declare
    f constant regprocedure := 'notify.settle(uuid[], uuid[], uuid[], bigint[], text[], integer[], boolean[], bigint[], text[], integer[], text[], text[], text[])';
    was constant text := pg_get_functiondef(f);
    now_is constant text := replace(was, 'attempt = excluded.attempt, lease_until = null', 'attempt = excluded.attempt, lease_until = null, lost = 0');
begin
    if now_is = was then
        raise exception '% is not as this migration expects it', f;
    end if;
    execute now_is;
end
$do$;

-- since_id bounds the deliveries of events from a moment on: ids begin with their event's, whose first six bytes are the time in milliseconds.
create function notify.since_id(moment timestamptz) returns uuid
    language sql immutable parallel safe
    as $$ select (lpad(to_hex(greatest(0, floor(extract(epoch from moment) * 1000))::bigint), 12, '0') || repeat('0', 20))::uuid $$;

-- letters lists a municipality's deliveries for whoever runs the program, oldest event first: what became of each, and no address, name or word of it.
create function notify.letters(states text[], providers text[], with_urgency text, with_reason text, about uuid, since timestamptz, after uuid, most integer)
    returns table (id uuid, event_id uuid, kind text, subject_id uuid, urgency text, channel text, provider text, state text, outcome text, status smallint,
        reason text, attempt smallint, possible_duplicates smallint, created_at timestamptz, settled_at timestamptz, expires_at timestamptz)
    language plpgsql stable security definer rows 100 set search_path = ''
    as $$
    #variable_conflict use_column
    begin
        if scope.caller() is distinct from 'auditor' then
            return;
        end if;
        return query
        select d.id, d.event_id, e.kind, e.subject_id, d.urgency, d.channel, d.provider, d.state, d.outcome, d.status, d.reason, d.attempt,
            d.possible_duplicates, d.created_at, d.settled_at, e.expires_at
        from notify.deliveries d
        join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
        where d.municipality_id = scope.municipality() and d.channel <> 'in_app'
          and d.id > greatest(letters.after, notify.since_id(letters.since))
          and d.state = any (letters.states)
          and (letters.providers is null or d.provider = any (letters.providers))
          and (letters.with_urgency is null or d.urgency = letters.with_urgency)
          and (letters.with_reason is null or d.reason = letters.with_reason)
          and (letters.about is null or d.event_id = letters.about or e.subject_id = letters.about)
        order by d.id
        limit letters.most;
    end
    $$;
call scope.hand_over('notify.letters(text[], text[], text, text, uuid, timestamptz, uuid, integer)', 'budstikke_api');

-- letter tells everything that is known of one delivery, its attempts included, as one document. Null for one that is not there.
create function notify.letter(delivery uuid) returns jsonb
    language sql stable security definer set search_path = ''
    as $$
        select jsonb_strip_nulls(jsonb_build_object(
            'id', d.id, 'eventId', d.event_id, 'kind', e.kind, 'subjectId', e.subject_id, 'urgency', d.urgency, 'personId', d.person_id,
            'institutionId', d.institution_id, 'grounds', d.grounds, 'channel', d.channel, 'provider', d.provider, 'endpointId', d.endpoint_id,
            'endpointState', p.state, 'endpointRetiredReason', p.retired_reason, 'endpointRegisteredAt', p.registered_at,
            'state', d.state, 'outcome', d.outcome, 'status', d.status, 'reason', d.reason, 'refusal', d.refusal, 'attempt', d.attempt,
            'possibleDuplicates', d.possible_duplicates, 'providerMessageId', d.provider_message_id, 'receipt', d.receipt,
            'createdAt', d.created_at, 'settledAt', d.settled_at, 'expiresAt', e.expires_at,
            'nextAt', q.next_at, 'leasedUntil', q.lease_until, 'lost', nullif(q.lost, 0),
            'attempts', (
                select jsonb_agg(jsonb_build_object('attempt', a.attempt, 'outcome', a.outcome, 'status', nullif(a.status, 0), 'reason', nullif(a.reason, ''),
                    'finishedAt', a.finished_at) order by a.finished_at, a.fence)
                from notify.attempts a where a.municipality_id = d.municipality_id and a.delivery_id = d.id)))
        from notify.deliveries d
        join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
        left join notify.endpoints p on p.municipality_id = d.municipality_id and p.id = d.endpoint_id
        left join notify.parcels q on q.municipality_id = d.municipality_id and q.event_id = d.event_id and d.id = any (q.deliveries)
        where scope.caller() = 'auditor' and d.municipality_id = scope.municipality() and d.id = letter.delivery
    $$;
call scope.hand_over('notify.letter(uuid)', 'budstikke_api');

-- replay lets dead deliveries leave once more, under the ids that they have: a phone that got one already shows it once. The attempt that ended each
-- stands among its attempts from then on, and it is tried as often as a new one. Whether its receiver may still be told is asked by the claim, as for
-- every other (V15). It answers each id with replayed or with why not: not_found; the state of one that is not dead (suppressed ones stay so: somebody
-- lost access); too_late when its event is over; endpoint_gone when what it went to is no longer there.
create function notify.replay(ids uuid[]) returns table (id uuid, answer text)
    language plpgsql volatile security definer rows 100 set search_path = ''
    as $$
    #variable_conflict use_column
    declare
        here constant uuid := scope.municipality();
    begin
        if scope.caller() is distinct from 'auditor' then
            return;
        end if;
        return query
        with asked as materialized (
            select d.id, d.event_id, d.urgency, d.provider, d.state, d.attempt, d.fence, d.outcome, d.status, d.reason, d.settled_at,
                e.expires_at <= clock_timestamp() as late,
                not (p.state = 'active' or p.state = 'unverified' and e.kind = 'email_registered') as gone
            from notify.deliveries d
            join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
            join notify.endpoints p on p.municipality_id = d.municipality_id and p.id = d.endpoint_id
            where d.municipality_id = here and d.id = any (replay.ids)
            order by d.id
            for update of d
        ), told as (
            insert into notify.attempts (municipality_id, delivery_id, attempt, fence, outcome, status, reason, finished_at)
            select here, a.id, a.attempt, a.fence, coalesce(a.outcome, 'unknown'), coalesce(a.status, 0), coalesce(a.reason, ''),
                coalesce(a.settled_at, clock_timestamp())
            from asked a where a.state = 'dead' and not a.late and not a.gone
            on conflict do nothing
        ), again as (
            update notify.deliveries d set state = 'retry', reason = 'replayed', status = null, settled_at = null
            from asked a
            where d.municipality_id = here and d.id = a.id and a.state = 'dead' and not a.late and not a.gone
            returning d.id
        ), parcel as (
            insert into notify.parcels (municipality_id, id, event_id, urgency, provider, deliveries, next_at, queued_at, attempt, fence, lease_until)
            select here, a.id, a.event_id, a.urgency, a.provider, array[a.id], clock_timestamp(), null, 0, a.fence, null
            from asked a join again g on g.id = a.id
        )
        select u.id, case when a.id is null then 'not_found' when a.state <> 'dead' then a.state when a.late then 'too_late'
            when a.gone then 'endpoint_gone' else 'replayed' end
        from (select distinct x as id from unnest(replay.ids) x) u left join asked a on a.id = u.id
        order by u.id;
    end
    $$;
call scope.hand_over('notify.replay(uuid[])', 'budstikke_api');

-- park ends deliveries that wait, so that nobody takes them; replay undoes it. One that a worker has in its hands is left: on_its_way. It answers
-- each id with parked or with why not: not_found, on_its_way, or the state of one that has ended.
create function notify.park(ids uuid[]) returns table (id uuid, answer text)
    language plpgsql volatile security definer rows 100 set search_path = ''
    as $$
    #variable_conflict use_column
    declare
        here constant uuid := scope.municipality();
        asked uuid[];
        held uuid[];
        parked uuid[];
    begin
        if scope.caller() is distinct from 'auditor' then
            return;
        end if;
        -- Parcels before deliveries, as settling locks them.
        asked := array(
            select p.id from notify.parcels p
            where p.municipality_id = here and p.deliveries && park.ids
              and p.event_id in (select d.event_id from notify.deliveries d where d.municipality_id = here and d.id = any (park.ids))
            order by p.id for update);
        held := array(
            select u.x from notify.parcels p cross join lateral unnest(p.deliveries) as u (x)
            where p.municipality_id = here and p.id = any (asked) and p.lease_until is not null and u.x = any (park.ids));
        with ended as (
            update notify.deliveries d set state = 'dead', reason = 'parked', settled_at = clock_timestamp()
            where d.municipality_id = here and d.id = any (park.ids) and d.state in ('pending', 'retry') and d.id <> all (held)
            returning d.id
        )
        select coalesce(array_agg(e.id), '{}') into parked from ended e;
        delete from notify.parcels p
        where p.municipality_id = here and p.id = any (asked) and p.lease_until is null and p.deliveries <@ parked;
        update notify.parcels p set deliveries = array(select x from unnest(p.deliveries) x where x <> all (parked))
        where p.municipality_id = here and p.id = any (asked) and p.lease_until is null and p.deliveries && parked;
        return query
        select u.id, case when u.id = any (parked) then 'parked' when u.id = any (held) then 'on_its_way' else coalesce(d.state, 'not_found') end
        from (select distinct x as id from unnest(park.ids) x) u
        left join notify.deliveries d on d.municipality_id = here and d.id = u.id
        order by u.id;
    end
    $$;
call scope.hand_over('notify.park(uuid[])', 'budstikke_api');

-- Why: whether a channel works was known when an alert needed it, and not before. From here on a synthetic notice can be sent by each channel every minute, by
-- the path of an alert: parcel, belt, claim, provider (B2, B3). It goes to the operator's own addresses, says nothing, and stands where nobody lives: under an
-- id that is no municipality's, so that no inbox, board, list or count of anybody meets it.
-- V20 stays without an exception. A synthetic notice by SMS is never an SMS: its endpoint holds a word instead of a number, which the constraint below demands, and
-- the worker asks the provider whether it would take one (docs/decisions/0012-the-synthetic-notice-sends-no-sms.md).
-- The previous binary: runs; it has no words for a synthetic notice and ends it.

-- synthetic_home stands where other rows have their municipality. It has no row in app.municipalities, and never will: those ids are made of the time.
create function notify.synthetic_home() returns uuid
    language sql immutable parallel safe
    as $$ select '00000000-0000-7000-8000-5ee0ca11ab1e'::uuid $$;
revoke all on function notify.synthetic_home() from public;
grant execute on function notify.synthetic_home() to budstikke_api, budstikke_worker, budstikke_access;

alter table notify.events
    drop constraint events_kind_check,
    drop constraint only_critical_kinds_are_critical,
    add constraint events_kind_check check (kind in (
        'head_restricted', 'training_overdue', 'clearance_granted', 'lifting_lapsed', 'lifting_proposed', 'sign_in_changed', 'secret_due', 'application_decided',
        'applications_waiting', 'email_registered', 'guardian_activated', 'message_posted', 'absence_reported', 'alert_raised', 'review_due', 'review_overdue',
        'proof_due', 'held_changes_waiting', 'revision_due', 'revision_overdue', 'access_opened', 'institution_without_head', 'partner_without_sponsor', 'synthetic')),
    -- A synthetic notice travels in the lane of alerts, because that is the lane it is to prove.
    add constraint only_critical_kinds_are_critical check ((urgency = 'critical') = (kind in ('alert_raised', 'synthetic'))),
    add constraint synthetic_events_are_nobodys check ((kind = 'synthetic') = (municipality_id = '00000000-0000-7000-8000-5ee0ca11ab1e'));
alter table notify.endpoints
    add constraint no_number_for_synthetic_notices check (
        municipality_id <> '00000000-0000-7000-8000-5ee0ca11ab1e' or (channel = 'sms') = (address = 'no number'));

grant insert, delete on notify.events to budstikke_access;
grant delete on notify.deliveries, notify.attempts to budstikke_access;
grant insert on notify.endpoints to budstikke_access;

-- send_synthetic writes a synthetic notice to each of the operator's addresses, unless one was written within every milliseconds or is being written by another
-- worker at this moment: whichever worker comes first sends for the whole installation. It takes away what is older than an hour. An address that its provider has called gone
-- is tried again: whether it works now is the question.
create function notify.send_synthetic(providers text[], addresses text[], every bigint)
    returns table (parcel_id uuid, provider text)
    language plpgsql security definer set search_path = ''
    as $$
    #variable_conflict use_column
    declare
        home constant uuid := notify.synthetic_home();
        event constant uuid := scope.new_id();
        moment constant timestamptz := clock_timestamp();
        old constant uuid := notify.since_id(moment - interval '1 hour');
    begin
        if not pg_try_advisory_xact_lock(hashtextextended('notify.send_synthetic', 0))
            or exists (
                select from notify.events e
                where e.municipality_id = home and e.id > notify.since_id(moment - send_synthetic.every * interval '1 millisecond')) then
            return;
        end if;
        delete from notify.parcels p where p.municipality_id = home and p.id < old;
        delete from notify.attempts a where a.municipality_id = home and a.delivery_id < old;
        delete from notify.deliveries d where d.municipality_id = home and d.id < old;
        delete from notify.events e where e.municipality_id = home and e.id < old;

        insert into notify.endpoints as p (municipality_id, id, person_id, channel, provider, address, locale, state, routine, created_at, registered_at, verified_at)
        select home, md5('synthetic ' || r.provider)::uuid, home,
            case r.provider when 'smtp' then 'email' when 'twilio' then 'sms' else 'push' end, r.provider, r.address, 'en', 'active', false, moment, moment, moment
        from unnest(send_synthetic.providers, send_synthetic.addresses) r (provider, address)
        on conflict (municipality_id, id) do update
        set address = excluded.address, state = 'active', retired_reason = null, registered_at = excluded.registered_at
        where p.address <> excluded.address or p.state <> 'active';

        -- One that has not left when three more should have is not worth sending.
        insert into notify.events (municipality_id, id, kind, urgency, subject_id, created_at, expires_at)
        values (home, event, 'synthetic', 'critical', home, moment, moment + interval '3 minutes');
        insert into notify.deliveries (municipality_id, id, event_id, urgency, person_id, grounds, channel, provider, endpoint_id, state, created_at)
        select home, notify.id_of(notify.prefix_of(event), notify.seed_of(event, p.channel), home, p.id), event, 'critical', home, 'self', p.channel, p.provider, p.id,
            'pending', moment
        from notify.endpoints p where p.municipality_id = home and p.provider = any (send_synthetic.providers);
        return query
        insert into notify.parcels as q (municipality_id, id, event_id, urgency, provider, deliveries, next_at, queued_at, attempt, fence, lease_until)
        select home, d.id, event, 'critical', d.provider, array[d.id], moment, moment, 0, 0, null
        from notify.deliveries d
        where d.municipality_id = home and d.id between notify.first_of(event) and notify.last_of(event)
        returning q.id, q.provider;
    end
    $$;
call scope.hand_over('notify.send_synthetic(text[], text[], bigint)', 'budstikke_worker');

-- The claim asks of every receiver whether there is anybody to get the notice (V15). For their own matters that is whoever has an account or applies for one;
-- nobody has one where no municipality is, except for the operator who gets synthetic notices.
do $do$
declare
    f constant regprocedure := 'app.receivers(uuid[], uuid[], text[], uuid[], uuid[])';
    was constant text := pg_get_functiondef(f);
    now_is constant text := replace(was, 't.grounds <> ''self'' or exists (',
        't.grounds <> ''self'' or t.municipality_id = ''00000000-0000-7000-8000-5ee0ca11ab1e'' or exists (');
begin
    if now_is = was then
        raise exception '% is not as this migration expects it', f;
    end if;
    execute now_is;
end
$do$;

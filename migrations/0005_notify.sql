-- Why: the gateway. Postgres holds every promise; Redis only rings the bell (B3). SMS is refused here too (V20).
-- The previous binary: there is none.

create table notify.events (
    municipality_id uuid not null,
    id              uuid not null,
    kind            text not null,
    urgency         text not null,
    subject_id      uuid not null, -- the only thing about the event that a notice carries (B1)
    created_at      timestamptz not null,
    expires_at      timestamptz not null,
    primary key (municipality_id, id),
    unique (municipality_id, id, urgency),
    check (urgency in ('critical', 'routine')),
    check (kind in ('email_registered', 'guardian_activated', 'message_posted', 'absence_reported', 'alert_raised')),
    constraint only_critical_kinds_are_critical check ((urgency = 'critical') = (kind in ('alert_raised')))
);
create index on notify.events (municipality_id, subject_id);

-- Where a person can be reached: an address, a number, a device. Nothing is sent to one that is not verified, except the mail that asks for
-- the verification (H3, H5).
create table notify.endpoints (
    municipality_id uuid not null,
    id              uuid not null,
    person_id       uuid not null,
    channel         text not null check (channel in ('email', 'push', 'sms')),
    provider        text not null,
    address         text not null check (length(address) between 3 and 4096),
    locale          text not null check (locale in ('nb', 'nn', 'da', 'sv', 'en')),
    state           text not null default 'unverified' check (state in ('unverified', 'active', 'retired')),
    verify_code     text,                -- what the owner of a mobile number sends in to prove it is theirs; null otherwise
    retired_reason  text,
    routine         boolean not null default true, -- false: its owner wants no routine mail; critical notices still come (B1)
    created_at      timestamptz not null,
    registered_at   timestamptz not null, -- last time the device or person named it; an older "gone" is ignored
    verified_at     timestamptz,
    primary key (municipality_id, id),
    check ((channel, provider) in
        (('email', 'smtp'), ('push', 'apns'), ('push', 'fcm'), ('push', 'webpush'), ('sms', 'twilio'))),
    check (state <> 'active' or verified_at is not null)
);
create unique index on notify.endpoints (municipality_id, person_id, channel, md5(address)) where state <> 'retired';
create index on notify.endpoints (municipality_id, person_id);
create unique index one_owner_per_device on notify.endpoints (municipality_id, provider, md5(address)) -- see notify.one_owner_per_device
    where channel = 'push' and state <> 'retired';
create index endpoints_of_number on notify.endpoints (municipality_id, address) where channel = 'sms' and state = 'unverified';

create table notify.deliveries (
    municipality_id uuid not null,
    id              uuid not null,
    event_id        uuid not null,
    urgency         text not null,
    person_id       uuid not null,
    grounds         text not null check (grounds in ('self', 'child', 'institution', 'staff')), -- why this person may get it
    child_id        uuid,          -- of which child, for grounds child
    institution_id  uuid,          -- of which institution, for grounds institution and staff
    channel         text not null check (channel in ('email', 'push', 'in_app', 'sms')),
    provider        text,          -- null for in_app
    endpoint_id     uuid,          -- null for in_app
    state           text not null default 'pending'
        check (state in ('pending', 'sending', 'sent', 'retry', 'suppressed', 'expired', 'dead')),
    attempt         smallint not null default 0,
    fence           bigint not null default 0,
    lease_until     timestamptz,
    next_at         timestamptz not null,
    queued_at       timestamptz,   -- last time its id was put on the belt; the reconciler's clue
    created_at      timestamptz not null,
    settled_at      timestamptz,
    outcome         text,          -- of the last attempt
    reason          text,          -- the provider's short word for it
    provider_message_id text,
    possible_duplicates smallint not null default 0, -- attempts whose end nobody saw
    receipt         text,          -- what the provider said later
    receipt_rank    smallint not null default 0,     -- receipts only ever move forward
    primary key (municipality_id, id),
    foreign key (municipality_id, event_id, urgency) references notify.events (municipality_id, id, urgency),
    foreign key (municipality_id, endpoint_id) references notify.endpoints,
    constraint sms_needs_a_critical_event check (channel <> 'sms' or urgency = 'critical'), -- V20
    check ((channel = 'in_app') = (provider is null)),
    check ((channel = 'in_app') = (endpoint_id is null)),
    check ((state = 'sending') = (lease_until is not null)),
    check ((grounds = 'child') = (child_id is not null)),
    check ((grounds in ('institution', 'staff')) = (institution_id is not null))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
-- One notice per event, person and endpoint, however often the event is announced (siblings share it).
create unique index deliveries_once on notify.deliveries
    (municipality_id, event_id, person_id, channel, coalesce(endpoint_id, '00000000-0000-0000-0000-000000000000'));
create index deliveries_due on notify.deliveries (provider, urgency, next_at) where state in ('pending', 'retry');
create index deliveries_leased on notify.deliveries (lease_until) where state = 'sending';
create index deliveries_of_person on notify.deliveries (municipality_id, person_id, created_at desc, id) where channel = 'in_app';
create index deliveries_open on notify.deliveries (municipality_id, person_id) where state in ('pending', 'retry', 'sending');

-- One row per attempt whose end was seen: what went out, when, and what the provider said.
create table notify.attempts (
    municipality_id uuid not null,
    delivery_id     uuid not null,
    attempt         smallint not null,
    fence           bigint not null,
    outcome         text not null,
    status          smallint not null,
    reason          text not null,
    finished_at     timestamptz not null,
    primary key (municipality_id, delivery_id, fence),
    foreign key (municipality_id, delivery_id) references notify.deliveries
);

-- Why: the municipality's institutions, groups and persons, who is enrolled where, who is guardian of whom and who works where.
-- municipality_id leads every key, so that one municipality's rows can neither be reached nor even collide with another's.
-- The previous binary: there is none.

create table app.municipalities (
    municipality_id uuid primary key,
    slug            text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{1,62}$'),
    name            text not null check (length(name) between 1 and 200),
    country         text not null check (country in ('SE', 'NO', 'DK', 'FI', 'IS')),
    locale          text not null check (locale in ('nb', 'nn', 'da', 'sv', 'en')),
    time_zone       text not null,
    terms_version   text not null default '2026-01', -- the terms a guardian accepts before first use (H12)
    created_at      timestamptz not null
);

create table app.institutions (
    municipality_id uuid not null references app.municipalities,
    id              uuid not null,
    kind            text not null check (kind in ('kindergarten', 'school')),
    ownership       text not null default 'municipal' check (ownership in ('municipal', 'self_governing')),
    national_number text check (length(national_number) between 1 and 200), -- the register's own number (L1); null where a register has none
    name            text not null check (length(name) between 1 and 200),
    created_at      timestamptz not null,
    closed_at       timestamptz,
    register_end    timestamptz, -- see app.enrolments
    primary key (municipality_id, id)
);

create table app.groups (
    municipality_id uuid not null,
    id              uuid not null,
    institution_id  uuid not null,
    name            text not null check (length(name) between 1 and 200),
    created_at      timestamptz not null,
    ended_at        timestamptz,
    register_end    timestamptz, -- see app.enrolments
    primary key (municipality_id, id),
    foreign key (municipality_id, institution_id) references app.institutions
);
create index on app.groups (municipality_id, institution_id);

-- A human being, once per municipality, whatever roles they hold. The national identity number is kept sealed (AES-256-GCM, this row bound
-- as associated data) and found through a keyed index (HMAC); neither the number nor a part of it stands here in clear.
create table app.persons (
    municipality_id        uuid not null references app.municipalities,
    id                     uuid not null,
    given_name             text not null check (length(given_name) <= 200), -- some people have one name only
    family_name            text not null check (length(family_name) <= 200),
    birth_date             date,
    national_id_sealed     bytea,
    national_id_key        smallint,  -- version of the key that sealed it
    national_id_index      bytea,
    national_id_index_key  smallint,  -- version of the key that made the index
    protected_identity     text not null default 'none' check (protected_identity in ('none', 'protected', 'strict')),
    contact_email          text check (length(contact_email) <= 320), -- a hint from the register for staff; never an address to send to (H3)
    contact_mobile         text check (length(contact_mobile) <= 40), -- the same (H5)
    created_at             timestamptz not null,
    primary key (municipality_id, id),
    unique (municipality_id, national_id_index_key, national_id_index),
    check (length(given_name) + length(family_name) > 0),
    check ((national_id_sealed is null) = (national_id_key is null)),
    check ((national_id_index is null) = (national_id_index_key is null)),
    check ((national_id_sealed is null) = (national_id_index is null))
);

-- Few are protected, and who they are is asked all the time.
create index persons_protected on app.persons (municipality_id, id) where protected_identity <> 'none';

create table app.enrolments (
    municipality_id uuid not null,
    id              uuid not null,
    child_id        uuid not null,
    institution_id  uuid not null,
    group_id        uuid,
    created_at      timestamptz not null,
    starts_at       timestamptz, -- the first day, as the register gives it; before it guardians have no access through it. Null: since it came in
    ended_at        timestamptz, -- V14: from this moment every access through this enrolment has ended
    register_end    timestamptz, -- the end that the registers give it; where ended_at differs a person here has decided, and no import changes it
    primary key (municipality_id, id),
    foreign key (municipality_id, child_id) references app.persons,
    foreign key (municipality_id, institution_id) references app.institutions,
    foreign key (municipality_id, group_id) references app.groups
);
create index on app.enrolments (municipality_id, child_id);
create index on app.enrolments (municipality_id, institution_id, child_id);

-- Child and guardian, with the legal basis and an access status of its own. An import makes it inactive and can never change its status
-- (V1, P6); a head makes it active (V6) or inactive again (V15).
create table app.guardianships (
    municipality_id uuid not null,
    id              uuid not null,
    child_id        uuid not null,
    guardian_id     uuid not null,
    legal           boolean not null, -- has parental responsibility; only then may the person apply (H11)
    basis           text not null check (length(basis) <= 200), -- in the register's own words; may be empty
    status          text not null default 'inactive' check (status in ('inactive', 'active')),
    version         integer not null default 1, -- for ETag and If-Match
    created_at      timestamptz not null,
    ended_at        timestamptz, -- the register no longer has it
    register_end    timestamptz, -- see app.enrolments
    primary key (municipality_id, id),
    unique (municipality_id, child_id, guardian_id),
    foreign key (municipality_id, child_id) references app.persons,
    foreign key (municipality_id, guardian_id) references app.persons,
    check (child_id <> guardian_id)
);
create index on app.guardianships (municipality_id, guardian_id);

-- Who opened and closed a guardianship, when, and why; the reason is for staff only. Rows are added and never changed.
create table app.guardianship_decisions (
    municipality_id uuid not null,
    id              uuid not null,
    guardianship_id uuid not null,
    status          text not null check (status in ('inactive', 'active')),
    reason          text not null default '' check (length(reason) <= 500),
    decided_by      uuid not null,
    decided_at      timestamptz not null,
    transaction_id  xid8 not null default pg_current_xact_id(), -- what was decided and what was changed belong to one transaction
    primary key (municipality_id, id),
    foreign key (municipality_id, guardianship_id) references app.guardianships,
    foreign key (municipality_id, decided_by) references app.persons
);
create index on app.guardianship_decisions (municipality_id, guardianship_id);

create table app.staff_roles (
    municipality_id uuid not null,
    id              uuid not null,
    person_id       uuid not null,
    institution_id  uuid, -- null: a role of the whole municipality
    group_id        uuid, -- null: the whole institution
    role            text not null check (role in
        ('owner', 'head', 'leader', 'employee', 'substitute', 'municipal_professional', 'external_partner')),
    created_at      timestamptz not null,
    starts_at       timestamptz, -- access from the first day (V11); null: since it came in
    ended_at        timestamptz, -- gone on the day they leave (V11)
    register_end    timestamptz, -- see app.enrolments
    primary key (municipality_id, id),
    foreign key (municipality_id, person_id) references app.persons,
    foreign key (municipality_id, institution_id) references app.institutions,
    foreign key (municipality_id, group_id) references app.groups,
    check (institution_id is not null or role in ('owner', 'municipal_professional') and group_id is null)
);
create index on app.staff_roles (municipality_id, person_id);
create index on app.staff_roles (municipality_id, institution_id);

-- A guardian's request for an account (H1). At most one open per person; it ends as submitted when the account exists.
create table app.applications (
    municipality_id uuid not null,
    id              uuid not null,
    person_id       uuid not null,
    state           text not null default 'open' check (state in ('open', 'submitted')),
    locale          text not null check (locale in ('nb', 'nn', 'da', 'sv', 'en')),
    endpoint_id     uuid, -- the e-mail address waiting for its confirmation (H3)
    terms_version   text,
    terms_accepted_at timestamptz,
    created_at      timestamptz not null,
    submitted_at    timestamptz,
    primary key (municipality_id, id),
    foreign key (municipality_id, person_id) references app.persons
);
create unique index on app.applications (municipality_id, person_id) where state = 'open';

-- Which row stands for which record of which register (L2, L8). Two registers that mean the same person, enrolment or guardianship point at
-- the same row; a record that a complete file no longer has is marked missing, and its row ends when no register has it.
create table app.register_records (
    municipality_id uuid not null references app.municipalities,
    source          text not null check (length(source) between 1 and 100), -- the register
    noun            text not null check (noun in ('institution', 'group', 'person', 'enrolment', 'guardianship', 'staff_role')),
    source_id       text not null check (length(source_id) between 1 and 400), -- its id there
    row_id          uuid not null, -- the id of the row in the noun's table
    fields          jsonb not null default '{}', -- the fields as last imported, without identity numbers; what a diff is made against
    imported_at     timestamptz not null,
    missing_since   timestamptz,
    primary key (municipality_id, source, noun, source_id)
);
create index on app.register_records (municipality_id, noun, row_id);

-- One row per import that was applied: from where, when, and what it changed (L8).
create table app.imports (
    municipality_id uuid not null references app.municipalities,
    id              uuid not null,
    source          text not null,
    file_name       text not null,
    file_hash       bytea not null,
    summary         jsonb not null, -- counts per noun and kind of change; no personal data
    applied_at      timestamptz not null,
    primary key (municipality_id, id)
);

-- Why: what happens day by day: absences, conversations, alerts; and the keys that make a repeated write harmless (B6).
-- The previous binary: there is none.

create table app.absences (
    municipality_id uuid not null,
    id              uuid not null,
    child_id        uuid not null,
    institution_id  uuid not null,
    starts_on       date not null,
    ends_on         date not null, -- the last day, included
    reason          text not null check (reason in ('illness', 'medical_appointment', 'family', 'holiday', 'other')),
    note            text not null default '' check (length(note) <= 2000),
    note_sensitive  boolean not null default false, -- sent in spite of the warning: staff contact the guardian, who deletes it (V17)
    note_removed_at timestamptz,                    -- the guardian deleted it; the text is gone
    reported_by     uuid not null,
    version         integer not null default 1,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    primary key (municipality_id, id),
    foreign key (municipality_id, child_id) references app.persons,
    foreign key (municipality_id, institution_id) references app.institutions,
    foreign key (municipality_id, reported_by) references app.persons,
    check (ends_on >= starts_on)
);
create index on app.absences (municipality_id, child_id, starts_on desc, id);

-- One guardian's private thread with the staff about one child (B11): the other guardian has a thread of their own.
create table app.conversations (
    municipality_id uuid not null,
    id              uuid not null,
    child_id        uuid not null,
    guardian_id     uuid not null,
    institution_id  uuid not null,
    created_at      timestamptz not null,
    last_message_at timestamptz not null,
    primary key (municipality_id, id),
    unique (municipality_id, child_id, guardian_id, institution_id),
    foreign key (municipality_id, child_id) references app.persons,
    foreign key (municipality_id, guardian_id) references app.persons,
    foreign key (municipality_id, institution_id) references app.institutions
);
create index on app.conversations (municipality_id, guardian_id, last_message_at desc, id);
create index on app.conversations (municipality_id, institution_id, last_message_at desc, id);

create table app.messages (
    municipality_id uuid not null,
    id              uuid not null,
    conversation_id uuid not null,
    author_id       uuid not null,
    author_side     text not null check (author_side in ('guardian', 'staff')),
    author_name     text not null, -- as it was when written, so that reading it needs no look at the author
    text            text not null check (length(text) between 1 and 10000),
    confidential    boolean not null default false, -- sensitive in spite of the warning: only those who need it open it (V18)
    created_at      timestamptz not null,
    primary key (municipality_id, id),
    foreign key (municipality_id, conversation_id) references app.conversations,
    foreign key (municipality_id, author_id) references app.persons
);
create index on app.messages (municipality_id, conversation_id, created_at desc, id);

create table app.alerts (
    municipality_id uuid not null,
    id              uuid not null,
    institution_id  uuid not null,
    situation       text not null check (situation in ('evacuation', 'lockdown', 'closure', 'danger_nearby', 'other')),
    text            text not null check (length(text) between 1 and 2000), -- read in the app, after sign-in; never sent (B1)
    raised_by       uuid not null,
    raised_at       timestamptz not null,
    primary key (municipality_id, id),
    foreign key (municipality_id, institution_id) references app.institutions,
    foreign key (municipality_id, raised_by) references app.persons
);
create index on app.alerts (municipality_id, institution_id, raised_at desc, id);

-- The answer to a write, kept so that the same write sent again gets the same answer and has no second effect (B6). Key and caller are
-- stored as digests and the answer is sealed under the client's own key, so that a stolen table holds no answers.
create table app.idempotency_keys (
    municipality_id uuid not null references app.municipalities,
    key_hash        bytea not null,  -- SHA-256 over person, operation and key
    fingerprint     bytea not null,  -- SHA-256 over the request
    answer          bytea,           -- sealed status, headers and body; null once it must not be given any more (V17)
    child_id        uuid,            -- whom and what the answer is about: it is given again only to somebody who may see that now
    institution_id  uuid,
    resource_id     uuid,            -- what the write made or changed
    created_at      timestamptz not null,
    primary key (municipality_id, key_hash)
);
create index on app.idempotency_keys (municipality_id, created_at);
create index on app.idempotency_keys (municipality_id, resource_id);

-- claim_key takes hold of an idempotency key for the caller of this transaction, or says why not:
--   new            the key is ours: carry the request out and store the answer with keep_answer
--   done           it was carried out; kept holds what it answered
--   gone           it was carried out, and the caller may not see any more what it was about (V15)
--   forgotten      it was carried out, and what it answered was deleted since (V17)
--   in_flight      another transaction is carrying it out at this moment
--   other_request  the key was used for another request
-- key is a digest of the client's key; who the caller is comes from the scope, so that nobody can be given another person's answer. The rule of
-- access is asked anew, so that an answer never outlives the access it was given under.
create function app.claim_key(operation text, key bytea, fingerprint bytea, moment timestamptz, out state text, out kept bytea)
    language plpgsql volatile set search_path = ''
    as $$
    declare
        hash bytea := sha256(convert_to(coalesce(scope.person()::text, '-') || '|' || claim_key.operation || '|', 'UTF8') || claim_key.key);
        found_row app.idempotency_keys;
    begin
        if not pg_try_advisory_xact_lock(hashtextextended(scope.municipality()::text || encode(hash, 'hex'), 7)) then
            state := 'in_flight';
            return;
        end if;
        delete from app.idempotency_keys k
        where k.municipality_id = scope.municipality() and k.key_hash = hash and k.created_at < claim_key.moment - interval '7 days';
        insert into app.idempotency_keys (municipality_id, key_hash, fingerprint, created_at)
        values (scope.municipality(), hash, claim_key.fingerprint, claim_key.moment)
        on conflict do nothing;
        if found then
            state := 'new';
            return;
        end if;
        select * into found_row from app.idempotency_keys k where k.municipality_id = scope.municipality() and k.key_hash = hash;
        if found_row.fingerprint <> claim_key.fingerprint then
            state := 'other_request';
        elsif not app.may_hear_again(found_row.child_id, found_row.institution_id) then
            state := 'gone';
        elsif found_row.answer is null then
            state := 'forgotten';
        else
            state := 'done';
            kept := found_row.answer;
        end if;
    end
    $$;

-- keep_answer stores the answer of a claimed key, in the transaction of the effect, with what it is about.
create function app.keep_answer(operation text, key bytea, answer bytea, child uuid, institution uuid, resource uuid) returns void
    language sql volatile set search_path = ''
    as $$
        update app.idempotency_keys k
        set answer = keep_answer.answer, child_id = keep_answer.child, institution_id = keep_answer.institution, resource_id = keep_answer.resource
        where k.municipality_id = scope.municipality()
          and k.key_hash = sha256(convert_to(coalesce(scope.person()::text, '-') || '|' || keep_answer.operation || '|', 'UTF8') || keep_answer.key)
    $$;

-- forget_answers deletes what was answered about a resource, when what it held is deleted (V17). The key stays used.
create function app.forget_answers(resource uuid) returns void
    language sql volatile set search_path = ''
    as $$
        update app.idempotency_keys k set answer = null
        where k.municipality_id = scope.municipality() and k.resource_id = forget_answers.resource
    $$;

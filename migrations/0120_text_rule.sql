-- Why: municipalities differ in what they want said about a text (B4): Sweden's hold everyday illness to be sensitive, others do not; some want no free
-- text in an absence at all. And a note is of use for the days it is about: it goes by itself some days after them, not when somebody thinks of it (V17).
-- The previous binary: runs; it asks nobody about these columns.

alter table app.municipalities
    add column everyday_illness_hint boolean not null default false, -- fever and colds get a quiet line; they are never warned of
    add column categories_off text[] not null default '{}'           -- of these the guide says nothing here
        check (categories_off <@ array['health_minor', 'health_diagnosis', 'mental_health', 'medication', 'special_needs', 'child_protection',
            'custody_family', 'police_court', 'violence_abuse', 'substance_use', 'religion_belief', 'ethnicity_migration', 'sexuality_gender',
            'politics_union', 'finances', 'third_party']),           -- identity numbers and protected addresses are always looked for
    add column absence_notes boolean not null default true,          -- false: an absence has a reason and no words
    add column note_days smallint not null default 30 check (note_days between 0 and 365); -- a note goes so many days after the last day of its absence

-- The hour in which notes go looks for these rows only.
create index absences_with_note on app.absences (municipality_id, ends_on) where note <> '';

-- expire_notes takes away the notes of absences whose days are over for long enough, as their writers would (V17): the words, the answers to repetitions
-- that hold them, and nothing else of the absence. It takes some thousands at a time and answers how many; what is left goes the next time.
create function app.expire_notes(moment timestamptz) returns bigint
    language plpgsql volatile security definer set search_path = ''
    as $$
    declare
        here uuid := scope.municipality();
        gone uuid[];
    begin
        with over as (
            select a.id from app.absences a
            join app.municipalities m on m.municipality_id = a.municipality_id
            where a.municipality_id = here and a.note <> ''
              and a.ends_on < (expire_notes.moment at time zone m.time_zone)::date - m.note_days
            order by a.ends_on
            limit 5000
            for update of a skip locked
        ), taken as (
            update app.absences a
            set note = '', note_sensitive = false, note_removed_at = expire_notes.moment, version = a.version + 1, updated_at = expire_notes.moment
            from over o where a.municipality_id = here and a.id = o.id
            returning a.id
        )
        select array_agg(t.id) into gone from taken t;
        if gone is null then
            return 0;
        end if;
        update app.idempotency_keys k set answer = null where k.municipality_id = here and k.resource_id = any (gone) and k.answer is not null;
        return cardinality(gone);
    end
    $$;
call scope.hand_over('app.expire_notes(timestamptz)', 'budstikke_api');
grant update (note, note_sensitive, note_removed_at, version, updated_at) on app.absences to budstikke_access;
grant select, update (answer) on app.idempotency_keys to budstikke_access;

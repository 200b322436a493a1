-- Why: five wrong PINs on a tablet shut somebody out there until they signed in elsewhere and set a new one, so a child at the tablet could shut out
-- everybody who works in the group (V7: no lock for good that somebody else can cause). After five wrong ones a PIN now rests for a quarter of an hour,
-- then for half an hour and so on up to twelve hours, with one try after each rest: some two tries a day at a million numbers. Tries while it rests are
-- not counted, so that tapping on does not prolong it. A right PIN, or a new one, ends it as before.
-- The previous binary: runs.
alter table auth.pin_tries add column last_at timestamptz not null default clock_timestamp();

create or replace function auth.try_pin(person uuid, most integer) returns table (tried integer, pin_hash text, pepper_key smallint, account_id uuid)
    language plpgsql security definer set search_path = '' as $$
    declare
        here constant uuid := scope.municipality();
        this constant uuid := scope.tablet();
        now_ constant timestamptz := clock_timestamp();
        n integer;
        last timestamptz;
    begin
        if not exists (select from auth.tablet_staff() s where s.person_id = try_pin.person) then
            return;
        end if;
        insert into auth.pin_tries as t (municipality_id, tablet_id, person_id, tries, last_at) values (here, this, try_pin.person, 0, now_)
        on conflict do nothing;
        select t.tries, t.last_at into n, last from auth.pin_tries t
        where t.municipality_id = here and t.tablet_id = this and t.person_id = try_pin.person
        for update;
        if n >= try_pin.most and last + least(interval '15 minutes' * 2 ^ least(n - try_pin.most, 10), interval '12 hours') > now_ then
            n := try_pin.most + 1; -- it rests, and this was no try
        else
            update auth.pin_tries t set tries = least(t.tries + 1, 1000), last_at = now_
            where t.municipality_id = here and t.tablet_id = this and t.person_id = try_pin.person;
            n := least(n + 1, try_pin.most);
        end if;
        return query
        select n, case when n <= try_pin.most then i.pin_hash else '' end, i.pepper_key, a.id
        from auth.pins i join auth.accounts a on a.municipality_id = i.municipality_id and a.person_id = i.person_id and a.ended_at is null
        where i.municipality_id = here and i.person_id = try_pin.person;
    end
$$;

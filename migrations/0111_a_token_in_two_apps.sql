-- Why: one telephone may have both apps, the guardians' and the staff's, and where they come by the same push token it was one row that belonged to whichever app
-- named it last: an ending of the one silenced the other, or let it go on (V15). A token is now kept once for each app that registers it. A notice goes to it
-- once, by the row of the app it is for. A token that another person registers moves to that person with both (one_owner_per_device).
-- The previous binary: does not run; it registers a device by the index that this one replaces.

drop index notify.endpoints_municipality_id_person_id_channel_md5_idx;
create unique index endpoints_of_person on notify.endpoints (municipality_id, person_id, channel, md5(address), coalesce(registered_as, ''))
    where state <> 'retired';
drop index notify.one_owner_per_device;
create unique index one_owner_per_device on notify.endpoints (municipality_id, provider, md5(address), coalesce(registered_as, ''))
    where channel = 'push' and state <> 'retired';

-- A row of before, of which it is not known whose app it was, makes way for the first app that names its token anew.
create or replace function notify.one_owner_per_device() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    begin
        perform pg_advisory_xact_lock(hashtextextended(new.municipality_id::text || new.provider || md5(new.address), 11));
        update notify.endpoints p
        set state = 'retired', retired_reason = case when p.person_id = new.person_id then 'superseded' else 'registered_by_another' end
        where p.municipality_id = new.municipality_id and p.channel = 'push' and md5(p.address) = md5(new.address)
          and p.address = new.address and p.provider = new.provider and p.state <> 'retired'
          and (p.person_id <> new.person_id or p.registered_as is null and new.registered_as is not null);
        return new;
    end
    $$;

do $do$
declare
    d constant text := pg_get_functiondef('notify.fan_out(uuid, text, uuid[], text[], uuid[], uuid[], text[], timestamp with time zone, uuid)'::regprocedure);
    known constant text := $a$                           else e.id = fan_out.only_endpoint and e.state <> 'retired' end
$a$;
begin
    if length(d) - length(replace(d, known, '')) <> length(known) then
        raise exception 'the passage is not there exactly once';
    end if;
    -- Asked only of a device of the other app: whether the same token is registered in the one it is for.
    execute replace(d, known, known || $b$                  and not (e.channel = 'push' and e.registered_as <> case r.grounds when 'staff' then 'staff' else 'guardian' end
                    and fan_out.only_endpoint is null and exists (
                      select from notify.endpoints o
                      where o.municipality_id = here and o.person_id = e.person_id and o.channel = 'push' and md5(o.address) = md5(e.address)
                        and o.address = e.address and o.state = 'active'
                        and o.registered_as = case r.grounds when 'staff' then 'staff' else 'guardian' end))
$b$);
end
$do$;

-- Why: whoever tried five PINs of each of thirty colleagues on a shared tablet was seen in the trail and nowhere else (V7, P10): the PINs of three who rest
-- on one tablet are an alarm now. And a head who never took up the account headed an institution for good, so that nobody noticed that it had none (V9):
-- for two weeks somebody new counts, and after that who could sign in.
-- The previous binary: runs, and raises no such alarm.

alter table auth.alarms drop constraint alarms_kind_check,
    add constraint alarms_kind_check check (kind in ('sign_in_stuffing_suspected', 'passkey_copy_suspected', 'tablet_pins_guessed'));

grant create on schema app to budstikke_access;
do $do$
declare
    was constant text := pg_get_functiondef('app.headed_by_somebody(uuid, uuid)'::regprocedure);
    now_is constant text := replace(was, E'            or not exists (\n            select from auth.accounts x\n            where x.municipality_id = a.municipality_id and x.person_id = a.person_id and x.kind = ''staff''))',
        E'            or not exists (\n            select from auth.accounts x\n            where x.municipality_id = a.municipality_id and x.person_id = a.person_id and x.kind = ''staff'') and exists (\n'
        '            select from app.staff_roles r\n'
        '            where r.municipality_id = a.municipality_id and r.person_id = a.person_id and r.institution_id = a.institution_id and r.role = ''head''\n'
        '              and greatest(r.created_at, r.starts_at) > now() - interval ''14 days''))');
begin
    if now_is = was then
        raise exception 'app.headed_by_somebody is not as this migration expects it';
    end if;
    execute now_is;
end
$do$;
revoke create on schema app from budstikke_access;

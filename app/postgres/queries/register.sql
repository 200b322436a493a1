-- What an import reads and writes (L2, V1, V14). Rows come as one JSON array per noun, in one statement each: thousands of them take seconds.
-- Every statement is kept to the municipality of the transaction, by its own words and by row-level security.

-- name: LockImports :one
-- One import at a time in a municipality, because registers share persons and institutions. Freed with the transaction.
select pg_try_advisory_xact_lock(hashtextextended('import ' || scope.municipality()::text, 0))::boolean as free;

-- name: InsertMunicipality :execrows
insert into app.municipalities (municipality_id, slug, name, country, locale, time_zone, created_at)
values (scope.municipality(), @slug, @name, @country, @locale, @time_zone, @now)
on conflict (slug) do nothing;

-- name: RenameMunicipality :exec
update app.municipalities set name = @name, locale = @locale, time_zone = @time_zone
where municipality_id = scope.municipality()
    and (name, locale, time_zone) is distinct from (@name::text, @locale::text, @time_zone::text);

-- name: InsertImport :exec
insert into app.imports (municipality_id, id, source, file_name, file_hash, summary, applied_at)
values (scope.municipality(), @id, @source, @file_name, @file_hash, @summary, @now);

-- name: RegisterPersons :many
select r.source_id, r.row_id, r.fields, (r.missing_since is not null)::boolean as missing, p.national_id_sealed, p.national_id_key,
    p.protected_identity
from app.register_records r
join app.persons p on p.municipality_id = r.municipality_id and p.id = r.row_id
where r.municipality_id = scope.municipality() and r.source = @source and r.noun = 'person'
order by r.source_id;

-- name: RegisterRows :many
-- The records of the other nouns. Where a row's end is not the one that the registers gave it, a person here has decided (P6).
select r.noun, r.source_id, r.row_id, r.fields, (r.missing_since is not null)::boolean as missing,
    (coalesce(i.closed_at, g.ended_at, e.ended_at, s.ended_at, t.ended_at) is not null and
        (i.closed_at is distinct from i.register_end or g.ended_at is distinct from g.register_end
        or e.ended_at is distinct from e.register_end or s.ended_at is distinct from s.register_end
        or t.ended_at is distinct from t.register_end))::boolean as decided
from app.register_records r
left join app.institutions i on r.noun = 'institution' and i.municipality_id = r.municipality_id and i.id = r.row_id
left join app.groups g on r.noun = 'group' and g.municipality_id = r.municipality_id and g.id = r.row_id
left join app.enrolments e on r.noun = 'enrolment' and e.municipality_id = r.municipality_id and e.id = r.row_id
left join app.guardianships s on r.noun = 'guardianship' and s.municipality_id = r.municipality_id and s.id = r.row_id
left join app.staff_roles t on r.noun = 'staff_role' and t.municipality_id = r.municipality_id and t.id = r.row_id
where r.municipality_id = scope.municipality() and r.source = @source and r.noun <> 'person'
order by r.noun, r.source_id;

-- name: PersonsByIdentity :many
with wanted as (select unnest(@keys::smallint[]) as key, unnest(@digests::bytea[]) as digest)
select p.id, w.digest::bytea as digest, p.protected_identity, coalesce(n.given_name, p.given_name)::text as given_name,
    coalesce(n.family_name, p.family_name)::text as family_name -- the register's own words, not the alias
from wanted w
join app.persons p on p.municipality_id = scope.municipality() and p.national_id_index_key = w.key and p.national_id_index = w.digest
left join app.protected_names n on n.municipality_id = p.municipality_id and n.person_id = p.id;

-- name: ProtectionElsewhere :many
-- What the other registers say about the protection of these persons.
select row_id, (fields->>'protected')::text as protected from app.register_records
where municipality_id = scope.municipality() and source <> @source and noun = 'person' and missing_since is null
    and row_id = any(@persons::uuid[]);

-- name: NumberedInstitutions :many
select id, national_number::text as national_number from app.institutions
where municipality_id = scope.municipality() and national_number is not null
order by closed_at desc nulls first, created_at, id;

-- name: OpenGroups :many
select id, institution_id, name from app.groups
where municipality_id = scope.municipality() and institution_id = any(@institutions::uuid[]) and ended_at is null
order by created_at, id;

-- name: EnrolmentsOfChildren :many
select id, child_id, institution_id, group_id from app.enrolments
where municipality_id = scope.municipality() and child_id = any(@children::uuid[])
order by ended_at desc nulls first, created_at, id;

-- name: GuardianshipsOfChildren :many
select id, child_id, guardian_id from app.guardianships
where municipality_id = scope.municipality() and child_id = any(@children::uuid[]);

-- name: StaffRolesOfPersons :many
select id, person_id, institution_id, group_id, role from app.staff_roles
where municipality_id = scope.municipality() and person_id = any(@persons::uuid[])
order by ended_at desc nulls first, created_at, id;

-- name: InsertInstitutions :exec
insert into app.institutions (municipality_id, id, kind, ownership, national_number, name, created_at)
select scope.municipality(), n.id, n.kind, n.ownership, n.national_number, n.name, @now
from jsonb_populate_recordset(null::app.institutions, @rows::jsonb) n;

-- name: UpdateInstitutions :exec
update app.institutions i
set kind = n.kind, ownership = n.ownership, national_number = coalesce(n.national_number, i.national_number), name = n.name
from jsonb_populate_recordset(null::app.institutions, @rows::jsonb) n
where i.municipality_id = scope.municipality() and i.id = n.id;

-- name: InsertGroups :exec
insert into app.groups (municipality_id, id, institution_id, name, created_at)
select scope.municipality(), n.id, n.institution_id, n.name, @now
from jsonb_populate_recordset(null::app.groups, @rows::jsonb) n;

-- name: UpdateGroups :exec
update app.groups g set institution_id = n.institution_id, name = n.name
from jsonb_populate_recordset(null::app.groups, @rows::jsonb) n
where g.municipality_id = scope.municipality() and g.id = n.id;

-- name: ForgetNumbers :exec
-- Numbers that change in this import are taken away first, so that two persons can trade theirs.
update app.persons
set national_id_sealed = null, national_id_key = null, national_id_index = null, national_id_index_key = null
where municipality_id = scope.municipality() and id = any(@persons::uuid[]);

-- name: InsertPersons :exec
insert into app.persons (municipality_id, id, given_name, family_name, birth_date, national_id_sealed, national_id_key, national_id_index,
    national_id_index_key, protected_identity, contact_email, contact_mobile, username, created_at)
select scope.municipality(), n.id, n.given_name, n.family_name, n.birth_date, n.national_id_sealed, n.national_id_key, n.national_id_index,
    n.national_id_index_key, n.protected_identity, n.contact_email, n.contact_mobile, n.username, @now
from jsonb_populate_recordset(null::app.persons, @rows::jsonb) n;

-- name: HoldProtection :exec
select app.hold_protection(@source, @file_name, @rows, @moment);

-- name: HoldGuardianships :exec
select app.hold_guardianships(@source, @file_name, @anew::uuid[], @moment);

-- name: HoldCustody :exec
select app.hold_custody(@source, @file_name, @touched::uuid[], @denied::uuid[], @moment);

-- name: HoldEnds :exec
select app.hold_ends(@noun, @source, @file_name, @touched::uuid[], @moment);

-- name: HoldIdentities :exec
select app.hold_identities(@source, @file_name, @persons::uuid[], @holders::uuid[], @moment);

-- name: WithdrawHeld :exec
select app.withdraw_held(@source, @moment);

-- name: CountHeld :one
-- How much waits for a person because of an import at this moment.
select count(*) from app.held_changes
where municipality_id = scope.municipality() and source = @source and seen_at = @moment and state in ('waiting', 'proposed');

-- name: UpdatePersons :exec
-- What a register leaves empty stays; the contact hints of a strictly protected person go. A protection that would fall stays and waits (B8).
update app.persons p
set given_name = n.given_name, family_name = n.family_name, birth_date = coalesce(n.birth_date, p.birth_date),
    national_id_sealed = coalesce(n.national_id_sealed, p.national_id_sealed), national_id_key = coalesce(n.national_id_key, p.national_id_key),
    national_id_index = coalesce(n.national_id_index, p.national_id_index),
    national_id_index_key = coalesce(n.national_id_index_key, p.national_id_index_key),
    protected_identity = case when app.protection_rank(n.protected_identity) < app.protection_rank(p.protected_identity)
        then p.protected_identity else n.protected_identity end,
    contact_email = case when 'strict' in (n.protected_identity, p.protected_identity) then null else coalesce(n.contact_email, p.contact_email) end,
    contact_mobile = case when 'strict' in (n.protected_identity, p.protected_identity) then null else coalesce(n.contact_mobile, p.contact_mobile) end,
    username = coalesce(n.username, p.username)
from jsonb_populate_recordset(null::app.persons, @rows::jsonb) n
where p.municipality_id = scope.municipality() and p.id = n.id;

-- name: InsertEnrolments :exec
insert into app.enrolments (municipality_id, id, child_id, institution_id, group_id, created_at)
select scope.municipality(), n.id, n.child_id, n.institution_id, n.group_id, @now
from jsonb_populate_recordset(null::app.enrolments, @rows::jsonb) n;

-- name: InsertGuardianships :exec
-- The status is not named: the table makes every guardianship inactive (V1). One between people whom a restriction keeps apart comes in ended,
-- as if a person had decided it, and waits (B8).
insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at, ended_at)
select scope.municipality(), n.id, n.child_id, n.guardian_id, n.legal, n.basis, @now,
    case when app.kept_apart(n.child_id, n.guardian_id) then least(@now::timestamptz, now()) end
from jsonb_populate_recordset(null::app.guardianships, @rows::jsonb) n;

-- name: UpdateGuardianships :exec
update app.guardianships g set basis = n.basis, version = g.version + 1
from jsonb_populate_recordset(null::app.guardianships, @rows::jsonb) n
where g.municipality_id = scope.municipality() and g.id = n.id and n.basis <> '' and g.basis <> n.basis;

-- name: InsertStaffRoles :exec
-- The first day is named at once: a substitute's last day by rule counts from it (B12).
insert into app.staff_roles (municipality_id, id, person_id, institution_id, group_id, role, starts_at, created_at)
select scope.municipality(), n.id, n.person_id, n.institution_id, n.group_id, n.role, n.starts_at, @now
from jsonb_populate_recordset(null::app.staff_roles, @rows::jsonb) n;

-- name: KeepRecords :exec
insert into app.register_records (municipality_id, source, noun, source_id, row_id, fields, imported_at)
select scope.municipality(), @source, n.noun, n.source_id, n.row_id, n.fields, @now
from jsonb_populate_recordset(null::app.register_records, @rows::jsonb) n
on conflict (municipality_id, source, noun, source_id) do update
set row_id = excluded.row_id, fields = excluded.fields, imported_at = excluded.imported_at, missing_since = null;

-- name: MissRecords :exec
update app.register_records set missing_since = @now
where municipality_id = scope.municipality() and source = @source and noun = @noun and source_id = any(@source_ids::text[])
    and missing_since is null;

-- The next five let what the registers say about the end of rows take effect: a row is in force while one register has it, until the latest
-- day that one gives, and ends now when none has it any more (V14). An end that a person here decided stays as it is (P6). The end is never
-- later than this transaction, so that the triggers which cut guardians off already see it.

-- name: SettleInstitutions :exec
update app.institutions i set closed_at = s.ends, register_end = s.ends
from (
    select x.id, case when bool_or(r.missing_since is null) then null else least(x.register_end, @moment::timestamptz, now()) end as ends
    from app.institutions x
    join app.register_records r on r.municipality_id = x.municipality_id and r.noun = 'institution' and r.row_id = x.id
    where x.municipality_id = scope.municipality() and x.id = any(@ids::uuid[])
    group by x.id, x.register_end
) s
where i.municipality_id = scope.municipality() and i.id = s.id
    and i.closed_at is not distinct from i.register_end and i.closed_at is distinct from s.ends;

-- name: SettleGroups :exec
update app.groups g set ended_at = s.ends, register_end = s.ends
from (
    select x.id, case when bool_or(r.missing_since is null) then null else least(x.register_end, @moment::timestamptz, now()) end as ends
    from app.groups x
    join app.register_records r on r.municipality_id = x.municipality_id and r.noun = 'group' and r.row_id = x.id
    where x.municipality_id = scope.municipality() and x.id = any(@ids::uuid[])
    group by x.id, x.register_end
) s
where g.municipality_id = scope.municipality() and g.id = s.id
    and g.ended_at is not distinct from g.register_end and g.ended_at is distinct from s.ends;

-- name: SettleEnrolments :exec
update app.enrolments e set starts_at = s.starts, ended_at = s.ends, register_end = s.ends
from (
    select y.id, y.starts, case when y.held then least(y.ended_at, y.ends) else y.ends end as ends from (
    select x.id, x.ended_at, case
        when bool_or(r.missing_since is null and r.fields->>'start' is null) then null
        when bool_or(r.missing_since is null) then min((r.fields->>'start')::timestamptz) filter (where r.missing_since is null)
        else x.starts_at end as starts,
        case
        when bool_or(r.missing_since is null and r.fields->>'end' is null) then null
        when bool_or(r.missing_since is null) then max((r.fields->>'end')::timestamptz) filter (where r.missing_since is null)
        else least(x.register_end, @moment::timestamptz, now()) end as ends,
        exists (select from app.held_changes h -- the earlier end stands until somebody has decided (B8, B12)
            where h.municipality_id = x.municipality_id and h.row_id = x.id and h.kind = 'enrolment_longer'
              and h.state in ('waiting', 'proposed', 'refused')) as held
    from app.enrolments x
    join app.register_records r on r.municipality_id = x.municipality_id and r.noun = 'enrolment' and r.row_id = x.id
    where x.municipality_id = scope.municipality() and x.id = any(@ids::uuid[])
    group by x.municipality_id, x.id, x.starts_at, x.ended_at, x.register_end) y
) s
where e.municipality_id = scope.municipality() and e.id = s.id
    and e.ended_at is not distinct from e.register_end and (e.starts_at, e.ended_at) is distinct from (s.starts, s.ends);

-- name: SettleGuardianships :exec
-- A guardianship that returns is inactive until the head activates it again (V1); app.settle_access sees to that. Legal custody holds when a register states it and none
-- states the opposite (H11).
update app.guardianships g
set legal = s.legal, version = g.version + 1,
    ended_at = s.ends, register_end = s.given
from (
    select x.id,
        case when bool_or(r.missing_since is null)
            then (x.legal or not exists (select from app.held_changes h -- custody that rises waits for a person (B8)
                    where h.municipality_id = x.municipality_id and h.row_id = x.id and h.kind = 'custody_rises'
                      and h.state in ('waiting', 'proposed', 'refused')))
                and bool_or(r.missing_since is null and (r.fields->>'legal')::boolean)
                and not bool_or(r.missing_since is null and (r.fields->>'legal_stated')::boolean and not (r.fields->>'legal')::boolean)
            else x.legal end as legal,
        case when x.ended_at is distinct from x.register_end then x.ended_at
            when bool_or(r.missing_since is null) then null else least(x.register_end, @moment::timestamptz, now()) end as ends,
        case when x.ended_at is distinct from x.register_end then x.register_end
            when bool_or(r.missing_since is null) then null else least(x.register_end, @moment::timestamptz, now()) end as given
    from app.guardianships x
    join app.register_records r on r.municipality_id = x.municipality_id and r.noun = 'guardianship' and r.row_id = x.id
    where x.municipality_id = scope.municipality() and x.id = any(@ids::uuid[])
    group by x.municipality_id, x.id, x.legal, x.ended_at, x.register_end
) s
where g.municipality_id = scope.municipality() and g.id = s.id and (g.legal, g.ended_at) is distinct from (s.legal, s.ends);

-- name: SettleStaffRoles :exec
update app.staff_roles t set starts_at = s.starts, ended_at = s.ends, register_end = s.ends
from (
    select y.id, y.starts, case when y.held then least(y.ended_at, y.ends) else y.ends end as ends from (
    select x.id, x.ended_at, case
        when bool_or(r.missing_since is null and r.fields->>'start' is null) then null
        when bool_or(r.missing_since is null) then min((r.fields->>'start')::timestamptz) filter (where r.missing_since is null)
        else x.starts_at end as starts,
        case
        when bool_or(r.missing_since is null and r.fields->>'end' is null) then null
        when bool_or(r.missing_since is null) then max((r.fields->>'end')::timestamptz) filter (where r.missing_since is null)
        else least(x.register_end, @moment::timestamptz, now()) end as ends,
        exists (select from app.held_changes h -- the earlier end stands until somebody has decided (B8, B12)
            where h.municipality_id = x.municipality_id and h.row_id = x.id and h.kind = 'staff_role_longer'
              and h.state in ('waiting', 'proposed', 'refused')) as held
    from app.staff_roles x
    join app.register_records r on r.municipality_id = x.municipality_id and r.noun = 'staff_role' and r.row_id = x.id
    where x.municipality_id = scope.municipality() and x.id = any(@ids::uuid[])
    group by x.municipality_id, x.id, x.starts_at, x.ended_at, x.register_end) y
) s
where t.municipality_id = scope.municipality() and t.id = s.id
    and t.ended_at is not distinct from t.register_end and (t.starts_at, t.ended_at) is distinct from (s.starts, s.ends);

-- name: PersonsBySource :many
-- Whom a register means by an id: several people if several registers gave the id to different ones.
select distinct row_id from app.register_records
where municipality_id = scope.municipality() and noun = 'person' and source_id = @source_id;

-- name: HoldsStaffRole :one
-- Now or from a day to come (V11).
select exists (select from app.staff_roles
    where municipality_id = scope.municipality() and person_id = @person_id and (ended_at is null or ended_at > @now))::boolean as holds;

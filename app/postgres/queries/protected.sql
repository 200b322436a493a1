-- People whose names are kept from everybody without a clearance (B8).

-- name: ProtectedName :one
-- The name of somebody for whom the caller is cleared; row-level security says whose that is.
select n.person_id, n.given_name, n.family_name, n.alias_given, n.alias_family, coalesce(n.contact_email, '')::text as contact_email,
    coalesce(n.contact_mobile, '')::text as contact_mobile, n.version, app.protection_of(n.person_id)::text as level
from app.protected_names n
where n.municipality_id = scope.municipality() and n.person_id = $1 and n.person_id = any ((select app.cleared_for())::uuid[]);

-- name: HoldProtectedName :one
-- For whoever may give the alias: others find nothing. One after the other.
select person_id from app.protected_names where municipality_id = scope.municipality() and person_id = @person_id for no key update;

-- name: SetAlias :execrows
update app.protected_names
set alias_given = @alias_given, alias_family = @alias_family, alias_set_by = scope.person(), version = @version
where municipality_id = scope.municipality() and person_id = @person_id and version = @from_version;

-- name: GrantClearance :one
select app.grant_clearance(@id, @person_id, @staff_id, @until, @reason, @moment)::boolean;

-- name: RevokeClearance :one
select app.revoke_clearance(@person_id, @id, @moment)::boolean;

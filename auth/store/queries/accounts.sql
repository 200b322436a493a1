-- name: InsertAccount :one
-- A person has at most one account (H2): the key decides, however many try at the same time.
insert into auth.accounts (municipality_id, id, person_id, kind, created_at)
values (@municipality_id, @id, @person_id, @kind, @created_at)
on conflict (municipality_id, person_id) do nothing
returning id;

-- name: ReopenAccount :one
update auth.accounts set ended_at = null, kind = @kind
where municipality_id = @municipality_id and person_id = @person_id and ended_at is not null
returning id;

-- name: AccountOfPerson :one
select id, kind from auth.accounts
where municipality_id = @municipality_id and person_id = @person_id and ended_at is null;

-- name: MatchApplicant :one
select person_id::uuid as person_id, has_account::boolean as has_account, may_apply::boolean as may_apply
from app.match_applicant(@index_key::smallint, @national_id_index::bytea);

-- name: EndOwnAccount :exec
select auth.end_own_account(@moment::timestamptz);

-- name: EndGuardianAccount :one
select auth.end_guardian_account(@guardianship_id::uuid, @reason::text, @moment::timestamptz)::boolean;

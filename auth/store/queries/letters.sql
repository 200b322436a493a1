-- name: ReplaceLetter :exec
select auth.replace_letter(@person_id::uuid, @purpose::text, @moment::timestamptz);

-- name: UsernameFree :one
select auth.username_free(@username::text, @person_id::uuid, @moment::timestamptz)::boolean as free;

-- name: InsertLetter :exec
insert into auth.letters (municipality_id, id, person_id, purpose, username, code_hash, issued_by, issued_at, expires_at)
values (@municipality_id, @id, @person_id, @purpose, @username, @code_hash, @issued_by, @issued_at, @expires_at);

-- name: LetterOf :one
select id, person_id, purpose, username, expires_at from auth.letters
where municipality_id = @municipality_id and code_hash = @code_hash and used_at is null and withdrawn_at is null and expires_at > @moment
    and auth.letter_counts(person_id, purpose) and auth.letter_stands(id);

-- name: UseLetter :execrows
-- Of all who use a letter at the same time one finds it unused: the others wait for its commit and then find nothing.
update auth.letters set used_at = @moment::timestamptz
where municipality_id = @municipality_id and id = @id and used_at is null and withdrawn_at is null and expires_at > @moment::timestamptz
    and auth.letter_counts(person_id, purpose) and auth.letter_stands(id);

-- name: WordsAbout :many
select w::text as word from auth.words_about(@person_id::uuid) w;

-- name: AnswersFor :one
select (auth.answers_for(@person_id::uuid, @institution_id::uuid) and auth.works_at(@person_id::uuid, @institution_id::uuid))::boolean as answers;

-- name: EndStaffAccount :one
select auth.end_staff_account(@person_id::uuid, @institution_id::uuid, @moment::timestamptz)::boolean as ended;

-- name: StaffAccounts :many
select s.person_id::uuid as person_id, s.given_name::text as given_name, s.family_name::text as family_name, s.roles::text[] as roles,
    coalesce(s.contact_email, '')::text as contact_email, s.account::text as account, s.has_second_factor::boolean as has_second_factor,
    coalesce(s.letter_expires_at, 'epoch')::timestamptz as letter_expires_at, s.may_decide::boolean as may_decide
from auth.staff_accounts(@institution_id::uuid, @moment::timestamptz) s;

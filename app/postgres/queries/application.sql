-- A guardian's application, from the proof of who they are to the account.

-- name: MunicipalityOfScope :one
select slug, name, country, locale, time_zone, terms_version from app.municipalities where municipality_id = scope.municipality();

-- name: EnsureApplication :one
-- The open application of a person; made if there is none.
insert into app.applications as a (municipality_id, id, person_id, locale, created_at)
values (scope.municipality(), @id, @person_id, @locale, @now)
on conflict (municipality_id, person_id) where state = 'open' do update set locale = excluded.locale
returning a.id;

-- name: OwnApplication :one
-- The application of whoever the transaction runs for, the open one first.
select a.id, a.person_id, a.state, a.locale, a.endpoint_id, a.terms_version, a.terms_accepted_at, m.terms_version as current_terms
from app.applications a
join app.municipalities m on m.municipality_id = a.municipality_id
where a.municipality_id = scope.municipality() and a.person_id = scope.person()
order by (a.state = 'open') desc, a.created_at desc
limit 1;

-- name: SetApplicationEmail :exec
update app.applications set endpoint_id = @endpoint_id, locale = @locale
where municipality_id = scope.municipality() and id = @id and state = 'open';

-- name: SetApplicationTerms :exec
update app.applications set terms_version = @version, terms_accepted_at = @now
where municipality_id = scope.municipality() and id = @id and state = 'open';

-- name: SubmitApplication :execrows
update app.applications set state = 'submitted', submitted_at = @now
where municipality_id = scope.municipality() and id = @id and state = 'open';

-- name: HasSubmitted :one
-- Whether a person ever handed an application in: who did has confirmed an address and accepted the terms (H3, H12).
select exists (select from app.applications
    where municipality_id = scope.municipality() and person_id = @person_id and state = 'submitted')::boolean as submitted;

-- name: HoldApplication :exec
-- Lets nobody else change the applicant's open application before this transaction ends.
select id from app.applications
where municipality_id = scope.municipality() and person_id = scope.person() and state = 'open'
for update;

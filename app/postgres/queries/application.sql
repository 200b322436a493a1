-- A guardian's application, from the proof of who they are to the account.

-- name: MunicipalityOfScope :one
select slug, name, country, locale, time_zone, terms_version from app.municipalities where municipality_id = scope.municipality();

-- name: EnsureApplication :one
-- The application of a person that is not decided; made if there is none.
insert into app.applications as a (municipality_id, id, person_id, locale, created_at)
values (scope.municipality(), @id, @person_id, @locale, @now)
on conflict (municipality_id, person_id) where state in ('open', 'queued') do update set locale = excluded.locale
returning a.id;

-- name: PlaceApplication :exec
select app.place_application(@id);

-- name: OwnApplication :one
-- The application of whoever the transaction runs for, the one that is not decided first.
select a.id, a.person_id, a.state, a.locale, a.endpoint_id, a.terms_version, a.terms_accepted_at,
    coalesce((select t.version from app.terms t where t.municipality_id = a.municipality_id and t.effective_at <= @now
        order by t.effective_at desc limit 1), m.terms_version)::text as current_terms,
    exists (select from app.applications d
        where d.municipality_id = a.municipality_id and d.person_id = a.person_id and d.state = 'declined' and d.id <> a.id)::boolean as declined_before
from app.applications a
join app.municipalities m on m.municipality_id = a.municipality_id
where a.municipality_id = scope.municipality() and a.person_id = scope.person()
order by (a.state in ('open', 'queued')) desc, a.created_at desc
limit 1;

-- name: SetApplicationEmail :exec
update app.applications set endpoint_id = @endpoint_id, locale = @locale
where municipality_id = scope.municipality() and id = @id and state = 'open';

-- name: SetApplicationTerms :exec
update app.applications set terms_version = @version, terms_accepted_at = @now
where municipality_id = scope.municipality() and id = @id and state = 'open';

-- name: SubmitApplication :execrows
update app.applications set state = @state, submitted_at = @now,
    decided_at = case when @state::text = 'queued' then null else @now::timestamptz end
where municipality_id = scope.municipality() and id = @id and state = 'open';

-- name: WithdrawApplication :execrows
update app.applications set state = 'withdrawn', decided_at = @now
where municipality_id = scope.municipality() and id = @id and state in ('open', 'queued');

-- name: InsertApplicationCheck :exec
insert into app.application_checks (municipality_id, application_id, occasion, name, found, checked_at)
values (scope.municipality(), @application_id, @occasion, @name, @found, @now);

-- name: HasSubmitted :one
-- Whether a person's application was approved: they have confirmed an address and accepted the terms (H3, H12). The word submitted is that of
-- rows from before applications were cases.
select exists (select from app.applications
    where municipality_id = scope.municipality() and person_id = @person_id and state in ('approved', 'submitted'))::boolean as submitted;

-- name: HoldApplication :exec
-- Lets nobody else change the applicant's open application before this transaction ends.
select id from app.applications
where municipality_id = scope.municipality() and person_id = scope.person() and state = 'open'
for update;

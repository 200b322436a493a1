-- Terms and privacy notice, by version (H12).

-- name: PublishedTerms :many
-- The latest effect first, with when the person of this transaction accepted each; staff have accepted none.
select t.version, t.effective_at, t.published_at, t.published_by, a.accepted_at
from app.terms t
left join app.terms_acceptances a on a.municipality_id = t.municipality_id and a.version = t.version and a.person_id = scope.person()
where t.municipality_id = scope.municipality()
order by t.effective_at desc
limit 200;

-- name: TextsOfTerms :many
select version, locale, terms, privacy from app.terms_texts
where municipality_id = scope.municipality() and version = any(@versions::text[])
order by version, array_position(array['nb', 'nn', 'da', 'sv', 'en'], locale);

-- name: InsertAcceptance :exec
-- Accepting twice keeps the first time. A version that nobody published is kept with the application alone.
insert into app.terms_acceptances (municipality_id, person_id, version, accepted_at)
select t.municipality_id, scope.person(), t.version, @now from app.terms t
where t.municipality_id = scope.municipality() and t.version = @version
on conflict do nothing;

-- name: HoldMunicipality :exec
-- One after the other; only whoever owns the municipality can. The key stays free for what others write meanwhile: each of their rows refers to it.
select municipality_id from app.municipalities where municipality_id = scope.municipality() and app.owns_municipality() for no key update;

-- name: InsertTerms :exec
insert into app.terms (municipality_id, version, effective_at, published_at, published_by)
values (scope.municipality(), @version, @effective_at, @published_at, @published_by);

-- name: InsertTermsText :exec
insert into app.terms_texts (municipality_id, version, locale, terms, privacy)
values (scope.municipality(), @version, @locale, @terms, @privacy);

-- name: BeginTerms :exec
-- The version that a new municipality begins with.
insert into app.terms (municipality_id, version, effective_at, published_at)
select municipality_id, terms_version, @now, @now from app.municipalities where municipality_id = scope.municipality();

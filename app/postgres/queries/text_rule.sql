-- name: TextRule :one
-- Everybody who writes is told by it, so everybody reads it; and in which language, where they name none.
select locale, everyday_illness_hint, categories_off, absence_notes, note_days, country from app.municipalities where municipality_id = (select scope.municipality());

-- name: OwnTextRule :one
select everyday_illness_hint, categories_off, absence_notes, note_days, country from app.municipalities
where municipality_id = scope.municipality() and app.owns_municipality();

-- name: SetTextRule :execrows
update app.municipalities
set everyday_illness_hint = @everyday_illness_hint, categories_off = @categories_off::text[], absence_notes = @absence_notes, note_days = @note_days
where municipality_id = scope.municipality() and app.owns_municipality();

-- name: ExpireNotes :one
select app.expire_notes(@moment)::bigint;

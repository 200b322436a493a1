-- name: SetSecondFactorForAll :execrows
update app.municipalities set second_factor_for_all = @of_everybody
where municipality_id = scope.municipality() and app.owns_municipality();

-- name: SecondFactorForAll :one
select second_factor_for_all from app.municipalities
where municipality_id = scope.municipality() and app.owns_municipality();

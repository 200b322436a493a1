package migrations_test

func init() {
	seeds = append(seeds,
		`insert into app.wheel_links (municipality_id, institution_id, person_id, token_hash, locale, made_at)
			select municipality_id, institution_id, person_id, '\x01', 'sv', now() from app.staff_roles where municipality_id = $1 and institution_id is not null limit 1`,
	)
}

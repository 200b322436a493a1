package migrations_test

func init() {
	seeds = append(seeds, `insert into app.headless_periods (municipality_id, id, institution_id, since)
		select municipality_id, gen_random_uuid(), id, now() from app.institutions where municipality_id = $1 limit 1`)
}

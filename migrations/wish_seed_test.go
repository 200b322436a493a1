package migrations_test

func init() {
	seeds = append(seeds,
		`insert into app.access_wishes select municipality_id, id, true, null, guardian_id, now() from app.guardianships where municipality_id = $1`,
		`insert into app.guardian_clarifications select municipality_id, gen_random_uuid(), child_id, 'both', 'x', guardian_id, now()
			from app.guardianships where municipality_id = $1`,
		`insert into app.sweeps values ($1, now())`,
	)
}

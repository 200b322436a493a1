package migrations_test

func init() {
	seeds = append(seeds,
		`insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
			select municipality_id, gen_random_uuid(), child_id, guardian_id, 'no_photo', now(), '\x01', 1, guardian_id, now()
			from app.guardianships where municipality_id = $1`,
		`insert into app.staff_leaves (municipality_id, id, person_id, institution_id, starts_at, set_by, set_at)
			select municipality_id, gen_random_uuid(), person_id, institution_id, now() + interval '1 year', person_id, now()
			from app.staff_roles where municipality_id = $1`,
	)
}

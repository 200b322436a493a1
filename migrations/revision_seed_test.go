package migrations_test

func init() {
	seeds = append(seeds,
		`insert into app.revisions (municipality_id, id, institution_id, month, opened_at, due_on)
			select municipality_id, gen_random_uuid(), id, date '2026-01-01', now(), date '2026-01-31' from app.institutions where municipality_id = $1`,
		`insert into app.revision_points (municipality_id, revision_id, point, institution_id, position)
			select municipality_id, id, 'roles', institution_id, 1 from app.revisions where municipality_id = $1`,
	)
}

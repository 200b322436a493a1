package migrations_test

func init() {
	seeds = append(seeds,
		`insert into app.held_changes (municipality_id, id, kind, row_id, person_id, source, file_name, was, wants, since, seen_at, two_people)
			select municipality_id, gen_random_uuid(), 'protection_lowered', id, id, 'x', 'x', 'strict', 'none', now(), now(), true
			from app.persons where municipality_id = $1 limit 1`,
	)
}

package migrations_test

// A protected person, and somebody who may read the name.
func init() {
	seeds = append(seeds,
		`insert into app.persons (municipality_id, id, given_name, family_name, protected_identity, created_at)
			values ($1, gen_random_uuid(), 'Q', 'R', 'strict', now())`,
		`insert into app.clearances (municipality_id, id, person_id, staff_id, granted_by, granted_at, until, reason)
			select n.municipality_id, gen_random_uuid(), n.person_id, p.id, p.id, now(), now() + interval '1 day', 'x'
			from app.protected_names n join app.persons p on p.municipality_id = n.municipality_id and p.id <> n.person_id
			where n.municipality_id = $1 limit 1`,
	)
}

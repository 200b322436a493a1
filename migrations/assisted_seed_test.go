package migrations_test

func init() {
	seeds = append(seeds,
		`insert into app.assisted_cases (municipality_id, id, institution_id, guardianship_id, person_id, child_id, shown, note, username, state, opened_by, opened_at, expires_at)
			select g.municipality_id, g.id, i.id, g.id, g.guardian_id, g.child_id, 'passport', '', 'x-' || left(g.id::text, 8), 'waiting', g.child_id, now(), now()
			from app.guardianships g join app.institutions i using (municipality_id) where g.municipality_id = $1
			and g.id = (select id from app.guardianships where municipality_id = $1 order by id limit 1)`)
}

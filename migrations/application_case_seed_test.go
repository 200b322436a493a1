package migrations_test

func init() {
	seeds = append(seeds,
		`insert into app.application_places select a.municipality_id, a.id, i.id from app.applications a
			join app.institutions i using (municipality_id) where municipality_id = $1`,
		`insert into app.application_checks select municipality_id, id, 'submitted', 'head_decides', true, now() from app.applications where municipality_id = $1`,
		`insert into app.application_decisions select municipality_id, id, 'declined', 'x', person_id, now() from app.applications
			where municipality_id = $1`)
}

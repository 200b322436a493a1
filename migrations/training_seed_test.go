package migrations_test

func init() {
	seeds = append(seeds, `insert into app.trainings (municipality_id, id, institution_id, person_id, routine, trained_on, recorded_by, recorded_at)
		select r.municipality_id, gen_random_uuid(), r.institution_id, r.person_id, 'messages', current_date, p.id, now()
		from app.staff_roles r join app.persons p on p.municipality_id = r.municipality_id and p.id <> r.person_id
		where r.municipality_id = $1 and r.institution_id is not null limit 1`)
}

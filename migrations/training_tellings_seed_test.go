package migrations_test

func init() {
	seeds = append(seeds, `insert into app.training_tellings (municipality_id, institution_id, person_id, told_at)
		select r.municipality_id, r.institution_id, r.person_id, now() from app.staff_roles r where r.municipality_id = $1 and r.institution_id is not null limit 1`)
}

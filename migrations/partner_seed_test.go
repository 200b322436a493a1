package migrations_test

func init() {
	seeds = append(seeds,
		`insert into app.partnerships select r.municipality_id, r.id, r.person_id, r.person_id, 1 from app.staff_roles r where r.municipality_id = $1 limit 1`,
		`insert into app.partner_children select p.municipality_id, p.role_id, p.sponsor_id, 'none', p.sponsor_id, now() from app.partnerships p where p.municipality_id = $1`,
	)
}

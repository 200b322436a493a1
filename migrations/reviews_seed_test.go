package migrations_test

func init() {
	seeds = append(seeds,
		`insert into app.review_rules (municipality_id, changed_by, changed_at)
			select municipality_id, person_id, now() from app.staff_roles where municipality_id = $1 limit 1`,
		`insert into app.reviews (municipality_id, id, institution_id, month, opened_at, due_on, quiet_days)
			select municipality_id, gen_random_uuid(), id, date_trunc('month', now()), now(), current_date, 60 from app.institutions where municipality_id = $1`,
		`insert into app.review_rows (municipality_id, review_id, id, institution_id, position, kind, grant_id, granted_at, findings)
			select municipality_id, id, gen_random_uuid(), institution_id, 1, 'staff', gen_random_uuid(), now(), '{}' from app.reviews where municipality_id = $1`,
		"insert into app.review_asks (municipality_id, review_id, reason, asked_at) select municipality_id, id, 'own_rows', now() from app.reviews where municipality_id = $1",
	)
}
